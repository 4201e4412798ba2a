"""Rules: methods, the sign, the path, and what becomes of placeholders and conditions."""

from __future__ import annotations

import pickle
from collections.abc import Mapping

import pytest

from cwsauth import AuthRequest, Policy, Rule
from cwsauth.errors import PatternError
from cwsauth.policy import Effect
from cwsauth.policy.rule import VERBS, parse_methods

READS = ("GET", "HEAD")


@pytest.mark.parametrize(
    ("text", "effect", "methods", "path"),
    [
        ("product/*", "Allow", VERBS, "product/*"),
        ("/product/*", "Allow", VERBS, "product/*"),
        ("GET product/*", "Allow", ("GET",), "product/*"),
        ("GET,HEAD /product/{id}", "Allow", READS, "product/*"),
        ("HEAD,GET,HEAD a", "Allow", READS, "a"),
        ("get,head a", "Allow", READS, "a"),
        ("get,HEAD a", "Allow", READS, "a"),
        ("ANY a", "Allow", VERBS, "a"),
        ("* a", "Allow", VERBS, "a"),
        ("* *", "Allow", VERBS, "**"),
        ("GET *", "Allow", ("GET",), "**"),
        ("GET /*", "Allow", ("GET",), "/*"),
        ("GET   a", "Allow", ("GET",), "a"),
        ("!admin/**", "Deny", VERBS, "admin/**"),
        ("!GET admin", "Deny", ("GET",), "admin"),
        ("!", "Deny", VERBS, "/"),
        ("", "Allow", VERBS, "/"),
        ("/", "Allow", VERBS, "/"),
        ("GET /", "Allow", ("GET",), "/"),
        (r"a\ b", "Allow", VERBS, r"a\ b"),
        (r"GET a\ b", "Allow", ("GET",), r"a\ b"),
        (r"GET\ a", "Allow", VERBS, r"GET\ a"),
        (",".join(VERBS) + " a", "Allow", VERBS, "a"),
    ],
)
def test_a_rule_is_its_parts(text: str, effect: str, methods: tuple[str, ...], path: str) -> None:
    """`[!][METHODS ]PATH`; verbs come out each once and in one order."""
    rule = Rule(text)
    assert (rule.effect, rule.methods, rule.text) == (getattr(Effect, effect.upper()), methods, text)
    assert rule.segments == Rule(path).segments
    assert str(rule) == text
    assert rule == Rule.made(rule.effect, rule.methods, rule.segments) == Rule.parse(text)


METHODS_HELP = (
    "write one or more of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS with commas between, '*' or 'ANY';"
    " a space in a path is '\\ '"
)


@pytest.mark.parametrize(
    ("text", "column", "what", "help"),
    [
        ("FOO a", 1, "'FOO' at column 1 is not a list of methods", METHODS_HELP),
        ("Get a", 1, "'Get' at column 1 is not a list of methods", METHODS_HELP),
        ("TRACE a", 1, "'TRACE' at column 1 is not a list of methods", METHODS_HELP),
        ("GET,,PUT a", 1, "'GET,,PUT' at column 1 is not a list of methods", METHODS_HELP),
        ("GET, PUT a", 1, "'GET,' at column 1 is not a list of methods", METHODS_HELP),
        ("GET,* a", 1, "'GET,*' at column 1 is not a list of methods", METHODS_HELP),
        ("any a", 1, "'any' at column 1 is not a list of methods", METHODS_HELP),
        (" a", 1, "'' at column 1 is not a list of methods", METHODS_HELP),
        ("a ", 1, "'a' at column 1 is not a list of methods", METHODS_HELP),
        ("! a", 2, "'' at column 2 is not a list of methods", METHODS_HELP),
        ("a/b c", 1, "'a/b' at column 1 is not a list of methods", METHODS_HELP),
        ("GET ", 4, "no path follows the methods at column 4", "write 'GET /' for the root, 'GET **' for every path"),
        (
            "!!a",
            2,
            "'!' twice or after the methods at column 2",
            "write it once, first: '!GET admin/**'; the character is '\\!'",
        ),
        (
            "GET !a",
            5,
            "'!' twice or after the methods at column 5",
            "write it once, first: '!GET admin/**'; the character is '\\!'",
        ),
        ("GET a/{b", 7, "'{' at column 7 is not closed", "write 'a/{b}'"),
        ("!a/[", 4, "'[' at column 4 is not closed", "write '[abc]'; the character is '\\['"),
    ],
)
def test_a_wrong_rule_says_where_and_what(text: str, column: int, what: str, help: str) -> None:
    """The error names the whole rule, and the column in it."""
    with pytest.raises(PatternError) as raised:
        Rule(text)
    assert str(raised.value) == f"invalid route pattern {text!r}: {what}"
    assert (raised.value.pattern, raised.value.column, raised.value.help) == (text, column, help)


class Text(str):
    """Not exactly a string."""

    __slots__ = ()


@pytest.mark.parametrize("value", [None, 1, True, b"a", ["a"], Text("a")])
def test_a_rule_is_written_as_a_string(value: object) -> None:
    """Nothing else is taken for one, not even a subclass that may compare as it likes."""
    with pytest.raises(PatternError, match=f"a string is needed, not {type(value).__name__}"):
        Rule(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["*", "ANY", "GET", "GET,PUT", "get"])
def test_methods_alone(text: str) -> None:
    """What stands before the path is read by itself, too."""
    assert parse_methods(text) is not None
    assert parse_methods(text + ",FOO") is None


