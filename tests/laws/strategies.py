"""What the laws are tried on: the shapes of `generate`, drawn by Hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.laws import generate
from tests.laws.generate import Call, Drawn

Draw = Callable[[Any], Any]


@st.composite
def route_tables(draw: Draw, least: int = 5, most: int = 20) -> list[str]:
    """Route tables of an API."""
    return generate.route_table(Drawn(draw), least, most)


@st.composite
def rule_lists(draw: Draw, least: int = 1, most: int = 8) -> list[str]:
    """Rule lists without a route table in mind."""
    return generate.rule_list(Drawn(draw), None, least, most)


@st.composite
def patterns(draw: Draw) -> str:
    """Path patterns."""
    return generate.pattern(Drawn(draw))


@st.composite
def declared(draw: Draw, calls: int = 12, least: int = 1, most: int = 8) -> tuple[list[str], list[str], list[Call]]:
    """Rules, the routes of an API, and calls of those routes."""
    choose = Drawn(draw)
    routes = generate.route_table(choose, least, most)
    rules = generate.rule_list(choose, routes)
    names = generate.names_for(choose, rules)
    return rules, routes, [generate.declared_call(choose, routes, names) for _ in range(calls)]


@st.composite
def undeclared(draw: Draw, calls: int = 12, most: int = 6) -> tuple[list[str], list[Call]]:
    """Rules, and calls that they are about or nearly, for an API whose routes are not known."""
    choose = Drawn(draw)
    rules = generate.rule_list(choose, None, 1, most)
    names = generate.names_for(choose, rules)
    return rules, [generate.any_call(choose, rules, names) for _ in range(calls)]


# Segments of a request with every character that somebody has stumbled over.
segments = st.one_of(
    st.sampled_from([*generate.WORDS, *generate.HOSTILE, ".", "..", "a.b", "x" * 40]),
    st.text(st.characters(exclude_characters="/", codec="utf-8"), min_size=1, max_size=8),
)
verbs = st.sampled_from(generate.VERBS)


@st.composite
def paths(draw: Draw, most: int = 6) -> str:
    """Request paths: canonical ones, and ones with slashes, dots and hostile characters anywhere."""
    return generate.slashed(Drawn(draw), draw(st.lists(segments, max_size=most)))
