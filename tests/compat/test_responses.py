"""What a view returns, as an answer."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from .services import Answers, Simple, api_event


def answer(resource: str) -> dict[str, Any]:
    response: dict[str, Any] = Answers()(api_event("GET", resource), None)
    return response


@pytest.mark.parametrize(
    ("resource", "status", "body"),
    [
        ("/text", 200, "text"),
        ("/dict", 200, '{"a":1}'),
        ("/list", 200, "[1,2]"),
        ("/none", 200, "null"),
        ("/number", 200, "7"),
        ("/status", 201, "made"),
        ("/headers", 202, "made"),
        ("/response", 203, "mine"),
    ],
)
def test_results_become_answers(resource: str, status: int, body: str) -> None:
    """Plain values are 200 by Chalice's JSON rules; tuples carry status and headers; a Response is itself."""
    response = answer(resource)
    assert (response["statusCode"], response["body"]) == (status, body)


def test_headers_of_a_tuple_are_sent() -> None:
    """(body, status, headers)."""
    assert answer("/headers")["headers"] == {"X-Mine": "yes"}


def test_a_tuple_of_one_is_400() -> None:
    """It says neither status nor headers."""
    single = answer("/single")
    assert single["statusCode"] == 400
    assert "(body, status)" in single["body"]


@pytest.mark.parametrize(("resource", "text"), [("/error", "what went wrong"), ("/missing", "not here")])
def test_whatever_a_view_raises_is_400(resource: str, text: str, caplog: pytest.LogCaptureFixture) -> None:
    """With the text of the error, NotFoundError included; the log has the trace."""
    with caplog.at_level(logging.ERROR):
        service = Answers(configure_logs=False)
        response = service(api_event("GET", resource), None)
    assert response["statusCode"] == 400
    assert json.loads(response["body"]) == {"Code": "BadRequestError", "Message": text}
    assert "raised" in caplog.text


def test_a_wrong_verb_is_405() -> None:
    """The service itself answers so; behind API Gateway such a call does not reach it."""
    assert Simple()(api_event("POST", "/"), None)["statusCode"] == 405


def test_an_empty_event_is_500() -> None:
    """`{}` is 'Unknown request.'."""
    response = Simple()({}, None)
    assert response["statusCode"] == 500
    assert "Unknown request." in response["body"]
