"""What holds for rules with placeholders: a claim is text of one segment, whatever it says."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from cwsauth import AuthRequest, Policy
from tests.laws import strategies
from tests.laws.generate import Call, Drawn, any_call
from tests.laws.judging import ROOT_ARN, Judge

TEMPLATES = [
    "users/${claims.sub}",
    "users/${claims.sub}/**",
    "GET users/x-${claims.sub}/*",
    "!users/${claims.sub}/secret",
    "!${claims.sub}/**",
    "**/${claims.sub}",
    "!**/${claims.aud}",
    "${claims.sub}/${claims.aud}",
    "users/*",
    "users/**",
    "**",
]
VALUES = st.one_of(
    strategies.segments,
    st.sampled_from(
        ["alice", "a/b", "..", ".", "", "*", "**", "a%2fb", "${claims.sub}", "{x+}", "!a", "[a]", "a\\", "?", "\ud800"]
    ),
    st.none(),
    st.integers(),
    st.lists(st.text(max_size=2), max_size=2),
)


@given(
    rules=st.lists(st.sampled_from(TEMPLATES), min_size=1, max_size=4),
    claims=st.fixed_dictionaries({}, optional={"sub": VALUES, "aud": VALUES}),
    data=st.data(),
)
@example(rules=["users/${claims.sub}/**"], claims={"sub": "*"}, data=None)
@example(rules=["**", "!users/${claims.sub}/secret"], claims={"sub": "a/b"}, data=None)
@example(rules=["**", "!users/${claims.sub}/secret"], claims={}, data=None)
def test_a_claim_opens_its_own_segment_only(
    rules: list[str], claims: dict[str, object], data: st.DataObject | None
) -> None:
    """Settled rules are rules: the document keeps the laws, an allow without a clean value is gone, a deny is wider."""
    policy = Policy.of(rules).settle(AuthRequest(claims=claims))
    assert policy.settled
    judged = Judge([rule.text for rule in policy.rules], policy, policy.document(ROOT_ARN))
    names = [value for value in claims.values() if type(value) is str and value and "/" not in value]
    names = [name for name in names if name not in (".", "..")] + ["x", "alice"]
    calls = [Call("GET", f"/users/{name}/{rest}", True) for name in names for rest in ("secret", "a/b")]
    if data is not None and judged.rules:
        calls += [any_call(Drawn(data.draw), judged.rules, names) for _ in range(4)]
    calls = [call for call in calls if not {".", ".."} & {*call.path.split("/")}]
    assert list(judged.overgrants(calls)) == []
    allows = [rule for rule in rules if not rule.startswith("!")]
    for call in calls:
        if judged.meant(call):
            # Some allow has the value of the claim where the call has it, or has no placeholder at all.
            segments = [part for part in call.path.split("/") if part]
            assert any("${" not in rule or _filled(rule, claims, segments) for rule in allows), call


def _filled(rule: str, claims: dict[str, object], segments: list[str]) -> bool:
    """Whether the values of the placeholders of a rule are among the segments of a call."""
    for name in ("sub", "aud"):
        if f"${{claims.{name}}}" not in rule:
            continue
        value = claims.get(name)
        if type(value) is not str or not ({value, f"x-{value}"} & {*segments}):
            return False
    return True


@given(rules=st.lists(st.sampled_from(TEMPLATES), max_size=4), path=strategies.paths(), method=strategies.verbs)
def test_before_a_request_is_known_nothing_is_granted_too_much(rules: list[str], path: str, method: str) -> None:
    """A policy that waits for its request allows nothing that it would refuse to some caller."""
    policy = Policy.of(rules)
    if not policy.allows(method, path):
        return
    for sub in ("alice", "x", None, *[part for part in path.split("/") if part][:3]):
        assert policy.settle(AuthRequest(claims={"sub": sub, "aud": sub})).allows(method, path)
