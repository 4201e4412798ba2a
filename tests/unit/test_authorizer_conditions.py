"""What an authorizer does with rules that depend on the call."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cwsauth import Grant, Rule, Verdict, authorizer, evaluate
from cwsauth.errors import ConfigError
from cwsauth.guard import Guard
from cwsauth.policy.conditions import claim, path, scope, source_ip
from cwsauth.request import AuthRequest
from cwsauth.tokens import JWT, StaticTokens, first
from tests.oidc import AUDIENCE, ISSUER, SECRET, bearing, claims, forge

STAGE = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"
OFFICE = source_ip("10.0.0.0/8")
ROUTES = ["GET /public", "GET /admin/{id}", "GET /users/{id}"]
RULES: list[str | Rule] = ["public", Rule("admin/{id}", when=OFFICE)]


def event(call: str, address: str = "10.1.1.1", token: str = "x") -> dict[str, Any]:
    return {
        "type": "REQUEST",
        "methodArn": f"{STAGE}/{call}",
        "headers": {"Authorization": token},
        "requestContext": {"identity": {"sourceIp": address}},
    }


def allows(answer: Any, call: str, address: str | None = None) -> bool:
    context = {} if address is None else {"aws:SourceIp": address}
    return evaluate(answer["policyDocument"], f"{STAGE}/{call}", context=context) is Verdict.ALLOW


def test_by_default_what_depends_on_the_address_is_not_granted(caplog: pytest.LogCaptureFixture) -> None:
    """An answer that may be cached has nothing of it, and the log says what to do."""
    answer = authorizer(routes=ROUTES)(lambda request: RULES)(event("GET/admin/1"), None)
    assert allows(answer, "GET/public")
    assert not allows(answer, "GET/admin/1")
    assert "ttl=0" in caplog.text


def test_without_caching_it_is_granted_for_the_call(caplog: pytest.LogCaptureFixture) -> None:
    """`ttl=0`: the answer is of this call, and nothing has to be warned of."""
    handler = authorizer(routes=ROUTES, ttl=0)(lambda request: RULES)
    assert allows(handler(event("GET/admin/1"), None), "GET/admin/1")
    assert not allows(handler(event("GET/admin/1", "11.1.1.1"), None), "GET/admin/1")
    assert "narrowed" not in caplog.text


def test_with_conditions_of_iam_it_is_asked_with_every_call() -> None:
    """`iam_conditions=True`."""
    answer = authorizer(routes=ROUTES, iam_conditions=True)(lambda request: RULES)(
        event("GET/public", "11.1.1.1"), None
    )
    assert allows(answer, "GET/admin/1", "10.1.1.1")
    assert not allows(answer, "GET/admin/1", "11.1.1.1")
    assert not allows(answer, "GET/admin/1")
    with pytest.raises(ConfigError):
        authorizer(lambda request: True, iam_conditions="yes")


def test_a_simple_answer_that_is_cached_says_what_lasts() -> None:
    """An HTTP API's yes or no: with caching, only what does not depend on the call."""

    def http(call: str) -> dict[str, Any]:
        method, _, route = call.partition("/")
        return {
            "version": "2.0",
            "type": "REQUEST",
            "routeArn": f"{STAGE}/{call}",
            "routeKey": f"{method} /{route}",
            "headers": {"authorization": "x"},
            "requestContext": {"http": {"method": method, "path": "/" + route, "sourceIp": "10.1.1.1"}},
        }

    rules = [Rule("**", when=OFFICE)]
    for ttl, allowed in ((0, True), (300, False)):
        handler = authorizer(simple=True, ttl=ttl)(lambda request: rules)
        assert handler(http("GET/a"), None)["isAuthorized"] is allowed


def test_a_guard_decides_for_the_call() -> None:
    """In process nothing is cached, and everything is known."""
    guard = Guard(lambda request: RULES)

    def status(path_: str, address: str | None) -> int:
        return guard(AuthRequest("rest.proxy", method="GET", path=path_, source_ip=address, token="x")).status

    assert status("/admin/1", "10.1.1.1") == 200
    assert status("/admin/1", "11.1.1.1") == 403
    assert status("/admin/1", None) == 403
    assert status("/public", None) == 200


def jwt(**options: Any) -> JWT:
    return JWT(**{"issuer": ISSUER, "audience": AUDIENCE, "algorithms": "HS256", "secret": SECRET, **options})


OWN: list[str | Rule] = [
    Rule("GET users/{id}", when=claim("sub").equals(path("id")) & scope("read")),
    Rule("admin/{id}", when=OFFICE),
]


def test_conditions_are_asked_with_the_claims_of_the_token() -> None:
    """Behind a verifier, of its own token, in the authorizer and in the guard."""
    token = forge(claims(scope="read"))
    answer = authorizer(routes=ROUTES)(jwt(grant=OWN))(event("GET/users/user-1", token=f"Bearer {token}"), None)
    assert allows(answer, "GET/users/user-1")
    assert not allows(answer, "GET/users/user-2")
    assert not allows(answer, "GET/admin/1", "10.1.1.1")
    for auth in (
        jwt(grant=OWN),
        jwt().then(lambda request: OWN),
        first(StaticTokens({b"s" * 8: True}), jwt(grant=OWN)),
    ):
        for route, address, status in (
            ("/users/user-1", None, 200),
            ("/users/user-2", None, 403),
            ("/admin/1", "10.1.1.1", 200),
            ("/admin/1", "11.1.1.1", 403),
        ):
            request = AuthRequest(
                "rest.proxy", method="GET", path=route, source_ip=address, token=token, scheme="Bearer"
            )
            assert Guard(auth)(request).status == status, (auth, route, address)


def test_a_grant_may_end_by_itself() -> None:
    """Its own end counts, and not that of the token."""
    soon = time.time() + 10
    answer: Any = jwt(grant=Grant(True, expires_at=soon))(bearing(forge(claims())))
    assert answer.expires_at == soon
