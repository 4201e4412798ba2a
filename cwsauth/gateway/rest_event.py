"""REST API's events: the two of its authorizers and the one of a Lambda proxy integration.

Shapes were checked against published captures: paths and path parameters raw, the query string decoded, a
single-value map with the last duplicate beside the multi-value map with all of them, empty maps as `{}` for
authorizers and as null for backends.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cwsauth.gateway.incoming import Incoming
    from cwsauth.gateway.stage import Stage

Event = dict[str, Any]

_NOT_FORWARDED = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "te", "upgrade"})


def new_trace_id() -> str:
    """A fresh value of X-Amzn-Trace-Id."""
    text = uuid.uuid4().hex
    return f"Root=1-{text[:8]}-{text[8:]}"


@dataclass(frozen=True, slots=True)
class RestCall:
    """One request on its way through a REST API: everything that its events tell.

    `path` is what `event["path"]` says, `context_path` what `requestContext.path` says, `arn` what a policy
    is evaluated against; they differ in slashes, stage and base path.
    """

    request: Incoming
    stage: Stage
    resource: str
    path: str
    context_path: str
    arn: str
    parameters: Mapping[str, str]
    api_key: str | None = None
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    extended_id: str = field(default_factory=lambda: _short_id() + "=")
    trace_id: str = field(default_factory=new_trace_id)
    time: float = 0.0


def token_event(call: RestCall, token: str) -> Event:
    """The event of a TOKEN authorizer: three keys and nothing else."""
    return {"type": "TOKEN", "authorizationToken": token, "methodArn": call.arn}


def request_event(call: RestCall) -> Event:
    """The event of a REQUEST authorizer: no version, no identity source, no body."""
    single, multi = header_maps(call.request, call.trace_id)
    query = call.request.query_values()
    return {
        "type": "REQUEST",
        "methodArn": call.arn,
        "resource": call.resource,
        "path": call.path,
        "httpMethod": call.request.method,
        "headers": single,
        "multiValueHeaders": multi,
        "queryStringParameters": {name: values[-1] for name, values in query.items()},
        "multiValueQueryStringParameters": query,
        "pathParameters": dict(call.parameters),
        "stageVariables": dict(call.stage.variables),
        "requestContext": request_context(call),
    }


def proxy_event(call: RestCall, authorizer: Mapping[str, Any] | None = None, binary: Iterable[str] = ()) -> Event:
    """The event of a backend; `authorizer` is what an authorizer passed on, `binary` are media types."""
    from cwsauth.gateway.backend import media_type_matches

    single, multi = header_maps(call.request, call.trace_id)
    query = call.request.query_values()
    body: str | None = None
    encoded = bool(call.request.body) and media_type_matches(call.request.header("Content-Type"), binary)
    if encoded:
        body = base64.b64encode(call.request.body).decode()
    elif call.request.body:
        body = call.request.body.decode("utf-8", "replace")
    context = request_context(call)
    if authorizer is not None:
        context["authorizer"] = dict(authorizer)
    return {
        "resource": call.resource,
        "path": call.path,
        "httpMethod": call.request.method,
        "headers": single,
        "multiValueHeaders": multi,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(call.parameters) or None,
        "stageVariables": dict(call.stage.variables) or None,
        "requestContext": context,
        "body": body,
        "isBase64Encoded": encoded,
    }


def request_context(call: RestCall) -> Event:
    """`requestContext` of REST events, before anybody authorized anything."""
    stage = call.stage
    identity: Event = dict.fromkeys(
        (
            "accessKey",
            "accountId",
            "caller",
            "cognitoAuthenticationProvider",
            "cognitoAuthenticationType",
            "cognitoIdentityId",
            "cognitoIdentityPoolId",
            "principalOrgId",
        )
    )
    if call.api_key is not None:
        identity["apiKey"] = call.api_key
    identity |= {
        "sourceIp": call.request.source_ip,
        "user": None,
        "userAgent": call.request.header("User-Agent"),
        "userArn": None,
    }
    return {
        "accountId": stage.account,
        "apiId": stage.api_id,
        "deploymentId": stable_id("deployment", stage.name),
        "domainName": stage.domain,
        "domainPrefix": stage.api_id,
        "extendedRequestId": call.extended_id,
        "httpMethod": call.request.method,
        "identity": identity,
        "path": call.context_path,
        "protocol": call.request.protocol,
        "requestId": call.request_id,
        "requestTime": format_time(call.time),
        "requestTimeEpoch": int(call.time * 1000),
        "resourceId": stable_id("resource", call.resource),
        "resourcePath": call.resource,
        "stage": stage.name,
    }


def header_maps(request: Incoming, trace_id: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    """`headers` and `multiValueHeaders`, names as the client spelled them, with those that are added."""
    multi: dict[str, list[str]] = {}
    spelling: dict[str, str] = {}
    for name, value in (*request.headers, *forwarded(request, trace_id)):
        if name.lower() not in _NOT_FORWARDED:
            multi.setdefault(spelling.setdefault(name.lower(), name), []).append(value)
    ordered = {name: multi[name] for name in sorted(multi)}
    hops = spelling["x-forwarded-for"]
    ordered[hops] = [", ".join(ordered[hops])]
    return {name: values[-1] for name, values in ordered.items()}, ordered


def forwarded(request: Incoming, trace_id: str) -> list[tuple[str, str]]:
    """The header lines that API Gateway adds to what a client sent."""
    lines = [("X-Forwarded-For", request.source_ip)]
    for name, value in (
        ("X-Amzn-Trace-Id", trace_id),
        ("X-Forwarded-Port", str(request.port)),
        ("X-Forwarded-Proto", request.scheme),
    ):
        if request.header(name) is None:
            lines.append((name, value))
    return lines


def stable_id(*parts: str) -> str:
    """The same six letters for the same thing, as API Gateway's ids look."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:6]


def format_time(time: float) -> str:
    """`requestTime`, as in `10/Jul/2026:19:19:04 +0000`."""
    # strftime would follow the locale
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    moment = datetime.fromtimestamp(time, UTC)
    return f"{moment:%d}/{months[moment.month - 1]}/{moment:%Y:%H:%M:%S} +0000"


def _short_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes)[:15].decode()
