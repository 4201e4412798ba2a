"""What holds for a token on every way through: nobody but `auth` sees it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from cwsauth import AuthRequest, Forbidden, Grant, Policy, Rule, Unauthenticated, authorizer
from cwsauth.errors import ConfigError, CwsAuthError, EventError, TokenInvalid
from cwsauth.events import decode
from cwsauth.guard import Guard
from tests.canary import CANARY
from tests.laws.generate import API

Auth = Callable[[AuthRequest], Any]

# The token itself, and with characters that an error message could trip over or print only in part.
TOKENS = [
    CANARY,
    f"Bearer {CANARY}",
    f"{CANARY} two",
    f"one {CANARY}",
    f"{CANARY}/",
    f"/{CANARY}",
    f"{{{CANARY}",
    f"x[{CANARY}",
    f"{CANARY}'\"",
    f"{CANARY}\\",
    f"a\\{CANARY}",
    f"{CANARY}\n",
    f"{CANARY}*x",
    f"**{CANARY}",
    f"${{{CANARY}}}",
    f"!{CANARY}",
    f"GET {CANARY}",
    f"{CANARY}é",
]


@contextmanager
def watched() -> Iterator[list[str]]:
    """All that is logged inside, formatted with its tracebacks, and as records."""
    found: list[str] = []

    class Watch(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.extend((self.format(record), repr(vars(record))))

    root = logging.getLogger()
    before, watch = root.level, Watch(logging.DEBUG)
    logging.getLogger("cwsauth").setLevel(logging.DEBUG)
    root.addHandler(watch)
    try:
        yield found
    finally:
        root.removeHandler(watch)
        root.setLevel(before)
        logging.getLogger("cwsauth").setLevel(logging.NOTSET)


def token_event(token: str) -> dict[str, Any]:
    return {"type": "TOKEN", "authorizationToken": token, "methodArn": f"{API}/GET/a/b"}


def request_event(token: str) -> dict[str, Any]:
    """A REQUEST event that has the token wherever somebody could put one."""
    return {
        "type": "REQUEST",
        "methodArn": f"{API}/GET/a/{CANARY}",
        "headers": {"authorization": token, "X-Api-Key": token, "Cookie": f"session={token}"},
        "queryStringParameters": {"token": token},
        "stageVariables": {"secret": token},
        "pathParameters": {"id": token},
        "requestContext": {"identity": {"sourceIp": "203.0.113.1"}},
    }


def http_event(token: str) -> dict[str, Any]:
    return {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": f"{API}/GET/a/b",
        "routeKey": "GET /a/{id}",
        "headers": {"authorization": token.replace(",", "")},
        "cookies": [f"session={token}"],
        "rawQueryString": "token=x",
    }


def broken_event(token: str) -> dict[str, Any]:
    """Two Authorization headers: an error while `auth` reads the token."""
    return {**request_event(token), "headers": {"Authorization": token, "authorization": token}}


def odd_event(token: str) -> dict[str, Any]:
    return {"type": token, "authorizationToken": token, token: token}


EVENTS = [token_event, request_event, http_event, broken_event, odd_event]


def secret(request: AuthRequest) -> str:
    """The token as `auth` sees it."""
    return request.authorization or "nothing"


def raising(make: Callable[[str], BaseException]) -> Auth:
    def auth(request: AuthRequest) -> Any:
        raise make(secret(request))

    return auth


def chained(request: AuthRequest) -> Any:
    try:
        raise KeyError(secret(request))
    except KeyError as error:
        raise ValueError(secret(request)) from error


def deep(request: AuthRequest) -> Any:
    return deep(request)


class Told(CwsAuthError):
    """An error of the user in our tree."""

    def __str__(self) -> str:
        return f"told {self.message!r}"


class Condition:
    """A condition that fails, with the token in its hands."""

    def settle(self, rule: Rule, request: AuthRequest) -> Rule | None:
        raise LookupError(secret(request))

    def __repr__(self) -> str:
        return "Condition()"


class Grudging:
    """An answer that cannot be read."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __repr__(self) -> str:
        return self.token


async def awaited(request: AuthRequest) -> Any:
    raise ValueError(secret(request))


