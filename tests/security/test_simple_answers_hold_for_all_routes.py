"""Fault 7: HTTP API's simple answers are cached for all routes, so a yes that depends on the path is a bypass. Everybody has it."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth import authorizer
from cwsauth.errors import AuthorizerFailure
from tests.security.naive import HEAD, caught

ROUTES = ["GET /public", "GET /admin"]


def event(path: str, route_key: str = "$default") -> dict[str, Any]:
    return {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": f"{HEAD}/GET/{path}",
        "routeKey": route_key,
        "headers": {"authorization": "abc"},
    }


class Cache:
    """API Gateway's, for simple answers: one verdict for each identity, replayed for whatever route comes next."""

    def __init__(self, handler: Any) -> None:
        self.handler = handler
        self.verdict: bool | None = None

    def lets_through(self, path: str) -> bool:
        if self.verdict is None:
            try:
                self.verdict = self.handler(event(path), None)["isAuthorized"]
            except AuthorizerFailure:
                return False  # a 500, and nothing is cached
        return self.verdict


def ours(rules: Any, **options: Any) -> Any:
    return authorizer(simple=True, **options)(lambda auth_request: rules)


def naive(rules: list[str], **options: Any) -> Any:
    return lambda asked, context: {"isAuthorized": asked["routeArn"].rpartition("/")[2] in rules}


def no_route_is_opened_by_another(make: Any, **options: Any) -> None:
    for first in ("public", "admin"):
        cache = Cache(make(["public"], **options))
        cache.lets_through(first)
        assert not cache.lets_through("admin")


@pytest.mark.parametrize("routes", [None, ROUTES])
def test_a_yes_to_one_route_opens_no_other(routes: Any) -> None:
    """A policy that differs by route has no simple answer that may be cached."""
    no_route_is_opened_by_another(ours, routes=routes)


def test_a_yes_by_path_would_be_caught() -> None:
    """The usual authorizer answers yes to the first route, and the cache says yes to the second."""
    caught(no_route_is_opened_by_another, naive)


@pytest.mark.parametrize(
    ("rules", "yes"), [(True, True), (False, False), (["GET /public", "GET /admin"], True), ([], False)]
)
def test_a_policy_that_says_the_same_for_all_routes_is_answered(rules: Any, yes: bool) -> None:
    """There the answer may be replayed for any of them."""
    handler = ours(rules, routes=ROUTES)
    for path in ("public", "admin"):
        assert handler(event(path), None) == {"isAuthorized": yes}


def test_a_call_outside_of_the_routes_opens_none_of_them() -> None:
    """A yes to `$default` would be replayed for the declared routes."""
    with pytest.raises(AuthorizerFailure):
        ours(["extra/**"], routes=ROUTES)(event("extra/1"), None)


def test_the_route_key_in_the_cache_key_makes_it_possible() -> None:
    """With `$context.routeKey` in the identity source an answer is replayed for its own route only."""
    handler = ours(["public"], identity_source=["$request.header.Authorization", "$context.routeKey"])
    assert handler(event("public", "GET /public"), None) == {"isAuthorized": True}
    assert handler(event("admin", "GET /admin"), None) == {"isAuthorized": False}
    with pytest.raises(AuthorizerFailure):
        handler(event("public", "GET /{page}"), None)


def test_simple_answers_are_given_only_when_asked_for() -> None:
    """Otherwise the answer is a policy, which API Gateway evaluates for each call."""
    assert "policyDocument" in authorizer(lambda auth_request: ["public"])(event("public"), None)
