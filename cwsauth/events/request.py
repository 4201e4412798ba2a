"""REQUEST events of format 1.0: REST API, HTTP API, and the `$connect` of a WebSocket API.

Source: API Gateway developer guide, "Input to an API Gateway Lambda authorizer", "Working with AWS Lambda authorizers for
HTTP APIs", "Creating a Lambda REQUEST authorizer function" (WebSocket).
"""

from __future__ import annotations

import json
import logging

from cwsauth.errors import EventError, TooLarge
from cwsauth.events.fields import (
    HELP,
    arn,
    cookie_header,
    header,
    headers,
    joined,
    joined_headers,
    last_of,
    mapping,
    query,
    single,
    string,
    strings,
)
from cwsauth.events.rest import answer
from cwsauth.headers import Headers
from cwsauth.policy.document import LIMIT_WEBSOCKET
from cwsauth.request import credentials
from cwsauth.view import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cwsauth.arn import MethodArn
    from cwsauth.events.fields import Event, Values
    from cwsauth.events.identity import IdentitySource
    from cwsauth.outcome import Outcome
    from cwsauth.request import AuthRequest

    Fields = dict[str, Callable[[Event], object]]

log = logging.getLogger("cwsauth")


def decode_rest(event: Event, identity: IdentitySource | None = None) -> AuthRequest:
    """The request of a REQUEST event of a REST API."""
    return _decoded("rest.request", event, identity, _REST, headers)


def decode_http(event: Event, identity: IdentitySource | None = None) -> AuthRequest:
    """The request of an HTTP API event of payload format 1.0."""
    return _decoded("http.v1", event, identity, _HTTP, _http_headers)


def decode_websocket(event: Event, identity: IdentitySource | None = None) -> AuthRequest:
    """The request of a WebSocket API's `$connect`: no verb, and the path `/$connect`."""
    if not arn(event, "methodArn").route_key:
        raise EventError("a '$connect' event has the ARN of a method", help=HELP)
    return _decoded("websocket", event, identity, _REST, headers)


def _decoded(
    kind: str, event: Event, identity: IdentitySource | None, fields: Fields, all_headers: Callable[[Event], Values]
) -> AuthRequest:
    if type(event.get("methodArn")) is not str:
        raise EventError("a REQUEST event needs 'methodArn' as a string", help=HELP)
    if identity is None:
        return view(kind, event, fields)
    return view(kind, event, identity.over(kind, fields, all_headers, query))


def _http_headers(event: Event) -> Values:
    """As for REST API; without the multi-value map, several values may stand joined in one."""
    return headers(event) if event.get("multiValueHeaders") else joined_headers(event)


def _arn(event: Event) -> MethodArn:
    return arn(event, "methodArn")


def _path(event: Event) -> str:
    call = _arn(event)
    return "/" + (call.route_key or call.path)


def _source_ip(event: Event) -> str | None:
    return string(mapping(mapping(event, "requestContext"), "identity"), "sourceIp")


def encode_http(outcome: Outcome) -> dict[str, Any]:
    """The policy answer of an HTTP API authorizer: its context may be nested, and it has no usage plans."""
    context = outcome.context
    for name, value in (context or {}).items():
        if type(value) is str and value[:1] in ("{", "["):
            log.warning("the context value %r is JSON text: HTTP API may answer 500 for it from its cache", name)
    return answer(outcome, nested=True)


def encode_websocket(outcome: Outcome) -> dict[str, Any]:
    """The answer of a WebSocket API authorizer, which has 8 KB for all of it.

    Raises:
        TooLarge: it is more.
    """
    found = answer(outcome)
    size = len(json.dumps(found))
    if size > LIMIT_WEBSOCKET:
        raise TooLarge(
            f"the answer has {size} bytes, and WebSocket API takes {LIMIT_WEBSOCKET}",
            size=size,
            limit=LIMIT_WEBSOCKET,
            help="hand over less context",
        )
    return found


def _fields(authorizations: Callable[[Event], list[str]], one: Callable[[Values], dict[str, str]]) -> Fields:
    def authorization(event: Event) -> str | None:
        return single({"authorization": authorizations(event)}, "authorization", "Authorization header")

    return {
        "arn": lambda event: event["methodArn"],
        "method": lambda event: _arn(event).method,
        "path": _path,
        "stage": lambda event: _arn(event).stage,
        "authorization": authorization,
        "scheme": lambda event: credentials(authorization(event))[0],
        "token": lambda event: credentials(authorization(event))[1],
        "headers": lambda event: Headers(one(headers(event))),
        "query": lambda event: one(query(event)),
        "cookies": lambda event: cookie_header(headers(event)),
        "source_ip": _source_ip,
        "request_id": lambda event: string(mapping(event, "requestContext"), "requestId") or "",
        "path_parameters": lambda event: strings(event, "pathParameters"),
        "stage_variables": lambda event: strings(event, "stageVariables"),
    }


def _authorizations(event: Event) -> list[str]:
    return header(event, "authorization")


def _http_authorizations(event: Event) -> list[str]:
    if event.get("multiValueHeaders"):
        return header(event, "authorization")
    return joined_headers(event).get("authorization", [])


_REST = _fields(_authorizations, last_of)
_HTTP = _fields(_http_authorizations, joined)