FAILING: list[Auth] = [
    raising(ValueError),
    raising(KeyError),
    raising(Unauthenticated),
    raising(TokenInvalid),
    raising(Forbidden),
    raising(lambda token: ConfigError(f"invalid token {token!r}", help=token)),
    raising(EventError),
    raising(Told),
    raising(lambda token: ExceptionGroup(token, [ValueError(token)])),
    raising(lambda token: UnicodeDecodeError("utf-8", token.encode(), 0, 1, token)),
    lambda request: Rule(f"{secret(request)} {{"),
    lambda request: Policy.of([f"{{{secret(request)}"]),
    chained,
    deep,
    awaited,
    lambda request: [secret(request)],
    lambda request: [f"a/{secret(request)}", f"b/{secret(request)}/{{"],
    lambda request: [f"*-{secret(request)}*/**/a", f"!**/{secret(request)}"],
    lambda request: [f"a/*/{'x'}", f"!a/{'y'}/**", "b/**/c"],
    lambda request: (secret(request),),
    secret,
    lambda request: secret(request).encode(),
    lambda request: {secret(request): secret(request)},
    lambda request: {secret(request)},
    lambda request: Grudging(secret(request)),
    lambda request: [Grudging(secret(request))],
    lambda request: Grant(secret(request)),
    lambda request: Grant([f"{secret(request)} x"]),
    lambda request: Grant(True, context={secret(request): object()}),
    lambda request: Grant(True, context={"a": Grudging(secret(request))}),
    lambda request: Grant(True, principal_id=secret(request).encode()),  # type: ignore[arg-type]
    lambda request: [Rule("a", when=Condition())],
    lambda request: {"principalId": "x", "policyDocument": {"Statement": secret(request)}},
    lambda request: {"principalId": "x", "policyDocument": {"Version": secret(request), secret(request): 1}},
    lambda request: {"principalId": secret(request), "policyDocument": {}, secret(request): 1},
]
OPTIONS: list[dict[str, Any]] = [
    {},
    {"on_error": "deny"},
    {"inexact": "refuse"},
    {"principal_id": lambda request: secret(request).encode()},
    {"principal_id": raising(ValueError)},
    {"context": lambda request: {secret(request): secret(request), "x": [secret(request)]}},
    {"context": raising(LookupError)},
    {"identity_source": "method.request.header.X-Api-Key"},
]


def told(error: BaseException) -> list[str]:
    """What an error says in every way that errors are shown."""
    lines = [str(error), repr(error), repr(error.args), repr(vars(error)), "".join(traceback.format_exception(error))]
    assert error.__cause__ is None
    assert error.__context__ is None
    return lines


@given(
    token=st.sampled_from(TOKENS),
    event=st.sampled_from(EVENTS),
    auth=st.sampled_from(FAILING),
    options=st.sampled_from(OPTIONS),
)
@example(token=f"{CANARY} two", event=token_event, auth=FAILING[15], options={})
@example(token=f"{CANARY}/", event=token_event, auth=FAILING[15], options={})
@example(token=CANARY, event=request_event, auth=FAILING[10], options={})
@example(token=CANARY, event=token_event, auth=FAILING[17], options={})
def test_no_secret_in_output(
    token: str, event: Callable[[str], dict[str, Any]], auth: Auth, options: dict[str, Any]
) -> None:
    """Whatever `auth` does with a token, no log, error, chain, traceback or repr has it."""
    handler = authorizer(**options)(auth)
    shown = [repr(handler)]
    with watched() as logged:
        try:
            handler(event(token), None)
        except CwsAuthError as error:
            shown.extend(told(error))
    for text in (*shown, *logged):
        assert CANARY not in text


@given(token=st.sampled_from(TOKENS), auth=st.sampled_from(FAILING), options=st.sampled_from(OPTIONS))
def test_no_secret_in_output_in_process(token: str, auth: Auth, options: dict[str, Any]) -> None:
    """The same where a guard asks `auth` inside a function, and gives an `Access`."""
    request = AuthRequest(
        "http.proxy", authorization=token, method="GET", path=f"/a/{CANARY}", headers={"authorization": token}
    )
    guard = Guard(auth, **options)
    with watched() as logged:
        access = guard(request)
    shown = [repr(guard), repr(access), repr(request)]
    for text in (*shown, *logged):
        assert CANARY not in text


@given(token=st.sampled_from(TOKENS), event=st.sampled_from([token_event, request_event, http_event]))
def test_a_request_does_not_show_itself(token: str, event: Callable[[str], dict[str, Any]]) -> None:
    """`repr` of a request, of its headers and of what is made from it has no token, header, cookie, query or claim."""
    request = decode(event(token))
    other = request.with_claims({"sub": CANARY, "email": CANARY})
    for shown in (request, request.headers, other, AuthRequest(token=token), Grant(True, principal_id=CANARY)):
        assert CANARY not in repr(shown)
        assert CANARY not in f"{shown}"


@given(token=st.text(min_size=1, max_size=20), path=st.text(max_size=10))
def test_reasons_are_told_where_they_hold_nothing(token: str, path: str) -> None:
    """A reason that holds nothing of the request does reach the log, so that somebody can find the fault."""
    handler = authorizer(raising(lambda _: Unauthenticated("the key was withdrawn in May")))
    with watched() as logged, suppress(Unauthenticated):
        handler(token_event("#" + token), None)
    assert any("the key was withdrawn in May" in line for line in logged) or len(token) >= 3
