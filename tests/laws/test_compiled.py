"""What a file of compiled plans says is what would have been made, or is not used."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from cwsauth import Policy, RouteTable, authorizer
from cwsauth.cli.compiling import compile_plans
from cwsauth.compiled import Plans
from cwsauth.policy.document import Document
from tests.laws.strategies import declared, route_tables, rule_lists

ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/a"
complements = st.sampled_from([None, "deny"])


def compiled(rules: list[str], routes: list[str] | None, complement: str | None) -> dict[str, Any]:
    """The file of an authorizer with one policy, as JSON has it."""
    handler = authorizer(lambda request: None, routes=routes, complement=complement)
    data: dict[str, Any] = json.loads(json.dumps(compile_plans(handler, {"rules": rules}).data))
    return data


def told(document: Document) -> object:
    lost = [(each.method, each.path, each.rule.text) for each in document.lost]
    return json.dumps(document.policy), document.exact, document.cacheable, document.warning, lost


def answer(rules: list[str], routes: list[str] | None, complement: str | None, data: dict[str, Any] | None) -> str:
    handler = authorizer(lambda request: [*rules], routes=routes, complement=complement, compiled=data)
    return json.dumps(handler({"type": "TOKEN", "authorizationToken": "x", "methodArn": ARN}, None))


def used(rules: list[str], routes: list[str] | None, complement: str | None, data: dict[str, Any]) -> bool:
    policy = Policy.of(rules, routes=routes)
    return Plans.of(data, None).find(policy, complement) is not None


@given(declared(calls=1), complements)
@example((["a/*/b/**", "!a/1/b/*"], ["GET /a/{id}/b/{x}", "GET,PUT /a/{id}", "GET /a/{id}/c"], []), None)
@example((["rep?rt-*", "a"], ["GET /{x}", "GET /a"], []), "deny")
def test_a_compiled_document_is_the_document(drawn: Any, complement: str | None) -> None:
    """With a route table: the answer, byte by byte, and all that is said about its document."""
    rules, routes, _ = drawn
    data = compiled(rules, routes, complement)
    assert answer(rules, routes, complement, data) == answer(rules, routes, complement, None)
    policy = Policy.of(rules, routes=routes)
    plan = Plans.of(data, None).find(policy, complement)
    assert (plan is None) == policy.everything
    if plan is not None:
        known = Policy.of(rules, routes=routes)
        known._documents["plan", False, complement] = plan
        assert told(known.document(ARN, complement=complement)) == told(policy.document(ARN, complement=complement))


@given(rule_lists())
def test_a_compiled_document_is_the_document_without_routes(rules: list[str]) -> None:
    """Where every path is possible, too."""
    data = compiled(rules, None, None)
    assert answer(rules, None, None, data) == answer(rules, None, None, None)
    assert used(rules, None, None, data) != Policy.of(rules).everything


@given(declared(calls=1), complements, st.data())
def test_what_was_compiled_of_something_else_is_not_used(drawn: Any, complement: str | None, data: Any) -> None:
    """Another rule, one less, another order, another route table, another option: the document is made anew."""
    rules, routes, _ = drawn
    change = data.draw(st.sampled_from(["rules", "order", "routes", "no routes", "complement"]))
    other: tuple[list[str], list[str] | None, str | None] = (rules, routes, complement)
    if change == "rules":
        other = (data.draw(rule_lists()), routes, complement)
    elif change == "order":
        other = (rules[::-1], routes, complement)
    elif change == "routes":
        other = (rules, data.draw(route_tables(least=1, most=6)), complement)
    elif change == "no routes":
        other = (rules, None, complement)
    else:
        other = (rules, routes, "deny" if complement is None else None)
    before, after = Policy.of(rules, routes=routes), Policy.of(other[0], routes=other[1])
    assume((before.rules, before.routes, complement) != (after.rules, after.routes, other[2]))
    assume(not before.everything)
    file = compiled(rules, routes, complement)
    assert used(rules, routes, complement, file)
    assert not used(*other, file)
    assert answer(*other, file) == answer(*other, None)


@given(declared(calls=1))
def test_routes_are_read_as_a_table_either_way(drawn: Any) -> None:
    """A table, or the texts that it was made of: the same key."""
    rules, routes, _ = drawn
    assume(not Policy.of(rules).everything)
    handler = authorizer(lambda request: None, routes=RouteTable.of(routes))
    assert compile_plans(handler, {"rules": rules}).data == compiled(rules, routes, None)
