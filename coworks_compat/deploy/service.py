"""What a deployment needs to know of an app: routes, authorizers, handler. Read from the app, then frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cwsauth.errors import ConfigError
from cwsauth.policy.routes import RouteTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from coworks_compat.config import Stage

HEADER = "method.request.header."
_SOURCES = (HEADER, "method.request.querystring.", "stageVariables.", "context.")


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A Lambda authorizer of the API.

    `kind` is TOKEN or REQUEST; `identity_sources` as API Gateway writes them (`method.request.header.Authorization`);
    `ttl` in seconds, None where neither app nor configuration says; `handler` as `module.attribute`.
    """

    name: str
    handler: str
    kind: str = "TOKEN"
    identity_sources: tuple[str, ...] = (HEADER + "Authorization",)
    ttl: int | None = None

    @property
    def cache_seconds(self) -> int:
        """How long API Gateway keeps an answer: 300 s where nothing is said."""
        return 300 if self.ttl is None else self.ttl


@dataclass(frozen=True, slots=True)
class Route:
    """A declared verb and template. `authorizer` is the name of one, or None for a public route."""

    method: str
    template: str
    authorizer: str | None = None
    api_key: bool = False
    cors: tuple[tuple[str, str], ...] = ()

    @property
    def public(self) -> bool:
        """Whether anybody may call it."""
        return self.authorizer is None

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


@dataclass(frozen=True, slots=True)
class Service:
    """An app as deployment sees it. Routes are sorted; the same app gives an equal `Service`."""

    name: str
    handler: str
    routes: tuple[Route, ...]
    authorizers: tuple[Authorizer, ...] = ()
    binary_types: tuple[str, ...] = ()

    @classmethod
    def of(cls, app: object, *, module: str = "app", attribute: str = "app") -> Service:
        """The service of a Chalice app (TechMicroService is one), read by shape, nothing imported.

        Raises:
            ConfigError: no such app, or one that this engine cannot deploy; the help says what can.
            RouteError: a route that API Gateway does not take.
        """
        table = getattr(app, "routes", None)
        if not isinstance(table, dict):
            raise ConfigError(
                f"'{module}.{attribute}' is no app: {type(app).__name__} has no routes",
                help="name the module with -m and the app in it with -a",
            )
        handler = f"{module}.{attribute}"
        authorizers: dict[str, Authorizer] = {}
        routes = [
            _route(template, method, entry, authorizers, handler, module)
            for template, entries in table.items()
            for method, entry in entries.items()
        ]
        if not routes:
            raise ConfigError(f"'{handler}' has no route", help="an API without a method cannot be deployed")
        RouteTable.of([str(route) for route in routes], rest=True)
        _refuse_elsewhere(app, authorizers)
        return cls(
            name=str(getattr(app, "app_name", attribute)),
            handler=handler,
            routes=tuple(sorted(routes, key=lambda route: (route.template, route.method))),
            authorizers=tuple(sorted(authorizers.values(), key=lambda authorizer: authorizer.name)),
            binary_types=tuple(sorted(getattr(getattr(app, "api", None), "binary_types", ()))),
        )

    def configured(self, stage: Stage) -> Service:
        """The service with what the stage says of its authorizers: kind, identity sources, ttl.

        Raises:
            ConfigError: the answers of such an authorizer must not be cached, or API Gateway would refuse it.
        """
        authorizers = tuple(_configured(authorizer, stage) for authorizer in self.authorizers)
        for authorizer in authorizers:
            refuse_shared_answers(authorizer)
        return replace(self, name=stage.app_name, authorizers=authorizers)

    @property
    def auth_handler(self) -> str | None:
        """The handler of the authorizers, None without one."""
        return self.authorizers[0].handler if self.authorizers else None


