"""Policy files: what they mean, and what is wrong with one that is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cwsauth.errors import ConfigError
from cwsauth.files import PolicySet, load, load_cases, parse, schema
from cwsauth.files.decisions import check_cases

SHOP = """\
version: 1
description: The shop
routes:
  - GET /product
  - GET,PUT /product/{id}
roles:
  admin: true
  editor:
    description: Changes products
    rules:
      - PUT product/*
      - "!product/internal"
    includes: [customer]
  customer:
    - GET product
    - GET product/{id}
  nobody: false
tests:
  - {role: customer, request: GET /product/1, expect: allow, rule: "GET product/{id}"}
  - {role: editor, request: PUT /product/internal, expect: deny, note: kept inside}
"""


def refuse_to_read(name: str) -> str:
    raise AssertionError(f"{name} is not wanted")


def policies(text: str, name: str = "policy.yaml") -> PolicySet:
    return parse(text, name, read=refuse_to_read)


class TestMeaning:
    def test_a_role_is_a_policy(self) -> None:
        """Every role decides as its rules say; `true` is everything, `false` nothing."""
        shop = policies(SHOP)
        assert list(shop) == ["admin", "editor", "customer", "nobody"]
        allowed = {role: shop[role].allows("PUT", "/product/1") for role in shop}
        assert allowed == {"admin": True, "editor": True, "customer": False, "nobody": False}

    def test_an_included_role_adds_its_rules(self) -> None:
        """With its denies, which win over what the including role allows."""
        editor = policies(SHOP)["editor"]
        assert editor.allows("GET", "/product/1")
        assert not editor.allows("GET", "/product/internal")

    def test_an_included_deny_wins(self) -> None:
        """A role that includes one with a deny is denied, whatever else it may."""
        included = policies("roles: {all: {rules: true, includes: [careful]}, careful: ['!admin/**']}")["all"]
        assert included.allows("GET", "/product")
        assert not included.allows("GET", "/admin/x")

    def test_the_routes_are_those_of_the_file(self) -> None:
        """They come with every policy; a file without any has none."""
        shop = policies(SHOP)
        assert [str(route) for route in shop.routes or ()] == ["GET /product", "GET /product/{id}", "PUT /product/{id}"]
        assert shop["admin"].routes is shop.routes
        assert policies("roles: {a: true}").routes is None

    def test_routes_come_from_an_openapi_document(self, tmp_path: Path) -> None:
        """Its path is relative to the policy file, not to the working directory."""
        (tmp_path / "api.json").write_text(json.dumps({"openapi": "3.0.1", "paths": {"/product": {"get": {}}}}))
        (tmp_path / "policy.yaml").write_text("routes: {openapi: api.json}\nroles: {a: true}\n")
        routes = load(tmp_path / "policy.yaml").routes
        assert routes is not None
        assert [str(route) for route in routes] == ["GET /product"]

    def test_json_means_the_same(self) -> None:
        """The same data as JSON gives the same policies."""
        as_json = policies(json.dumps(yaml.safe_load(SHOP)), "policy.json")
        assert {role: as_json[role] for role in as_json} == dict(policies(SHOP))

    def test_a_rule_is_found_in_the_text(self) -> None:
        """In its own role, in one that is included, in a shorthand; 0 for one that nobody wrote."""
        shop = policies(SHOP)
        lines = SHOP.splitlines()
        for role, rule in [
            ("editor", "!product/internal"),
            ("editor", "GET product"),
            ("customer", "GET product/{id}"),
        ]:
            assert rule in lines[shop.line_of_rule(role, rule) - 1]
        assert "admin: true" in lines[shop.line_of_rule("admin", "*") - 1]
        assert shop.line_of_rule("nobody", "GET x") == 0

    def test_a_route_is_found_in_the_text(self, tmp_path: Path) -> None:
        """On its own line; on that of the OpenAPI document's name, where the routes are there."""
        shop = policies(SHOP)
        lines = SHOP.splitlines()
        assert shop.routes is not None
        for route in shop.routes:
            assert route.template in lines[shop.line_of_route(route) - 1]
        assert policies("roles: {a: true}").line_of_route(shop.routes.routes[0]) == 0
        (tmp_path / "api.json").write_text(json.dumps({"openapi": "3.0.1", "paths": {"/product": {"get": {}}}}))
        (tmp_path / "policy.yaml").write_text("roles: {a: true}\nroutes: {openapi: api.json}\n")
        assert load(tmp_path / "policy.yaml").line_of_route(shop.routes.routes[0]) == 2

    def test_an_unknown_role_is_a_missing_key(self) -> None:
        """As in every mapping."""
        with pytest.raises(KeyError):
            policies(SHOP)["root"]


class TestDecisionTables:
    def test_rows_are_checked(self) -> None:
        """A row passes when the decision and, if it is named, the rule are as expected."""
        shop = policies(SHOP)
        assert [outcome.problem for outcome in check_cases(shop, shop.file.tests)] == ["", ""]

    @pytest.mark.parametrize(
        ("row", "problem"),
        [
            ("{role: admin, request: GET /x, expect: deny}", "it is allowed by '*'"),
            ("{role: customer, request: PUT /product/1, expect: allow}", "it is denied because no rule matches"),
            ("{role: nobody, request: GET /x, expect: allow}", "it is denied because nothing is granted at all"),
            (
                "{role: customer, request: GET /product, expect: allow, rule: GET product/*}",
                "it is allowed by 'GET product', not by 'GET product/*'",
            ),
            (
                "{role: customer, request: GET /x, expect: deny, rule: '!x'}",
                "it is denied because no rule matches, not by '!x'",
            ),
        ],
    )
    def test_a_row_that_fails_says_why(self, row: str, problem: str, tmp_path: Path) -> None:
        """The problem names the deciding rule, or the reason."""
        (tmp_path / "cases.yaml").write_text(f"- {row}\n")
        cases, lines = load_cases(tmp_path / "cases.yaml")
        assert [outcome.problem for outcome in check_cases(policies(SHOP), cases)] == [problem]
        assert lines.of((0,)) == 1

    @pytest.mark.parametrize("text", [SHOP, "tests:\n- {request: GET /, expect: deny, role: a}\n"])
    def test_a_table_stands_in_a_policy_file_or_alone(self, text: str, tmp_path: Path) -> None:
        """Both have `tests:`; a bare list is a table, too."""
        (tmp_path / "cases.yaml").write_text(text)
        assert load_cases(tmp_path / "cases.yaml")[0]

    def test_a_row_needs_a_known_role(self, tmp_path: Path) -> None:
        """Where there are several roles, a row names one of them."""
        (tmp_path / "cases.yaml").write_text("- {request: GET /, expect: deny}\n")
        with pytest.raises(ConfigError, match="names no role; there are admin, editor, customer, nobody"):
            check_cases(policies(SHOP), load_cases(tmp_path / "cases.yaml")[0])


class TestSchema:
    def test_accepts_what_the_loader_accepts(self) -> None:
        """The published schema and the models agree on a good file."""
        jsonschema.Draft202012Validator.check_schema(schema())
        jsonschema.validate(yaml.safe_load(SHOP), schema())

    @pytest.mark.parametrize(
        "text",
        ["{}", "roles: {}", "roles: {a: 1}", "roles: {a: [1]}", "roles: {a: true}\nx: 1", "roles: {a: {rule: []}}"],
    )
    def test_refuses_what_the_loader_refuses(self, text: str) -> None:
        """And on files of a wrong shape."""
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(yaml.safe_load(text), schema())
        with pytest.raises(ConfigError):
            policies(text)


ERRORS: list[tuple[str, str, str]] = [
    ("", "invalid file 'policy.yaml': it is not a mapping of names to values", "'name: value'"),
    ("[]", "invalid file 'policy.yaml' line 1: it is not a mapping", "'name: value'"),
    ("roles: {", "line 1: not YAML: ", "indentation"),
    ("\0", "it holds characters that YAML does not have", "UTF-8"),
    ("version: 2\nroles: {a: true}", "line 1: version: input should be 1", ""),
    ("tests: []", "line 1: roles: it is missing", "cwsauth schema"),
    ("roles: {}", "line 1: roles: it is empty", "at least one"),
    ("roles:\n  a: true\nrole: {}", "line 3: role: this name is not known", "cwsauth schema"),
    ("roles:\n  a: [GET product/*]\n  a: true", "line 3: the key 'a' stands twice", "keep one"),
    ("roles:\n  no: true", "line 2: the key 'no' is not a string", "quotation marks"),
    ("roles:\n  a: maybe", "line 2: roles.a: it is not a mapping", "'name: value'"),
    ("roles:\n  a: {rules: maybe}", "line 2: roles.a.rules: it has none of its possible forms", "cwsauth schema"),
    ("roles:\n  a:\n    - 5", "line 3: roles.a.0: it is not a string", "quotation marks"),
    ("roles:\n  a:\n    - !admin/**", "line 3: an unquoted '!' begins a YAML tag", "'!admin/**'"),
    ("roles:\n  a:\n    - **", "line 3: an unquoted '*' begins a YAML alias", "'**'"),
    (
        "roles:\n  a:\n    - product/{id",
        "line 3: roles.a.0: invalid route pattern 'product/{id': '{' at column 9 is not closed",
        "write 'product/{id}'",
    ),
    ("roles:\n  a:\n    includes: [b]", "line 3: roles.a.includes: 'b' is not a role of this file", ""),
    (
        "roles:\n  a: {includes: [b]}\n  b: {includes: [a]}",
        "line 3: roles.b.includes: the role 'a' includes itself: a > b > a",
        "",
    ),
    ("roles:\n  'a ': true", "roles.a : a role's name is printable text", ""),
    ("routes: 5\nroles: {a: true}", "line 1: routes: it has none of its possible forms", "cwsauth schema"),
    ("routes: {api: x}\nroles: {a: true}", "line 1: routes.openapi: it is missing", "cwsauth schema"),
    ("roles: {a: true}\nroutes: [GET x, GET x]", "line 2: routes: invalid route 'GET /x'", "once"),
    (
        "roles: {a: true}\ntests:\n  - {request: FETCH /x, expect: deny}",
        "line 3: tests.0.request: a request is written as 'GET /product/1'",
        "",
    ),
    ("roles: {a: true}\ntests:\n  - {request: GET x, expect: deny}", "line 3: tests.0.request: a request is", ""),
    ("roles: {a: true}\ntests:\n  - {request: GET /x, expect: maybe}", "line 3: tests.0.expect: input should", ""),
    (
        "roles: {a: true}\ntests:\n  - {request: GET /x, expect: deny, role: b}",
        "line 3: tests.0: the test 'GET /x' names the role 'b'; there are a",
        "",
    ),
]


@pytest.mark.parametrize(("text", "message", "help"), ERRORS)
def test_a_wrong_file_is_refused(text: str, message: str, help: str) -> None:
    """In one line that names the file, the line and the place, with help where there is something to do."""
    with pytest.raises(ConfigError) as caught:
        policies(text)
    assert message in str(caught.value)
    assert str(caught.value).startswith("invalid file 'policy.yaml'")
    assert help in caught.value.help
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"roles": {"a": true, "a": false}}', "the key 'a' stands twice"),
        ('{\n\t"roles": {"a": 1}\n}', "roles.a: it is not a mapping"),
        ('{"roles": NaN}', "not JSON: NaN and Infinity are no JSON values"),
        ('{"roles"', "line 1: not JSON: expecting ':' delimiter"),
        ("roles: {a: true}", "line 1: not JSON: expecting value"),
    ],
)
def test_a_wrong_json_file_is_refused(text: str, message: str) -> None:
    """A file that is named .json is JSON, nothing else."""
    with pytest.raises(ConfigError) as caught:
        policies(text, "policy.json")
    assert message in str(caught.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A missing one, a directory, bytes that are no text."""
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\xfa")
    for name, message in [("none.yaml", "no such file"), (".", "is a directory"), ("bytes.yaml", "not UTF-8")]:
        with pytest.raises(ConfigError, match=message):
            load(tmp_path / name)


def test_files_are_read_by_whom_one_says(tmp_path: Path) -> None:
    """`read` gives every text: nothing is taken from the disk."""
    texts: dict[str, Any] = {
        "x/policy.yaml": "routes: {openapi: ../api.yaml}\nroles: {a: true}",
        "x/../api.yaml": "paths: {/a: {get: {}}}",
    }
    assert len(load("x/policy.yaml", read=lambda path: texts[str(path)]).routes or ()) == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("roles: {a: true}\ntests:\n  - {request: GET /, expect: allow, time: 2020-13-45}", " line 3"),
        ("roles:\n  a: 0x_", " line 2"),
        ("roles:\n  a: !!int canary", " line 2"),
        ("roles:\n  a: !!timestamp canary", " line 2"),
        ("roles: {a: " + "9" * 5000 + "}", " line 1"),
        ('roles: {a: "\\U00110000"}', ""),
    ],
)
def test_a_value_that_looks_like_another_is_refused(text: str, line: str) -> None:
    """A date or number that is none is an error with its line, and no text of the value."""
    with pytest.raises(ConfigError) as caught:
        parse(text, "policy.yaml", read=str)
    assert caught.value.message.startswith(f"invalid file 'policy.yaml'{line}: it looks like a date, a number")
    assert "canary" not in f"{caught.value!r} {caught.value.__context__!r}"


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("policy.yaml", "roles: " + "[" * 5000, "nested too deeply"),
        ("policy.json", '{"roles": ' + "[" * 50_000, "nested too deeply"),
        ("policy.json", '{"roles": ' + "9" * 5000 + "}", "too many digits"),
    ],
)
def test_a_text_out_of_proportion_is_refused(name: str, text: str, problem: str) -> None:
    """Whoever may write the file must not be able to end the program that reads it."""
    with pytest.raises(ConfigError, match=problem):
        parse(text, name, read=str)
