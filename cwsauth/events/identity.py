"""The identity source of an authorizer, in the words of API Gateway: where the token is, and what a cached answer is for."""

from __future__ import annotations

import re

from cwsauth.errors import ConfigError
from cwsauth.events.fields import single
from cwsauth.request import credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cwsauth.events.fields import Event, Values

    Fields = Mapping[str, Callable[[Event], object]]

# Source: API Gateway developer guide, "Specify a Lambda authorizer's identity sources" for REST, HTTP and WebSocket API.
_CREDENTIAL = re.compile(
    r"(?:method\.request\.|route\.request\.|\$request\.)(header|querystring|multivaluequerystring)\.([^\s,]+)"
)
_OTHER = re.compile(r"(\$?)(context|stageVariables)\.([^\s,]+)")


class IdentitySource:
    """The parsed identity source: the token is at the first `place` (`header` or `query`) and `name` that it names.

    `by_route` is whether a cached answer holds for one route key only: `$context.routeKey` is part of the source.
    Raises:
        ConfigError: a source is not in API Gateway's notation, or none of them is sent by the caller.
    """

    __slots__ = ("_fields", "by_route", "name", "place", "texts")

    def __init__(self, sources: object) -> None:
        texts = [part.strip() for part in sources.split(",")] if isinstance(sources, str) else sources
        if not isinstance(texts, (list, tuple)) or not texts:
            raise ConfigError(
                f"an identity source is a string or a list of strings, not {type(sources).__name__}", help=_HELP
            )
        self.texts: tuple[str, ...] = tuple(texts)
        self.place = self.name = ""
        self.by_route = False
        for text in self.texts:
            found = _CREDENTIAL.fullmatch(text) if isinstance(text, str) else None
            if found is not None:
                if not self.place:
                    self.place = "header" if found[1] == "header" else "query"
                    self.name = found[2].lower() if self.place == "header" else found[2]
            elif not isinstance(text, str) or _OTHER.fullmatch(text) is None:
                raise ConfigError(f"invalid identity source {text!r}", help=_HELP)
            elif text in ("$context.routeKey", "context.routeKey"):
                self.by_route = True
        if not self.place:
            # INVARIANT: what a caller sends is part of the source, so that no caller gets the cached answer of another.
            raise ConfigError("the identity source names nothing that the caller sends", help=_HELP)
        self._fields: dict[str, Fields] = {}

    def over(
        self, kind: str, fields: Fields, headers: Callable[[Event], Values], query: Callable[[Event], Values]
    ) -> Fields:
        """The readers of a kind, `fields`, with the token taken from here; `headers` and `query` give all values."""
        known = self._fields.get(kind)
        if known is None:
            known = self._fields[kind] = {**fields, **credential_fields(self.reader(headers, query))}
        return known

    def reader(
        self, headers: Callable[[Event], Values], query: Callable[[Event], Values]
    ) -> Callable[[Event], str | None]:
        """The function of an event that gives the one value there; refuses several."""
        name = self.name
        if self.place == "header":
            return lambda event: single(headers(event), name, "header of its identity source")
        return lambda event: single(query(event), name, "query parameter of its identity source")

    def __repr__(self) -> str:
        return f"IdentitySource({list(self.texts)})"


def credential_fields(read: Callable[[Event], str | None]) -> dict[str, Callable[[Event], object]]:
    """The readers of `authorization`, `scheme` and `token`, where `read` gives the whole value."""
    return {
        "authorization": read,
        "scheme": lambda event: credentials(read(event))[0],
        "token": lambda event: credentials(read(event))[1],
    }


_HELP = (
    "write it as API Gateway does, for example 'method.request.header.Authorization', '$request.header.X-Api-Key',"
    " 'route.request.querystring.token'; '$context.routeKey' beside it caches by route"
)
