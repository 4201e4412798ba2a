"""Verifiers of `cwsauth.tokens` as the auth function of every adapter: claims and scopes reach the handler."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cwsauth.gateway import events
from cwsauth.tokens import JWT, StaticTokens, first
from tests.adapters.doors import ALL, Door, LambdaContext

jwt = pytest.importorskip("jwt", reason="needs the extra jwt")

SECRET = "a-secret-of-more-than-thirty-two-bytes"


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the function."""
    monkeypatch.setenv("SHOP_SECRET", SECRET)
    monkeypatch.setenv("USER_TOKEN", "user")


def token(**claims: Any) -> dict[str, str]:
    """The header of a caller with a signed token."""
    now = int(time.time())
    body = {"iss": "https://idp.example", "aud": "shop", "exp": now + 60, "sub": "42", **claims}
    return {"Authorization": f"Bearer {jwt.encode(body, SECRET, algorithm='HS256')}"}


def verifier(grant: Any = ("users/${claims.sub}/**",)) -> JWT:
    """A verifier of such tokens."""
    return JWT(issuer="https://idp.example", audience="shop", algorithms="HS256", secret="SHOP_SECRET", grant=grant)


@pytest.mark.parametrize("door", ALL, ids=str)
def test_a_verified_caller_is_told_with_claims(door: Door) -> None:
    """Placeholders are filled from them, an expired token is a 401, another user's path a 403."""
    found = door.ask(verifier(), "GET", "/users/42/orders", token(scope="orders:read"))
    assert found.status == 200
    assert (found.told["principalId"], found.told["claims"]["sub"]) == ("42", "42")
    assert door.ask(verifier(), "GET", "/users/43/orders", token()).status == 403
    expired = door.ask(verifier(), "GET", "/users/42/orders", token(exp=1))
    assert (expired.status, expired.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')


@pytest.mark.parametrize("door", ALL, ids=str)
def test_a_verifier_is_asked_once(door: Door) -> None:
    """Verifying costs; it is not done a second time for the claims."""
    asked: list[str] = []

    class Counting(StaticTokens):
        def verify(self, request: Any) -> Any:
            asked.append(request.kind)
            return super().verify(request)

    counting = Counting({"USER_TOKEN": ["a"]})
    for made in (counting, first(counting, verifier()), counting.then(lambda _: ["a"])):
        assert door.ask(made, "GET", "/a", {"Authorization": "Bearer user"}).status == 200
    assert len(asked) == 3


def test_scopes_of_a_token_open_routes_of_powertools() -> None:
    """`require` reads the claims of the verified token."""
    event_handler = pytest.importorskip("aws_lambda_powertools.event_handler")
    from cwsauth.adapters.powertools import authorize, require

    app = event_handler.APIGatewayRestResolver()
    app.use(middlewares=[authorize(verifier(True))])
    app.get("/orders", middlewares=[require("orders:read")])(lambda: {"done": "yes"})
    for scope, status in (("orders:read", 200), ("orders:write orders:read", 200), ("orders:reader", 403), ("", 403)):
        event = events.rest_proxy("GET", "/orders", headers=token(scope=scope))
        assert app.resolve(event, LambdaContext())["statusCode"] == status
