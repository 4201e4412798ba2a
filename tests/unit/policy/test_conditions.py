"""Conditions of rules: what holds, what does not, what cannot be decided, and what is left for a document."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cwsauth import AuthRequest, Policy, Rule
from cwsauth.errors import ConfigError, PatternError
from cwsauth.policy.conditions import (
    Condition,
    after,
    all_,
    any_,
    before,
    between,
    claim,
    daily,
    group,
    not_,
    path,
    scope,
    source_ip,
    stage,
)
from cwsauth.policy.conditions.logic import FALSE, TRUE, UNDECIDED

NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)  # a Wednesday


def value(condition: Condition, now: float | None = None, **fields: Any) -> bool | None:
    return condition.value(AuthRequest(**fields), now)


CLAIMS = {
    "sub": "alice",
    "age": 7,
    "ratio": 0.5,
    "admin": True,
    "no": False,
    "null": None,
    "groups": ["a", "b"],
    "mixed": ["a", 1],
    "numbers": [1, 2],
    "nested": {"roles": ["x"], "deep": {"er": "y"}},
    "scope": "read write",
    "empty": [],
}


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        (claim("sub").equals("alice"), True),
        (claim("sub").equals("Alice"), False),
        (claim("age").equals(7), True),
        (claim("age").equals(7.0), True),
        (claim("age").equals(8), False),
        (claim("age").equals("7"), None),
        (claim("age").equals(True), None),
        (claim("admin").equals(True), True),
        (claim("admin").equals(1), None),
        (claim("no").equals(False), True),
        (claim("no").equals(True), False),
        (claim("null").equals("x"), None),
        (claim("absent").equals("x"), None),
        (claim("groups").equals("a"), None),
        (claim("nested", "deep", "er").equals("y"), True),
        (claim("nested", "deep").equals("y"), None),
        (claim("nested", "absent", "er").equals("y"), None),
        (claim("sub", "x").equals("y"), None),
        (claim("sub").equals(claim("sub")), True),
        (claim("sub").equals(claim("absent")), None),
        (claim("sub").in_("bob", "alice"), True),
        (claim("sub").in_("bob", "carol"), False),
        (claim("absent").in_("bob", "carol"), None),
        (claim("sub").in_(claim("groups")), False),
        (claim("groups").contains("a"), True),
        (claim("groups").contains("c"), False),
        (claim("groups").contains(1), None),
        (claim("numbers").contains(2), True),
        (claim("mixed").contains("a"), None),
        (claim("empty").contains("a"), False),
        (claim("sub").contains("a"), None),
        (claim("absent").contains("a"), None),
        (claim("nested", "roles").contains("x"), True),
        (claim("sub").exists(), True),
        (claim("no").exists(), True),
        (claim("null").exists(), False),
        (claim("absent").exists(), False),
        (claim("nested", "deep").exists(), True),
        (claim("age").at_least(7), True),
        (claim("age").at_least(7.5), False),
        (claim("ratio").at_most(0.5), True),
        (claim("age").at_most(6), False),
        (claim("admin").at_least(0), None),
        (claim("sub").at_least(0), None),
        (claim("absent").at_most(0), None),
        (scope("read"), True),
        (scope("rea"), False),
        (scope("read", claim="groups"), False),
        (scope("a", claim="groups"), True),
        (scope("a", claim="absent"), False),
        (scope("a", claim="age"), None),
        (scope("a", claim="mixed"), None),
        (group("a"), True),
        (group("c"), False),
        (group("alice", claim="sub"), True),
        (group("read", claim="scope"), False),
        (group("a", claim="nested"), None),
        (path("id").equals("x"), None),
    ],
    ids=repr,
)
def test_conditions_on_claims(condition: Condition, wanted: bool | None) -> None:
    """Values of one type are compared; what is missing or of another type is undecided, and so is its negation."""
    assert value(condition, claims=CLAIMS) is wanted
    assert value(~condition, claims=CLAIMS) is (None if wanted is None else not wanted)


def test_stages() -> None:
    """One of several; no stage, or a pattern of one, is undecided."""
    assert value(stage("prod", "master"), stage="prod") is True
    assert value(stage("prod"), stage="dev") is False
    assert value(stage("prod"), stage="") is None
    assert value(stage("prod"), stage="*") is None


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("10.1.2.3", True),
        ("11.0.0.1", False),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("::ffff:10.1.2.3", True),
        ("::ffff:11.0.0.1", False),
        ("010.1.2.3", None),
        ("10.1.2", None),
        ("10.1.2.3, 11.0.0.1", None),
        ("10.1.2.3\n", None),
        ("localhost", None),
        ("", None),
        (None, None),
    ],
)
def test_addresses(address: str | None, wanted: bool | None) -> None:
    """Of networks of both versions; an address that is none is undecided."""
    condition = source_ip("10.0.0.0/8", "192.0.2.7", "2001:db8::/32")
    assert value(condition, source_ip=address) is wanted


@pytest.mark.parametrize(
    "networks", [[], [""], ["10.0.0.1/8"], ["10.0.0.0/33"], ["10.*"], [1], ["10.0.0.0/8", "x"], [b"10.0.0.0/8"]]
)
def test_networks_that_are_none(networks: list[Any]) -> None:
    """Bits beyond the prefix are a mistake, and so is everything that is no network."""
    with pytest.raises(ConfigError):
        source_ip(*networks)


def test_times() -> None:
    """From a moment on, before one, and both; without a clock nothing is decided."""
    now = NOON.timestamp()
    assert value(after(NOON), now) is True
    assert value(after(NOON), now - 0.001) is False
    assert value(before(NOON), now) is False
    assert value(before("2030-01-02T13:00:00+01:00"), now - 1) is True
    window = between("2030-01-01T00:00:00Z", "2030-01-03T00:00:00Z")
    assert value(window, now) is True
    assert value(window, now + 86_400) is False
    assert value(window, None) is None


@pytest.mark.parametrize("moment", ["2030-01-01", "2030-01-01T00:00:00", "noon", "", None, 0, datetime(2030, 1, 1)])
def test_moments_that_are_none(moment: Any) -> None:
    """A moment without an offset is one of as many moments as there are time zones."""
    for make in (after, before):
        with pytest.raises(ConfigError):
            make(moment)
    with pytest.raises(ConfigError):
        between(NOON, NOON)


@pytest.mark.parametrize(
    ("condition", "at", "wanted"),
    [
        (daily("09:00", "17:00"), NOON, True),
        (daily("09:00", "12:00"), NOON, False),
        (daily("12:00", "12:01"), NOON, True),
        (daily("09:00", "17:00", days="mon-fri"), NOON, True),
        (daily("09:00", "17:00", days="sat,sun"), NOON, False),
        (daily("09:00", "17:00", days="fri-mon"), NOON + timedelta(days=3), True),
        (daily("22:00", "06:00", days="wed"), NOON + timedelta(hours=11), True),
        (daily("22:00", "06:00", days="wed"), NOON + timedelta(hours=16), True),
        (daily("22:00", "06:00", days="thu"), NOON + timedelta(hours=16), False),
        (daily("00:00", "00:00"), NOON, True),
        (daily("09:00", "12:30", zone=timezone(timedelta(hours=1))), NOON, False),
        (daily("13:00", "13:01", zone=ZoneInfo("Europe/Paris")), NOON, True),
    ],
)
def test_daily_windows(condition: Condition, at: datetime, wanted: bool) -> None:
    """Times of the day in a time zone, on some days; those after midnight belong to the evening before."""
    assert value(condition, at.timestamp()) is wanted
    assert value(condition, None) is None
    for odd in (-1.0, 1e300, float("inf"), float("nan")):
        assert value(condition, odd) is None


@pytest.mark.parametrize(
    "options",
    [
        {"start": "9"},
        {"start": "25:00"},
        {"start": "09:00+01:00"},
        {"start": None},
        {"days": "monday"},
        {"days": ""},
        {"days": "mon-"},
        {"days": None},
        {"zone": "Europe/Paris"},
    ],
)
def test_daily_windows_that_are_none(options: dict[str, Any]) -> None:
    """Wrong hours, days and zones."""
    with pytest.raises(ConfigError):
        daily(**{"start": "09:00", "end": "17:00", **options})


YES, NO, MAYBE = claim("admin").equals(True), claim("no").equals(True), claim("absent").equals(True)


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        (YES, YES, True, True),
        (YES, NO, False, True),
        (YES, MAYBE, None, True),
        (NO, NO, False, False),
        (NO, MAYBE, False, None),
        (MAYBE, MAYBE, None, None),
    ],
)
def test_combinators_are_kleenes(left: Condition, right: Condition, both: bool | None, either: bool | None) -> None:
    """In both orders, and by both spellings."""
    for one, other in ((left, right), (right, left)):
        for condition in (all_(one, other), one & other):
            assert value(condition, claims=CLAIMS) is both
        for condition in (any_(one, other), one | other):
            assert value(condition, claims=CLAIMS) is either
        assert value(~(one & other), claims=CLAIMS) is value(~one | ~other, claims=CLAIMS)


def test_what_does_not_matter_is_left_out() -> None:
    """Constants, repetitions, nesting, double negation: equal conditions are equal values."""
    assert all_(YES) == any_(YES) == not_(not_(YES)) == YES
    assert YES & YES == YES
    assert all_(YES, all_(NO, MAYBE)) == all_(YES, NO, MAYBE)
    assert all_(YES, TRUE) == YES
    assert all_(YES, FALSE) == FALSE
    assert any_(YES, FALSE) == YES
    assert any_(YES, TRUE) == TRUE
    assert not_(UNDECIDED) == UNDECIDED
    assert claim("a").equals(1) != claim("a").equals(True)
    assert claim("a").equals("1") != claim("a").equals(1)
    assert hash(YES & NO) == hash(claim("admin").equals(True) & claim("no").equals(True))
    assert (YES & NO) != (YES | NO)


def test_the_mistakes_of_python_are_caught() -> None:
    """`and`, `or` and `not` would drop conditions in silence."""
    with pytest.raises(ConfigError, match="no truth"):
        assert all([YES, NO])
    with pytest.raises(ConfigError):
        assert not YES
    for wrong in ([], [YES, True], [lambda request: True], ["admin"]):
        with pytest.raises(ConfigError):
            all_(*wrong)
    with pytest.raises(ConfigError):
        not_(True)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "make",
    [
        claim,
        lambda: claim(""),
        lambda: claim(1),  # type: ignore[arg-type]
        lambda: scope(""),
        lambda: group("a", claim=""),
        stage,
        lambda: path(""),
        lambda: claim("a").equals(None),  # type: ignore[arg-type]
        lambda: claim("a").equals(["a"]),  # type: ignore[arg-type]
        lambda: claim("a").in_(),
        lambda: claim("a").at_least("1"),  # type: ignore[arg-type]
        lambda: claim("a").at_least(float("nan")),
        lambda: claim("a").at_most(True),
    ],
)
def test_conditions_that_cannot_be_meant(make: Any) -> None:
    """At construction, not at the first request."""
    with pytest.raises(ConfigError):
        make()


def test_conditions_are_pickled_with_their_policy() -> None:
    """A policy with all kinds of them, bound to its rules."""
    policy = Policy.of(
        [
            Rule("u/{id}", when=claim("sub").equals(path("id")) | claim("accounts").contains(path("id"))),
            Rule("!a", when=~source_ip("10.0.0.0/8") & daily("09:00", "17:00", days="mon-fri")),
            Rule("b", when=between("2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z") & stage("dev") & scope("a")),
        ]
    )
    again = pickle.loads(pickle.dumps(policy))
    assert again == policy
    assert [rule.when for rule in again.rules] == [rule.when for rule in policy.rules]


def settled(rule: Rule, now: float | None = None, **fields: Any) -> Policy:
    return Policy.of([rule]).settle(AuthRequest(**fields), now=now)


def lasting(rule: Rule, **fields: Any) -> list[str]:
    """What may be cached of a rule: texts, with `?` behind those that depend on the call."""
    policy = settled(rule, **fields)
    rules = policy.rules if policy.lasting is None else policy.lasting.rules
    return [rule.text + ("" if rule.when is None else " ?") for rule in rules]


def test_a_rule_is_kept_or_dropped_by_the_claims() -> None:
    """Settled before a document is made: what is left has no condition. Undecided counts against the caller."""
    for condition, allow, deny in ((YES, ["a"], ["!a"]), (NO, [], []), (MAYBE, [], ["!a"])):
        assert lasting(Rule("a", when=condition), claims=CLAIMS) == allow
        assert lasting(Rule("!a", when=condition), claims=CLAIMS) == deny


def test_before_the_request_is_known() -> None:
    """An allow under a condition grants nothing, a deny denies."""
    policy = Policy.of(["**", Rule("!a", when=YES)])
    assert not policy.allows("GET", "/a")
    assert not Policy.of([Rule("a", when=YES)]).allows("GET", "/a")


def test_the_text_of_a_rule_is_kept() -> None:
    """So that logs and explanations show what was written."""
    assert lasting(Rule("GET users/{id}/**", when=YES), claims=CLAIMS) == ["GET users/{id}/**"]


@pytest.mark.parametrize(
    ("text", "condition", "wanted"),
    [
        ("users/{id}/**", claim("sub").equals(path("id")), ["users/alice/**"]),
        ("users/{id}/**", path("id").equals(claim("sub")), ["users/alice/**"]),
        ("GET,PUT /users/{id}", claim("sub").equals(path("id")), ["GET,PUT users/alice"]),
        ("!users/{id}", claim("sub").equals(path("id")), ["!users/alice"]),
        ("accounts/{id}", claim("age").equals(path("id")), ["accounts/7"]),
        ("g/{id}", claim("groups").contains(path("id")), ["g/a", "g/b"]),
        ("g/{id}", path("id").in_(claim("groups")), ["g/a", "g/b"]),
        ("g/{id}", path("id").in_("x", "y"), ["g/x", "g/y"]),
        ("n/{id}", claim("numbers").contains(path("id")), ["n/1", "n/2"]),
        ("g/{id}", claim("empty").contains(path("id")), []),
        ("u/{a}/{b}", claim("sub").equals(path("a")) & path("b").in_(claim("groups")), ["u/alice/a", "u/alice/b"]),
        ("u/{a}/{b}", claim("sub").equals(path("a")) & path("a").equals(path("b")), ["u/alice/alice"]),
        ("u/{a}", claim("sub").equals(path("a")) & path("a").equals("bob"), []),
        ("u/{a}", claim("sub").equals(path("a")) & YES, ["u/alice"]),
        ("u/{a}", claim("sub").equals(path("a")) & NO, []),
        ("u/{a}", claim("sub").equals(path("a")) | YES, ["u/{a}"]),
        ("u/{a}", claim("sub").equals(path("a")) | path("a").equals("me"), ["u/alice", "u/me"]),
        ("u/{a}", claim("absent").equals(path("a")), []),
        ("!u/{a}", claim("absent").equals(path("a")), ["!u/{a}"]),
        ("u/{a}", claim("nested").equals(path("a")), ["u/{a} ?"]),
        ("u/{a}", claim("admin").equals(path("a")), ["u/{a} ?"]),
        ("u/{a}", ~claim("sub").equals(path("a")), ["u/{a} ?"]),
        ("!u/{a}", ~claim("sub").equals(path("a")), ["!u/{a} ?"]),
        ("a\\ b/{a}", claim("sub").equals(path("a")), ["a\\ b/alice"]),
        ("*/{a}/x/**", claim("sub").equals(path("a")), ["*/alice/x/**"]),
    ],
)
def test_a_parameter_that_equals_a_claim_is_a_literal(text: str, condition: Condition, wanted: list[str]) -> None:
    """Of the pattern, so that it can be said in a document, and be cached."""
    assert lasting(Rule(text, when=condition), claims=CLAIMS) == wanted


@pytest.mark.parametrize("name", ["a/b", "*", "..", ".", "", "a%2Fb", "${aws:x}/y", "a?", "x\ny", "\\", "x" * 300])
def test_hostile_names_fill_no_parameter(name: str) -> None:
    """Never more than one literal segment, and never a pattern."""
    rule = Rule("users/{id}", when=claim("sub").equals(path("id")))
    assert all("?" in text for text in lasting(rule, claims={"sub": name}))
    policy = settled(rule, claims={"sub": name}, method="GET", path=f"/users/{name}")
    assert policy.lasting is None or not policy.lasting.allows("GET", f"/users/{name}")


@pytest.mark.parametrize(
    "text",
    ["users/{uid}", "users", "{id}/{id}", "**/{id}", "a/**/{id}", "users/{id+}", "u/*"],
)
def test_a_parameter_has_one_fixed_place(text: str) -> None:
    """A parameter that the rule does not have, has twice, or behind a `**` is refused when the rule is made."""
    with pytest.raises(PatternError) as caught:
        Rule(text, when=claim("sub").equals(path("id")))
    assert "path('id')" in str(caught.value)


def test_placeholders_and_conditions_together() -> None:
    """The condition is asked first, then the placeholders are filled."""
    rule = Rule("t/${claims.tenant}/u/{id}", when=claim("sub").equals(path("id")))
    assert lasting(rule, claims={"sub": "alice", "tenant": "acme"}) == ["t/acme/u/alice"]
    assert lasting(rule, claims={"sub": "alice"}) == []
    deny = Rule("!t/${claims.tenant}", when=YES)
    assert lasting(deny, claims={**CLAIMS, "tenant": "a/b"}) == ["!{proxy+}"] or lasting(deny, claims=CLAIMS) == [
        "!t/**"
    ]


OFFICE = source_ip("10.0.0.0/8")


def test_what_depends_on_the_call_holds_for_the_call_only() -> None:
    """The policy decides for the call at hand; what of it may be cached is apart."""
    rules = ["public", Rule("admin", when=OFFICE), Rule("!public/x", when=~OFFICE)]
    inside = Policy.of([*rules, "public/*"]).settle(AuthRequest(source_ip="10.1.1.1"))
    outside = Policy.of([*rules, "public/*"]).settle(AuthRequest(source_ip="11.1.1.1"))
    unknown = Policy.of([*rules, "public/*"]).settle(AuthRequest())
    assert (inside.allows("GET", "/admin"), inside.allows("GET", "/public/x")) == (True, True)
    assert (outside.allows("GET", "/admin"), outside.allows("GET", "/public/x")) == (False, False)
    assert (unknown.allows("GET", "/admin"), unknown.allows("GET", "/public/x")) == (False, False)
    for policy in (inside, outside, unknown):
        assert policy.settled
        assert policy.lasting is not None
        assert policy.lasting.allows("GET", "/public")
        assert not policy.lasting.allows("GET", "/admin")
        assert not policy.lasting.allows("GET", "/public/x")
    assert inside != outside
    assert pickle.loads(pickle.dumps(inside)) == inside


def test_other_questions_about_the_path() -> None:
    """Whoever else may not: decided for the path of the call, never in what is cached; an encoded segment is undecided."""
    rule = Rule("!users/{id}", when=~claim("sub").equals(path("id")))
    policy = Policy.of(["users/*", rule])

    def allowed(name: str) -> bool:
        request = AuthRequest(claims={"sub": "alice"}, method="GET", path=f"/users/{name}")
        return policy.settle(request).allows("GET", f"/users/{name}")

    assert allowed("alice")
    assert not allowed("bob")
    assert not allowed("alic%65")
    others = Policy.of([Rule("users/{id}", when=~claim("sub").equals(path("id")))])
    for name, wanted in (("bob", True), ("alice", False), ("alic%65", False)):
        request = AuthRequest(claims={"sub": "alice"}, method="GET", path=f"/users/{name}")
        assert others.settle(request).allows("GET", f"/users/{name}") is wanted


def test_a_grant_under_conditions() -> None:
    """`conditions=` limits every rule of a grant, together with what they say themselves."""
    from cwsauth import Grant
    from cwsauth.policy.normalize import normalize

    answer = normalize(Grant(["a", Rule("b/{id}", when=claim("sub").equals(path("id")))], conditions=scope("read")))
    settled_ = answer.policy.settle(AuthRequest(claims=CLAIMS))
    assert [rule.text for rule in settled_.rules] == ["a", "b/alice"]
    assert answer.policy.settle(AuthRequest(claims={"sub": "alice"})).rules == ()
    for wrong in (object(), True, claim("sub").equals(path("nobody")), [scope("read")]):
        refused = normalize(Grant(["a"], conditions=wrong))
        assert refused.problem is not None
        assert refused.policy.rules == ()


def test_a_grant_of_a_policy_for_one_call() -> None:
    """Conditions on it are joined with what depends on the call, which is asked again."""
    from cwsauth import Grant
    from cwsauth.policy.normalize import normalize

    inside = AuthRequest(source_ip="10.1.1.1", claims=CLAIMS)
    once = Policy.of([Rule("a", when=OFFICE)]).settle(inside)
    answer = normalize(Grant(once, conditions=scope("read")))
    assert answer.policy.settle(inside).allows("GET", "/a")
    assert not answer.policy.settle(AuthRequest(source_ip="11.1.1.1", claims=CLAIMS)).allows("GET", "/a")


def test_what_is_no_condition() -> None:
    """Refused when the rule is made."""
    for wrong in (object(), True, "admin", lambda request: True):
        with pytest.raises(PatternError, match="its condition is"):
            Rule("a", when=wrong)  # type: ignore[arg-type]


def test_repr_shows_no_claim() -> None:
    """What was written, and of a settled one not what the token said."""
    assert repr(claim("sub").equals(path("id"))) == "Equal(claim('sub'), path('id'))"
    rule = Rule("u/{id}", when=~claim("sub").equals(path("id")))
    policy = settled(rule, claims={"sub": "alice-secret"})
    assert policy.lasting is not None
    assert "alice-secret" not in repr(policy.lasting.rules)


@pytest.mark.parametrize("number", [10**400, -(10**400), 10**4299, float("inf"), float("nan"), -0.0, [10**400], None])
def test_no_condition_raises_for_a_number_out_of_proportion(number: object) -> None:
    """JSON has numbers that no float can hold: they are compared as they are, and are nobody's way into a 500."""
    request = AuthRequest(claims={"n": number}, path="/a/1")
    for condition in (
        claim("n").at_least(3),
        claim("n").at_most(0.5),
        claim("n").equals(1.5),
        claim("n").in_(1, 2.5),
        claim("n").contains(1),
        group("a", claim="n"),
    ):
        assert condition.value(request, None) in (True, False, None)
        assert condition.reduced(request).value(request, None) is condition.value(request, None)
    assert claim("n").at_least(3).value(AuthRequest(claims={"n": 10**400}), None) is True
    assert claim("n").at_most(3.5).value(AuthRequest(claims={"n": 10**400}), None) is False
    rule = Rule("a/{id}", when=path("id").equals(claim("n")))
    assert not Policy.of([rule]).settle(request).allows("GET", "/a/1")
