"""Policies: what they are made of, what they decide and why, and that nobody can change one."""

from __future__ import annotations

import threading

import pytest

from cwsauth import Policy, RouteTable, Rule
from cwsauth.errors import PatternError, RouteError
from cwsauth.policy import Reason
from cwsauth.policy.rule import VERBS


@pytest.mark.parametrize(
    ("rules", "method", "path", "allowed", "reason", "rule"),
    [
        (["product/*"], "GET", "/product/1", True, Reason.ALLOWED_BY_RULE, "product/*"),
        (["product/*"], "GET", "/product/1/", True, Reason.ALLOWED_BY_RULE, "product/*"),
        (["product/*"], "GET", "//product///1//", True, Reason.ALLOWED_BY_RULE, "product/*"),
        (["product/*"], "GET", "product/1", True, Reason.ALLOWED_BY_RULE, "product/*"),
        (["product/*"], "GET", "/product", False, Reason.NO_RULE, None),
        (["product/*"], "GET", "/product/1/secret", False, Reason.NO_RULE, None),
        (["product/*"], "GET", "/Product/1", False, Reason.NO_RULE, None),
        (
            ["product/*", "!product/internal"],
            "GET",
            "/product/internal",
            False,
            Reason.DENIED_BY_RULE,
            "!product/internal",
        ),
        (
            ["!product/internal", "product/*"],
            "GET",
            "/product/internal/",
            False,
            Reason.DENIED_BY_RULE,
            "!product/internal",
        ),
        (["product/*", "!product/internal"], "GET", "/product/external", True, Reason.ALLOWED_BY_RULE, "product/*"),
        (["!product/internal"], "GET", "/product/1", False, Reason.NO_RULE, None),
        (["GET a"], "PUT", "/a", False, Reason.NO_RULE, None),
        (["GET a", "b"], "PUT", "/b", True, Reason.ALLOWED_BY_RULE, "b"),
        (["a"], "get", "/a", False, Reason.NO_RULE, None),
        (["a"], "FOO", "/a", False, Reason.NO_RULE, None),
        (["a"], "", "/a", True, Reason.ALLOWED_BY_RULE, "a"),
        (["GET a"], "", "/a", False, Reason.NO_RULE, None),
        ([",".join(VERBS) + " $connect"], "", "/$connect", True, Reason.ALLOWED_BY_RULE, ",".join(VERBS) + " $connect"),
        (["a", "*"], "FOO", "/x", True, Reason.ALLOWED_BY_RULE, "*"),
        (["*"], "GET", "/a/../b", True, Reason.ALLOWED_BY_RULE, "*"),
        (["*", "!x"], "GET", "/a/../b", False, Reason.NOT_CANONICAL, None),
        (["*", "!x"], "FOO", "/a", False, Reason.NO_RULE, None),
        (["**"], "GET", "/", True, Reason.ALLOWED_BY_RULE, "**"),
        (["GET **"], "GET", "/a/./b", False, Reason.NOT_CANONICAL, None),
        (["a/**"], "GET", "/a/..", False, Reason.NOT_CANONICAL, None),
        (["a/**"], "GET", "/a/...", True, Reason.ALLOWED_BY_RULE, "a/**"),
        (["a/**"], "GET", "/a/.git", True, Reason.ALLOWED_BY_RULE, "a/**"),
        (["/"], "GET", "", True, Reason.ALLOWED_BY_RULE, "/"),
        (["/"], "GET", "/", True, Reason.ALLOWED_BY_RULE, "/"),
        (["/"], "GET", "///", True, Reason.ALLOWED_BY_RULE, "/"),
        ([], "GET", "/", False, Reason.NO_RULES, None),
        ([], "FOO", "/", False, Reason.NO_RULES, None),
    ],
)
def test_a_decision_and_its_reason(
    rules: list[str], method: str, path: str, allowed: bool, reason: Reason, rule: str | None
) -> None:
    """Allowed or not, by which rule, and why; `allows` says the same."""
    policy = Policy.of(rules)
    decision = policy.decide(method, path)
    assert (decision.allowed, decision.reason) == (allowed, reason)
    assert (decision.rule and decision.rule.text) == rule
    assert policy.allows(method, path) is allowed
    assert bool(decision) is allowed
    assert (decision.method, decision.path, decision.policy) == (method, path, policy)


