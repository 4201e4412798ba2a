"""What holds for the notation: it prints what it reads, its errors point, and its values are values."""

from __future__ import annotations

import copy
import pickle
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cwsauth import Policy, RouteTable, Rule
from cwsauth.errors import PatternError
from cwsauth.policy import Effect
from cwsauth.policy.pattern import escape, parse, parse_fully, pattern_text
from cwsauth.policy.rule import VERBS, below, read
from tests.laws import strategies

# Characters of the notation, so that random text is often nearly a pattern.
NEAR = st.text(alphabet="ab*?[]!-^{}+\\/$. ,GET\n\x7fé", max_size=14)
TEXTS = st.one_of(NEAR, st.text(max_size=12), strategies.patterns())
METHODS = st.sets(st.sampled_from(VERBS), min_size=1).map(lambda verbs: tuple(v for v in VERBS if v in verbs))


@given(text=TEXTS)
@example(text="*")
@example(text="/*")
@example(text="/")
@example(text="{x+}")
@example(text="*/**")
@example(text="**/**")
@example(text="**/*/**/a/**")
@example(text=r"\!a")
@example(text=r"a\ b/\$\{x\}")
@example(text="[!-a]")
@example(text=r"[a\-\]\^!]x")
@example(text="users/${claims.sub}/**")
@example(text="x-${claims.cognito:groups}-y")
def test_parse_of_the_printed_pattern_gives_the_pattern_back(text: str) -> None:
    """What is printed for a pattern is that pattern."""
    try:
        segments = parse(text)
    except PatternError:
        return
    assert parse(pattern_text(segments)) == segments


# Pieces of usual rules, and perhaps one of another: what the quick readers take apart, and what they must leave.
_PIECES = st.lists(st.sampled_from(["/", "/", "a", "b-1", "{id}", "{rest+}"]), max_size=5).map("".join)
_ODD = st.one_of(
    st.sampled_from(["", "//", ".", "..", "{", "}", "{}", "{+}", "{a+b}", "{.x}", "{1}", "{x y}"]),
    st.sampled_from(["+", "~", ":", "%2F", "\u00e9", " ", "*", "**", "!", "\ud800"]),
    st.characters(),
)
USUAL = st.tuples(_PIECES, _ODD, _PIECES).map("".join)


def _read(text: str) -> object:
    try:
        return parse(text)
    except PatternError as error:
        return str(error), error.column


@given(text=USUAL)
@example(text="{rest+}/a")
@example(text="a/{id}}")
@example(text="a{/id}")
@example(text="a//{id}")
@example(text="a/{id}/")
@example(text="*/.a")
@example(text="{idb/a")
@example(text="id}")
@example(text="a//b")
def test_a_usual_pattern_is_read_as_the_whole_language_reads_it(text: str) -> None:
    """The quick reader says of a pattern what the parser says, its errors and their columns included."""
    try:
        wanted: object = parse_fully(text)
    except PatternError as error:
        wanted = str(error), error.column
    assert _read(text) == wanted


@given(
    texts=st.lists(st.tuples(st.sampled_from(["", "GET ", "get ", "PUT,GET ", "!"]), USUAL).map("".join), max_size=4)
)
@example(texts=["GET a b"])
@example(texts=["GET"])
@example(texts=["GET /", "/", ""])
@example(texts=["a", "."])
@example(texts=["/.."])
@example(texts=["id}"])
@example(texts=["{idb"])
@example(texts=["a//b"])
@example(texts=["a\nb"])
@example(texts=["a}b/{id}", "{id/x"])
@example(texts=["GET {id}", "{id", "id}"])
@example(texts=["*", "a/{x+}/{y+}", "{a+b}"])
@pytest.mark.parametrize("before", [0, 62, 63, 64])
def test_a_list_is_read_as_each_of_its_rules(before: int, texts: list[str]) -> None:
    """Rules that are read together are those that each text is alone; the first wrong one raises what it raises alone.

    Wherever they stand in the lots that are read in one go.
    """
    usual = ["GET a/{id}"] * before
    made = [_parts(Rule(text)) for text in usual]
    for text in texts:
        try:
            made.append(_parts(Rule(text)))
        except PatternError as error:
            with pytest.raises(PatternError, match=re.escape(str(error))):
                read([*usual, *texts])
            return
    assert [_parts(rule) for rule in read([*usual, *texts])] == made


def _parts(rule: Rule) -> tuple[object, ...]:
    return rule.effect, rule.methods, rule.literal, rule.segments, rule.text, rule.written, rule.when


