"""HTTP API: authorizers in both payload formats, and the Lambda proxy integration in both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cwsauth.gateway.events.defaults import SOURCE_IP, TIME, TRACE_ID, Headers, request
from cwsauth.gateway.http_event import (
    HttpCall,
    authorizer_event_1,
    authorizer_event_2,
    decoded,
    proxy_event_1,
    proxy_event_2,
)
from cwsauth.gateway.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cwsauth.gateway.rest_event import Event


def http_v2(
    method: str = "GET",
    target: str = "/",
    *,
    headers: Headers = None,
    identity: Iterable[str] | None = None,
    route_key: str | None = None,
    path_parameters: Mapping[str, str] | None = None,
    source_ip: str = SOURCE_IP,
    stage: Stage | None = None,
) -> Event:
    """The event of an authorizer, payload format 2.0.

    `identity` holds the values of the identity sources, None where the authorizer has none. With a named stage the
    path begins with it and the ARN does not repeat it; `$default` is the stage where none is given.
    """
    return authorizer_event_2(
        _call(method, target, headers, b"", identity, route_key, path_parameters, source_ip, stage)
    )


def http_v1(
    method: str = "GET",
    target: str = "/",
    *,
    headers: Headers = None,
    identity: Iterable[str] | None = None,
    route_key: str | None = None,
    path_parameters: Mapping[str, str] | None = None,
    source_ip: str = SOURCE_IP,
    stage: Stage | None = None,
) -> Event:
    """The event of an authorizer, payload format 1.0; the identity sources are joined by a comma."""
    return authorizer_event_1(
        _call(method, target, headers, b"", identity, route_key, path_parameters, source_ip, stage)
    )


def http_proxy(
    method: str = "GET",
    target: str = "/",
    *,
    headers: Headers = None,
    body: bytes | str = b"",
    route_key: str | None = None,
    path_parameters: Mapping[str, str] | None = None,
    authorizer: Mapping[str, Any] | None = None,
    source_ip: str = SOURCE_IP,
    stage: Stage | None = None,
) -> Event:
    """The event of a backend, payload format 2.0; `authorizer` stands in `requestContext.authorizer.lambda`."""
    call = _call(method, target, headers, body, None, route_key, path_parameters, source_ip, stage)
    return proxy_event_2(call, authorizer)


def http_proxy_v1(
    method: str = "GET",
    target: str = "/",
    *,
    headers: Headers = None,
    body: bytes | str = b"",
    route_key: str | None = None,
    path_parameters: Mapping[str, str] | None = None,
    authorizer: Mapping[str, Any] | None = None,
    source_ip: str = SOURCE_IP,
    stage: Stage | None = None,
) -> Event:
    """The event of a backend, payload format 1.0; `authorizer` stands in `requestContext.authorizer`."""
    call = _call(method, target, headers, body, None, route_key, path_parameters, source_ip, stage)
    return proxy_event_1(call, authorizer)


def _call(
    method: str,
    target: str,
    headers: Headers,
    body: bytes | str,
    identity: Iterable[str] | None,
    route_key: str | None,
    parameters: Mapping[str, str] | None,
    source_ip: str,
    stage: Stage | None,
) -> HttpCall:
    where = stage or Stage("$default")
    incoming = request(method, target, headers, body, source_ip, where.domain)
    path = decoded(incoming.path)
    prefix = "" if where.name == "$default" else f"/{where.name}"
    return HttpCall(
        incoming,
        where,
        route_key or f"{method} {path}",
        prefix + path,
        where.arn(method, path),
        parameters or {},
        identity=None if identity is None else tuple(identity),
        request_id="ATfSmjLgPHcESJw=",
        trace_id=TRACE_ID,
        time=TIME,
    )
