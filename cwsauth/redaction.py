"""Keeping what came with a request out of logs; imported only when something is about to be logged."""

from __future__ import annotations

from cwsauth.errors import CwsAuthError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from cwsauth.request import AuthRequest

# Parts of an event that may hold credentials.
_TELLING = (
    *("authorizationToken", "token", "identitySource", "headers", "multiValueHeaders", "requestHeaders", "cookies"),
    *("queryStringParameters", "multiValueQueryStringParameters", "rawQueryString", "protocolData", "stageVariables"),
)
# Characters below which a credential, or another value of a request, is not told from ordinary words.
_SHORTEST_CREDENTIAL = 4
_SHORTEST_VALUE = 8


def holds_secret(text: str, request: AuthRequest) -> bool:
    """Whether `text` holds a credential of `request`, or the value of a header, cookie, query parameter or stage variable.

    Escaped with backslashes, as in a pattern or a `repr`, they are found too. For what is about to be logged.
    """
    plain = text.replace("\\", "")
    return any(_bare(value) in plain or _bare(repr(value)[1:-1]) in plain for value in _values(request))


def holds_credential(text: str, request: AuthRequest) -> bool:
    """Whether `text` holds a credential of `request`: its token, or the value that the token came in."""
    return any(_bare(value) in text.replace("\\", "") for value in _credentials(request))


def _bare(value: str) -> str:
    return value.replace("\\", "")


def _values(request: AuthRequest) -> Iterator[str]:
    """What came with a request and must not be told, each text with at least one character that is no backslash."""
    yield from _credentials(request)
    stack: list[object] = [request.raw.get(name) for name in _TELLING]
    if not request.raw:
        stack.extend((request.headers, request.cookies, request.query, request.stage_variables))
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if len(_bare(item)) >= _SHORTEST_VALUE:
                yield item
        elif isinstance(item, (list, tuple)):
            stack.extend(item)
        elif item is not None and hasattr(item, "values"):
            stack.extend(item.values())


def _credentials(request: AuthRequest) -> Iterator[str]:
    try:
        credentials = [text for text in (request.token, request.authorization) if text is not None]
    except CwsAuthError:
        credentials = []  # contradictory credentials are among the leaves of the event
    for credential in credentials:
        for part in (credential, *credential.split()):
            if len(_bare(part)) >= _SHORTEST_CREDENTIAL:
                yield part
