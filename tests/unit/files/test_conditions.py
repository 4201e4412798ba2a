"""Conditions in policy files: each form means what the condition of the same name means, and faults name their line."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import yaml

from cwsauth import AuthRequest, Policy, Rule
from cwsauth.errors import ConfigError
from cwsauth.files import check_cases, parse, schema
from cwsauth.policy.conditions import (
    Condition,
    after,
    all_,
    any_,
    before,
    claim,
    daily,
    group,
    not_,
    path,
    scope,
    source_ip,
    stage,
)

FORMS: dict[str, Condition] = {
    "{claim: tier, equals: gold}": claim("tier").equals("gold"),
    "{claim: level, equals: 3}": claim("level").equals(3),
    "{claim: staff, equals: true}": claim("staff").equals(True),
    "{claim: [realm_access, kind], equals: x}": claim("realm_access", "kind").equals("x"),
    "{claim: sub, equals: {path: id}}": claim("sub").equals(path("id")),
    "{claim: sub, equals: {claim: owner}}": claim("sub").equals(claim("owner")),
    "{claim: tier, in: [gold, silver]}": claim("tier").in_("gold", "silver"),
    "{claim: tier, in: {claim: tiers}}": claim("tier").in_(claim("tiers")),
    "{claim: amr, contains: mfa}": claim("amr").contains("mfa"),
    "{claim: tenants, contains: {path: id}}": claim("tenants").contains(path("id")),
    "{claim: email, exists: true}": claim("email").exists(),
    "{claim: email, exists: false}": ~claim("email").exists(),
    "{claim: age, at_least: 18}": claim("age").at_least(18),
    "{claim: age, at_most: 17.5}": claim("age").at_most(17.5),
    "{path: id, equals: me}": path("id").equals("me"),
    "{path: id, in: {claim: tenants}}": path("id").in_(claim("tenants")),
    "{path: id, in: [a, b]}": path("id").in_("a", "b"),
    "{scope: 'orders:read'}": scope("orders:read"),
    "{scope: read, of: permissions}": scope("read", claim="permissions"),
    "{group: staff}": group("staff"),
    "{group: staff, of: 'cognito:groups'}": group("staff", claim="cognito:groups"),
    "{stage: dev}": stage("dev"),
    "{stage: [dev, test]}": stage("dev", "test"),
    "{source_ip: 10.0.0.0/8}": source_ip("10.0.0.0/8"),
    "{source_ip: [10.0.0.0/8, '2001:db8::/32']}": source_ip("10.0.0.0/8", "2001:db8::/32"),
    "{after: 2030-01-01T00:00:00Z}": after("2030-01-01T00:00:00Z"),
    "{after: '2030-01-01T00:00:00+01:00'}": after("2030-01-01T00:00:00+01:00"),
    "{before: 2030-01-01T00:00:00Z}": before("2030-01-01T00:00:00Z"),
    "{daily: {from: '09:00', to: '17:30', days: mon-fri}}": daily("09:00", "17:30", days="mon-fri"),
    "{all: [{scope: a}, {group: b}]}": all_(scope("a"), group("b")),
    "{any: [{scope: a}, {not: {group: b}}]}": any_(scope("a"), not_(group("b"))),
}


def role(when: str, rule: str = "GET users/{id}") -> str:
    return f"roles:\n  a:\n    rules:\n      - rule: {rule}\n        when: {when}\n"


def rules(text: str) -> tuple[Rule, ...]:
    return parse(text, "policy.yaml", read=str)["a"].rules


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_a_condition(form: str) -> None:
    """The one that a program would write; and the JSON Schema accepts it."""
    text = role(form)
    assert rules(text) == (Rule("GET users/{id}", when=FORMS[form]),)
    if "T00:00:00Z" not in form:  # YAML makes a date of it, which JSON does not have
        jsonschema.validate(yaml.safe_load(text), schema())


def test_a_condition_of_a_role_is_one_of_all_its_rules() -> None:
    """Beside their own; but not of the roles that it includes."""
    text = """
roles:
  a:
    when: {claim: amr, contains: mfa}
    rules:
      - GET a
      - {rule: GET b, when: {scope: b}}
    includes: [c]
  c: [GET c]
