"""Laws of conditions: what cannot be decided never helps the caller, and what is cached is right at every moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cwsauth import AuthRequest, Policy, Rule, Verdict, evaluate
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
from cwsauth.policy.rule import Effect

STAGE = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"
NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)
ROUTES = ["GET /u/{id}", "PUT /u/{id}", "GET /u/{id}/x", "GET /a"]
CALLS = [
    ("GET", "/u/alice"),
    ("GET", "/u/bob"),
    ("PUT", "/u/7"),
    ("GET", "/u/alice/x"),
    ("GET", "/a"),
    ("GET", "/u/%61"),
]
PATTERNS = ["u/{id}", "GET u/{id}", "u/{id}/**", "!u/{id}", "!GET u/{id}/x"]

values = st.sampled_from(
    ["alice", "bob", 7, True, None, ["alice", "bob"], ["alice", 1], {"a": 1}, "a/b", "*", "", 10**400]
)
claims_ = st.fixed_dictionaries(
    {}, optional={"sub": values, "groups": values, "scope": st.sampled_from(["read", "write", 1])}
)
addresses = st.sampled_from(["10.0.0.1", "10.1.0.1", "11.0.0.1", "2001:db8::1", "x", None])
times = st.sampled_from([-2, -1, 0, 1, 2]).map(lambda hours: (NOON + timedelta(hours=hours)).timestamp())


@st.composite
def requests(draw: st.DrawFn, claims: dict[str, Any] | None = None) -> AuthRequest:
    """A call of the API by the bearer of some claims, from somewhere."""
    method, route = draw(st.sampled_from(CALLS))
    return AuthRequest(
        claims=draw(claims_) if claims is None else claims,
        source_ip=draw(addresses),
        stage=draw(st.sampled_from(["dev", "prod", ""])) if claims is None else "dev",
        method=method,
        path=route,
    )


about_claims = [
    claim("sub").equals("alice"),
    claim("sub").exists(),
    claim("groups").contains("alice"),
    claim("sub").in_(claim("groups")),
    scope("read"),
    group("bob"),
    stage("dev"),
]
about_paths = [
    claim("sub").equals(path("id")),
    path("id").in_(claim("groups")),
    path("id").equals("bob"),
]
about_calls = [
    source_ip("10.0.0.0/8"),
    source_ip("10.1.0.0/16", "2001:db8::/32"),
    after(NOON),
    before(NOON + timedelta(hours=1)),
]
not_in_iam = [daily("11:00", "12:30")]


def trees(*leaves: list[Condition]) -> st.SearchStrategy[Condition]:
    """Conditions of those, combined."""
    return st.recursive(
        st.sampled_from([leaf for some in leaves for leaf in some]),
        lambda inner: st.one_of(
            st.builds(not_, inner),
            st.lists(inner, min_size=1, max_size=3).map(lambda found: all_(*found)),
            st.lists(inner, min_size=1, max_size=3).map(lambda found: any_(*found)),
        ),
        max_leaves=5,
    )


conditions = trees(about_claims, about_paths, about_calls, not_in_iam)
rules = st.builds(lambda text, when: Rule(text, when=when), st.sampled_from(PATTERNS), conditions)
plain = st.sampled_from(["a", "u/alice", "!u/bob", "u/*", "GET u/*/x"]).map(Rule)
policies = st.lists(rules | plain, min_size=1, max_size=4)


@given(conditions, requests(), times)
def test_knowing_more_changes_no_answer(condition: Condition, request: AuthRequest, now: float) -> None:
    """A condition that is decided without a fact is decided alike with it."""
    bound = condition.bound(Rule("u/{id}"))
    full = bound.value(request, now)
    poorer = [(request.replace(source_ip=None), now), (request, None), (request.replace(stage=""), now)]
    # Words and groups of an absent claim are none, and `exists` is about absence itself: these are facts, too.
    for name in request.claims:
        if name == "sub" and "exists" not in repr(condition).lower():
            kept = {key: value for key, value in request.claims.items() if key != name}
            poorer.append((request.with_claims(kept), now))
    for less, moment in poorer:
        found = bound.value(less, moment)
        assert found is None or found is full


@given(policies, requests(), st.none() | times)
def test_settling_agrees_with_asking(written: list[Rule], request: AuthRequest, now: float | None) -> None:
    """What a settled policy decides for the call at hand is what the rules say of it, one by one."""
    policy = Policy.of(written, routes=ROUTES).settle(request, now=now)
    allowed = False
    denied = False
    for rule in written:
        if not _matches(rule, request):
            continue
        holds = True if rule.when is None else rule.when.bound(rule).value(request, now)  # type: ignore[attr-defined]
        allowed = allowed or (rule.effect is Effect.ALLOW and holds is True)
        denied = denied or (rule.effect is Effect.DENY and holds is not False)
    assert policy.allows(request.method, request.path) is (allowed and not denied)
    assert policy.settled


def _matches(rule: Rule, request: AuthRequest) -> bool:
    """Whether the pattern of a rule, its effect and condition aside, matches the call."""
    alone = Rule.made(Effect.ALLOW, rule.methods, rule.segments)
    return Policy.of([alone]).allows(request.method, request.path)


@given(policies, st.data(), times, times)
def test_what_is_cached_is_right_at_every_moment(
    written: list[Rule], data: st.DataObject, now: float, later: float
) -> None:
    """A document that was made for one call grants another one of the same caller only if the policy does so then."""
    first = data.draw(requests())
    other = data.draw(requests(claims=dict(first.claims)))
    first = first.replace(stage="dev")
    arn = f"{STAGE}/{first.method}{first.path}"
    for asked in (False, True):
        document = Policy.of(written, routes=ROUTES).settle(first, now=now).document(arn, iam_conditions=asked)
        context: dict[str, Any] = {"aws:CurrentTime": datetime.fromtimestamp(later, UTC).isoformat()}
        if other.source_ip is not None and other.source_ip != "x":
            context["aws:SourceIp"] = other.source_ip
        verdict = evaluate(document.policy, f"{STAGE}/{other.method}{other.path}", context=context)
        then = Policy.of(written, routes=ROUTES).settle(other, now=later)
        if verdict is Verdict.ALLOW:
            assert then.allows(other.method, other.path)
        elif document.exact and "%" not in other.path:
            assert not then.allows(other.method, other.path)


@given(
    st.lists(
        st.builds(lambda text, when: Rule(text, when=when), st.sampled_from(PATTERNS), trees(about_calls)) | plain,
        min_size=1,
        max_size=3,
    ),
    requests(),
    times,
)
def test_what_iam_does_not_know_grants_nothing_more(written: list[Rule], request: AuthRequest, now: float) -> None:
    """Without the address, without the time, without both: no call is allowed that is not allowed to somebody unknown."""
    policy = Policy.of(written, routes=ROUTES).settle(request.replace(stage="dev"), now=now)
    document = policy.document(f"{STAGE}/GET/a", iam_conditions=True)
    clock = {"aws:CurrentTime": datetime.fromtimestamp(now, UTC).isoformat()}
    known = request.source_ip is not None and request.source_ip != "x"
    place = {"aws:SourceIp": request.source_ip} if known else {}
    for context, address, moment in ((clock, None, now), (place, request.source_ip, None), ({}, None, None)):
        unknown = Policy.of(written, routes=ROUTES).settle(request.replace(source_ip=address, stage="dev"), now=moment)
        for method, route in CALLS:
            if evaluate(document.policy, f"{STAGE}/{method}{route}", context=context) is Verdict.ALLOW:
                assert unknown.allows(method, route)
