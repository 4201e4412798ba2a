"""The context that goes to the backend: types, names and sizes of each kind."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth import Grant, authorizer
from cwsauth.errors import AuthorizerFailure
from tests.adapters.kinds import ONE_OF_EACH, Context, always

FLAT = {"text": "x", "number": 1, "float": 1.5, "flag": True}
NESTED = [{"list": ["a"]}, {"object": {"a": 1}}, {"null": None}]
NEVER: list[dict[Any, Any]] = [
    *({"principalId": "x"}, {"integrationLatency": 1}, {"claims": "x"}),
    *({1: "x"}, {"": "x"}, {"nan": float("nan")}, {"inf": float("inf")}, {"bytes": b"x"}, {"set": {1}}),
]
CONTEXT_NAME = {"appsync": "resolverContext"}
TAKES_NESTED = {"http.v1", "http.v2"}
KINDS = [name for name in ONE_OF_EACH if name != "iot"]


def answer(kind: str, context: object, **options: Any) -> dict[str, Any]:
    """The answer to an event of a kind, of an authorizer that hands over a context."""
    handler = authorizer(**options)(lambda _: Grant(True, context=context))  # type: ignore[arg-type]
    return dict(handler(ONE_OF_EACH[kind], Context()))


@pytest.mark.parametrize("kind", KINDS)
def test_flat_context_is_handed_over(kind: str) -> None:
    """Strings, numbers and booleans, at every door but IoT's, which has none."""
    assert answer(kind, FLAT)[CONTEXT_NAME.get(kind, "context")] == FLAT
    assert "context" not in answer("iot", FLAT)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("context", NESTED)
def test_nested_context_is_for_http_api_only(kind: str, context: dict[str, object]) -> None:
    """Elsewhere API Gateway would answer 500, so it is an error here, before it is sent."""
    if kind in TAKES_NESTED:
        assert answer(kind, context)["context"] == context
    else:
        with pytest.raises(AuthorizerFailure):
            answer(kind, context)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("context", NEVER)
def test_what_api_gateway_would_not_take_is_refused(kind: str, context: dict[str, object]) -> None:
    """Reserved names, names that are none, values that JSON cannot say."""
    with pytest.raises(AuthorizerFailure):
        answer(kind, context)


def test_a_websocket_answer_has_8_kilobytes_for_all_of_it() -> None:
    """Document, principal and context together."""
    assert answer("websocket", {"a": "x" * 7000})
    with pytest.raises(AuthorizerFailure):
        answer("websocket", {"a": "x" * 8192})
    assert answer("rest.request", {"a": "x" * 8192})


def test_an_appsync_context_has_5_megabytes() -> None:
    """More is refused before AppSync does it."""
    with pytest.raises(AuthorizerFailure):
        answer("appsync", {"a": "x" * (5 * 1024 * 1024)})


def test_a_finished_response_keeps_the_rules_of_its_kind() -> None:
    """What an auth function wrote by hand is checked the same way."""
    for kind in ("rest.token", "http.v2"):
        event = ONE_OF_EACH[kind]
        finished = {**authorizer(lambda _: True)(event), "context": {"a": ["x"]}}
        handler = authorizer(always(finished))
        if kind in TAKES_NESTED:
            assert handler(event) == finished
        else:
            with pytest.raises(AuthorizerFailure):
                handler(event)
