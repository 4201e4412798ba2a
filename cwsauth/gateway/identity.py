"""Identity sources: where API Gateway finds out who asks, before it calls an authorizer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cwsauth.gateway.incoming import Incoming
    from cwsauth.gateway.stage import Stage


class Place(Enum):
    """The kinds of identity sources."""

    HEADER = "header"
    QUERY = "querystring"
    MULTI_QUERY = "multivaluequerystring"
    STAGE_VARIABLE = "stageVariables"
    CONTEXT = "context"


_REST = re.compile(
    r"method\.request\.(?P<place>header|querystring|multivaluequerystring)\.(?P<name>[^\s,]+)"
    r"|(?P<other>stageVariables|context)\.(?P<rest>[^\s,]+)"
)
_HTTP = re.compile(
    r"\$request\.(?P<place>header|querystring)\.(?P<name>[^\s,]+)"
    r"|\$(?P<other>stageVariables|context)\.(?P<rest>[^\s,]+)"
)
_WEBSOCKET = re.compile(
    r"route\.request\.(?P<place>header|querystring)\.(?P<name>[^\s,]+)"
    r"|(?P<other>stageVariables|context)\.(?P<rest>[^\s,]+)"
)
_FORMS = {
    "rest": (_REST, "method.request.header.X, method.request.querystring.X, stageVariables.X or context.X"),
    "http": (_HTTP, "$request.header.X, $request.querystring.X, $stageVariables.X or $context.X"),
    "websocket": (
        _WEBSOCKET,
        "route.request.header.X, route.request.querystring.X, stageVariables.X or context.X",
    ),
}

_EVERYWHERE = ("accountId", "apiId", "domainName", "identity.sourceIp", "identity.userAgent", "protocol", "stage")
_CONTEXT = {
    "rest": (*_EVERYWHERE, "httpMethod", "path", "resourcePath"),
    "http": (*_EVERYWHERE, "httpMethod", "path", "routeKey"),
    "websocket": (*_EVERYWHERE, "connectionId", "eventType", "routeKey"),
}


@dataclass(frozen=True, slots=True)
class IdentitySource:
    """One parsed identity source: `place` and `name`, and the text it was written as."""

    place: Place
    name: str
    text: str

    @classmethod
    def parse(cls, text: str, front: str = "rest") -> IdentitySource:
        """The identity source of a mapping expression, in the notation of `rest`, `http` or `websocket`.

        Raises:
            ConfigError: another notation, or a path parameter, which can not be an identity source.
        """
        pattern, forms = _FORMS[front]
        found = pattern.fullmatch(text)
        if found is None:
            raise ConfigError(f"invalid identity source '{text}'", help=f"write {forms}")
        if found["place"]:
            return cls(Place(found["place"]), found["name"], text)
        place = Place(found["other"])
        if place is Place.CONTEXT and found["rest"] not in _CONTEXT[front]:
            raise ConfigError(
                f"identity source '{text}' is not emulated", help="of the context: " + ", ".join(_CONTEXT[front])
            )
        return cls(place, found["rest"], text)

    def read(
        self,
        request: Incoming,
        variables: Mapping[str, str],
        context: Mapping[str, str],
        *,
        header: Callable[[str], str | None] | None = None,
    ) -> str | None:
        """The value in this request; None when it is missing or empty, which refuses the request.

        Header names are case-insensitive, names of the query string are not. `header` replaces how a header
        is read (REST API takes the last line, HTTP API joins all of them).
        """
        match self.place:
            case Place.HEADER:
                value = (header or request.header)(self.name)
            case Place.QUERY:
                values = request.query_values().get(self.name)
                value = values[-1] if values else None
            case Place.MULTI_QUERY:
                value = ",".join(request.query_values().get(self.name, ()))
            case Place.STAGE_VARIABLE:
                value = variables.get(self.name)
            case Place.CONTEXT:
                value = context.get(self.name)
        return value or None


def parse_sources(texts: str | Iterable[str], front: str) -> tuple[IdentitySource, ...]:
    """The identity sources of a list, or of one text with commas between."""
    parts = texts.split(",") if isinstance(texts, str) and texts else texts
    return tuple(IdentitySource.parse(part.strip(), front) for part in parts)


def context_values(request: Incoming, stage: Stage) -> dict[str, str]:
    """The values of the context that every front has."""
    return {
        "accountId": stage.account,
        "apiId": stage.api_id,
        "domainName": stage.domain,
        "identity.sourceIp": request.source_ip,
        "identity.userAgent": request.header("User-Agent") or "",
        "protocol": request.protocol,
        "stage": stage.name,
    }
