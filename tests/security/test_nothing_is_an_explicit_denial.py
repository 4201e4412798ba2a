"""Fault 4: `False` becomes an Allow with `Resource: []`, which IAM's grammar does not have (Chalice, CoWorks).

Silence is no denial either: with a resource policy that allows, "no Allow" of the authorizer lets the call through (API Gateway
guide, "API Gateway authorization flow", table A).
"""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth import Forbidden, authorizer
from tests.oracle import iam
from tests.security.naive import HEAD, answer, caught, token_event, verdict


def forbidding(auth_request: object) -> Any:
    raise Forbidden


NOTHING = [
    lambda auth_request: False,
    lambda auth_request: [],
    lambda auth_request: ["!admin/**"],
    lambda auth_request: None,
    forbidding,
]


def ours(auth: Any) -> Any:
    return authorizer(auth)(token_event(), None)


def naive_empty(auth: Any) -> Any:
    return answer()


def naive_silent(auth: Any) -> Any:
    return answer(f"{HEAD}/GET/nothing-that-exists")


def nothing_is_denied(make: Any, auth: Any) -> None:
    response = make(auth)
    for call in ("GET/product/1", "GET/", "DELETE/a/b/c", "$connect"):
        assert verdict(response, call) == iam.EXPLICIT_DENY


@pytest.mark.parametrize("auth", NOTHING)
def test_nothing_granted_is_denied_in_so_many_words(auth: Any) -> None:
    """For every call of the stage, a WebSocket's included."""
    nothing_is_denied(ours, auth)


@pytest.mark.parametrize("naive", [naive_empty, naive_silent])
def test_an_empty_or_silent_answer_would_be_caught(naive: Any) -> None:
    """An empty list is no document, and silence is no denial."""
    caught(nothing_is_denied, naive, NOTHING[0])


def test_a_deny_for_the_rest_of_a_list() -> None:
    """`complement="deny"` says the same for what a list leaves out."""
    routes = ["GET /a", "GET /b/{id}"]
    response = authorizer(routes=routes, complement="deny")(lambda auth_request: ["a"])(token_event("GET/a"), None)
    assert verdict(response, "GET/a") == iam.ALLOW
    assert verdict(response, "GET/b/1") == iam.EXPLICIT_DENY
