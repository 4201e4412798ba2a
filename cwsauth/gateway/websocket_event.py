"""The events of a WebSocket API's `$connect` route: its authorizer and its integration."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cwsauth.gateway.rest_event import Event, format_time, forwarded, new_trace_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cwsauth.gateway.incoming import Incoming
    from cwsauth.gateway.stage import Stage


@dataclass(frozen=True, slots=True)
class ConnectCall:
    """One handshake. Its ARN ends with the route key: no verb, no path."""

    request: Incoming
    stage: Stage
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex[:15] + "=")
    connection_id: str = field(default_factory=lambda: uuid.uuid4().hex[:15] + "=")
    trace_id: str = field(default_factory=new_trace_id)
    time: float = 0.0

    @property
    def arn(self) -> str:
        """`.../API/STAGE/$connect`."""
        return f"{self.stage.prefix}/$connect"


def connect_authorizer_event(call: ConnectCall) -> Event:
    """The event of the authorizer: REQUEST, without path, verb, resource and path parameters."""
    return {"type": "REQUEST", "methodArn": call.arn, **_handshake(call), "requestContext": connect_context(call)}


def connect_event(call: ConnectCall, authorizer: Mapping[str, Any] | None = None) -> Event:
    """The event of the route's integration."""
    context = connect_context(call)
    if authorizer is not None:
        context["authorizer"] = dict(authorizer)
    event = _handshake(call)
    if not event["stageVariables"]:
        del event["stageVariables"]
    return {**event, "requestContext": context, "isBase64Encoded": False}


def connect_context(call: ConnectCall) -> Event:
    """`requestContext` of `$connect`."""
    milliseconds = int(call.time * 1000)
    return {
        "routeKey": "$connect",
        "eventType": "CONNECT",
        "extendedRequestId": call.request_id,
        "requestTime": format_time(call.time),
        "messageDirection": "IN",
        "stage": call.stage.name,
        "connectedAt": milliseconds,
        "requestTimeEpoch": milliseconds,
        "identity": {"sourceIp": call.request.source_ip, "userAgent": call.request.header("User-Agent")},
        "requestId": call.request_id,
        "domainName": call.stage.domain,
        "connectionId": call.connection_id,
        "apiId": call.stage.api_id,
    }


def _handshake(call: ConnectCall) -> Event:
    multi: dict[str, list[str]] = {}
    spelling: dict[str, str] = {}
    for name, value in (*call.request.headers, *forwarded(call.request, call.trace_id)):
        multi.setdefault(spelling.setdefault(name.lower(), name), []).append(value)
    query = call.request.query_values()
    event: Event = {
        "headers": {name: values[-1] for name, values in multi.items()},
        "multiValueHeaders": multi,
    }
    if query:
        event["queryStringParameters"] = {name: values[-1] for name, values in query.items()}
        event["multiValueQueryStringParameters"] = query
    event["stageVariables"] = dict(call.stage.variables)
    return event
