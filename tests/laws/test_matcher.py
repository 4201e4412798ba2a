"""What holds for every decision: the meaning of patterns, and how rules add up."""

from __future__ import annotations

from itertools import permutations

from hypothesis import example, given
from hypothesis import strategies as st
from wcmatch import glob as wcglob

from cwsauth import Decision, Policy
from cwsauth.policy import Reason
from tests.laws import strategies
from tests.laws.generate import VERBS, Call, Drawn, names_for, sample_pattern, slashed
from tests.oracle import paths as oracle

FLAGS = wcglob.GLOBSTAR | wcglob.DOTGLOB | wcglob.CASE | wcglob.FORCEUNIX


def as_wcmatch(pattern: str) -> str | None:
    """The same pattern in wcmatch's language, None for the root and for everything.

    DESIGN's language says it differently in five places, and nowhere else: a leading `/` is optional; `{name}` is `*` and
    a last `{name+}` is `**/*`; a last `**` is what lies below (`a/**` matches `a` in wcmatch and not here), so it is
    written `**/*`; a pattern that is just `*` is everything, as in Chalice; `.` and `..` in a request match nothing.
    """
    pieces = [piece for piece in pattern.split("/") if piece]
    if pattern == "*" or set(pieces) <= {"**"}:
        return None
    if pieces[-1] == "**":
        while pieces[-1] == "**":
            pieces.pop()
        pieces += ["**", "*"]
    if pieces[-1].endswith("+}"):
        pieces[-1:] = ["**", "*"]
    return "/".join("*" if piece.startswith("{") else piece for piece in pieces)


@st.composite
def hits(draw: strategies.Draw) -> tuple[str, list[list[str]]]:
    """A pattern, with paths that it matches and paths that differ from those a little."""
    pattern = draw(strategies.patterns())
    choose = Drawn(draw)
    names = names_for(choose, [pattern])
    found = []
    for _ in range(4):
        parts = sample_pattern(choose, pattern, names)
        found.append(parts)
        other = [*parts]
        if parts:
            place = choose.between(0, len(parts) - 1)
            other[place : place + choose.between(0, 1)] = [draw(strategies.segments)]
        found.append(other)
    return pattern, [[part for part in parts if part not in (".", "..")] for parts in found]


@given(case=hits())
@example(case=("a/**", [["a"], ["a", "b"], ["a", "b", "c"]]))
@example(case=("**/b", [["b"], ["a", "b"], ["b", "a"]]))
@example(case=("a/**/b", [["a", "b"], ["a", "x", "y", "b"], ["a"]]))
@example(case=("*/**/*", [["a"], ["a", "b"], [".a", ".b", "c"]]))
@example(case=("*-*-*", [["a-b-c"], ["-"], ["--"], ["a-b"], ["a-\n-c"]]))
@example(case=("[!a-c]?", [["dx"], ["ax"], ["d"], ["-\n"], ["é"]]))
@example(case=(r"[\]\\-_]", [["]"], ["\\"], ["^"], ["-"], ["a"]]))
@example(case=("?[a]*", [["xa"], [".a"], ["xab"], ["x"]]))
@example(case=("*.txt", [[".txt"], ["a.txt"], ["a.txt\n"]]))
def test_matcher_equals_wcmatch(case: tuple[str, list[list[str]]]) -> None:
    """A pattern matches just the canonical paths that wcmatch's GLOBSTAR, DOTGLOB, CASE and FORCEUNIX match."""
    pattern, found = case
    reference = as_wcmatch(pattern)
    policy = Policy.of([pattern])
    for parts in found:
        path = "/".join(parts)
        if reference is None:
            wanted = pattern.strip("/") != "" or not parts
        elif not parts:
            wanted = set(reference.split("/")) == {"**"}
        else:
            wanted = wcglob.globmatch(path, reference, flags=FLAGS)
        assert policy.allows("GET", "/" + path) is wanted, (pattern, path)


@given(rules=strategies.rule_lists(), path=strategies.paths(), method=strategies.verbs)
def test_matcher_equals_oracle(rules: list[str], path: str, method: str) -> None:
    """Rules mean what the obvious reading says, on any path that a caller may send."""
    assert Policy.of(rules).allows(method, path) is oracle.allowed(rules, method, path)


