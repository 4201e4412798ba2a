"""Several verifiers, and anonymous access."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from cwsauth import AuthRequest, Grant, Policy, authorizer
from cwsauth.errors import ConfigError, Forbidden, TokenExpired, TokenInvalid, TokenMissing, Unauthenticated
from cwsauth.tokens import JWT, Anonymous, ApiKey, Identity, StaticTokens, Verifier, first
from tests.oidc import AUDIENCE, ISSUER, SECRET, bearing, claims, forge


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_TOKEN", "admin-secret")
    monkeypatch.setenv("PARTNER_KEY", "partner-secret")


def jwt(**options: Any) -> JWT:
    return JWT(
        **{"issuer": ISSUER, "audience": AUDIENCE, "algorithms": "HS256", "secret": SECRET, "grant": ["jwt"], **options}
    )


def all_of_them() -> Verifier:
    return first(jwt(), StaticTokens({"ADMIN_TOKEN": ["admin"]}), ApiKey({"PARTNER_KEY": ["key"]}), Anonymous(["open"]))


def rules(answer: object) -> object:
    return answer.rules if isinstance(answer, Grant) else answer


def test_the_first_that_knows_the_caller_counts() -> None:
    """Each kind of credential gets the rules of its own verifier, in its own name."""
    auth = all_of_them()
    assert rules(auth(bearing(forge(claims())))) == Policy.of(["jwt"])
    assert rules(auth(bearing("admin-secret"))) == Policy.of(["admin"])
    assert rules(auth(AuthRequest(headers={"x-api-key": "partner-secret"}))) == Policy.of(["key"])
    assert rules(auth(AuthRequest())) == Policy.of(["open"])
    assert auth.verify(bearing(forge(claims()))).principal_id == "user-1"
    assert auth.verify(AuthRequest()).principal_id == "anonymous"


def test_async_says_the_same() -> None:
    """`verify_async` and `call_async`, one after the other."""
    auth = all_of_them()
    for request in (bearing(forge(claims())), bearing("admin-secret"), AuthRequest()):
        assert rules(asyncio.run(auth.call_async(request))) == rules(auth(request))
        assert asyncio.run(auth.verify_async(request)).principal_id == auth.verify(request).principal_id
    with pytest.raises(TokenInvalid):
        asyncio.run(auth.verify_async(bearing("wrong")))


def test_who_is_known_is_not_handed_on() -> None:
    """A verifier that knows the caller and grants nothing, or forbids, is the end of it."""
    nothing = first(jwt(grant=False), Anonymous(True))
    assert rules(nothing(bearing(forge(claims())))) == Policy.of(False)

    def forbids(identity: Identity) -> object:
        raise Forbidden("suspended")

    with pytest.raises(Forbidden):
        first(jwt(grant=forbids), StaticTokens({"ADMIN_TOKEN": True}))(bearing(forge(claims())))


def test_the_error_says_what_was_nearest() -> None:
    """Expired before invalid before missing; the reasons of all, for the log."""
    old = forge(claims(exp=int(time.time()) - 10))
    auth = first(StaticTokens({"ADMIN_TOKEN": True}), jwt())
    with pytest.raises(TokenExpired) as expired:
        auth(bearing(old))
    assert expired.value.reason == "StaticTokens: the token is none of those that are set; JWT: the token has expired"
    with pytest.raises(TokenInvalid):
        auth(bearing("wrong"))
    with pytest.raises(TokenMissing) as missing:
        auth(AuthRequest())
    assert str(missing.value) == "Unauthorized"
    assert missing.value.__context__ is None


def test_a_wrong_credential_is_not_anonymous() -> None:
    """Expired, invalid, or of a kind that nobody knows: the caller learns it, and is not taken for nobody."""
    auth = all_of_them()
    for request in (
        bearing(forge(claims(exp=int(time.time()) - 10))),
        bearing("wrong"),
        AuthRequest(headers={"x-api-key": "wrong"}),
        AuthRequest(authorization="Basic YTpi"),
        AuthRequest(authorization="Digest x"),
    ):
        with pytest.raises((TokenExpired, TokenInvalid)):
            auth(request)
    with pytest.raises(TokenInvalid):
        Anonymous(True)(bearing("wrong"))
    assert rules(Anonymous(True)(AuthRequest())) == Policy.of(True)


def test_anonymous_access_is_an_authorizer() -> None:
    """A REQUEST event without any credential."""
    handler = authorizer(Anonymous(["open/{id}"], principal_id="nobody"))
    event = {
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/open/1",
        "headers": {},
    }
    assert handler(event, None)["principalId"] == "nobody"
    with pytest.raises(Unauthenticated):
        handler({**event, "headers": {"Authorization": "Bearer x"}}, None)


def test_choices_of_choices() -> None:
    """`first` inside `first`, and a function behind it."""
    auth = first(first(jwt(), StaticTokens({"ADMIN_TOKEN": ["admin"]})), Anonymous(["open"]))
    assert rules(auth(bearing("admin-secret"))) == Policy.of(["admin"])
    assert rules(auth(AuthRequest())) == Policy.of(["open"])
    then = auth.then(lambda request: ["then"])
    answer = then(bearing("admin-secret"))
    assert isinstance(answer, Grant)
    assert (answer.rules, answer.principal_id) == (Policy.of(["then"]), "ADMIN_TOKEN")


def test_another_error_ends_the_attempt() -> None:
    """A verifier that fails is not one that says no: nobody after it is asked."""

    class Broken(Verifier):
        def verify(self, request: AuthRequest) -> Identity:
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        first(Broken(), Anonymous(True))(AuthRequest())


def test_a_verifier_of_ones_own_can_be_tried() -> None:
    """The protocol is `verify` and `answer`; whatever `Unauthenticated` it raises counts."""

    class Certificate(Verifier):
        def verify(self, request: AuthRequest) -> Identity:
            if "x-client" not in request.headers:
                raise Unauthenticated("no certificate")
            return Identity(request.headers["x-client"])

        def answer(self, identity: Identity, request: AuthRequest) -> object:
            return ["certificate"]

    auth = first(Certificate(), StaticTokens({"ADMIN_TOKEN": ["admin"]}))
    assert auth(AuthRequest(headers={"X-Client": "a"})) == ["certificate"]
    assert auth(bearing("admin-secret")) == Policy.of(["admin"])
    with pytest.raises(TokenInvalid):
        auth(AuthRequest())


@pytest.mark.parametrize("verifiers", [[], [lambda request: True], [Anonymous(True), Anonymous(True)], ["JWT"]])
def test_what_cannot_be_tried(verifiers: list[Any]) -> None:
    """Nothing, no verifier, or one after `Anonymous`."""
    with pytest.raises(ConfigError):
        first(*verifiers)


def test_repr() -> None:
    """What is tried, in its order."""
    assert (
        repr(first(StaticTokens({"ADMIN_TOKEN": True}), Anonymous(True)))
        == "first(StaticTokens(ADMIN_TOKEN), Anonymous())"
    )
