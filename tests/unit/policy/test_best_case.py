"""Rules that wait for a request, in the matrix and in lint: what they may come to allow is not hidden."""

from __future__ import annotations

import pytest

from cwsauth import Policy, RouteTable, Rule
from cwsauth.policy.analyse import lint, matrix
from cwsauth.policy.analyse.best_case import best_case
from cwsauth.policy.conditions import claim, path, scope

ROUTES = RouteTable.of(["GET /users/{id}", "GET /reports", "GET /tenants/{tenant}/orders", "GET /open", "GET /closed"])
POLICY = Policy(
    [
        Rule("GET users/{id}", when=claim("sub").equals(path("id"))),
        Rule("GET reports", when=scope("reports")),
        Rule("GET tenants/${claims.tenant}/orders"),
        Rule("GET open"),
        Rule("!GET open", when=scope("banned")),
    ],
    ROUTES,
)


def test_a_route_that_depends_on_the_request_is_partly_allowed() -> None:
    """By a condition, a placeholder, or a deny under a condition; one that nobody can call is denied."""
    cells = matrix("t", {"user": POLICY}, ROUTES).cells
    assert {str(route): row["user"].verdict for route, row in cells.items()} == {
        "GET /users/{id}": "partly",
        "GET /reports": "partly",
        "GET /tenants/{tenant}/orders": "partly",
        "GET /open": "partly",
        "GET /closed": "denied",
    }


def test_its_rule_is_told_as_it_was_written() -> None:
    """With the placeholder, and not with what stands for it."""
    cells = matrix("t", {"user": POLICY}, ROUTES).cells
    found = {str(route): row["user"].to_dict()["allow"] for route, row in cells.items()}
    assert found["GET /tenants/{tenant}/orders"]["rule"] == "GET tenants/${claims.tenant}/orders"
    assert found["GET /users/{id}"]["rule"] == "GET users/{id}"


def test_lint_does_not_miss_a_rule_that_waits() -> None:
    """Only the route that nobody can ever call is unreached."""
    found = [str(finding.route) for finding in lint(POLICY) if finding.code == "unreached-route"]
    assert found == ["GET /closed"]


@pytest.mark.parametrize("rules", [["GET a", "!b"], [], ["**"]])
def test_a_settled_policy_is_its_own_best_case(rules: list[str]) -> None:
    """Nothing in it waits."""
    policy = Policy.of(rules)
    assert best_case(policy) is policy


WAITING = claim("tier").equals("gold")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # A condition that another rule makes void: probably nobody meant that.
        ([Rule("GET users/*"), Rule("GET users/{id}", when=WAITING)], {"redundant-rule": "GET users/{id}"}),
        ([Rule("GET users/*"), Rule("GET users/${claims.sub}")], {"redundant-rule": "GET users/${claims.sub}"}),
        (
            [Rule("GET users/{id}", when=WAITING), Rule("GET users/{id}", when=WAITING)],
            {"redundant-rule": "GET users/{id}"},
        ),
        ([Rule("!GET open"), Rule("!GET open", when=WAITING), Rule("*")], {"redundant-rule": "!GET open"}),
        ([Rule("!GET open", when=WAITING), Rule("GET closed")], {"redundant-rule": "!GET open"}),
        ([Rule("!open"), Rule("GET open", when=WAITING)], {"shadowed-rule": "GET open"}),
        ([Rule("!users/**"), Rule("GET users/${claims.sub}")], {"shadowed-rule": "GET users/${claims.sub}"}),
        ([Rule("GET nowhere", when=WAITING)], {"unreachable-rule": "GET nowhere"}),
        # What counts for some requests only takes nothing away from a rule.
        ([Rule("GET open"), Rule("!GET open", when=WAITING)], {}),
        ([Rule("GET users/*", when=WAITING), Rule("GET users/me")], {}),
        ([Rule("GET users/*", when=WAITING), Rule("GET users/me", when=scope("me"))], {}),
        ([Rule("GET users/*"), Rule("!GET users/${claims.sub}")], {}),
        ([Rule("GET open", when=WAITING), Rule("!GET open", when=scope("banned"))], {}),
        ([Rule("**", when=WAITING)], {}),
    ],
)
def test_lint_judges_rules_that_wait(rules: list[Rule], expected: dict[str, str]) -> None:
    """By all that they may come to say, against the rules that stand for every request."""
    codes = ("redundant-rule", "shadowed-rule", "unreachable-rule", "broad-rule")
    assert {f.code: f.rule and f.rule.text for f in lint(Policy(rules, ROUTES)) if f.code in codes} == expected


def test_lint_says_what_a_void_condition_may_mean() -> None:
    """The help names both ways out: the rule, or those that allow the same without its condition."""
    (found,) = [f for f in lint(Policy([Rule("GET open"), Rule("GET open", when=WAITING)], ROUTES)) if f.rule]
    assert "if its condition is to count" in found.help
