"""The calls that `--once` makes, each with the answer it must get. Written by hand: nothing here asks the engine."""

from __future__ import annotations

from typing import NamedTuple


class Call(NamedTuple):
    caller: str
    method: str
    path: str
    status: int


def _row(method: str, path: str, admin: int, user: int, stranger: int, nobody: int) -> list[Call]:
    statuses = {"admin": admin, "user": user, "stranger": stranger, "nobody": nobody}
    return [Call(caller, method, path, status) for caller, status in statuses.items()]


CALLS = [
    *_row("GET", "/health", 200, 200, 200, 200),
    *_row("GET", "/", 200, 403, 403, 401),
    *_row("GET", "/product", 200, 403, 403, 401),
    *_row("POST", "/product", 200, 403, 403, 401),
    *_row("GET", "/product/1", 200, 200, 403, 401),
    *_row("PUT", "/product/1", 200, 200, 403, 401),
    *_row("DELETE", "/product/2", 200, 200, 403, 401),
    *_row("GET", "/product/1/reviews", 200, 403, 403, 401),
    *_row("POST", "/product/1/reviews", 200, 403, 403, 401),
    *_row("GET", "/product/1/reviews/2", 200, 403, 403, 401),
    *_row("DELETE", "/product/1/reviews/2", 200, 403, 403, 401),
    *_row("GET", "/order", 200, 403, 403, 401),
    *_row("POST", "/order", 200, 403, 403, 401),
    *_row("GET", "/order/7", 200, 403, 403, 401),
    *_row("GET", "/order/7/items/1/label", 200, 403, 403, 401),
    *_row("GET", "/admin", 200, 403, 403, 401),
    *_row("GET", "/admin/users/1", 200, 403, 403, 401),
    *_row("DELETE", "/admin/product/1", 200, 403, 403, 401),
    # Not declared: API Gateway says 403 before it asks anybody.
    *_row("PATCH", "/product/1", 403, 403, 403, 403),
    *_row("GET", "/roduct/1", 403, 403, 403, 403),
    # The product is unknown to the backend, not to the authorizer.
    Call("user", "GET", "/product/9", 404),
    # One segment, however it is written.
    Call("user", "GET", "/product/1%2Freviews", 404),
]
