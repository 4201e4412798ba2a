"""IAM's wildcards against an obvious reading of them, and how much work they take."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cwsauth.policy.evaluate import wildcard
from cwsauth.policy.evaluate.wildcard import Wildcard, literal


def covers(pattern: str, text: str) -> bool:
    """The definition: `*` is some first part of the text, `?` its first character, all else is itself."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(covers(pattern[1:], text[size:]) for size in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and covers(pattern[1:], text[1:])


@given(pattern=st.text("*?ab/\n", max_size=8), text=st.text("ab/\n*?", max_size=10))
@example(pattern="a*b*a", text="abba")
@example(pattern="**?", text="")
@example(pattern="*ab", text="aab")
@example(pattern="*ab", text="bb")
@example(pattern="*a?b", text="cacb")
def test_matches_what_the_definition_says(pattern: str, text: str) -> None:
    """For every pattern and text."""
    assert Wildcard(pattern).matches(text) is covers(pattern, text)


@given(
    pieces=st.lists(st.text("ab/:\n", max_size=3), min_size=1, max_size=5),
    fill=st.text("ab/:\n", max_size=4),
)
def test_matches_a_text_made_from_the_pattern(pieces: list[str], fill: str) -> None:
    """Whatever stands in the place of `*` is covered; deriving the text finds what random texts never hit."""
    assert Wildcard("*".join(pieces)).matches(fill.join(pieces))


@given(text=st.text(max_size=20))
def test_an_escaped_text_matches_itself_only(text: str) -> None:
    """With every special character as a variable, a text is a literal."""
    escaped = "".join(f"${{{char}}}" if char in "*?$" else char for char in text)
    pattern = Wildcard(escaped, variables=True)
    assert pattern.matches(text)
    assert not pattern.matches(text + "x")
    assert literal(escaped, variables=True, where="value") == text


def steps(pattern: str, text: str) -> int:
    """How many lines of `wildcard.py` run to compile the pattern and match the text: a count, not a clock."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        if frame.f_code.co_filename != wildcard.__file__:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        Wildcard(pattern).matches(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*a" * 50 + "b", "a"),
        ("a*" * 50 + "b", "a"),
        ("*" * 100 + "b", "a"),
        ("*" + "?" * 100 + "b", "a"),
        ("*" + "a" * 50 + "b", "a"),
        ("?*" * 50, "/"),
    ],
)
def test_time_is_linear_in_the_text(pattern: str, text: str) -> None:
    """Ten times the text is at most eleven times the work, whatever the pattern."""
    short, long = steps(pattern, text * 200), steps(pattern, text * 2000)
    assert long <= 11 * short


def test_time_is_linear_in_the_pattern() -> None:
    """Ten times the pattern is at most eleven times the work, on a text that it does not match."""
    assert steps("*a" * 500 + "b", "a" * 300) <= 11 * steps("*a" * 50 + "b", "a" * 300)
