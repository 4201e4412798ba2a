"""Documents of policies that hold for one call only: narrowed by default, exact with conditions of IAM where asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cwsauth import AuthRequest, Document, Policy, Rule, Verdict, evaluate
from cwsauth.errors import NotExact
from cwsauth.policy.cache_safe import assert_cache_safe
from cwsauth.policy.conditions import Condition, after, before, between, claim, daily, path, source_ip

STAGE = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"
OFFICE = source_ip("10.0.0.0/8")
NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)
RULES: list[str | Rule] = ["public", Rule("GET admin/{id}", when=OFFICE), "admin/help"]
ROUTES = ["ANY /public", "ANY /admin/{id}", "ANY /admin/{id}/log"]


def policy(rules: list[str | Rule], address: str | None = None, now: datetime | None = None, **fields: Any) -> Policy:
    request = AuthRequest(source_ip=address, **fields)
    return Policy.of(rules, routes=ROUTES).settle(request, now=None if now is None else now.timestamp())


def verdict(document: Document, call: str, address: str | None = None, now: datetime | None = None) -> Verdict:
    context: dict[str, Any] = {}
    if address is not None:
        context["aws:SourceIp"] = address
    if now is not None:
        context["aws:CurrentTime"] = now.isoformat()
    return evaluate(document.policy, f"{STAGE}/{call}", context=context)


def test_what_is_cached_says_only_what_lasts() -> None:
    """Also for the call at hand, which is allowed: the same token may come from elsewhere before the answer is old."""
    inside = policy(RULES, "10.1.1.1")
    document = inside.document(f"{STAGE}/GET/admin/1")
    assert inside.allows("GET", "/admin/1")
    assert verdict(document, "GET/admin/1") is not Verdict.ALLOW
    assert verdict(document, "GET/public") is Verdict.ALLOW
    assert verdict(document, "GET/admin/help") is Verdict.ALLOW
    assert (document.exact, document.cacheable, document.conditional) == (False, False, ())
    assert [(lost.rule.text, lost.path) for lost in document.lost] == [("GET admin/{id}", "/admin/x")]
    assert "declare ttl=0" in str(document.warning)
    assert "'GET admin/{id}'" in str(document.warning)


def test_what_is_not_cached_has_the_call_at_hand_too() -> None:
    """With a TTL of 0 the answer is of this call."""
    document = policy(RULES, "10.1.1.1").document(f"{STAGE}/GET/admin/1", cached=False)
    assert verdict(document, "GET/admin/1") is Verdict.ALLOW
    assert verdict(document, "GET/admin/2") is not Verdict.ALLOW
    assert not document.cacheable
    refused = policy(RULES, "11.1.1.1").document(f"{STAGE}/GET/admin/1", cached=False)
    assert verdict(refused, "GET/admin/1") is not Verdict.ALLOW


def test_a_conditional_deny_is_cached_as_a_deny() -> None:
    """Also where it does not hold at the moment."""
    rules: list[str | Rule] = ["public", Rule("!public", when=~OFFICE)]
    inside = policy(rules, "10.1.1.1")
    assert inside.allows("GET", "/public")
    assert verdict(inside.document(f"{STAGE}/GET/public"), "GET/public") is Verdict.EXPLICIT_DENY
    assert verdict(inside.document(f"{STAGE}/GET/public", cached=False), "GET/public") is Verdict.ALLOW


def test_refusing_in_place_of_narrowing() -> None:
    """`inexact="refuse"` names the rules; `assert_cache_safe` says the same in a test."""
    with pytest.raises(NotExact, match=r"GET admin/\{id\}") as caught:
        policy(RULES, "10.1.1.1").document(f"{STAGE}/GET/admin/1", inexact="refuse")
    assert caught.value.lost
    with pytest.raises(NotExact):
        assert_cache_safe(policy(RULES, "10.1.1.1"), 300)
    assert_cache_safe(policy(RULES, "10.1.1.1"), 0)


def test_conditions_of_iam_where_asked() -> None:
    """Exact and cacheable: the address is asked with each call. Where it is unknown, nothing of the rule is granted."""
    document = policy(RULES, "11.1.1.1").document(f"{STAGE}/GET/public", iam_conditions=True)
    assert (document.exact, document.cacheable) == (True, True)
    for call, inside, outside in (
        ("GET/admin/1", True, False),
        ("GET/admin/help", True, True),
        ("PUT/admin/1", False, False),
        ("GET/public", True, True),
        ("GET/admin/1/log", False, False),
    ):
        assert (verdict(document, call, "10.1.1.1") is Verdict.ALLOW) is inside
        assert (verdict(document, call, "11.1.1.1") is Verdict.ALLOW) is outside
        assert (verdict(document, call) is Verdict.ALLOW) is outside
    assert document.size == len(str(document.policy).replace(" ", "").replace("'", '"'))


def test_a_conditional_deny_in_iam() -> None:
    """Where the address is unknown, it denies."""
    rules: list[str | Rule] = ["public", Rule("!public", when=OFFICE)]
    document = policy(rules, "10.1.1.1").document(f"{STAGE}/GET/public", iam_conditions=True)
    assert verdict(document, "GET/public", "11.1.1.1") is Verdict.ALLOW
    assert verdict(document, "GET/public", "10.1.1.1") is not Verdict.ALLOW
    assert verdict(document, "GET/public") is not Verdict.ALLOW


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        (after(NOON), {0: False, 1: True, 2: True}),
        (before(NOON), {0: True, 1: False, 2: False}),
        (between(NOON, NOON + timedelta(hours=1)), {0: False, 1: True, 2: False}),
        (~between(NOON, NOON + timedelta(hours=1)), {0: True, 1: False, 2: True}),
        (OFFICE & after(NOON), {0: False, 1: True, 2: True}),
        (OFFICE | after(NOON), {0: True, 1: True, 2: True}),
        (~OFFICE | before(NOON), {0: True, 1: False, 2: False}),
        (~OFFICE, {0: False, 1: False, 2: False}),
        (source_ip("10.0.0.0/8") & source_ip("10.1.0.0/16", "11.0.0.0/8"), {0: True, 1: True, 2: True}),
        (source_ip("10.0.0.0/8") & ~source_ip("10.1.0.0/16"), {0: False, 1: False, 2: False}),
        (source_ip("10.0.0.0/8") & source_ip("11.0.0.0/8"), {0: False, 1: False, 2: False}),
    ],
    ids=repr,
)
def test_what_iam_can_say(condition: Condition, allowed: dict[int, bool]) -> None:
    """Addresses and times, with all combinators; the evaluator and the matcher agree."""
    for hours, wanted in allowed.items():
        moment = NOON + timedelta(hours=hours - 1)
        now = policy([Rule("public", when=condition)], "10.1.1.1", moment)
        assert now.allows("GET", "/public") is wanted
        document = now.document(f"{STAGE}/GET/public", iam_conditions=True)
        assert document.exact
        assert (verdict(document, "GET/public", "10.1.1.1", moment) is Verdict.ALLOW) is wanted
        assert verdict(document, "GET/public") is not Verdict.ALLOW


@pytest.mark.parametrize(
    "rules",
    [
        [Rule("public", when=daily("09:00", "17:00"))],
        [Rule("public", when=OFFICE & daily("09:00", "17:00"))],
        [Rule("admin/{id}", when=~claim("sub").equals(path("id")))],
        [Rule("public", when=source_ip(f"10.{number}.0.0/16")) for number in range(4)],
    ],
    ids=["daily", "daily and address", "path", "four conditions"],
)
def test_what_iam_cannot_say_is_narrowed(rules: list[str | Rule]) -> None:
    """Asked or not: then the document says what lasts."""
    now = policy([*rules, "admin/help"], "10.1.1.1", NOON, claims={"sub": "alice"})
    document = now.document(f"{STAGE}/GET/admin/help", iam_conditions=True)
    assert document.conditional == ()
    assert not document.exact
    assert verdict(document, "GET/admin/help") is Verdict.ALLOW


def test_what_iam_cannot_say_without_a_condition() -> None:
    """Is not said with one: a `*` between literals, and a `**` behind them, at every depth."""
    now = Policy.of([Rule("a/*/b/**", when=OFFICE), "help"]).settle(AuthRequest(source_ip="10.1.1.1"))
    document = now.document(f"{STAGE}/GET/help", iam_conditions=True)
    assert (document.conditional, document.exact) == ((), False)
    assert verdict(document, "GET/a/x/y/b/c", "10.1.1.1") is not Verdict.ALLOW


def test_limits_count_with_conditions_too() -> None:
    """What is too large with conditions is narrowed."""
    now = policy(RULES, "10.1.1.1")
    assert now.document(f"{STAGE}/GET/public", iam_conditions=True).conditional
    small = now.document(f"{STAGE}/GET/public", iam_conditions=True, limit=400)
    assert not small.conditional
    assert small.size <= 400


def test_a_websocket() -> None:
    """One call, `$connect`, under a condition."""
    rules: list[str | Rule] = [Rule("**", when=OFFICE)]
    call = f"{STAGE}/$connect"
    inside = policy(rules, "10.1.1.1")
    assert evaluate(inside.document(call).policy, call) is not Verdict.ALLOW
    assert evaluate(inside.document(call, cached=False).policy, call) is Verdict.ALLOW
    said = inside.document(call, iam_conditions=True).policy
    assert evaluate(said, call, context={"aws:SourceIp": "10.1.1.1"}) is Verdict.ALLOW
    assert evaluate(said, call, context={"aws:SourceIp": "11.1.1.1"}) is not Verdict.ALLOW
