"""A token or a secret appears in no output: no message, repr, log, chain, or traceback without locals."""

from __future__ import annotations

import asyncio
import logging
import pickle
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cwsauth import AuthRequest, authorizer
from cwsauth.errors import CwsAuthError, Unauthenticated
from cwsauth.tokens import JWKS, JWT, Anonymous, ApiKey, Basic, Env, Identity, Roles, StaticTokens, first
from cwsauth.tokens.public_keys import Keyring, public_keys
from cwsauth.tokens.shared_secret import secret_key
from tests.canary import CANARY
from tests.oidc import AUDIENCE, ISSUER, Provider, bearing, claims, encoded, forge, pem, private_key, public

SECRET = (CANARY * 3).encode()
ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/a"


def everything(error: BaseException | None) -> Iterator[str]:
    """All that can be read off an error: its texts, its attributes, its chain, suppressed or not, and its traceback."""
    while error is not None:
        yield str(error)
        yield repr(error)
        yield repr(error.args)
        yield repr(vars(error))
        yield repr([getattr(error, name) for name in ("doc", "object", "filename", "strerror") if hasattr(error, name)])
        yield "".join(traceback.format_exception(error))
        error = error.__cause__ or error.__context__


def silent(error: BaseException) -> None:
    for text in everything(error):
        # The source line of the test itself may name the constant, never its value.
        assert CANARY not in text
        assert CANARY[:10] not in text


def jwt(**options: Any) -> JWT:
    return JWT(
        **{"issuer": ISSUER, "audience": AUDIENCE, "algorithms": "HS256", "secret": SECRET, "grant": True, **options}
    )


GOOD = forge(claims(), key=SECRET)
HEAD, BODY, SIGNATURE = GOOD.split(".")
TOKENS: dict[str, str] = {
    "a text": CANARY,
    "a text with a surrogate": CANARY + "\ud800",
    "a text with other letters": CANARY + "\u00e4",
    "segments": f"{CANARY}.{CANARY}.{CANARY}",
    "a header that is no JSON": f"{encoded(CANARY.encode())}.{BODY}.{SIGNATURE}",
    "a header with a wrong algorithm": forge(claims(), header={"alg": CANARY}, key=SECRET),
    "a header with a wrong kid": forge(claims(), header={"alg": "HS256", "kid": [CANARY]}, key=SECRET),
    "a critical extension": forge(claims(), header={"alg": "HS256", "crit": [CANARY]}, key=SECRET),
    "a payload that is no JSON": forge(CANARY.encode(), key=SECRET),
    "a payload that is cut": forge(b'{"a":"' + CANARY.encode(), key=SECRET),
    "another issuer": forge(claims(iss=CANARY), key=SECRET),
    "another audience": forge(claims(aud=CANARY), key=SECRET),
    "a time that is none": forge(claims(exp=CANARY), key=SECRET),
    "a subject that is none": forge(claims(sub=[CANARY]), key=SECRET),
    "control characters": forge(claims(sub=CANARY + "\n"), key=SECRET),
    "an expired one": forge(claims(exp=1, jti=CANARY), key=SECRET),
    "another signature": forge(claims(jti=CANARY), key=b"x" * 64),
}


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize("verifier", ["jwt", "several", "static", "first", "then"])
def test_a_refused_token_is_nowhere(name: str, verifier: str, canary: str) -> None:
    """Neither the error of a verifier nor that of an authorizer holds any of it, nor the log."""
    made: dict[str, Callable[[], Any]] = {
        "jwt": jwt,
        "several": lambda: jwt(issuer={ISSUER: SECRET, "b": SECRET + b"b"}, secret=None),
        "static": lambda: StaticTokens({b"something else": True}),
        "first": lambda: first(jwt(), StaticTokens({b"something else": True}), Anonymous(True)),
        "then": lambda: jwt().then(lambda request: True),
    }
    auth = made[verifier]()
    with pytest.raises(Unauthenticated) as caught:
        auth(bearing(TOKENS[name]))
    silent(caught.value)
    with pytest.raises(Unauthenticated) as from_async:
        asyncio.run(auth.call_async(bearing(TOKENS[name])))
    silent(from_async.value)
    event = {"type": "TOKEN", "authorizationToken": "Bearer " + TOKENS[name], "methodArn": ARN}
    with pytest.raises(Unauthenticated) as answered:
        authorizer(auth)(event, None)
    silent(answered.value)
    assert (answered.value.__cause__, answered.value.__context__) == (None, None)


def test_a_function_that_fails_behind_a_verifier(canary: str, caplog: pytest.LogCaptureFixture) -> None:
    """An error with a token in its text, raised by the user's code: the authorizer's own has none of it."""

    @jwt().then
    def auth(request: AuthRequest) -> object:
        raise RuntimeError(f"cannot handle {request.token} {canary}")

    event = {"type": "TOKEN", "authorizationToken": "Bearer " + GOOD, "methodArn": ARN}
    with pytest.raises(CwsAuthError) as caught:
        authorizer(auth)(event, None)
    silent(caught.value)
    assert SIGNATURE not in "".join(everything(caught.value)) + caplog.text


