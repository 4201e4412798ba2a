"""What an authorizer that failed says: an error without a text of the original, and a log line without a secret."""

from __future__ import annotations

import logging

from cwsauth.arn import MethodArn
from cwsauth.errors import AuthorizerFailure, CwsAuthError, ResultError, Unauthenticated
from cwsauth.outcome import check_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cwsauth.request import AuthRequest

log = logging.getLogger("cwsauth")


def judged(error: Exception, request: AuthRequest | None) -> tuple[CwsAuthError, str]:
    """What is raised in place of `error`, and the name of its class; told to the log.

    `request` is what the authorizer was asked about, None where the event could not be read.
    """
    name = type(error).__name__
    if isinstance(error, Unauthenticated):
        log.info("unauthenticated: %s", _told(name, error.reason, request))
        return Unauthenticated(), name
    text = "; ".join(filter(None, (str(error), error.help))) if isinstance(error, CwsAuthError) else ""
    log.error("the authorizer failed: %s (%s)", _told(name, text, request), _trail(error))
    return AuthorizerFailure("the authorizer failed", help="see the log of the function"), name


def unless_secret(text: object, request: AuthRequest) -> str:
    """`text` after a colon, for the log; or that it cannot be told."""
    if not text or type(text) is not str:
        return ""
    from cwsauth.redaction import holds_secret

    return ": (left out: it holds something of the request)" if holds_secret(text, request) else f": {text}"


def passed_on(response: Mapping[str, Any], request: AuthRequest, simple: bool) -> dict[str, Any]:
    """A finished response that an `auth` function returned, checked.

    Raises:
        ResultError: it is not one, or grants something outside of the API and stage of the call.
    """
    from cwsauth.policy.finished import check

    if not request.arn or (simple and request.kind == "http.v2"):
        raise ResultError("auth returned a policy document, and this kind of event takes none", help="return the rules")
    problem = check(response, MethodArn.parse(request.arn))
    if problem is not None:
        raise ResultError(problem, help="return the rules instead, and let the document be written")
    if response.get("context") is not None:
        check_context(response["context"], nested=request.kind.startswith("http"))
    return dict(response)


def _told(name: str, text: object, request: AuthRequest | None) -> str:
    """An error for the log: its name, and its text if that holds nothing of the request."""
    if request is None:
        # Nobody but the decoder has seen the event, and its errors hold nothing of it.
        return f"{name}: {text}" if text else name
    try:
        return name + unless_secret(text, request)
    except CwsAuthError:
        return name


def _trail(error: BaseException) -> str:
    """Where an error came from, for the log: files, lines and functions, no source and no values."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames)
