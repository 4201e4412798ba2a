"""Fault 3: `*` crosses `/` in IAM, so `product/*` grants `product/1/secret`. Everybody has it."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth import authorizer
from tests.security.naive import HEAD, allows, answer, caught, token_event

ROUTES = ["GET /product/{id}", "GET /product/{id}/secret", "GET /product/{id}/review/{n}", "GET /{proxy+}"]
DEEPER = ["product/1/secret", "product/1/secret/", "product//1//secret", "product/1/review/2", "product/1/2/3/4"]


def ours(routes: list[str] | None) -> Any:
    return authorizer(routes=routes)(lambda auth_request: ["GET product/*"])(token_event(), None)


def naive(routes: list[str] | None) -> Any:
    return answer(f"{HEAD}/GET/product/*")


def a_star_is_one_segment(make: Any, routes: list[str] | None) -> None:
    response = make(routes)
    assert allows(response, "GET/product/1")
    for path in DEEPER:
        assert not allows(response, f"GET/{path}"), path


@pytest.mark.parametrize("routes", [ROUTES, None], ids=["declared", "undeclared"])
def test_a_star_is_one_segment(routes: list[str] | None) -> None:
    """What lies deeper is not granted, with the routes known and without."""
    a_star_is_one_segment(ours, routes)


def test_a_plain_star_would_be_caught() -> None:
    """The rule copied into the resource does not pass."""
    caught(a_star_is_one_segment, naive, ROUTES)


def test_a_wildcard_for_the_whole_subtree_has_another_name() -> None:
    """`product/**` is what people often mean; then it is said."""
    response = authorizer(lambda auth_request: ["GET product/**"])(token_event(), None)
    assert all(allows(response, f"GET/{path}") for path in ("product/1", "product/1/secret"))