@pytest.mark.parametrize(
    "credentials", [f"alice:{CANARY}", f"{CANARY}:x", CANARY, f"{CANARY}:", f"alice:{CANARY}\ud800"], ids=range(5)
)
def test_a_refused_password_is_nowhere(credentials: str, canary: str) -> None:
    """Nor the name, nor the hash."""
    auth = Basic({"alice": Basic.hash("other")}, grant=True)
    value = b64encode(credentials.encode("utf-8", "surrogatepass")).decode()
    for authorization in (f"Basic {value}", f"Basic {credentials}", f"Basic {value}\u00e4", f"Basic {value}="):
        with pytest.raises(Unauthenticated) as caught:
            auth(AuthRequest(authorization=authorization))
        silent(caught.value)


MISTAKES: dict[str, Callable[[], object]] = {
    "a token as a name": lambda: StaticTokens({CANARY: True}),
    "a token as a name of a rule": lambda: ApiKey({CANARY: True}),
    "a secret as a name": lambda: jwt(secret=CANARY),
    "a secret that is short": lambda: jwt(secret=CANARY.encode()[:31]),
    "a secret that is a key": lambda: jwt(secret=b"-----BEGIN PUBLIC KEY-----" + SECRET + b"-----END PUBLIC KEY-----"),
    "a secret that is a JWK": lambda: jwt(secret=b'{"kty":"oct","k":"' + SECRET + b'"}'),
    "a secret for RSA": lambda: jwt(algorithms="RS256"),
    "a key that is none": lambda: jwt(algorithms="RS256", secret=None, key=CANARY),
    "a JWK that is none": lambda: jwt(algorithms="RS256", secret=None, key={"kty": "RSA", "n": CANARY, "e": CANARY}),
    "a private JWK": lambda: jwt(algorithms="RS256", secret=None, key={"kty": "RSA", "n": "x", "e": "x", "d": CANARY}),
    "an address with a password": lambda: JWKS(f"https://user:{CANARY}@login.example/keys"),
    "an address with a secret": lambda: JWKS(f"http://login.example/keys?secret={CANARY}"),
    "a password as a hash": lambda: Basic({"alice": CANARY}),
    "a secret as a separator": lambda: Env(CANARY, separator=CANARY),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_configuration_is_not_quoted(name: str, canary: str) -> None:
    """Whoever puts a secret in the wrong place finds it in no message."""
    with pytest.raises(CwsAuthError) as caught:
        MISTAKES[name]()
    silent(caught.value)


def test_reprs(canary: str, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> None:
    """Of everything that holds a secret, a token, or a claim."""
    monkeypatch.setenv("TOKEN", CANARY)
    held: list[Any] = [
        StaticTokens({"TOKEN": True, SECRET: True}),
        ApiKey({"TOKEN": True}),
        Env("TOKEN"),
        Basic({"alice": Basic.hash(CANARY)}),
        jwt(memo=10),
        jwt().then(lambda request: CANARY),
        first(jwt(), ApiKey({"TOKEN": True})),
        Roles({"admin": True}, claim="roles"),
        secret_key(SECRET, "HS256"),
        Keyring([secret_key(SECRET, "HS256")]),
        public_keys(pem(public(private_key("RSA"))), ["RS256"]),
        provider.jwks(),
        Identity("alice", {"email": CANARY, "token": GOOD}, 5),
        ApiKey({"TOKEN": True})(AuthRequest(headers={"x-api-key": CANARY})),
        jwt(context=["jti"])(bearing(forge(claims(jti=CANARY), key=SECRET))),
    ]
    for value in held:
        for text in (repr(value), str(value), f"{value}", f"{value!r:>5}", f"{[value]}"):
            assert CANARY not in text, type(value)
            assert SIGNATURE not in text, type(value)


def test_a_verifier_is_not_pickled_with_its_secret(canary: str) -> None:
    """A cache or a queue would carry it away."""
    for value in (jwt(), StaticTokens({SECRET: True}), ApiKey({SECRET: True}), secret_key(SECRET, "HS256")):
        with pytest.raises((TypeError, pickle.PicklingError, AttributeError)) as caught:
            pickle.dumps(value)
        silent(caught.value)


def test_fetching_says_nothing_of_what_it_got(provider: Provider, canary: str) -> None:
    """The body, the headers and the status line of a provider that echoes secrets."""
    from tests.oidc import KEYS, send

    answers = [
        lambda handler: send(handler, CANARY.encode()),
        lambda handler: send(handler, CANARY.encode(), 500, X_Secret=CANARY),
        lambda handler: handler.wfile.write(f"HTTP/1.0 200 {CANARY}\r\n{CANARY}\r\n\r\n".encode()),
        lambda handler: handler.wfile.write(CANARY.encode()),
        lambda handler: send(handler, b"", 302, Location="/" + CANARY),
    ]
    for answer in answers:
        provider.answers[KEYS] = answer
        auth = jwt(algorithms="RS256", secret=None, jwks=provider.jwks())
        with pytest.raises(Unauthenticated) as caught:
            auth(bearing(forge(claims(), "RS256", kid=CANARY)))
        silent(caught.value)


def test_nothing_is_logged_for_a_good_token(canary: str, caplog: pytest.LogCaptureFixture) -> None:
    """At no level, by none of the libraries."""
    caplog.set_level(logging.DEBUG)
    made = forge(claims(jti=canary), key=SECRET)
    assert authorizer(jwt())({"type": "TOKEN", "authorizationToken": made, "methodArn": ARN}, None)
    assert made not in caplog.text
