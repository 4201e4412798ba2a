"""REST API: TOKEN and REQUEST authorizers, and the Lambda proxy integration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cwsauth.gateway.events.defaults import REQUEST_ID, SOURCE_IP, TIME, TRACE_ID, Headers, request
from cwsauth.gateway.rest_event import Event, RestCall, proxy_event, request_event, token_event
from cwsauth.gateway.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def rest_token(token: str, method: str = "GET", path: str = "/", *, stage: Stage | None = None) -> Event:
    """The event of a TOKEN authorizer; `token` is the whole header value."""
    return token_event(_call(method, path, None, b"", SOURCE_IP, None, None, stage), token)


def rest_request(
    method: str = "GET",
    target: str = "/",
    *,
    headers: Headers = None,
    template: str | None = None,
    path_parameters: Mapping[str, str] | None = None,
    source_ip: str = SOURCE_IP,
    stage: Stage | None = None,
) -> Event:
    """The event of a REQUEST authorizer. Without a template the path is declared as it is."""
    return request_event(_call(method, target, headers, b"", source_ip, template, path_parameters, stage))


def rest_proxy(
    method: str = "GET",
    target: str = "/",
    *,
    headers: Headers = None,
    body: bytes | str = b"",
    template: str | None = None,
    path_parameters: Mapping[str, str] | None = None,
    authorizer: Mapping[str, Any] | None = None,
    binary_media_types: Iterable[str] = (),
    source_ip: str = SOURCE_IP,
    stage: Stage | None = None,
) -> Event:
    """The event of a backend; `authorizer` is what stands in `requestContext.authorizer`."""
    call = _call(method, target, headers, body, source_ip, template, path_parameters, stage)
    return proxy_event(call, authorizer, binary_media_types)


def _call(
    method: str,
    target: str,
    headers: Headers,
    body: bytes | str,
    source_ip: str,
    template: str | None,
    parameters: Mapping[str, str] | None,
    stage: Stage | None,
) -> RestCall:
    where = stage or Stage()
    incoming = request(method, target, headers, body, source_ip, where.domain)
    return RestCall(
        incoming,
        where,
        template or incoming.path,
        incoming.path,
        f"/{where.name}{incoming.path}",
        where.arn(method, incoming.path),
        parameters or {},
        request_id=REQUEST_ID,
        trace_id=TRACE_ID,
        extended_id="ATfSdF7nPHcErRA=",
        time=TIME,
    )
