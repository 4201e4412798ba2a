"""HTTP API's events: authorizers and backends, payload formats 1.0 and 2.0, and function URLs, which use 2.0 too.

Shapes were checked against published captures: paths decoded, header names in lower case with duplicates joined by
a comma, query values joined by a comma, cookies on their own, and keys that have nothing to say left out (2.0).
"""

from __future__ import annotations

import base64
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cwsauth.gateway.rest_event import Event, format_time, forwarded, new_trace_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cwsauth.gateway.incoming import Incoming
    from cwsauth.gateway.stage import Stage

_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "upgrade"})
_TEXT = re.compile(r"text/.*|application/(?:.*\+)?(?:json|xml|javascript)")


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One request on its way through an HTTP API.

    `path` is decoded and holds the stage where the address does; `arn` is what a policy is evaluated against.
    `own_domain` says that the API is reached by a domain name of its owner, as a named stage is that is not in the path.
    """

    request: Incoming
    stage: Stage
    route_key: str
    path: str
    arn: str
    parameters: Mapping[str, str]
    identity: tuple[str, ...] | None = None
    request_id: str = field(default_factory=lambda: _request_id())  # noqa: PLW0108 - defined below
    trace_id: str = field(default_factory=new_trace_id)
    time: float = 0.0
    own_domain: bool = False

    @property
    def domain(self) -> str:
        """The host name of the API."""
        return "api.example.com" if self.own_domain else self.stage.domain

    @property
    def resource(self) -> str:
        """The template of the route, `$default` for that one."""
        return self.route_key.partition(" ")[2] or self.route_key


def authorizer_event_2(call: HttpCall) -> Event:
    """The event of an authorizer, payload format 2.0: `routeArn`, and `identitySource` as a list or null."""
    event = {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": call.arn,
        "identitySource": None if call.identity is None else list(call.identity),
        **_request_2(call),
    }
    event["requestContext"] = request_context_2(call)
    return event


def authorizer_event_1(call: HttpCall) -> Event:
    """The event of an authorizer, payload format 1.0: `methodArn`, the identity sources joined by a comma."""
    identity = ",".join(call.identity or ())
    return {
        "version": "1.0",
        "type": "REQUEST",
        "methodArn": call.arn,
        "identitySource": identity,
        "authorizationToken": identity,
        **_request_1(call),
        "pathParameters": dict(call.parameters),
        "stageVariables": dict(call.stage.variables),
        "requestContext": request_context_1(call),
    }


def proxy_event_2(call: HttpCall, authorizer: Mapping[str, Any] | None = None) -> Event:
    """The event of a backend, payload format 2.0; `authorizer` is the context, under `authorizer.lambda`."""
    context = request_context_2(call)
    if authorizer is not None:
        context["authorizer"] = {"lambda": dict(authorizer)}
    body, encoded = _body(call.request)
    event: Event = {"version": "2.0", **_request_2(call), "requestContext": context}
    if body is not None:
        event["body"] = body
    event["isBase64Encoded"] = encoded
    return event


def proxy_event_1(call: HttpCall, authorizer: Mapping[str, Any] | None = None) -> Event:
    """The event of a backend, payload format 1.0."""
    context = request_context_1(call)
    if authorizer is not None:
        context["authorizer"] = dict(authorizer)
    body, encoded = _body(call.request)
    return {
        "version": "1.0",
        **_request_1(call),
        "pathParameters": dict(call.parameters) or None,
        "stageVariables": dict(call.stage.variables) or None,
        "requestContext": context,
        "body": body,
        "isBase64Encoded": encoded,
    }


def request_context_2(call: HttpCall) -> Event:
    """`requestContext` of payload format 2.0, before anybody authorized anything."""
    stage = call.stage
    return {
        "accountId": stage.account,
        "apiId": stage.api_id,
        "domainName": call.domain,
        "domainPrefix": call.domain.partition(".")[0],
        "http": {
            "method": call.request.method,
            "path": call.path,
            "protocol": call.request.protocol,
            "sourceIp": call.request.source_ip,
            "userAgent": call.request.header("User-Agent") or "",
        },
        "requestId": call.request_id,
        "routeKey": call.route_key,
        "stage": stage.name,
        "time": format_time(call.time),
        "timeEpoch": int(call.time * 1000),
    }


def request_context_1(call: HttpCall) -> Event:
    """`requestContext` of payload format 1.0, before anybody authorized anything."""
    stage = call.stage
    nobody = (
        "accessKey",
        "accountId",
        "caller",
        "cognitoAmr",
        "cognitoAuthenticationProvider",
        "cognitoAuthenticationType",
        "cognitoIdentityId",
        "cognitoIdentityPoolId",
        "principalOrgId",
        "user",
        "userArn",
    )
    return {
        "accountId": stage.account,
        "apiId": stage.api_id,
        "domainName": call.domain,
        "domainPrefix": call.domain.partition(".")[0],
        "extendedRequestId": call.request_id,
        "httpMethod": call.request.method,
        "identity": {
            **dict.fromkeys(nobody),
            "sourceIp": call.request.source_ip,
            "userAgent": call.request.header("User-Agent") or "",
        },
        "path": call.path,
        "protocol": call.request.protocol,
        "requestId": call.request_id,
        "requestTime": format_time(call.time),
        "requestTimeEpoch": int(call.time * 1000),
        "resourceId": call.route_key,
        "resourcePath": call.resource,
        "stage": stage.name,
    }


def joined_headers(request: Incoming, trace_id: str) -> dict[str, str]:
    """Header names in lower case, the values of one name joined by a comma."""
    joined: dict[str, str] = {}
    for name, value in (*request.headers, *forwarded(request, trace_id)):
        key = name.lower()
        if key not in _HOP:
            joined[key] = f"{joined[key]},{value}" if key in joined else value
    return dict(sorted(joined.items()))


def cookies(request: Incoming) -> list[str]:
    """The cookies of all Cookie headers, each as `name=value`."""
    return [part.strip() for line in request.header_values("Cookie") for part in line.split(";") if part.strip()]


def decoded(path: str) -> str:
    """A raw path as HTTP API hands it over."""
    return unquote(path)


def joined_query(request: Incoming) -> dict[str, str]:
    """The query string decoded, the values of one name joined by a comma."""
    return {name: ",".join(values) for name, values in sorted(request.query_values().items())}


def _request_2(call: HttpCall) -> Event:
    request = call.request
    headers = joined_headers(request, call.trace_id)
    headers.pop("cookie", None)
    event: Event = {"routeKey": call.route_key, "rawPath": call.path, "rawQueryString": request.query}
    sent = cookies(request)
    if sent:
        event["cookies"] = sent
    event["headers"] = headers
    if request.query:
        event["queryStringParameters"] = joined_query(request)
    if call.parameters:
        event["pathParameters"] = dict(call.parameters)
    if call.stage.variables:
        event["stageVariables"] = dict(call.stage.variables)
    return event


def _request_1(call: HttpCall) -> Event:
    request = call.request
    headers = joined_headers(request, call.trace_id)
    multi = {
        name: [text] if name == "x-forwarded-for" else request.header_values(name) or [text]
        for name, text in headers.items()
    }
    query = request.query_values()
    return {
        "resource": call.resource,
        "path": call.path,
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": multi,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
    }


def _body(request: Incoming) -> tuple[str | None, bool]:
    """The body and whether it is base64: text types are sent as text, whatever else in base64."""
    if not request.body:
        return None, False
    media_type = (request.header("Content-Type") or "").split(";", 1)[0].strip().lower()
    if _TEXT.fullmatch(media_type):
        return request.body.decode("utf-8", "replace"), False
    return base64.b64encode(request.body).decode(), True


def _request_id() -> str:
    return base64.b64encode(uuid.uuid4().bytes)[:15].decode() + "="
