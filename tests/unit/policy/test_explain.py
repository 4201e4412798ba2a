"""Decisions in words and as data: what decided, or what nearly did."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwsauth import Policy
from cwsauth.policy.explain import explain, explain_json, nearest_misses
from tests.laws import strategies


@pytest.mark.parametrize(
    ("rules", "method", "path", "lines"),
    [
        (["product/*"], "GET", "/product/1", ["allowed: GET /product/1 matches rule 'product/*'"]),
        (["*", "!a"], "GET", "/a", ["denied: GET /a matches the deny rule '!a'"]),
        ([], "GET", "/a", ["denied: GET /a: the policy grants nothing at all"]),
        (["a"], "GET", "/a/../b", ["denied: GET /a/../b: the path has a '.' or '..' segment"]),
        (
            ["a"],
            "",
            "/$connect",
            ["denied: /$connect: no rule matches", "  'a' would match if segment 1 were 'a', not '$connect'"],
        ),
        (
            ["GET $connect"],
            "",
            "/$connect",
            [
                "denied: /$connect: no rule matches",
                "  'GET $connect' would match if it were for all methods, as a WebSocket connection has none",
            ],
        ),
        (
            ["GET product/*"],
            "GET",
            "/product/1/secret",
            [
                "denied: GET /product/1/secret: no rule matches",
                "  'GET product/*' would match if the path had one segment less",
            ],
        ),
        (
            ["GET product/*"],
            "GET",
            "/product",
            ["denied: GET /product: no rule matches", "  'GET product/*' would match if the path had one segment more"],
        ),
        (
            ["GET product/*"],
            "PUT",
            "/product/1",
            ["denied: PUT /product/1: no rule matches", "  'GET product/*' would match if the method were GET"],
        ),
        (
            ["product/{id}/review"],
            "GET",
            "/product/1/reviews",
            [
                "denied: GET /product/1/reviews: no rule matches",
                "  'product/{id}/review' would match if segment 3 were 'review', not 'reviews'",
            ],
        ),
        (
            ["GET,PUT a/*"],
            "POST",
            "/a/1/2",
            [
                "denied: POST /a/1/2: no rule matches",
                "  'GET,PUT a/*' would match if the method were GET or PUT and the path had one segment less",
            ],
        ),
        (
            ["a/**/b"],
            "GET",
            "/a/x",
            [
                "denied: GET /a/x: no rule matches",
                "  'a/**/b' would match if the path had the segments it names, in their order",
            ],
        ),
        (
            ["a/x[0-9]"],
            "GET",
            "/a/xy",
            ["denied: GET /a/xy: no rule matches", "  'a/x[0-9]' would match if segment 2 were 'x[0-9]', not 'xy'"],
        ),
        (
            ["users/${claims.sub}"],
            "GET",
            "/users/alice",
            [
                "denied: GET /users/alice: the policy grants nothing at all",
                "  'users/${claims.sub}' would match if its condition held or its placeholder had a value for this request",
            ],
        ),
        (
            ["a/**"],
            "GET",
            "/a",
            ["denied: GET /a: no rule matches", "  'a/**' would match if the path had one segment more"],
        ),
        (["!a"], "GET", "/b", ["denied: GET /b: no rule matches"]),
        # A request does not write lines of its own, and does not reach the terminal.
        (["*"], "GET", "/a\nallowed: b", ["allowed: GET /a\\nallowed: b matches rule '*'"]),
        (["!b"], "GET", "/a\x1b[31m\u2028\udcffé", ["denied: GET /a\\x1b[31m\\u2028\\udcffé: no rule matches"]),
    ],
)
def test_a_decision_in_words(rules: list[str], method: str, path: str, lines: list[str]) -> None:
    """The rule that decided, or what would have to differ for the nearest ones."""
    assert explain(Policy.of(rules).decide(method, path)).split("\n") == lines


def test_the_nearest_come_first_and_three_are_enough() -> None:
    """A rule that misses by a method is nearer than one that misses by a segment."""
    policy = Policy.of(["a/b/c/d/e", "a/*/c", "PUT a/*", "a/x", "q/r/s/t/u/v"])
    found = nearest_misses(policy.decide("GET", "/a/b"))
    assert [rule.text for rule, _ in found] == ["PUT a/*", "a/*/c", "a/x"]


def test_a_decision_as_data() -> None:
    """The same for tools, as plain JSON."""
    found = explain_json(Policy.of(["PUT a"]).decide("GET", "/a"))
    assert json.loads(json.dumps(found)) == found
    assert found == {
        "allowed": False,
        "method": "GET",
        "path": "/a",
        "reason": "NO_RULE",
        "rule": None,
        "misses": [{"rule": "PUT a", "why": "'PUT a' would match if the method were PUT"}],
    }


@given(rules=strategies.rule_lists(), path=strategies.paths(), method=st.sampled_from(["GET", "", "FOO"]))
def test_every_decision_can_be_explained(rules: list[str], path: str, method: str) -> None:
    """Whatever is asked: a headline that says allowed or denied, and no advice that was followed already."""
    decision = Policy.of(rules).decide(method, path)
    head = explain(decision)
    assert head.startswith("allowed: " if decision.allowed else "denied: ")
    for rule, why in explain_json(decision)["misses"] and nearest_misses(decision):
        assert not decision.allowed
        assert why.startswith(f"{rule.text!r} would match if ")
