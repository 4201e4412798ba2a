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