def refuse_shared_answers(authorizer: Authorizer) -> None:
    """Refuses an authorizer that API Gateway would refuse, or whose cached answers would serve somebody else.

    The cache key is what the identity sources say (API Gateway guide, "Use API Gateway Lambda authorizers"): without one
    that tells callers apart, the first caller's policy is everybody's until the ttl is over.

    Raises:
        ConfigError: names the authorizer and what to change.
    """
    named = f"authorizer {authorizer.name!r}"
    for source in authorizer.identity_sources:
        if not source.startswith(_SOURCES) or source in _SOURCES:
            raise ConfigError(
                f"{named}: {source!r} is no identity source", help="write 'method.request.header.NAME', for one"
            )
    headers = [source for source in authorizer.identity_sources if source.startswith(HEADER)]
    if authorizer.kind == "TOKEN" and (len(authorizer.identity_sources) != 1 or not headers):
        raise ConfigError(
            f"{named}: a TOKEN authorizer reads one header", help="use authorizer_type REQUEST for others"
        )
    if authorizer.kind == "REQUEST" and authorizer.cache_seconds > 0:
        caller = [s for s in authorizer.identity_sources if s.startswith("method.request.")]
        if not caller:
            raise ConfigError(
                f"{named}: its answers are cached for {authorizer.cache_seconds} s, and no identity source tells callers apart",
                help="add a header or query string to authorizer_identity_sources, or set authorizer_ttl to 0",
            )


def _configured(authorizer: Authorizer, stage: Stage) -> Authorizer:
    ttl = authorizer.ttl if stage.authorizer_ttl is None else stage.authorizer_ttl
    return replace(
        authorizer,
        ttl=300 if ttl is None else ttl,
        kind=stage.authorizer_type or authorizer.kind,
        identity_sources=stage.authorizer_identity_sources or authorizer.identity_sources,
    )


def _route(
    template: str, method: str, entry: Any, authorizers: dict[str, Authorizer], handler: str, module: str
) -> Route:
    if "//" in template:
        raise ConfigError(
            f"route '{method} {template}' has an empty segment, which no API can declare",
            help="rename its method: two underscores in a row make an empty segment",
        )
    guard = getattr(entry, "authorizer", None)
    name: str | None = None
    if guard is not None:
        found = _authorizer(guard, f"{method} {template}", handler, module)
        name = found.name
        if authorizers.setdefault(name, found) != found:
            raise ConfigError(f"two authorizers are named {name!r}", help="give each its own name")
    return Route(
        method=method,
        template="/" + template.strip("/"),
        authorizer=name,
        api_key=bool(getattr(entry, "api_key_required", False)),
        cors=_cors(getattr(entry, "cors", None)),
    )


def _authorizer(guard: Any, route: str, handler: str, module: str) -> Authorizer:
    """Chalice's builtin authorizer as ours; its `config` says the handler, the ttl and the header."""
    config = getattr(guard, "config", None)
    if config is None:
        raise ConfigError(
            f"route '{route}' has an authorizer of type {type(guard).__name__}, which is no function of this app",
            help="deploy it with --engine chalice, or write an auth function",
        )
    own = str(getattr(config, "handler_string", "") or handler)
    # Chalice says 'app.' whatever the module is called, since its entry point always is app.py.
    own = f"{module}.{own.removeprefix('app.')}" if own.startswith("app.") else own
    # A service whose own handler answers authorizer events, as TechMicroService does.
    if callable(getattr(guard, "answer", None)):
        own = handler
    return Authorizer(
        name=str(guard.name),
        handler=own,
        ttl=getattr(config, "ttl_seconds", None),
        identity_sources=(HEADER + str(getattr(config, "header", None) or "Authorization"),),
    )


def _cors(cors: Any) -> tuple[tuple[str, str], ...]:
    headers: Mapping[str, object] | None = None
    if cors is not None and callable(getattr(cors, "get_access_control_headers", None)):
        headers = cors.get_access_control_headers()
    return tuple(sorted((name, str(value)) for name, value in headers.items())) if headers else ()


def _refuse_elsewhere(app: object, authorizers: Mapping[str, Authorizer]) -> None:
    """What one function behind one REST API cannot do is refused here, not left out silently."""
    handlers = sorted({authorizer.handler for authorizer in authorizers.values()})
    if len(handlers) > 1:
        raise ConfigError(
            f"the app has authorizers in several functions: {', '.join(handlers)}",
            help="deploy it with --engine chalice, or let one auth function decide",
        )
    elsewhere: Iterable[tuple[str, str]] = (
        ("event_sources", "event sources"),
        ("pure_lambda_functions", "further Lambda functions"),
        ("websocket_handlers", "WebSocket handlers"),
    )
    for name, words in elsewhere:
        if getattr(app, name, None):
            raise ConfigError(f"the app has {words}, which this engine does not deploy", help="use --engine chalice")
