"""What holds for the work that a caller can cause: it grows with what was sent as a line does, and no faster.

Python code is counted in lines executed, which no other load on the machine changes. What a compiled regular expression
does cannot be counted; there the growth between two sizes is looked at, far from the bound that a line would have.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cwsauth
from cwsauth import Policy, RouteTable
from cwsauth.arn import MethodArn
from cwsauth.errors import CwsAuthError
from cwsauth.events import decode
from cwsauth.policy.evaluate import Evaluator
from cwsauth.policy.explain import explain
from cwsauth.policy.language.wildcard import matches
from cwsauth.policy.pattern import parse
from tests.laws.generate import API

ROOT = str(Path(cwsauth.__path__[0]))


def steps(work: Callable[[], object]) -> int:
    """Lines of cwsauth that `work` executes."""
    count = 0

    def line(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return line

    def call(frame: FrameType, event: str, argument: object) -> Any:
        return line if frame.f_code.co_filename.startswith(ROOT) else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def growth(work: Callable[[int], Callable[[], object]], size: int) -> float:
    """How many times more lines the same work on something four times as large takes; 4 is a line, 16 a square."""
    for warm in (work(2), work(size)):
        warm()
    return steps(work(4 * size)) / max(steps(work(size)), 1)


LINEAR = 5.0  # times the lines for four times the size

DEEP_PATTERNS = [
    ["**/a/**/a/**/a/**/a/**/a"],
    ["**/a/**/b/**", "**/a/**/a/**/c", "**/a/*/a/**/d"],
    ["*/*/*/*/**/*/*/*", "**/*/*/*/*/b"],
    ["a/**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/b", "!**/a/**/a/**/a/**/b"],
    ["{a}/{b}/{c+}", "{a}/b/{c}/**/d"],
]


@pytest.mark.parametrize("rules", DEEP_PATTERNS)
@pytest.mark.parametrize("segment", ["a", "", "b", "."])
def test_time_is_linear_in_the_path(rules: list[str], segment: str) -> None:
    """Deciding takes as many more steps as the path is longer, however many `**` there are."""
    policy = Policy.of(rules)

    def decision(size: int) -> Callable[[], object]:
        path = "/" + "/".join(["a", segment] * size)
        return lambda: (policy.allows("GET", path), policy.decide("GET", path))

    assert growth(decision, 200) < LINEAR


@given(
    rules=st.lists(st.sampled_from(["**/a", "**/a/**/b", "a/**/*", "*/**/a/*", "!**/b/**/a", "{x}/{y+}"]), min_size=1)
)
def test_time_is_linear_in_the_path_for_any_rules(rules: list[str]) -> None:
    """The same for whatever mix of them."""
    policy = Policy.of(rules)

    def decision(size: int) -> Callable[[], object]:
        path = "/a/b" * size
        return lambda: policy.allows("GET", path)

    assert growth(decision, 60) < LINEAR


GLOBS = ["*-*-*-*-*-*-*", "*a*a*a*a*b", "a*a*a*a*a*c", "*?*?*?*?z", "*[ab]*[ab]*[ab]*[!a]x", "?*-?*-?*-?*-?*"]


def seconds(work: Callable[[], object]) -> float:
    """Processor time of `work`, the least of several tries."""
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("glob", GLOBS)
@pytest.mark.parametrize("text", ["a", "-", "ab", "a-", "-a-"])
def test_time_is_linear_in_a_segment(glob: str, text: str) -> None:
    """Wildcards inside a segment take no more than a line has for a hostile segment: a square is 64 times here."""
    policy = Policy.of([glob])
    size = 2000
    small, large = ("/" + text * size + "!", "/" + text * (8 * size) + "!")
    # One size after the other, so that something exponential is seen before it is waited for.
    assert seconds(lambda: policy.allows("GET", "/" + text * 20 + "!")) < 0.5
    assert seconds(lambda: policy.allows("GET", "/" + text * 100 + "!")) < 0.5
    first = seconds(lambda: policy.allows("GET", small))
    assert seconds(lambda: policy.allows("GET", large)) < 28 * first + 0.001


def test_time_is_linear_in_the_rules_of_one_verb() -> None:
    """Building a policy and its tables takes as many more steps as there are more rules."""

    def built(size: int) -> Callable[[], object]:
        rules = [f"GET a{n}/*/b/**" for n in range(size)] + [f"!b/**/c{n}" for n in range(size)]
        return lambda: Policy.of(rules).allows("GET", "/")

    assert growth(built, 100) < LINEAR


def test_steps_of_a_decision_do_not_depend_on_the_number_of_rules() -> None:
    """A thousand rules with different beginnings are looked up, not tried one after the other."""

    def decision(size: int) -> Callable[[], object]:
        policy = Policy.of([f"a{n}/*/b" for n in range(size)] + [f"x{n}/y" for n in range(size)])
        policy.allows("GET", "/")  # the first decision builds the tables
        return lambda: [policy.allows("GET", f"/a{n}/1/b") for n in (0, 1)]

    assert growth(decision, 250) < 1.5


def test_time_is_linear_in_how_deep_rules_lie_in_each_other() -> None:
    """Each level of `a/**`, `a/b/**`, ... is asked once, and not once for each time that the one above it is."""

    def decision(size: int) -> Callable[[], object]:
        names = [f"s{number}" for number in range(size)]
        policy = Policy.of(["/".join(names[:depth]) + "/**" for depth in range(1, size + 1)])
        path = "/" + "/".join(names) + "/x"
        policy.allows("GET", path)
        return lambda: (policy.allows("GET", path), policy.decide("GET", path))

    assert growth(decision, 4) < LINEAR


@pytest.mark.parametrize(
    "unit", ["a", "a/", "*", "?", "[a]", "[", "[a", "{a}/", "{", "\\a", "\\", "**/", "${a.b}/", "!", "$", "../"]
)
def test_time_is_linear_in_a_pattern(unit: str) -> None:
    """Reading a pattern, or refusing it, takes as many more steps as it is longer."""

    def reading(size: int) -> Callable[[], object]:
        text = unit * size + "x"

        def read() -> None:
            with suppress(CwsAuthError):
                parse(text)

        return read

    assert growth(reading, 200) < LINEAR


@pytest.mark.parametrize("path", ["a", "a/", "/", ":", "*", "${", "a:/"])
def test_time_of_a_document_does_not_grow_with_the_path(path: str) -> None:
    """What the call at hand is called costs its own characters, and no search."""
    policies = [Policy.of(["a/**", "!**/b"]), Policy.of(["a/*/b/**", "*-*"]), Policy.of(["*"])]

    def documents(size: int) -> Callable[[], object]:
        arn = f"{API}/GET/" + path * size
        return lambda: [policy.document(arn) for policy in policies]

    assert growth(documents, 300) < LINEAR


@pytest.mark.parametrize("pattern", ["*a*a*a*a*b", "*?*?*?*", "a*", "?*/?*/?*", "*/*/*/*/x", "*a?a?a*a?b"])
@pytest.mark.parametrize("unit", ["a", "/", "a/", "ab"])
def test_time_is_linear_in_the_text_of_a_resource(pattern: str, unit: str) -> None:
    """Matching an IAM text, in the writer and in the evaluator, is linear in the ARN that is matched."""
    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"{API}/GET/{pattern}"},
    }
    evaluator = Evaluator(document)

    def matching(size: int) -> Callable[[], object]:
        text = unit * size
        return lambda: (evaluator.evaluate(f"{API}/GET/{text}"), matches(pattern, text))

    assert growth(matching, 200) < LINEAR


def test_time_is_linear_in_an_event() -> None:
    """Decoding takes as many more steps as there are more headers, cookies and parameters."""

    def decoding(size: int) -> Callable[[], object]:
        event = {
            "type": "REQUEST",
            "methodArn": f"{API}/GET/" + "a/" * size,
            "headers": {f"X-{n}": "v" for n in range(size)} | {"Cookie": "a=b; " * size},
            "multiValueHeaders": {f"x-{n}": ["v", "w"] for n in range(size)},
            "queryStringParameters": {f"q{n}": "v" for n in range(size)},
            "pathParameters": {f"p{n}": "v" for n in range(size)},
        }

        def read() -> None:
            request = decode(event)
            for name in ("headers", "query", "cookies", "path_parameters", "token", "method", "path", "stage"):
                getattr(request, name)

        return read

    assert growth(decoding, 100) < LINEAR


def test_time_is_linear_in_routing_and_in_words() -> None:
    """The route that a call falls on, and the explanation of a decision."""
    table = RouteTable.of(["GET /a/{b}/{c+}", "GET /a/a/{c+}", "GET /{a}/a/a/{x}", "POST /{x+}", "GET /a/a/a"])
    policy = Policy.of(["a/**/b", "a/*/c", "GET a", "{x}/{y}/{z}"])

    def routed(size: int) -> Callable[[], object]:
        path = "/a" * size
        return lambda: (table.match("GET", path), table.match("PUT", path), explain(policy.decide("GET", path)))

    assert growth(routed, 200) < LINEAR


def test_an_arn_is_taken_apart_in_a_fixed_number_of_steps() -> None:
    """However long the path, and however many colons and slashes are in it."""

    def parsed(size: int) -> Callable[[], object]:
        return lambda: MethodArn.parse(f"{API}/GET/" + ":/" * size)

    assert growth(parsed, 500) == 1


def test_the_count_counts() -> None:
    """A square is seen as one: the oracle's backtracking, run as if it were ours, does not pass."""
    from cwsauth.policy.language import wildcard

    def square(size: int) -> Callable[[], object]:
        return lambda: [wildcard.matches("a", "b") for _ in range(size * size)]

    assert growth(square, 10) > 12