@given(case=strategies.undeclared())
def test_matcher_equals_oracle_where_rules_hit(case: tuple[list[str], list[Call]]) -> None:
    """The same for paths made out of the rules, with slashes added."""
    rules, calls = case
    policy = Policy.of(rules)
    for call in calls:
        assert policy.allows(call.method, call.path) is oracle.allowed(rules, call.method, call.path), call


# Few names and many rules, so that rules meet in every part, and are told apart by some of them.
CROWDED = st.lists(st.sampled_from(["a", "b", "c", "*", "{x}"]), min_size=1, max_size=4)
CROWDED_RULE = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "", "", "!", "GET ", "!PUT "]),
    CROWDED.map("/".join),
    st.sampled_from(["", "", "/**", "/{y+}", "/**/c"]),
)


@given(
    rules=st.lists(CROWDED_RULE, min_size=4, max_size=40),
    paths=st.lists(st.lists(st.sampled_from(["a", "b", "c", "d", "", "."]), max_size=6), min_size=1, max_size=12),
)
@example(
    rules=[f"{first}/{second}" for first in "abc*" for second in "abc*"], paths=[["a", "d"], ["d", "a"], ["d", "d"]]
)
@example(rules=["/".join(["*"] * size) for size in range(1, 9)] + ["**"], paths=[["a"], ["a"] * 6, []])
def test_matcher_equals_oracle_in_a_crowd(rules: list[str], paths: list[list[str]]) -> None:
    """The same for many rules that have much in common, where the deciding rule is the first that matches."""
    policy = Policy.of(rules)
    for parts in paths:
        path = "/" + "/".join(parts)
        wanted = oracle.allowed(rules, "GET", path)
        decision = policy.decide("GET", path)
        assert policy.allows("GET", path) is decision.allowed is wanted, path
        if decision.rule is not None:
            same = [rule for rule in policy.rules if rule.effect is decision.rule.effect]
            first = next(rule for rule in same if oracle.allowed([rule.text.removeprefix("!")], "GET", path))
            assert decision.rule == first, path


ANY_METHOD = st.sampled_from([*VERBS, "", "get", "Get", "ANY", "*", "FOO", "GET ", "GET\n", "TRACE"])
ANY_PATH = st.one_of(
    strategies.paths(),
    st.text(max_size=12),
    st.text(alphabet="/.a*", max_size=12),
    st.sampled_from(
        ["", "/", "//", ".", "..", "/.", "/..", "a", "a/", "/a/./b", "/a/../b", "./a", "../a", "/.../a", "/.a"]
    ),
)


@given(rules=strategies.rule_lists(), method=ANY_METHOD, path=ANY_PATH)
@example(rules=["*"], method="FOO", path="/a")
@example(rules=["a", "!a"], method="GET", path="/a")
@example(rules=["a/b", "!a/*", "!*/**/b"], method="GET", path="/a/b")
@example(rules=["a", "*"], method="FOO", path="/a")
@example(rules=["**", "!x"], method="get", path="/a")
@example(rules=["product"], method="GET", path="product")
def test_allows_and_decide_agree(rules: list[str], method: str, path: str) -> None:
    """The fast answer and the one with reasons are the same, on every kind of method and path."""
    policy = Policy.of(rules)
    decision = policy.decide(method, path)
    assert isinstance(decision, Decision)
    assert policy.allows(method, path) is decision.allowed
    assert bool(decision) is decision.allowed
    assert (decision.reason is Reason.ALLOWED_BY_RULE) is decision.allowed
    if decision.rule is not None:
        assert decision.rule in policy.rules
        assert decision.rule.effect.value == ("Allow" if decision.allowed else "Deny")
        alone = Policy.of([decision.rule.text.removeprefix("!")])
        assert alone.allows(method, path), "the rule that decided has to match"


@given(rules=strategies.rule_lists(), method=ANY_METHOD.filter(lambda m: m and m not in VERBS), path=ANY_PATH)
def test_unknown_methods_are_refused(rules: list[str], method: str, path: str) -> None:
    """A verb that is none is let through by nothing but a policy that allows everything."""
    policy = Policy.of(rules)
    assert policy.allows(method, path) is policy.everything


