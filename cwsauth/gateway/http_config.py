"""What a local HTTP API is told: route keys, authorizers, CORS. Frozen, and wrong ones refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cwsauth.errors import ConfigError, RouteError
from cwsauth.gateway.config import as_function
from cwsauth.gateway.declared import identity_of, is_simple, ttl_of
from cwsauth.gateway.routing import VERBS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cwsauth.gateway.identity import IdentitySource
    from cwsauth.gateway.invoke import Function, Handler

DEFAULT = "$default"
_KEY = re.compile(r"(?P<verb>[A-Z]+) (?P<path>/.*)")
_LITERAL = re.compile(r"[A-Za-z0-9._\-:,~@+=;&!'()$]+")
_VARIABLE = re.compile(r"\{[A-Za-z0-9._\-]+\+?\}")


@dataclass(frozen=True, slots=True, init=False)
class HttpAuthorizer:
    """A Lambda authorizer of an HTTP API.

    `payload` is the format of its events, "2.0" or "1.0"; `simple=True` says that it answers with `isAuthorized`
    (2.0 only) and not with a policy. `identity` holds identity sources, at least one where answers are cached for
    `ttl` seconds; all three are what a cwsauth authorizer was declared with, where they are left out. The cached
    verdict of a simple answer counts for every route, unless `$context.routeKey` is one.

    Raises:
        ConfigError: what API Gateway would not take.

    Source: developer guide, "Controlling access to HTTP APIs with AWS Lambda authorizers".
    """

    function: Function
    identity: tuple[IdentitySource, ...]
    payload: str
    simple: bool
    ttl: int
    name: str

    def __init__(
        self,
        handler: Handler | Function,
        *,
        identity: str | Iterable[str] | None = None,
        payload: str = "2.0",
        simple: bool | None = None,
        ttl: int | None = None,
        name: str = "",
    ) -> None:
        function = as_function(handler)
        sources = identity_of(handler, identity, "http", "$request.header.Authorization")
        simple = is_simple(handler, simple)
        check_payload(payload)
        ttl = ttl_of(handler, ttl)
        if simple and payload != "2.0":
            raise ConfigError("simple answers need payload format 2.0")
        if ttl and not sources:
            raise ConfigError(
                "an authorizer whose answers are cached needs an identity source", help="name one, or set ttl=0"
            )
        object.__setattr__(self, "function", function)
        object.__setattr__(self, "identity", sources)
        object.__setattr__(self, "payload", payload)
        object.__setattr__(self, "simple", simple)
        object.__setattr__(self, "ttl", ttl)
        object.__setattr__(self, "name", name or function.name)


@dataclass(frozen=True, slots=True, init=False)
class HttpRoute:
    """A route of an HTTP API: `HttpRoute("GET /product/{id}", backend, authorizer=auth)`, or `$default`.

    Raises:
        RouteError: a route key that API Gateway would not take.
    """

    key: str
    backend: Function
    authorizer: HttpAuthorizer | None
    payload: str

    def __init__(
        self,
        key: str,
        backend: Handler | Function,
        *,
        authorizer: HttpAuthorizer | None = None,
        payload: str = "2.0",
    ) -> None:
        if authorizer is not None and not isinstance(authorizer, HttpAuthorizer):
            raise ConfigError(
                f"route '{key}': the authorizer is not an HttpAuthorizer of cwsauth.gateway",
                help="wrap the handler: authorizer=cwsauth.gateway.HttpAuthorizer(auth)",
            )
        _check_key(key)
        check_payload(payload)
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "backend", as_function(backend))
        object.__setattr__(self, "authorizer", authorizer)
        object.__setattr__(self, "payload", payload)

    @property
    def verb(self) -> str:
        """The verb of the key, `ANY`, or the empty text for `$default`."""
        return "" if self.key == DEFAULT else self.key.partition(" ")[0]

    @property
    def segments(self) -> tuple[str, ...]:
        """The segments of the template."""
        path = self.key.partition(" ")[2]
        return () if path in ("", "/") else tuple(path[1:].split("/"))

    def __str__(self) -> str:
        return self.key


def check_payload(payload: str) -> None:
    """Refuse a payload format that there is not."""
    if payload not in ("1.0", "2.0"):
        raise ConfigError(f"invalid payload format '{payload}'", help="1.0 or 2.0")


def _check_key(key: str) -> None:
    if key == DEFAULT:
        return
    found = _KEY.fullmatch(key)
    if found is None or (found["verb"] != "ANY" and found["verb"] not in VERBS):
        raise RouteError(
            f"invalid route key '{key}'", pattern=key, help="write 'GET /product/{id}', 'ANY /path' or '$default'"
        )
    segments = found["path"][1:].split("/") if found["path"] != "/" else []
    for index, segment in enumerate(segments):
        if not (_LITERAL.fullmatch(segment) or _VARIABLE.fullmatch(segment)):
            raise RouteError(f"invalid route key '{key}': segment '{segment}'", pattern=key)
        if segment.endswith("+}") and index != len(segments) - 1:
            raise RouteError(f"invalid route key '{key}': '{segment}' is not the last segment", pattern=key)


@dataclass(frozen=True, slots=True)
class HttpCors:
    """CORS of an HTTP API, which answers preflight itself and replaces a backend's own CORS headers.

    Preflight that falls on a route with an authorizer (`$default` or ANY) is that route's: give `OPTIONS /{proxy+}`
    a route without one.

    Raises:
        ConfigError: credentials for every origin.

    Source: developer guide, "Configuring CORS for an HTTP API".
    """

    origins: tuple[str, ...] = ("*",)
    headers: tuple[str, ...] = ("authorization", "content-type")
    methods: tuple[str, ...] = ("*",)
    expose: tuple[str, ...] = ()
    max_age: int | None = None
    credentials: bool = False

    def __post_init__(self) -> None:
        if self.credentials and "*" in self.origins:
            raise ConfigError("CORS with credentials needs origins by name", help="name them instead of '*'")
        texts = (*self.origins, *self.headers, *self.methods, *self.expose)
        if any("\n" in text or "\r" in text for text in texts):
            raise ConfigError("a CORS header holds a line break")

    def allowed(self, origin: str | None) -> str | None:
        """What to say to an origin: itself, `*`, or None for one that is not allowed."""
        if origin is None:
            return None
        if "*" in self.origins:
            return "*"
        return origin if origin in self.origins else None

    def preflight(self, origin: str | None) -> list[tuple[str, str]]:
        """The header lines of an answer to preflight; none for an origin that is not allowed."""
        lines = self.actual(origin)
        if not lines:
            return []
        lines.append(("access-control-allow-methods", ",".join(self.methods)))
        lines.append(("access-control-allow-headers", ",".join(self.headers)))
        if self.max_age is not None:
            lines.append(("access-control-max-age", str(self.max_age)))
        return lines

    def actual(self, origin: str | None) -> list[tuple[str, str]]:
        """The header lines that every answer to an allowed origin gets."""
        allowed = self.allowed(origin)
        if allowed is None:
            return []
        lines = [("access-control-allow-origin", allowed)]
        if self.credentials:
            lines.append(("access-control-allow-credentials", "true"))
        if self.expose:
            lines.append(("access-control-expose-headers", ",".join(self.expose)))
        return lines
