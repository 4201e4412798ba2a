"""Fault 9: tokens end up in logs (`debug=True` prints events; CoWorks, Chalice). The law of it is in `tests/laws/test_secrets.py`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from cwsauth import AuthRequest, authorizer
from cwsauth.errors import AuthorizerFailure, CwsAuthError
from tests.canary import CANARY
from tests.security.naive import Handler, answer, caught, token_event

log = logging.getLogger("naive")


def failing(auth_request: AuthRequest) -> Any:
    raise ValueError(f"no user for {auth_request.token}")


def returning(auth_request: AuthRequest) -> Any:
    return auth_request.token


def listing(auth_request: AuthRequest) -> Any:
    return [f"{auth_request.token} is no rule"]


AUTHS = [failing, returning, listing]


def naive(auth: Callable[[AuthRequest], Any]) -> Handler:
    """Prints the event, logs the exception, and lets it go."""

    def handler(event: dict[str, Any], context: object) -> Any:
        log.debug("event: %s", event)
        try:
            result = auth(AuthRequest("rest.token", token=event["authorizationToken"]))
        except ValueError:
            log.exception("auth failed")
            raise
        log.info("auth said %r", result)
        return answer("*", effect="Deny")

    return handler


def nobody_sees_the_token(make: Any, auth: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.clear()
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    try:
        make(auth)(token_event(token=CANARY), None)
    except (CwsAuthError, ValueError) as error:
        shown.extend((repr(error), repr(error.__cause__), repr(error.__context__)))
    shown.append(caplog.text)
    found = CANARY in "".join(shown)
    caplog.clear()
    assert not found


@pytest.mark.parametrize("auth", AUTHS)
def test_nobody_sees_the_token(auth: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Whether `auth` fails or returns nonsense: neither log nor error has it."""
    nobody_sees_the_token(authorizer, auth, caplog)


@pytest.mark.parametrize("auth", AUTHS)
def test_a_debugging_authorizer_would_be_caught(auth: Any) -> None:
    """The usual one fails all of it. It logs a copy of the canary nowhere else than here."""
    records: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(self.format(record))

    keep = Keep()
    log.addHandler(keep)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    try:
        naive(auth)(token_event(token="a-token-to-be-seen"), None)
    except ValueError as error:
        records.append(repr(error))
    finally:
        log.removeHandler(keep)
        log.propagate = True
    assert "a-token-to-be-seen" in "".join(records)


def test_what_leaves_the_handler_has_no_chain() -> None:
    """A traceback printed by the runtime ends at our error: nothing leads to the original and its text."""
    with pytest.raises(AuthorizerFailure) as raised:
        authorizer(failing)(token_event(token=CANARY), None)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None

    def has_no_chain(handler: Handler) -> None:
        with pytest.raises(AuthorizerFailure) as raised:
            handler(token_event(token="x"), None)
        assert raised.value.__context__ is None

    def chained(event: dict[str, Any], context: object) -> Any:
        try:
            return failing(AuthRequest(token="x"))
        except ValueError:
            raise AuthorizerFailure("the authorizer failed")  # noqa: B904 - what must not be done

    caught(has_no_chain, chained)