@given(rules=strategies.rule_lists(), more=strategies.rule_lists(), path=strategies.paths(), method=strategies.verbs)
def test_deny_trumps_allow(rules: list[str], more: list[str], path: str, method: str) -> None:
    """What a deny rule matches stays refused, whatever else is granted."""
    # Denies of what is granted word by word, too: they take the fast way.
    denies = [rule for rule in rules if rule.startswith("!")] or [
        "!a/**",
        *("!" + rule for rule in more if rule[:1] != "!"),
    ]
    matched = any(Policy.of([rule[1:]]).allows(method, path) for rule in denies)
    allows = [rule for rule in more if not rule.startswith("!")]
    for together in ([*denies, *allows, "*"], ["*", *allows, *denies]):
        decision = Policy.of(together).decide(method, path)
        assert Policy.of(together).allows(method, path) is decision.allowed
        assert not (decision.allowed and matched)
        if matched and decision.reason is not Reason.NOT_CANONICAL:
            assert decision.reason is Reason.DENIED_BY_RULE


@given(rules=st.lists(strategies.patterns().map(lambda text: "!" + text), max_size=5), path=strategies.paths())
def test_only_denies_grant_nothing(rules: list[str], path: str) -> None:
    """A list of denies is no permission for the rest."""
    assert not Policy.of(rules).allows("GET", path)


@given(case=strategies.undeclared(calls=6, most=4), data=st.data())
def test_order_and_duplicates_do_not_matter(case: tuple[list[str], list[Call]], data: st.DataObject) -> None:
    """Shuffled and repeated rules decide alike, and their documents allow and deny alike."""
    rules, calls = case
    order = data.draw(st.sampled_from(list(permutations(rules))[:24]))
    again = [*order, *data.draw(st.lists(st.sampled_from(rules), max_size=3))]
    one, other = Policy.of(rules), Policy.of(again)
    first, second = one.document(calls[0].arn), other.document(calls[0].arn)
    assert (first.exact, first.cacheable) == (second.exact, second.cacheable)
    for call in calls:
        assert one.allows(call.method, call.path) is other.allows(call.method, call.path)
    assert {*first.allow} == {*second.allow}
    assert {*first.deny} == {*second.deny}


@given(rules=strategies.rule_lists(), more=st.lists(strategies.patterns(), max_size=3), path=strategies.paths())
def test_another_allow_never_takes_away(rules: list[str], more: list[str], path: str) -> None:
    """Permissions only add."""
    if Policy.of(rules).allows("GET", path):
        assert Policy.of([*rules, *more]).allows("GET", path)


@given(rules=strategies.rule_lists(), parts=st.lists(strategies.segments, max_size=5), data=st.data())
def test_slashes_fold(rules: list[str], parts: list[str], data: st.DataObject) -> None:
    """Doubled slashes and slashes at the end change no decision."""
    spelt = slashed(Drawn(data.draw), parts)
    policy = Policy.of(rules)
    assert policy.allows("GET", spelt) is policy.allows("GET", "/" + "/".join(parts))


@given(rules=strategies.rule_lists(), parts=st.lists(strategies.segments, max_size=4), dot=st.sampled_from([".", ".."]))
@example(rules=["a/.*", "**/?", "**/??", "*/*"], parts=["a"], dot="..")
def test_dot_segments_match_nothing_but_everything(rules: list[str], parts: list[str], dot: str) -> None:
    """A path with `.` or `..` is refused by every policy that does not allow everything, wherever it stands."""
    policy = Policy.of(rules)
    for place in range(len(parts) + 1):
        path = "/" + "/".join([*parts[:place], dot, *parts[place:]])
        assert policy.allows("GET", path) is policy.everything
        assert policy.allows("GET", path + "/") is policy.everything


@given(case=strategies.undeclared(calls=6))
def test_case_matters(case: tuple[list[str], list[Call]]) -> None:
    """Paths are compared letter by letter: one that differs in case only is another path."""
    rules, calls = case
    upper = Policy.of([rule for rule in rules if not any(c in rule for c in "*?[{")] or ["product"])
    for call in calls:
        if call.path.swapcase() != call.path and upper.allows(call.method, call.path):
            assert upper.everything or not upper.allows(call.method, call.path.swapcase())
