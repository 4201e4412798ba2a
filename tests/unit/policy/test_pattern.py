"""Patterns: every construct of the language, and every error with its column and its remedy."""

from __future__ import annotations

import pickle

import pytest

from cwsauth import Policy
from cwsauth.errors import CwsAuthError, PatternError
from cwsauth.policy.pattern import ANY, DEEP, ONE, RUN, CharClass, Glob, Hole, escape, parse, pattern_text

SEGMENTS: list[tuple[str, tuple[object, ...]]] = [
    ("", ()),
    ("/", ()),
    ("product", ("product",)),
    ("/product", ("product",)),
    ("a/b/c", ("a", "b", "c")),
    ("*", (DEEP,)),
    ("/*", (ANY,)),
    ("**", (DEEP,)),
    ("/**", (DEEP,)),
    ("**/**", (DEEP,)),
    ("a/*", ("a", ANY)),
    ("a/**", ("a", ANY, DEEP)),
    ("a/**/**", ("a", ANY, DEEP)),
    ("a/**/*", ("a", ANY, DEEP)),
    ("a/*/**", ("a", ANY, ANY, DEEP)),
    ("**/a", (DEEP, "a")),
    ("**/*/a", (ANY, DEEP, "a")),
    ("*/**/a", (ANY, DEEP, "a")),
    ("a/**/b", ("a", DEEP, "b")),
    ("a/**/**/b", ("a", DEEP, "b")),
    ("{id}", (ANY,)),
    ("{proxy+}", (ANY, DEEP)),
    ("a/{id}/b/{rest+}", ("a", ANY, "b", ANY, DEEP)),
    ("{a-b.c_d}", (ANY,)),
    ("a*", (Glob(("a", RUN)),)),
    ("*a", (Glob((RUN, "a")),)),
    ("a?c", (Glob(("a", ONE, "c")),)),
    ("?", (Glob((ONE,)),)),
    ("?*", (ANY,)),
    ("*?", (ANY,)),
    ("??*", (Glob((ONE, ONE, RUN)),)),
    ("[abc]", (Glob((CharClass((("a", "a"), ("b", "b"), ("c", "c")), False),)),)),
    ("[cab]", (Glob((CharClass((("a", "a"), ("b", "b"), ("c", "c")), False),)),)),
    ("[a-z]", (Glob((CharClass((("a", "z"),), False),)),)),
    ("[!a]", (Glob((CharClass((("a", "a"),), True),)),)),
    ("[a-]", (Glob((CharClass((("-", "-"), ("a", "a")), False),)),)),
    ("[a]", ("a",)),
    ("[aa]", ("a",)),
    ("[*]", ("*",)),
    ("x[.]y", ("x.y",)),
    (r"\*", ("*",)),
    (r"\!a", ("!a",)),
    ("a!b", ("a!b",)),
    (r"a\ b", ("a b",)),
    (r"\{id\}", ("{id}",)),
    (r"\\", ("\\",)),
    (".well-known", (".well-known",)),
    ("...", ("...",)),
    ("v1:export", ("v1:export",)),
    ("$connect", ("$connect",)),
    ("a$", ("a$",)),
    ("Ünï", ("Ünï",)),
    ("users/${claims.sub}", ("users", Hole((("claims.sub",),)))),
    ("x-${claims.sub}-y", (Hole(("x-", ("claims.sub",), "-y")),)),
    ("${claims.a}${claims.b}", (Hole((("claims.a",), ("claims.b",))),)),
    ("${claims.cognito:username}", (Hole((("claims.cognito:username",),)),)),
    (r"\$\{claims.sub\}", ("${claims.sub}",)),
]


@pytest.mark.parametrize(("text", "segments"), SEGMENTS)
def test_a_pattern_is_its_segments(text: str, segments: tuple[object, ...]) -> None:
    """Patterns that mean the same are equal values, however they were written."""
    found = parse(text)
    assert found == segments
    assert parse(pattern_text(found)) == found
    assert pickle.loads(pickle.dumps(found)) == found


MATCHES: list[tuple[str, list[str], list[str]]] = [
    (
        "product/*",
        ["/product/1", "/product/.x", "/product/a b"],
        ["/product", "/product/1/2", "/roduct/1", "/x/product/1"],
    ),
    ("product/**", ["/product/1", "/product/1/2"], ["/product", "/productx", "/"]),
    ("**/b", ["/b", "/a/b", "/a/a/b"], ["/", "/a", "/b/a", "/ab"]),
    ("a/**/b", ["/a/b", "/a/x/b", "/a/x/y/b"], ["/a", "/b", "/axb", "/a/xb"]),
    ("*", ["/", "/a", "/a/b/c"], []),
    ("**", ["/", "/a", "/a/b/c"], []),
    ("/*", ["/a", "/.a"], ["/", "/a/b"]),
    ("{x+}", ["/a", "/a/b"], ["/"]),
    ("/", ["/"], ["/a"]),
    ("a*", ["/a", "/abc", "/a-"], ["/ba", "/a/b", "/A"]),
    ("*.json", ["/.json", "/a.json", "/a.b.json"], ["/ajson", "/a.json/x", "/a.jsonx"]),
    ("?", ["/a", "/?", "/é"], ["/", "/ab"]),
    ("[a-c]x", ["/ax", "/cx"], ["/dx", "/-x", "/x"]),
    ("[!a-c]x", ["/dx", "/-x"], ["/ax", "/x"]),
    ("[+-9]", ["/5", "/-"], ["/a", "//"]),
    (r"a\*b", ["/a*b"], ["/ab", "/axb"]),
    ("*-*-*", ["/--", "/a-b-c", "/a-b-c-d"], ["/-", "/a-b"]),
    ("v1:export", ["/v1:export"], ["/v1"]),
]


