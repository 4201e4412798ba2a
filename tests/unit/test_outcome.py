"""The context that goes to the backend: what each kind of API takes."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from cwsauth.errors import ResultError
from cwsauth.outcome import check_context


class Level(enum.IntEnum):
    LOW = 1


class Text(str):
    __slots__ = ()


FLAT: list[object] = ["", "x", "é", 0, -1, 2**70, True, False, 0.5, -0.0]
NESTED: list[object] = [None, [], {}, [1, "a", None], {"a": {"b": [True]}}, (1, 2), [[[[]]]]]
NEITHER: list[object] = [
    float("nan"),
    float("inf"),
    b"x",
    object(),
    Level.LOW,
    Text("x"),
    {1, 2},
    {1: 2},
    [float("nan")],
    {"a": b"x"},
    [{"a": object()}],
    1j,
]


@pytest.mark.parametrize("value", FLAT)
def test_strings_numbers_and_booleans_go_everywhere(value: object) -> None:
    """REST, WebSocket and HTTP API take them."""
    check_context({"key": value})
    check_context({"key": value}, nested=True)


@pytest.mark.parametrize("value", NESTED)
def test_nested_values_go_to_http_api_only(value: object) -> None:
    """Elsewhere API Gateway answers 500 for them, so they are an error at once."""
    check_context({"key": value}, nested=True)
    with pytest.raises(ResultError) as raised:
        check_context({"key": value})
    assert str(raised.value) == f"invalid context: the value of 'key' is {type(value).__name__}"


@pytest.mark.parametrize("value", NEITHER)
@pytest.mark.parametrize("nested", [False, True])
def test_what_json_cannot_say_goes_nowhere(value: object, nested: bool) -> None:
    """The error names the key and the type, and no value."""
    with pytest.raises(ResultError) as raised:
        check_context({"key": value}, nested=nested)
    assert str(raised.value) == f"invalid context: the value of 'key' is {type(value).__name__}"


def test_a_context_without_end_is_none() -> None:
    """A list in itself, or values that multiply, cost a bounded look."""
    endless: list[Any] = []
    endless.append(endless)
    doubling: list[Any] = []
    for _ in range(60):
        doubling = [doubling, doubling]
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    for value in (endless, doubling):
        with pytest.raises(ResultError):
            check_context({"key": value}, nested=True)
    check_context({"key": deep}, nested=True)


@pytest.mark.parametrize(
    ("context", "message"),
    [
        (None, "invalid context: a dict is needed, not NoneType"),
        ([], "invalid context: a dict is needed, not list"),
        ("a", "invalid context: a dict is needed, not str"),
        ({1: "a"}, "invalid context: a key is int, not a non-empty string"),
        ({"": "a"}, "invalid context: a key is str, not a non-empty string"),
        ({Text("a"): "a"}, "invalid context: a key is Text, not a non-empty string"),
        ({"principalId": "a"}, "invalid context: 'principalId' is set by API Gateway itself"),
        ({"integrationLatency": 1}, "invalid context: 'integrationLatency' is set by API Gateway itself"),
        ({"claims": "a"}, "invalid context: 'claims' is set by API Gateway itself"),
    ],
)
def test_what_is_no_context(context: object, message: str) -> None:
    """Its type, its keys, and the names that API Gateway keeps for itself."""
    for nested in (False, True):
        with pytest.raises(ResultError) as raised:
            check_context(context, nested=nested)
        assert str(raised.value) == message
