"""What is probably wrong, as a reader, a program and a pipeline get it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cwsauth

POLICY = """\
routes:
  - GET,PUT /product/{id}
  - GET /order
roles:
  editor:
    rules:
      - GET,PUT product/*
      - GET product/1
      - produkt/*
    includes: [customer]
  customer:
    - GET product/{id}
"""


@pytest.fixture
def policy(shop: Path) -> Path:
    path = shop / "policy.yaml"
    path.write_text(POLICY)
    return path


def test_text(policy: Path, cwsauth: Cwsauth) -> None:
    """Each finding with file, line, severity, role and code, the worst first, and what to do; exit code 4."""
    result = cwsauth("lint", "policy.yaml")
    assert result.code == 4
    lines = result.out.splitlines()
    assert lines[0] == "policy.yaml:9: error: editor: no declared route can meet 'produkt/*' [unreachable-rule]"
    assert lines[1] == "  help: remove it, or declare the route that it is meant for"
    assert (
        "policy.yaml:8: warning: editor: without 'GET product/1' the policy would mean the same [redundant-rule]"
        in lines
    )
    assert "policy.yaml:3: note: no rule allows any call of 'GET /order' [unreached-route]" in lines
    assert lines[-1] == "1 error, 2 warnings, 1 note"


def test_a_route_that_some_role_reaches_is_no_finding(policy: Path, cwsauth: Cwsauth) -> None:
    """PUT is not for customers, and that is all right."""
    assert "PUT /product" not in cwsauth("lint", "policy.yaml").out
    assert "no rule allows any call of 'PUT /product/{id}'" in cwsauth("lint", "policy.yaml", "--role", "customer").out


def test_a_finding_of_several_roles_is_shown_once(shop: Path, cwsauth: Cwsauth) -> None:
    """A rule that an included role brings along is wrong once, and the roles are named."""
    (shop / "policy.yaml").write_text(
        "routes: [GET /a, GET /c]\nroles:\n  one: [a, b]\n  two: {includes: [one]}\n  three: {includes: [one], rules: [c]}\n"
    )
    result = cwsauth("lint", "policy.yaml")
    assert result.out.splitlines()[0] == (
        "policy.yaml:3: error: one, two, three: no declared route can meet 'b' [unreachable-rule]"
    )
    assert result.out.splitlines()[-1] == "1 error"


@pytest.mark.parametrize("option", [["--json"], ["--format", "json"]])
def test_json(option: list[str], policy: Path, cwsauth: Cwsauth) -> None:
    """The same as data."""
    result = cwsauth("lint", "policy.yaml", *option)
    data = json.loads(result.out)
    assert (result.code, data["errors"]) == (4, 1)
    first = data["findings"][0]
    assert {key: first[key] for key in ("file", "line", "roles", "code", "severity", "rule")} == {
        "file": "policy.yaml",
        "line": 9,
        "roles": ["editor"],
        "code": "unreachable-rule",
        "severity": "error",
        "rule": "produkt/*",
    }


def test_github(policy: Path, cwsauth: Cwsauth) -> None:
    """Commands that become annotations, with what has a meaning of its own in them escaped."""
    policy.rename(policy.parent / "a,b.yaml")
    lines = cwsauth("lint", "a,b.yaml", "--format", "github").out.splitlines()
    assert lines[0] == (
        "::error file=a%2Cb.yaml,line=9,title=unreachable-rule::editor: no declared route can meet 'produkt/*';"
        " remove it, or declare the route that it is meant for"
    )
    assert any(line.startswith("::warning file=a%2Cb.yaml,line=8,title=redundant-rule::") for line in lines)
    assert any(line.startswith("::notice file=a%2Cb.yaml,line=3,title=unreached-route::") for line in lines)


def test_plain_rules(cwsauth: Cwsauth) -> None:
    """Rules and routes of the command line have no line, and are called by what they are."""
    result = cwsauth("lint", "--rule", "a/*", "--rule", "!a/**", "--route", "GET /a/{b}")
    assert result.code == 4
    assert result.out.splitlines()[0] == "rules: error: 'a/*' allows nothing: '!a/**' denies it [shadowed-rule]"
    assert "(as in GET /a/x)" in result.out
    github = cwsauth("lint", "--rule", "a/*", "--rule", "!a/**", "--format", "github").out
    assert github.startswith("::error title=shadowed-rule::'a/*' allows nothing")


def test_nothing_found(cwsauth: Cwsauth) -> None:
    """Is said, with exit code 0; warnings alone are no failure."""
    result = cwsauth("lint", "--rule", "a/*", "--rule", "c", "--route", "GET /a/{b}", "--route", "GET /c")
    assert (result.code, result.out) == (0, "nothing found\n")
    assert cwsauth("lint", "--rule", "a/*", "--rule", "a/*").code == 0


@pytest.mark.parametrize(("rule", "wider"), [("GET a/*", "GET a/**"), ("a/{id}", "a/**"), ("{id}", "{proxy+}")])
def test_a_short_star_comes_with_the_rule_that_reaches_deeper(rule: str, wider: str, cwsauth: Cwsauth) -> None:
    """The help is a rule that can be copied, and with it the finding is gone."""
    routes = ["--route", "GET /a/{id}", "--route", "GET /a/{id}/deep", "--route", "GET /b"]
    assert f"write '{wider}' if everything below is meant" in cwsauth("lint", "--rule", rule, *routes).out
    assert "short-star" not in cwsauth("lint", "--rule", wider, *routes).out


def test_no_policy(cwsauth: Cwsauth) -> None:
    """Is wrong usage."""
    assert cwsauth("lint", "--route", "GET /a").code == 2