"""
    mfa = claim("amr").contains("mfa")
    assert rules(text) == (Rule("GET a", when=mfa), Rule("GET b", when=mfa & scope("b")), Rule("GET c"))
    assert rules("roles: {a: {rules: true, when: {scope: all}}}") == (Rule("*", when=scope("all")),)


def test_zones_have_names() -> None:
    """Those of the IANA database."""
    text = role("{daily: {from: '09:00', to: '17:00', zone: Europe/Paris}}")
    policy = Policy(rules(text))
    call = AuthRequest(method="GET", path="/users/7")
    at_eight_utc = 1_767_600_000  # 2026-01-05T08:00:00Z, nine in Paris
    assert policy.settle(call, now=at_eight_utc).allows("GET", "/users/7")
    assert not policy.settle(call, now=at_eight_utc - 1).allows("GET", "/users/7")


FAULTS: dict[str, tuple[int, str]] = {
    role("{claim: sub, equals: {path: name}}"): (4, "path('name') is no parameter"),
    role("{claim: sub}"): (4, "a condition says one of 'equals', 'in'"),
    role("{claim: sub, equals: a, in: [b]}"): (4, "a condition says one of"),
    role("{claim: sub, equal: a}"): (5, "equal: this name is not known"),
    role("{klaim: sub}"): (5, "when: it has none of its possible forms"),
    role("{scope: [a]}"): (5, "when.scope: it is not a string"),
    role("{source_ip: 10.0.0.1/8}"): (4, "invalid network '10.0.0.1/8'"),
    role("{after: 2030-01-01T00:00:00}"): (4, "a moment is an aware datetime"),
    role("{after: 2030-01-01}"): (4, "a moment is an aware datetime"),
    role("{daily: {from: 10:00, to: '17:00'}}"): (5, "when.daily.from: it is not a string"),
    role("{daily: {from: '09:00', to: '17:00', zone: Mars/Base}}"): (4, "there is no time zone 'Mars/Base'"),
    role("{daily: {from: '09:00', to: '17:00', zone: ../../etc/passwd}}"): (4, "there is no time zone"),
    role("{all: []}"): (5, "when.all: it is empty"),
    role("{any: [{scope: a}, {group: 5}]}"): (5, "when.any.1.group: it is not a string"),
    role("{not: [{scope: a}]}"): (5, "when.not: "),
    role("{scope: a}", "GET users/{id"): (4, "is not closed"),
    "roles:\n  a:\n    rules: [GET a]\n    when: {path: id, equals: x}": (3, "is no parameter of it"),
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_names_its_line(text: str) -> None:
    """And what is wrong, without the names of models."""
    line, problem = FAULTS[text]
    with pytest.raises(ConfigError) as caught:
        parse(text, "policy.yaml", read=str)
    assert f"line {line}" in str(caught.value)
    assert problem in str(caught.value)
    assert "form:" not in str(caught.value)


DECIDED = """
roles:
  user:
    - {rule: "GET users/{id}", when: {claim: sub, equals: {path: id}}}
    - {rule: "!users/9", when: {not: {source_ip: 10.0.0.0/8}}}
    - {rule: "GET reports", when: {daily: {from: "09:00", to: "17:00"}}}
    - {rule: "GET dev", when: {stage: dev}}
    - GET tenants/${claims.tenant}
  auditor: [GET audit]
tests:
  - {role: user, request: GET /users/7, expect: allow, claims: {sub: "7"}, rule: "GET users/{id}"}
  - {role: user, request: GET /users/8, expect: deny, claims: {sub: "7"}}
  - {role: user, request: GET /users/7, expect: deny}
  - {role: user, request: GET /users/9, expect: deny, claims: {sub: "9"}, rule: "!users/9"}
  - {role: user, request: GET /users/9, expect: allow, claims: {sub: "9"}, source_ip: 10.1.2.3}
  - {role: user, request: GET /reports, expect: allow, time: 2026-01-05T10:00:00Z}
  - {role: user, request: GET /reports, expect: deny, time: "2026-01-05T20:00:00+00:00"}
  - {role: user, request: GET /reports, expect: deny}
  - {role: user, request: GET /dev, expect: allow, stage: dev}
  - {role: user, request: GET /dev, expect: deny, stage: prod}
  - {role: user, request: GET /tenants/acme, expect: allow, claims: {tenant: acme}, rule: "GET tenants/${claims.tenant}"}
  - {roles: [user, auditor], request: GET /audit, expect: allow}
"""


def test_a_decision_table_has_requests_with_claims_addresses_and_times() -> None:
    """What is not given cannot be decided, and counts against the caller."""
    policies = parse(DECIDED, "policy.yaml", read=str)
    outcomes = check_cases(policies, policies.file.tests)
    assert [outcome.to_dict() for outcome in outcomes if not outcome.passed] == []
    assert outcomes[-1].role == "user + auditor"


@pytest.mark.parametrize(
    "case",
    [
        "{role: a, request: GET /, expect: allow, time: 2026-01-05T10:00:00}",
        "{role: a, request: GET /, expect: allow, time: tomorrow}",
        "{roles: [b], request: GET /, expect: allow}",
    ],
)
def test_a_case_that_is_none(case: str) -> None:
    """A time without its offset, a role that is not there."""
    with pytest.raises(ConfigError, match="tests"):
        parse(f"roles: {{a: true}}\ntests:\n  - {case}", "policy.yaml", read=str)


def test_the_schema_knows_the_shorthands() -> None:
    """A role, a list of roles, or a mapping for a token; one role for everyone."""
    data: dict[str, Any] = {
        "roles": {"a": True},
        "tokens": {"A_TOKEN": "a", "B_TOKEN": ["a"], "c": {"ssm": "/c", "roles": "a", "claims": {"x": 1}}},
        "everyone": "a",
        "anonymous": ["a"],
        "claim": "groups",
    }
    jsonschema.validate(data, schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**data, "tokens": {"A": 5}}, schema())
