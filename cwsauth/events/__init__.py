"""Authorizer events in, answers out: one module a family, found by the event's own shape and imported when it comes."""

from __future__ import annotations

from cwsauth.errors import EventError
from cwsauth.events.rest import encode_policy
from cwsauth.request import decode_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    from cwsauth.events.identity import IdentitySource
    from cwsauth.outcome import Outcome
    from cwsauth.request import AuthRequest

    Decoder = Callable[[Mapping[str, Any], IdentitySource | None], AuthRequest]

    class Declared(Protocol):
        """How the authorizer is declared at AWS, which no event tells."""

        identity: IdentitySource | None
        simple: bool
        ttl: int
        ttl_is_given: bool
        inexact: str


def decode(event: object, identity: IdentitySource | None = None) -> AuthRequest:
    """The request that an authorizer event is; the token is where `identity` says, or in the Authorization header.

    Raises:
        EventError: an event of an unknown kind, or one that contradicts its kind.
    """
    if type(event) is not dict:
        raw = getattr(event, "raw_event", None)  # a data class of Powertools
        if type(raw) is not dict:
            raise EventError(f"an event is a JSON object, not {type(event).__name__}", help=_HELP)
        event = raw
    if event.get("type") == "TOKEN":
        return decode_token(event)
    return decoder(event)(event, identity)


def decoder(event: Mapping[str, Any]) -> Decoder:
    """The function that decodes events of this shape, TOKEN events apart.

    Source: there is no one field that tells them apart; the shapes are those of AWS's guides and of recorded events.
    """
    if "type" in event:
        if event["type"] == "REQUEST":
            return _request_decoder(event)
    elif isinstance(event.get("protocolData"), dict):
        from cwsauth.events.iot import decode_iot

        return decode_iot
    elif "authorizationToken" in event and "queryString" in _context(event):
        from cwsauth.events.appsync import decode_appsync

        return decode_appsync
    elif "httpMethod" in event or "method" in event or "http" in _context(event):
        raise EventError(
            "the event is that of a request behind the front door, not of a Lambda authorizer",
            help="guard the handler with cwsauth.protect",
        )
    raise EventError("not an event of a Lambda authorizer that is known here", help=_HELP)


def _request_decoder(event: Mapping[str, Any]) -> Decoder:
    version = event.get("version")
    if version is None:
        from cwsauth.events.request import decode_rest, decode_websocket

        return decode_websocket if _context(event).get("eventType") == "CONNECT" else decode_rest
    if version == "1.0":
        from cwsauth.events.request import decode_http

        return decode_http
    if version == "2.0":
        from cwsauth.events.http import decode_v2

        return decode_v2
    raise EventError("a REQUEST event of a version that is not known here", help="use payload format 1.0 or 2.0")


def _context(event: Mapping[str, Any]) -> Mapping[str, Any]:
    context = event.get("requestContext")
    return context if isinstance(context, dict) else {}


def encode(request: AuthRequest, outcome: Outcome, declared: Declared, context: object = None) -> dict[str, Any]:
    """The answer in the form that the kind of the event asks for; `context` is what Lambda calls the handler with.

    Raises:
        ResultError: the outcome has no such answer, or its context is not one that this kind takes.
        TooLarge: the answer is over the limit of this kind.
    """
    kind = request.kind
    if kind == "rest.token" or kind == "rest.request":  # noqa: PLR1714 - PERF: benchmarks/events.py
        return encode_policy(outcome)
    if kind == "http.v2" and declared.simple:
        from cwsauth.events.http import encode_simple

        return encode_simple(request, outcome, declared)
    if kind == "appsync":
        from cwsauth.events.appsync import encode_appsync

        return encode_appsync(request, outcome, declared)
    if kind == "iot":
        from cwsauth.events.iot import encode_iot

        return encode_iot(request, outcome, declared, context)
    from cwsauth.events.request import encode_http, encode_websocket

    return encode_websocket(outcome) if kind == "websocket" else encode_http(outcome)


_HELP = (
    "expected an authorizer event: REST API TOKEN or REQUEST, HTTP API payload 1.0 or 2.0, WebSocket API $connect,"
    " AppSync, or IoT"
)
