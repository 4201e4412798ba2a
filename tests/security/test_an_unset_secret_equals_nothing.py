"""Fault 8: `token == os.getenv("X")` is True when both are None, and it is not constant-time (CoWorks, tutorials)."""

from __future__ import annotations

import ast
import inspect
import os
from collections.abc import Callable
from typing import Any

import pytest

from cwsauth import AuthRequest, authorizer, secret, secret_equals
from tests.security.naive import allows, caught, token_event

Compare = Callable[[Any, Any], bool]


def naive(given: Any, expected: Any) -> bool:
    return bool(given == expected)


def nothing_equals_what_is_not_set(compare: Compare) -> None:
    for given in (None, "", b"", "abc"):
        for expected in (None, "", b""):
            assert not compare(given, expected)
            assert not compare(expected, given)
    assert compare("abc", "abc")
    assert not compare("abc", "abd")


def test_nothing_equals_a_secret_that_is_not_set() -> None:
    """Neither None nor the empty string is ever a match."""
    nothing_equals_what_is_not_set(secret_equals)


def test_equality_would_be_caught() -> None:
    """`==` says that nobody's token is the token that is not there."""
    caught(nothing_equals_what_is_not_set, naive)


def a_request_without_token_is_refused(compare: Compare) -> None:
    def auth(auth_request: AuthRequest) -> bool:
        return compare(auth_request.token, os.getenv("A_TOKEN_THAT_NOBODY_HAS_SET"))

    without: dict[str, Any] = {"type": "REQUEST", "methodArn": token_event()["methodArn"], "headers": {}}
    for event in (without, token_event(token=""), {**without, "headers": {"Authorization": ""}}):
        assert not allows(authorizer(auth)(event, None), "GET/product/1")


def test_a_request_without_token_is_refused_where_the_secret_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way: no token, no variable, no access."""
    monkeypatch.delenv("A_TOKEN_THAT_NOBODY_HAS_SET", raising=False)
    a_request_without_token_is_refused(secret_equals)


def test_equality_would_let_it_through() -> None:
    """The tutorial's comparison opens the API to everybody."""
    caught(a_request_without_token_is_refused, naive)


class Counted(bytes):
    """Bytes that notice being compared one by one."""

    comparisons = 0

    def __eq__(self, other: object) -> bool:
        Counted.comparisons += 1
        return super().__eq__(other)

    __hash__ = bytes.__hash__


def no_shortcut_is_taken(compare: Compare) -> None:
    Counted.comparisons = 0
    assert compare(Counted(b"abc"), Counted(b"abc"))
    assert not compare(Counted(b"abd"), Counted(b"abc"))
    assert Counted.comparisons == 0


def test_comparing_takes_no_shortcut() -> None:
    """Neither `==` nor a loop looks at the bytes: that is left to the comparison made for it."""
    no_shortcut_is_taken(secret_equals)
    caught(no_shortcut_is_taken, naive)


def test_the_comparison_is_the_constant_time_one() -> None:
    """The result of the module comes from `compare_digest`, called once, on bytes."""
    tree = ast.parse(inspect.getsource(secret))
    calls = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and "compare_digest" in ast.unparse(node.func)
    ]
    assert len(calls) == 1
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Compare) and ast.Eq in map(type, node.ops)]