def test_a_rule_cannot_be_changed() -> None:
    """A rule is a value: it refuses assignment, compares by meaning, hashes and pickles."""
    rule = Rule("GET product/*")
    for name in ("effect", "methods", "segments", "literal", "text", "when", "other"):
        with pytest.raises(AttributeError, match="a rule cannot be changed"):
            setattr(rule, name, None)
        with pytest.raises(AttributeError, match="a rule cannot be changed"):
            delattr(rule, name)
    assert rule == Rule("get /product/{id}")
    assert hash(rule) == hash(Rule("get /product/{id}"))
    assert rule != Rule("product/*")
    assert rule != Rule("!GET product/*")
    assert rule != "GET product/*"
    again = pickle.loads(pickle.dumps(rule))
    assert (again, again.text) == (rule, rule.text)
    assert repr(rule) == "Rule('GET product/*')"


def settled(rules: list[str | Rule], claims: Mapping[str, object]) -> list[str]:
    """The rules as they stand for a caller with these claims."""
    return [rule.text for rule in Policy.of(rules).settle(AuthRequest(claims=claims)).rules]


@pytest.mark.parametrize(
    ("rule", "claims", "expected"),
    [
        ("users/${claims.sub}/**", {"sub": "alice"}, ["users/alice/**"]),
        ("users/${claims.sub}/**", {"sub": "a!b"}, [r"users/a\!b/**"]),
        ("users/${claims.sub}/**", {"sub": "*"}, []),
        ("users/${claims.sub}/**", {"sub": "a/b"}, []),
        ("users/${claims.sub}/**", {"sub": ".."}, []),
        ("users/${claims.sub}/**", {"sub": 7}, []),
        ("users/${claims.sub}/**", {}, []),
        ("!users/${claims.sub}/**", {"sub": "alice"}, ["!users/alice/**"]),
        ("!users/${claims.sub}/**", {}, ["!users/**"]),
        ("!users/${claims.sub}/**", {"sub": "a/b"}, ["!users/**"]),
        ("!GET users/x-${claims.sub}", {"sub": "*"}, ["!GET users/**"]),
        ("!${claims.sub}/a", {}, ["!**"]),
        ("!**/${claims.sub}", {}, ["!{proxy+}"]),
        ("!a/**/${claims.sub}", {}, ["!a/**"]),
        ("${claims.a}/${claims.b}", {"a": "x", "b": "y"}, ["x/y"]),
        ("${claims.a}/${claims.b}", {"a": "x"}, []),
        ("!${claims.a}/${claims.b}", {"a": "x"}, ["!x/**"]),
    ],
)
def test_placeholders_are_filled_or_fail_closed(rule: str, claims: dict[str, object], expected: list[str]) -> None:
    """A value is literal text. Without a clean one an allow grants nothing, and a deny denies all below its prefix."""
    assert settled([rule], claims) == expected


@pytest.mark.parametrize(
    "sub", ["*", "**", "..", ".", "a/../b", "a%2fb", "{x}", "?", "[a]", "${claims.aud}", "\\*", "!a"]
)
def test_hostile_claims_reach_nobody_else(sub: str) -> None:
    """Whatever a claim says, it opens at most the one segment that it is."""
    policy = Policy.of(["users/${claims.sub}/**"]).settle(AuthRequest(claims={"sub": sub, "aud": "bob"}))
    document = policy.document("arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/")
    for other in ("alice", "bob", "a", "b", "x", "1"):
        assert not policy.allows("GET", f"/users/{other}/orders")
        assert not any(text.endswith(("/users/*", "/users/?*", "/dev/*", "/**")) for text in document.allow)


def test_a_rule_with_a_placeholder_grants_nothing_before_a_request_is_known() -> None:
    """Until it is settled, an allow is nothing and a deny is all that it could ever be."""
    policy = Policy.of(["users/**", "files/${claims.sub}", "!users/${claims.sub}/private"])
    assert not policy.settled
    assert not policy.allows("GET", "/files/alice")
    assert not policy.allows("GET", "/users/bob/photo")
    known = policy.settle(AuthRequest(claims={"sub": "alice"}))
    assert known.settled
    assert known.allows("GET", "/users/bob/private")
    assert not known.allows("GET", "/users/alice/private")
    assert known.allows("GET", "/files/alice")
    assert not known.allows("GET", "/files/${claims.sub}")


class Only:
    """A condition that holds for one kind of request."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def settle(self, rule: Rule, request: AuthRequest) -> Rule | None:
        return Rule.made(rule.effect, rule.methods, rule.segments) if request.kind == self.kind else None


def test_a_condition_is_asked_once_the_request_is_known() -> None:
    """An allow that depends on something grants nothing before, and a deny holds before."""
    policy = Policy.of([Rule("a", when=Only("alb")), "b", Rule("!b", when=Only("lattice"))])
    assert not policy.allows("GET", "/a")
    assert not policy.allows("GET", "/b")
    here = policy.settle(AuthRequest("alb"))
    assert here.allows("GET", "/a")
    assert here.allows("GET", "/b")
    there = policy.settle(AuthRequest("lattice"))
    assert not there.allows("GET", "/a")
    assert not there.allows("GET", "/b")


def test_a_condition_and_a_placeholder_both_have_to_hold() -> None:
    """A rule that has both is filled after its condition held."""

    class Passing:
        def settle(self, rule: Rule, request: AuthRequest) -> Rule | None:
            return Rule.made(rule.effect, rule.methods, rule.segments)

    rules: list[str | Rule] = [Rule("u/${claims.sub}", when=Passing()), Rule("!v/${claims.none}", when=Passing())]
    assert settled(rules, {"sub": "alice"}) == ["u/alice", "!v/**"]
