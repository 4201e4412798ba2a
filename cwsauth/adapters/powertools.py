"""Powertools for AWS Lambda: middlewares for the resolvers of its event handler.

    app = APIGatewayRestResolver()
    app.use(middlewares=[authorize(auth)])

    @app.get("/orders", middlewares=[require("orders:read")])
    def orders(): ...

Works with the REST, HTTP, ALB, function URL and VPC Lattice resolvers. `cwsauth.authorizer(routes=app)` reads the routes of
a resolver; its data classes are events, and its `APIGatewayAuthorizerResponse` is an auth result, wherever cwsauth
takes one. What is decided is the path by which the resolver has chosen the route, without its `strip_prefixes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cwsauth.errors import ConfigError
from cwsauth.events.proxy import outline
from cwsauth.guard import Access, Guard, entered
from cwsauth.refusal import Refusal
from cwsauth.requires import is_public, needs_of

if TYPE_CHECKING:
    from cwsauth.authorizer import Authorizer
    from cwsauth.request import AuthRequest

Next = Callable[[Any], Any]
Middleware = Callable[[Any, Next], Any]

# The name of the access in `app.context`.
KEY = "access"


def authorize(
    auth: Authorizer | Callable[[AuthRequest], object] | None,
    *,
    logger: Any = None,
    metrics: Any = None,
    observers: Sequence[Callable[[Access], object]] = (),
    **options: Any,
) -> Middleware:
    """A middleware that lets through those who may; `options` are those of `cwsauth.protect`, but for `cors`.

    A route under `@public` is let through; one under `@requires` also wants what that says. The resolver's own CORS configuration is on refusals, too, and its answer to a preflight is let through. The access is
    `access_of(app)`. `logger` (Powertools' or the standard library's) gets one line a decision, without token, headers, path,
    claims and context; `metrics` gets a count of `AccessAllowed`, `AccessDenied`, `Unauthenticated` or `AccessFailed`.

    Raises:
        ConfigError: an option is wrong.
        ImportError: Powertools is not installed.
    """
    from aws_lambda_powertools.event_handler import Response

    seen = [*observers]
    if logger is not None:
        seen.append(_logged(logger))
    if metrics is not None:
        seen.append(_counted(metrics))
    guard = Guard(auth, observers=seen, **options)

    def cwsauth_authorize(app: Any, next_middleware: Next) -> Any:
        event = app.current_event.raw_event
        function = _function(app)
        app.context.pop(KEY, None)  # of the call before, should it be there still
        if _is_preflight(app, event) or is_public(function):
            return next_middleware(app)
        access = guard.meeting(
            guard.of_event(event, routed=_routed(app), agrees=lambda path: _is_route_at(app, path)), needs_of(function)
        )
        app.append_context(**{KEY: access})
        if not access.allowed:
            return _response(Response, guard.refusal(access))
        event["requestContext"] = access.told(event)["requestContext"]
        with entered(access):
            return next_middleware(app)

    return cwsauth_authorize


def require(*scopes: str, when: Callable[[Access], bool] | None = None) -> Middleware:
    """A middleware beside a route: it wants all of `scopes`, and that `when(access)` is True.

    Scopes are the words of the claim `scope` or `scp` of the caller's token, or of `scope` in the context of its Grant. It
    stands behind `authorize`; without that it refuses. Who has sent no credential at all gets a 401, everybody else a 403.

    Raises:
        ConfigError: nothing is required, or a scope is not one word.
    """
    if not scopes and when is None:
        raise ConfigError("require wants nothing, so it would let everybody through", help="name a scope")
    for scope in scopes:
        if (
            type(scope) is not str
            or not scope.isascii()
            or not scope.isprintable()
            or {*scope} & {*' "\\'}
            or not scope
        ):
            raise ConfigError(f"invalid scope {scope!r}", help="write one word, for example 'orders:read'")
    from aws_lambda_powertools.event_handler import Response

    wanted = frozenset(scopes)
    named = f'scope="{" ".join(scopes)}"' if scopes else ""

    def cwsauth_require(app: Any, next_middleware: Next) -> Any:
        access = app.context.get(KEY)
        if (
            isinstance(access, Access)
            and access.allowed
            and wanted <= access.scopes
            and (when is None or when(access) is True)
        ):
            return next_middleware(app)
        if isinstance(access, Access) and access.anonymous:
            # RFC 6750, 3.1: no error code where no credential was sent.
            return _response(Response, Refusal(401, {"WWW-Authenticate": f"Bearer {named}".rstrip(" ")}))
        challenge = {"WWW-Authenticate": f'Bearer error="insufficient_scope", {named}'} if named else {}
        return _response(Response, Refusal(403, challenge))

    return cwsauth_require


def access_of(app: Any) -> Access:
    """What was decided about the request that a resolver is at: who is calling, with which claims, by which rule.

    Raises:
        ConfigError: nothing was, because `authorize` is not among the middlewares of the resolver.
    """
    access = app.context.get(KEY)
    if not isinstance(access, Access):
        raise ConfigError("nothing was decided about this request", help="app.use(middlewares=[authorize(auth)])")
    return access


def _routed(app: Any) -> str:
    """The path by which the resolver chooses the route."""
    path = app.context.get("_path")
    if isinstance(path, str):
        return path
    return str(app._remove_prefix(app.current_event.path))


def _function(app: Any) -> object:
    """The function of the chosen route, which bears what `@requires` and `@public` say."""
    try:
        return app.context["_route"].func
    except (KeyError, AttributeError):
        pass
    raise ConfigError("the resolver does not say which route it has chosen", help="use Powertools 3.x")


def _is_route_at(app: Any, path: str) -> bool:
    """Whether the resolver, which routes by the raw path, takes no other route for the decoded one."""
    method = app.current_event.http_method.upper()
    for route in [*app._static_routes, *app._dynamic_routes]:
        if route.method == method and route.rule.match(path):
            return route is app.context.get("_route")
    return True


def _is_preflight(app: Any, event: Mapping[str, Any]) -> bool:
    """Whether the resolver answers by itself, before any handler: a preflight that no route is declared for."""
    route = app.context.get("_route")
    declared = any(route is known for known in [*app._static_routes, *app._dynamic_routes])
    _, method, headers = outline(event)
    return (
        method == "OPTIONS"
        and not declared
        and bool(getattr(app, "_cors", None))
        and "origin" in headers
        and "access-control-request-method" in headers
    )


def _response(kind: Callable[..., Any], refusal: Refusal) -> Any:
    headers = {**refusal.headers}
    return kind(
        status_code=refusal.status, content_type=headers.pop("Content-Type"), headers=headers, body=refusal.body
    )


def _logged(logger: Any) -> Callable[[Access], object]:
    def log(access: Access) -> None:
        found = access.as_dict()
        del found["context"], found["claims"]
        # One field and not several: names such as `status` belong to the application.
        logger.info("access decided", extra={"access": found})

    return log


def _counted(metrics: Any) -> Callable[[Access], object]:
    names = {200: "AccessAllowed", 401: "Unauthenticated", 403: "AccessDenied"}
    return lambda access: metrics.add_metric(name=names.get(access.status, "AccessFailed"), unit="Count", value=1)
