"""A service behind the local API Gateway: on a socket, or without one for tests."""

from __future__ import annotations

import errno
import logging
import socket
import sys
from typing import TYPE_CHECKING, Any

from chalice.app import ChaliceAuthorizer

from coworks_compat.guard import Guard
from cwsauth.errors import ConfigError
from cwsauth.expiry import DEFAULT_TTL
from cwsauth.gateway import Authorizer, Function, Gateway, GatewayResponse, Route, Stage, serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from _typeshed.wsgi import WSGIApplication
    from chalice.app import Chalice, RouteEntry

    from cwsauth.gateway import ApiKeys, OnCall
    from cwsauth.gateway.server import Server

_VERBS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD")
_OLD_RESPONSES = {
    "ACCESS_DENIED": GatewayResponse(body='{"Message": "User is not authorized to access this resource"}'),
    "MISSING_AUTHENTICATION_TOKEN": GatewayResponse(body='{"message": "Missing Authentication Token"}'),
}


def local_gateway(
    app: Chalice,
    *,
    stage: Stage | None = None,
    ttl: int | None = None,
    authorizer_type: str = "TOKEN",
    identity_sources: Sequence[str] = (),
    api_keys: ApiKeys | None = None,
    on_call: OnCall | None = None,
    as_coworks: bool = False,
) -> Gateway:
    """The API Gateway that the service would be deployed behind, on this machine.

    `ttl` is how long answers of authorizers are cached, in seconds, by default what each of them says, or 300.
    `authorizer_type` and `identity_sources` are those of the stage (`REQUEST`, `method.request.header.X-Key`), by default
    TOKEN with the header of the authorizer. `as_coworks` answers as the local server of CoWorks did, where that differs: a
    verb that a path does not have reaches the service, which says 405, and a refusal has one text.

    Raises:
        ConfigError: what is not emulated: IAM and Cognito authorizers, authorizers by ARN.
        RouteError: a route that API Gateway would not take.
    """
    service = Function(app, name=app.app_name or "service")
    known: dict[str, Authorizer] = {}
    routes: list[Route] = []

    def authorizer_of(entry: RouteEntry) -> Authorizer | None:
        return _authorizer(entry, service, known, ttl, authorizer_type, tuple(identity_sources))

    for template, views in app.routes.items():
        if "//" in template or not views:
            continue  # API Gateway has no resource with an empty name
        for verb, entry in views.items():
            authorizer = authorizer_of(entry)
            required = bool(entry.api_key_required)
            routes.append(Route(verb, template, service, authorizer=authorizer, api_key_required=required))
        routes.extend(_preflight(template, views))
        if as_coworks:
            routes.extend(Route(verb, template, service) for verb in _VERBS if verb not in views)
    return Gateway(
        routes,
        stage=stage,
        responses=_OLD_RESPONSES if as_coworks else None,
        binary_media_types=app.api.binary_types,
        api_keys=api_keys,
        on_call=on_call,
    )


def _authorizer(
    entry: RouteEntry,
    service: Function,
    known: dict[str, Authorizer],
    ttl: int | None,
    kind: str,
    sources: tuple[str, ...],
) -> Authorizer | None:
    """The gateway's authorizer of a route; one for each authorizer of the service."""
    authorizer: Any = entry.authorizer
    if authorizer is None:
        return None
    if not isinstance(authorizer, ChaliceAuthorizer):
        raise ConfigError(
            f"route '{entry.method} {entry.uri_pattern}' has a {type(authorizer).__name__}, which is not emulated here",
            help="guard it with the service's auth, or try it on AWS",
        )
    if authorizer.name not in known:
        # A guard's Lambda is the service itself; Chalice gives other authorizers a Lambda of their own.
        function = service if isinstance(authorizer, Guard) else Function(authorizer, name=authorizer.name)
        configured = authorizer.config.ttl_seconds if authorizer.config is not None else None
        header = authorizer.config.header if authorizer.config is not None else "Authorization"
        known[authorizer.name] = Authorizer(
            function,
            name=authorizer.name,
            type=kind,
            identity=sources or f"method.request.header.{header}",
            ttl=ttl if ttl is not None else DEFAULT_TTL if configured is None else configured,
        )
    return known[authorizer.name]


def _preflight(template: str, views: Mapping[str, RouteEntry]) -> Iterator[Route]:
    """The OPTIONS method that Chalice deploys for a path with CORS; it is open, and no view is called."""
    enabled = [verb for verb, entry in views.items() if entry.cors is not None]
    if not enabled or "OPTIONS" in views:
        return
    headers = {
        **views[enabled[0]].cors.get_access_control_headers(),
        "Access-Control-Allow-Methods": ",".join([*enabled, "OPTIONS"]),
    }

    def preflight(event: object, context: object) -> dict[str, object]:
        return {"statusCode": 200, "headers": headers, "body": ""}

    yield Route("OPTIONS", template, Function(preflight, name=f"preflight {template}"))


def local_server(gateway: WSGIApplication, host: str, port: int) -> Server:
    """A server for a gateway or another WSGI application, bound and not yet started; port 0 is a free one.

    Raises:
        ConfigError: the port is taken, or the address is not one of this machine.
    """
    if port:
        _check_free(host, port)
    try:
        return serve(gateway, host, port)
    except SystemExit:  # what werkzeug makes of an address that it cannot have
        raise ConfigError(f"cannot serve at {host}:{port}", help="try --host 127.0.0.1") from None


def _check_free(host: str, port: int) -> None:
    """Raises where the port cannot be had, before werkzeug says so in its own words."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"port {port} of {host} is taken by another program",
                help=f"stop it, or choose another port: --port {port + 1}",
            ) from None
        raise ConfigError(
            f"cannot serve at {host}:{port}: {error.strerror}", help="try --host 127.0.0.1 and a port above 1023"
        ) from None


def run_service(app: Chalice, *, host: str, port: int, project_dir: str, stage: str | None, debug: bool) -> None:
    """What `TechMicroService.run` does.

    Raises:
        SystemExit: 1, after a message on stderr, where the project's configuration or the port cannot be used.
    """
    from coworks_compat.project import DEFAULT_STAGE, stage_gateway, use_stage

    if debug:
        logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
    try:
        settings = use_stage(project_dir, stage or DEFAULT_STAGE)
        gateway = stage_gateway(app, settings)
        server = local_server(gateway, host, port)
    except ConfigError as error:
        sys.stderr.write(f"error: {error}\n" + (f"help: {error.help}\n" if error.help else ""))
        raise SystemExit(1) from None
    print(f"Serving on {server.url}", flush=True)
    server.serve_forever()