@given(text=TEXTS, methods=METHODS, effect=st.sampled_from((Effect.ALLOW, Effect.DENY)))
@example(text="", methods=("GET",), effect=Effect.ALLOW)
@example(text="", methods=VERBS, effect=Effect.DENY)
@example(text="*", methods=("GET",), effect=Effect.ALLOW)
@example(text=r"a\ b", methods=VERBS, effect=Effect.ALLOW)
@example(text=r"GET\ b", methods=VERBS, effect=Effect.ALLOW)
@example(text=r"\!b", methods=("GET", "PUT"), effect=Effect.DENY)
def test_text_of_a_made_rule_is_that_rule(text: str, methods: tuple[str, ...], effect: Effect) -> None:
    """A rule made from its parts carries the text one would write for it."""
    try:
        segments = parse(text)
    except PatternError:
        return
    made = Rule.made(effect, methods, segments)
    read = Rule(made.text)
    assert (read.effect, read.methods, read.segments) == (effect, methods, segments)
    assert read == made
    assert hash(read) == hash(made)


@given(text=TEXTS)
@example(text="**/a")
@example(text="*/**/a")
@example(text="a/**/*/**")
def test_what_lies_below_is_a_pattern(text: str) -> None:
    """The pattern of all that lies below another is one that can be printed and read, like any."""
    try:
        segments = parse(text)
    except PatternError:
        return
    for length in range(len(segments) + 1):
        under = below(list(segments[:length]))
        assert parse(pattern_text(under)) == under


@given(text=TEXTS)
@example(text="GET ")
@example(text="GET  ")
@example(text="!!a")
@example(text="GET !a")
@example(text="a b")
@example(text="product/{id")
@example(text="a/[b/c]")
@example(text="a/\ud800")
def test_wrong_rules_say_where_and_what(text: str) -> None:
    """A rule is read or refused by a `PatternError` that names it, the column and the remedy, in one line."""
    error = refusal(text)
    if error is None:
        assert Rule(text).text == text
        assert text.encode() is not None, "what is accepted can be written as JSON in UTF-8"
        return
    assert error.pattern == text
    assert 1 <= error.column <= len(text) + 1
    assert error.message == str(error)
    assert repr(text) in error.message
    assert error.message[0].islower()
    for line in (error.message, error.help):
        assert line
        assert not {"\n", "\r", "\u2028", "\x85"} & {*line}
        assert not line.endswith(".")


def refusal(text: str) -> PatternError | None:
    """The error that `text` is, if it is no rule."""
    try:
        Rule(text)
    except PatternError as error:
        return error
    return None


@given(text=st.text(st.characters(exclude_characters="/"), min_size=1, max_size=8))
@example(text="**")
@example(text="*")
@example(text="{x}")
@example(text="{x+}")
@example(text="!x")
@example(text="a b")
@example(text="${claims.sub}")
@example(text="[a]")
@example(text="GET a")
def test_escaped_text_matches_itself_only(text: str) -> None:
    """`escape` makes a pattern out of any text that a segment can be."""
    try:
        policy = Policy.of(["a/" + escape(text)])
    except PatternError:
        assert text in (".", "..") or not text.isprintable() or "\ud800" <= max(text) <= "\udfff"
        return
    assert policy.allows("GET", f"/a/{text}")
    for other in (text + "x", "x" + text, text[:-1], "x", "**", text + "/x"):
        assert policy.allows("GET", f"/a/{other}") is (other == text)


@given(rules=strategies.rule_lists(), routes=st.none() | strategies.route_tables(1, 6), path=strategies.paths())
@example(rules=["**/a/**", "*-*", "[!a]", "${claims.x}/a"], routes=None, path="/a")
def test_policies_pickle_copy_hash_and_compare(rules: list[str], routes: list[str] | None, path: str) -> None:
    """A policy is a value: a copy of it, and one of the same rules, equals it and decides alike."""
    policy = Policy.of(rules, routes=routes)
    policy.document("arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/")
    same = Policy.of(tuple(rules), routes=routes)
    copies = [copy.copy(policy), copy.deepcopy(policy), same]
    copies += [pickle.loads(pickle.dumps(policy, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
    for other in copies:
        assert other == policy
        assert hash(other) == hash(policy)
        assert other.allows("GET", path) is policy.allows("GET", path)
        assert [rule.text for rule in other.rules] == rules
        assert other.routes == policy.routes
    assert policy != Policy.of([*rules, "one/more"], routes=routes)
    assert policy != rules


@given(routes=strategies.route_tables(1, 8))
def test_route_tables_pickle_hash_and_compare(routes: list[str]) -> None:
    """A route table is a value too, and the order of declaration is kept."""
    table = RouteTable.of(routes)
    again = pickle.loads(pickle.dumps(table))
    assert again == table == RouteTable.of(table)
    assert hash(again) == hash(table)
    assert [str(route) for route in again] == [str(route) for route in table]
    assert RouteTable.of([str(route) for route in table]) == table
