"""Authorizer events in, answers out: one module a family, found by the event's own shape and imported when it comes."""

from __future__ import annotations

from cwsauth.errors import EventError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from cwsauth.outcome import Outcome
    from cwsauth.request import AuthRequest


def decode(event: object) -> AuthRequest:
    """The request that an authorizer event is.

    Raises:
        EventError: an event of an unknown kind, or one that contradicts its kind.
    """
    if type(event) is not dict:
        raise EventError(f"an event is a JSON object, not {type(event).__name__}", help=_HELP)
    kind = event.get("type")
    if kind == "TOKEN":
        from cwsauth.events.rest import decode_token

        return decode_token(event)
    return reader(event)(event)


def reader(event: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], AuthRequest]:
    """The function that decodes events of this shape."""
    if event.get("type") == "REQUEST" and "version" not in event and "routeArn" not in event:
        from cwsauth.events.rest import decode_request

        return decode_request
    raise EventError("not an event of a Lambda authorizer that is known here", help=_HELP)


def encode(request: AuthRequest, outcome: Outcome) -> dict[str, Any]:
    """The answer in the form that the kind of the event asks for.

    Raises:
        ResultError: the context is not one that this kind takes.
    """
    from cwsauth.events.rest import encode_policy

    return encode_policy(outcome)


_HELP = "expected a REST API TOKEN or REQUEST authorizer event"
