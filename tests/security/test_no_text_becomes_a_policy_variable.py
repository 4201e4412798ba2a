"""`${` in a resource begins a policy variable: a rule or a claim that holds it as text must not put it there."""

from __future__ import annotations

import pytest

from cwsauth import AuthRequest, Policy
from tests.oracle.iam import verdict

HEAD = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/"
ROUTES = ["GET /tenants/{t}/orders", "GET /tenants/{t}/orders/{id}", "GET /plans", "GET /{proxy+}"]
RULES = [
    [r"GET tenants/\$\{claims.tenant\}/**"],
    [r"GET tenants/\$\{x\}"],
    [r"GET tenants/\$\{x\}/*"],
    [r"GET */\$\{x\}/*", "GET plans"],
    [r"GET **", r"!tenants/\$\{x\}/**"],
    [r"GET tenants/*/orders", r"!tenants/\$\{x\}/orders"],
    [r"GET tenants/a\$/\{x\}", r"GET tenants/\$*/\{x\}"],
    [r"GET tenants/\$[{]x\}/orders/*"],
]


def resources(policy: Policy, call: str) -> list[str]:
    """All texts of the document."""
    made = policy.document(f"{HEAD}GET/{call}")
    return [text for statement in made.policy["Statement"] for text in statement["Resource"]]


@pytest.mark.parametrize("routes", [None, ROUTES], ids=["no routes", "routes"])
@pytest.mark.parametrize("rules", RULES, ids=" ".join)
def test_a_rule_puts_no_variable_into_a_document(rules: list[str], routes: list[str] | None) -> None:
    """Such a rule is narrowed, and a deny of it holds."""
    policy = Policy.of(rules, routes=routes)
    for call in ("plans", "tenants/acme/orders", "tenants/${x}/orders"):
        assert not [text for text in resources(policy, call) if "${" in text]
        path = "tenants/${x}/orders"
        document = policy.document(f"{HEAD}GET/{call}").policy
        assert policy.allows("GET", f"/{path}") or verdict(document, f"{HEAD}GET/{path}") != "allow"


def test_a_claim_puts_no_variable_into_a_document() -> None:
    """Filled in as text, escaped, and then left out."""
    policy = Policy.of(["GET tenants/${claims.tenant}/**"], routes=ROUTES)
    settled = policy.settle(AuthRequest(claims={"tenant": "${claims.tenant}"}))
    assert not [text for text in resources(settled, "tenants/acme/orders") if "${" in text]