def test_a_decision_does_not_show_the_path() -> None:
    """What a log may get of a decision: not what the caller wrote."""
    decision = Policy.of(["a/*"]).decide("GET", "/a/token-of-somebody")
    assert repr(decision) == "Decision(allowed=True, rule='a/*', reason=ALLOWED_BY_RULE)"


def test_the_first_rule_of_several_decides() -> None:
    """Of rules that match the same call, the one that was written first is named."""
    policy = Policy.of(["a/{x}", "a/*", "a/b", "**", "!c"])
    for path, rule in (("/a/b", "a/{x}"), ("/a/z", "a/{x}"), ("/z", "**")):
        decided = policy.decide("GET", path).rule
        assert decided is not None
        assert decided.text == rule


@pytest.mark.parametrize(
    ("answer", "rules"),
    [
        (True, ["*"]),
        (False, []),
        ([], []),
        ((), []),
        ("product/*", ["product/*"]),
        (Rule("product/*"), ["product/*"]),
        (["a", Rule("b")], ["a", "b"]),
        (("a", "!b"), ["a", "!b"]),
    ],
)
def test_a_policy_is_made_of(answer: object, rules: list[str]) -> None:
    """True, False, one rule, a list or a tuple of rules, or a policy."""
    policy = Policy.of(answer)
    assert [rule.text for rule in policy.rules] == rules
    assert Policy.of(policy) is policy
    assert policy.everything is (answer is True)


@pytest.mark.parametrize("answer", [None, 1, 0, 1.5, {"a"}, {"a": 1}, b"a", object(), ["a", None], [True], [["a"]]])
def test_nothing_else_is_a_policy(answer: object) -> None:
    """Above all no number: 1 is not True."""
    with pytest.raises(PatternError, match=r"a list of rules is needed|a string is needed"):
        Policy.of(answer)


def test_one_wrong_rule_makes_no_policy() -> None:
    """A list with one wrong rule is refused as a whole."""
    with pytest.raises(PatternError, match="column 3"):
        Policy.of(["a", "b", "c/["])


def test_a_policy_takes_a_route_table() -> None:
    """In whatever form `RouteTable.of` takes; a policy gets one without being changed."""
    policy = Policy.of(["a"])
    routed = Policy.of(policy, routes=["GET /a"])
    assert policy.routes is None
    assert routed.routes == RouteTable.of(["GET /a"])
    assert routed != policy
    assert Policy.of(routed, routes=["GET /a"]) is routed
    assert Policy.of(True, routes=["GET /a"]).everything
    with pytest.raises(RouteError):
        Policy.of(["a"], routes=["GET /a", "GET /a"])


def test_a_decision_waits_for_tables_that_are_just_being_built() -> None:
    """Whoever asks while the tables are built elsewhere gets them: here, between the look for a verb and its answer."""

    class Method(str):
        def __hash__(self) -> int:
            policy.decide("GET", "/a")
            return super().__hash__()

    policy = Policy.of(["GET a"])
    assert policy.decide(Method("GET"), "/a").allowed


def test_what_only_looks_like_text_is_no_rule() -> None:
    """The type of each item counts, not what its class says that it equals."""

    class Equal(type):
        def __eq__(cls, other: object) -> bool:
            return other is str or cls is other

        def __hash__(cls) -> int:
            return hash(str)

    class Unhashable(type):
        __hash__ = None  # type: ignore[assignment]

    for kind in (Equal("Text", (), {}), Unhashable("Text", (), {}), type("Text", (str,), {})):
        with pytest.raises(PatternError, match="a string is needed, not Text"):
            Policy.of(["a", kind()])