@pytest.mark.parametrize(("text", "yes", "no"), MATCHES)
def test_what_a_pattern_matches(text: str, yes: list[str], no: list[str]) -> None:
    """One row a construct: paths that it matches, and near misses."""
    policy = Policy.of([text])
    assert [path for path in yes if not policy.allows("GET", path)] == []
    assert [path for path in no if policy.allows("GET", path)] == []


BRACE = "write '{name}' or '{name+}'; a literal brace is '\\{'"
CLASS = "write '[abc]'; the character is '\\['"
EMPTY = "write '[abc]'; the characters are '\\[' and '\\]'"
DEEP_HELP = "write '*' inside a segment, or '**' between slashes"
CONTROL = "remove it: no request that is served has one"
PLACEHOLDER = "write '${claims.sub}'; the characters are '\\$\\{'"
DOTS = "write the path that is meant"

# Pattern, column, what is wrong, what to do.
ERRORS: list[tuple[str, int, str, str]] = [
    ("product/{id", 9, "'{' at column 9 is not closed", "write 'product/{id}'"),
    ("a/{b/c", 3, "'{' at column 3 is not closed", "write 'a/{b}/c'"),
    ("{", 1, "'{' at column 1 is not closed", "write '{name}'; a literal brace is '\\{'"),
    ("a/{}", 3, "'{' at column 3 does not hold a name", BRACE),
    ("a/{.x}", 3, "'{' at column 3 does not hold a name", BRACE),
    ("{name*}", 1, "'{' at column 1 does not hold a name", BRACE),
    ("{a++}", 1, "'{' at column 1 does not hold a name", BRACE),
    ("a/{id}x", 7, "a parameter is a whole segment at column 7", "write '{id}' between slashes"),
    ("{a}{b}", 4, "a parameter is a whole segment at column 4", "write '{a}' between slashes"),
    ("a{b}", 2, "'{' inside a segment at column 2", "write '\\{' for the character, '{name}' for a parameter"),
    ("a}", 2, "'}' inside a segment at column 2", "write '\\}' for the character, '{name}' for a parameter"),
    ("a/{x+}/b", 3, "only the last segment can be greedy at column 3", "put '{name+}' last, or use '**' here"),
    ("a//b", 3, "an empty segment at column 3", "write one '/' between segments"),
    ("//a", 2, "an empty segment at column 2", "write one '/' between segments"),
    ("//", 2, "an empty segment at column 2", "write one '/' between segments"),
    (
        "a/",
        2,
        "a trailing '/' says nothing: a request with one means the same as one without at column 2",
        "write 'a', or 'a/**' for what lies below",
    ),
    ("a**", 2, "'**' is a whole segment at column 2", DEEP_HELP),
    ("**a", 1, "'**' is a whole segment at column 1", DEEP_HELP),
    ("***", 1, "'**' is a whole segment at column 1", DEEP_HELP),
    ("a]", 2, "']' without its '[' at column 2", "write '\\]' for the character"),
    ("[a", 1, "'[' at column 1 is not closed", CLASS),
    ("x[a/b]", 2, "'[' at column 2 is not closed", CLASS),
    ("[a-", 1, "'[' at column 1 is not closed", CLASS),
    ("[]", 1, "'[' at column 1 holds no character", EMPTY),
    ("[!]", 1, "'[' at column 1 holds no character", EMPTY),
    ("[^a]", 2, "'^' does not negate a class at column 2", "write '[!abc]', or '[\\^]' for the character"),
    ("[z-a]", 4, "the range 'z-a' is empty at column 4", "write 'a-z'"),
    (
        "[[:alpha:]]",
        2,
        "'[' inside a class at column 2",
        "write '\\[' for the character; named classes are not in the language",
    ),
    ("a\\", 2, "'\\' with nothing to escape at column 2", "write '\\\\' for a backslash"),
    ("a\\/b", 2, "'\\' with nothing to escape at column 2", "write '\\\\' for a backslash"),
    ("a\n", 2, "a control character at column 2", CONTROL),
    ("a/\tb", 3, "a control character at column 3", CONTROL),
    ("a\\\x7f", 3, "a control character at column 3", CONTROL),
    ("[\x85]", 2, "a control character at column 2", CONTROL),
    ("a\u2028b", 2, "a control character at column 2", CONTROL),
    ("a\ud800", 2, "half of a surrogate pair at column 2", "remove it: it cannot be written as UTF-8"),
    ("${claims.sub", 1, "'${' at column 1 is not closed", "write '${claims.sub}'"),
    ("${", 1, "'${' at column 1 is not closed", PLACEHOLDER),
    ("a/${claims sub", 3, "'${' at column 3 is not closed", PLACEHOLDER),
    ("${}", 1, "'${' at column 1 does not hold a name", PLACEHOLDER),
    ("a/${claims.}", 3, "'${' at column 3 does not hold a name", PLACEHOLDER),
    ("${a b}", 1, "'${' at column 1 does not hold a name", PLACEHOLDER),
    (
        "x*${claims.sub}",
        1,
        "a placeholder and a wildcard in one segment at column 1",
        "give the placeholder a segment of its own",
    ),
    (".", 1, "'.' is never a segment of a request that is served at column 1", DOTS),
    ("a/../b", 3, "'..' is never a segment of a request that is served at column 3", DOTS),
    ("[.]", 1, "'.' is never a segment of a request that is served at column 1", DOTS),
    ("a b", 2, "a space in a path at column 2", "write '\\ ' for the character, and methods as in 'GET product/*'"),
    (
        "!a",
        1,
        "'!' twice or after the methods at column 1",
        "write it once, first: '!GET admin/**'; the character is '\\!'",
    ),
]


