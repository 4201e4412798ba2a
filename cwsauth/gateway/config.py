"""What a local gateway is told: routes, authorizers, CORS, API keys. Frozen, and wrong ones refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cwsauth.errors import ConfigError
from cwsauth.gateway.declared import identity_of, ttl_of
from cwsauth.gateway.identity import IdentitySource, Place
from cwsauth.gateway.invoke import Function, Handler, handler_name
from cwsauth.gateway.routing import parse_methods, parse_template

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, init=False)
class Authorizer:
    """A Lambda authorizer of a REST API.

    `identity` holds the identity sources: for TOKEN one header, for
    REQUEST as many as you like, at least one where results are cached. `validation` is the expression that a
    token must match as a whole before anybody is asked (TOKEN only). `ttl` is in
    seconds, 0 to 3600, and 0 caches nothing. `identity` and `ttl` are what a cwsauth authorizer was declared with,
    where they are left out; else `Authorization` for TOKEN, and 300.

    Raises:
        ConfigError: what API Gateway would not take, or what is not emulated.

    Source: developer guide, "Configure a Lambda authorizer using the API Gateway console".
    """

    function: Function
    type: str
    identity: tuple[IdentitySource, ...]
    validation: re.Pattern[str] | None
    ttl: int
    name: str

    def __init__(
        self,
        handler: Handler | Function,
        *,
        type: str = "TOKEN",
        identity: str | Iterable[str] | None = None,
        validation: str | None = None,
        ttl: int | None = None,
        name: str = "",
    ) -> None:
        function = as_function(handler)
        default = "method.request.header.Authorization" if type == "TOKEN" else ""
        sources = identity_of(handler, identity, "rest", default)
        if type not in ("TOKEN", "REQUEST"):
            raise ConfigError(f"authorizer type '{type}' is not emulated", help="TOKEN or REQUEST")
        if type == "TOKEN" and (len(sources) != 1 or sources[0].place is not Place.HEADER):
            raise ConfigError(
                "a TOKEN authorizer has one header as its identity source",
                help="write 'method.request.header.Authorization'",
            )
        if type == "REQUEST" and validation is not None:
            raise ConfigError("an identity validation expression is for TOKEN authorizers only")
        ttl = ttl_of(handler, ttl)
        if type == "REQUEST" and ttl and not sources:
            raise ConfigError(
                "a REQUEST authorizer whose results are cached needs an identity source",
                help="name one, or set ttl=0",
            )
        object.__setattr__(self, "function", function)
        object.__setattr__(self, "type", type)
        object.__setattr__(self, "identity", sources)
        object.__setattr__(self, "validation", _expression(validation))
        object.__setattr__(self, "ttl", ttl)
        object.__setattr__(self, "name", name or function.name)


def _expression(text: str | None) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        return re.compile(text)
    except re.error as error:
        raise ConfigError(f"invalid validation expression '{text}': {error.msg}") from None


@dataclass(frozen=True, slots=True, init=False)
class Route:
    """Methods of one resource: `Route("GET", "/product/{id}", backend, authorizer=auth)`.

    `methods` is `GET`, `GET,PUT`, `ANY` or an iterable of verbs. Without an authorizer the route is open.

    Raises:
        RouteError: a method or template that API Gateway would not take.
    """

    methods: tuple[str, ...]
    template: str
    backend: Function
    authorizer: Authorizer | None
    api_key_required: bool

    def __init__(
        self,
        methods: str | Iterable[str],
        template: str,
        backend: Handler | Function,
        *,
        authorizer: Authorizer | None = None,
        api_key_required: bool = False,
    ) -> None:
        if authorizer is not None and not isinstance(authorizer, Authorizer):
            raise ConfigError(
                f"route '{template}': the authorizer is not an Authorizer of cwsauth.gateway",
                help="wrap the handler: authorizer=cwsauth.gateway.Authorizer(auth)",
            )
        segments = parse_template(template)
        object.__setattr__(self, "methods", parse_methods(methods))
        object.__setattr__(self, "template", "/" + "/".join(segments))
        object.__setattr__(self, "backend", as_function(backend))
        object.__setattr__(self, "authorizer", authorizer)
        object.__setattr__(self, "api_key_required", api_key_required)

    @classmethod
    def parse(
        cls,
        text: str,
        backend: Handler | Function,
        *,
        authorizer: Authorizer | None = None,
        api_key_required: bool = False,
    ) -> Route:
        """The route of `GET,PUT /admin/{proxy+}`; a path alone is for ANY."""
        methods, space, template = text.partition(" ")
        if not space:
            methods, template = "ANY", text
        return cls(methods, template, backend, authorizer=authorizer, api_key_required=api_key_required)

    def __str__(self) -> str:
        return f"{','.join(self.methods)} {self.template}"


@dataclass(frozen=True, slots=True)
class Cors:
    """CORS of a REST API: every resource gets an OPTIONS method that answers preflight without an authorizer.

    `methods` is what a resource declares, where nothing is given. `refusals=True` puts the allowed origin on
    the gateway's own 4xx and 5xx too, without which a browser hides them from a page; API Gateway does not do
    that by itself.

    Raises:
        ConfigError: credentials for every origin, which no browser accepts.
    """

    origin: str = "*"
    headers: tuple[str, ...] = (
        "Authorization",
        "Content-Type",
        "X-Amz-Date",
        "X-Api-Key",
        "X-Amz-Security-Token",
    )
    methods: tuple[str, ...] = ()
    max_age: int | None = None
    credentials: bool = False
    refusals: bool = False

    def __post_init__(self) -> None:
        if self.credentials and self.origin == "*":
            raise ConfigError("CORS with credentials needs one origin", help="name it instead of '*'")
        if any("\n" in text or "\r" in text for text in (self.origin, *self.headers, *self.methods)):
            raise ConfigError("a CORS header holds a line break")

    def preflight(self, declared: Iterable[str]) -> list[tuple[str, str]]:
        """The header lines of an answer to preflight, for a resource that declares these methods."""
        methods = self.methods or tuple(dict.fromkeys([*declared, "OPTIONS"]))
        lines = [
            ("Access-Control-Allow-Origin", self.origin),
            ("Access-Control-Allow-Headers", ",".join(self.headers)),
            ("Access-Control-Allow-Methods", ",".join(methods)),
        ]
        if self.max_age is not None:
            lines.append(("Access-Control-Max-Age", str(self.max_age)))
        if self.credentials:
            lines.append(("Access-Control-Allow-Credentials", "true"))
        return lines


@dataclass(frozen=True, slots=True, repr=False)
class ApiKeys:
    """The API keys of the usage plan: `source` is HEADER (`x-api-key`) or AUTHORIZER (`usageIdentifierKey`).

    Throttling and quotas of usage plans are not emulated.
    """

    keys: frozenset[str]
    source: str = "HEADER"

    def __post_init__(self) -> None:
        if self.source not in ("HEADER", "AUTHORIZER"):
            raise ConfigError(f"invalid API key source '{self.source}'", help="HEADER or AUTHORIZER")
        object.__setattr__(self, "keys", frozenset(self.keys))
        if "" in self.keys:
            raise ConfigError("an API key is empty")

    def __repr__(self) -> str:
        return f"<ApiKeys {len(self.keys)} from {self.source}>"


def as_function(handler: Handler | Function) -> Function:
    """The function of a handler: itself, or one of that name."""
    if isinstance(handler, Function):
        return handler
    return Function(handler, name=handler_name(handler))