def test_a_policy_cannot_be_changed() -> None:
    """Neither by assignment nor through what it was made of."""
    rules = ["a"]
    policy = Policy.of(rules)
    rules.append("*")
    assert not policy.allows("GET", "/b")
    for name in ("rules", "routes", "effective", "everything", "_tables", "other"):
        with pytest.raises(AttributeError):
            setattr(policy, name, True)
        with pytest.raises(AttributeError):
            delattr(policy, name)
    table = RouteTable.of(["GET /a"])
    with pytest.raises(AttributeError, match="a route table cannot be changed"):
        table.routes = ()


def test_a_policy_is_a_key() -> None:
    """Equal rules in the same order are one key; the text they were written with does not matter."""
    one, other = Policy.of(["GET a/{id}", "!b"]), Policy.of(["get /a/*", "!/b"])
    assert {one: 1}[other] == 1
    assert one != Policy.of(["!b", "GET a/{id}"])
    assert one != Policy.of(["GET a/{id}", "!b"], routes=["GET /a"])
    assert one != ["GET a/{id}", "!b"]
    assert repr(one) == "Policy(['GET a/{id}', '!b'])"


def test_everything_is_every_verb_and_no_deny() -> None:
    """`**` for all methods is everything, until something is taken away."""
    assert Policy.of(["**"]).everything
    assert Policy.of(["ANY **", "GET a"]).everything
    assert not Policy.of(["GET **"]).everything
    assert not Policy.of(["**", "!a"]).everything
    assert not Policy.of([Rule("**", when=_Never())]).everything


class _Never:
    def settle(self, rule: Rule, request: object) -> Rule | None:
        return None


def test_threads_share_a_policy() -> None:
    """Decisions and documents of one policy, made by many threads at once, are those that one thread makes."""
    rules = ["a/*/b", "*-*", "!a/x/b", "GET **/z", "{p}/{q}"]
    routes = ["GET /a/{p}/b", "ANY /{p}/{q}", "GET /{p}", "GET /x/{r+}"]
    arn = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/a/1/b"
    alone = Policy.of(rules, routes=routes)
    paths = [f"/a/{n}/b" for n in range(20)] + ["/a/x/b", "/q-r", "/x/y/z", "/", "/m/n"]
    wanted = ([alone.allows("GET", path) for path in paths], alone.document(arn).policy)
    for _ in range(3):
        shared = Policy.of(rules, routes=routes)
        start = threading.Barrier(8)
        found: list[object] = []

        def work(shared: Policy = shared, start: threading.Barrier = start, found: list[object] = found) -> None:
            start.wait()
            document = shared.document(arn).policy
            found.append(([shared.allows("GET", path) for path in paths], document))
            assert shared.routes is not None
            assert shared.routes.match("GET", "/x/y/z") is not None
            assert hash(shared) == hash(alone)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [wanted] * 8


def test_what_is_remembered_is_bounded_and_the_same() -> None:
    """Answers are those of `allows`, also after more paths than are remembered."""
    policy = Policy.of(["product/*", "!product/internal"])
    paths = ["/product/1", "/product/internal", "/product/2", "/x", "/product/1", "/product/internal"]
    for method in ("GET", "", "FOO"):
        allows = policy.remembering(method, 2)
        assert [allows(path) for path in paths] == [policy.allows(method, path) for path in paths]
        assert allows.cache_info().currsize == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize("paths", [0, -1, None, True, 1.5])
def test_a_memory_without_bounds_is_refused(paths: object) -> None:
    """None would be a cache that a caller can grow."""
    with pytest.raises(ValueError, match="a number of paths from 1 on is needed"):
        Policy.of(["a"]).remembering("GET", paths)  # type: ignore[arg-type]