@pytest.mark.parametrize(("text", "column", "what", "help"), ERRORS)
def test_a_wrong_pattern_says_where_and_what(text: str, column: int, what: str, help: str) -> None:
    """The error names the pattern, the column from 1 and the remedy, in one line."""
    with pytest.raises(PatternError) as raised:
        parse(text)
    error = raised.value
    assert error.message == f"invalid route pattern {text!r}: {what}"
    assert (error.pattern, error.column, error.help) == (text, column, help)
    assert isinstance(error, CwsAuthError)
    assert isinstance(error, ValueError)


def test_the_remedy_of_an_error_is_a_pattern() -> None:
    """What an error says to write can be written."""
    for text, _, _, help in ERRORS:
        offered = help.removeprefix("write '").partition("'")[0]
        if help.startswith("write '") and offered not in ("\\{", "\\}", "\\]", "\\ ", "\\[", "a-z", "[!abc]"):
            assert parse(offered) is not None, text


def test_a_place_in_a_rule_is_the_column_of_its_error() -> None:
    """A pattern that is part of a rule reports its column in the rule."""
    with pytest.raises(PatternError) as raised:
        parse("a/[", "!GET a/[", 5)
    assert raised.value.column == 8
    assert str(raised.value) == "invalid route pattern '!GET a/[': '[' at column 8 is not closed"


@pytest.mark.parametrize(
    ("text", "pattern"),
    [("a", "a"), ("*", r"\*"), ("{x}", r"\{x\}"), ("a b", r"a\ b"), ("${x}", r"\$\{x\}"), ("!", r"\!")],
)
def test_escape(text: str, pattern: str) -> None:
    """Text as a pattern that matches itself."""
    assert escape(text) == pattern
    assert parse("x/" + pattern) == ("x", text)


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("alice", "x-alice"),
        ("a.b", "x-a.b"),
        ("...", "x-..."),
        ("a:b@c", "x-a:b@c"),
        ("é", "x-é"),
        ("[a]{b}$", "x-[a]{b}$"),
        ("", None),
        ("a/b", None),
        ("/", None),
        ("*", None),
        ("a?", None),
        ("%2e%2e", None),
        ("a\\b", None),
        ("a b", None),
        ("a\n", None),
        ("\x00", None),
        ("\u2028", None),
        ("\ud800", None),
        ("x" * 256, "x-" + "x" * 256),
        ("x" * 257, None),
        (None, None),
        (1, None),
        (True, None),
        (["alice"], None),
        (b"alice", None),
    ],
)
def test_a_placeholder_takes_the_text_of_one_clean_segment(value: object, filled: str | None) -> None:
    """Anything else fills nothing: no wildcard, no slash, nothing that decodes into one, nothing but a string."""
    (hole,) = parse("x-${claims.sub}")
    assert isinstance(hole, Hole)
    assert hole.fill({"claims.sub": value}) == filled
    assert hole.fill({}) is None


@pytest.mark.parametrize(
    ("pattern", "value"), [("${claims.sub}", "."), ("${claims.sub}", ".."), (".${claims.sub}", ".")]
)
def test_a_placeholder_never_becomes_a_dot_segment(pattern: str, value: str) -> None:
    """Not by its value, and not together with the text around it."""
    (hole,) = parse(pattern)
    assert isinstance(hole, Hole)
    assert hole.fill({"claims.sub": value}) is None
