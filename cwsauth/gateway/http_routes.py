"""HTTP API's way from a verb and a decoded path to a route: full matches, then greedy ones, then `$default`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cwsauth.errors import RouteError
from cwsauth.gateway.http_config import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cwsauth.gateway.http_config import HttpRoute


@dataclass(frozen=True, slots=True)
class RouteMatch:
    """The route of a request and the decoded values of its path parameters."""

    route: HttpRoute
    parameters: dict[str, str]


class RouteKeys:
    """The routes of an HTTP API by priority.

    Raises:
        RouteError: two routes that are the same but for the names of their parameters.
    """

    def __init__(self, routes: Iterable[HttpRoute]) -> None:
        self._default: HttpRoute | None = None
        self._routes: list[HttpRoute] = []
        seen: dict[tuple[str, tuple[str, ...]], HttpRoute] = {}
        for route in routes:
            shape = (route.verb, tuple(_shape(segment) for segment in route.segments))
            if shape in seen:
                raise RouteError(f"route '{route}' is '{seen[shape]}' again", pattern=route.key)
            seen[shape] = route
            if route.key == DEFAULT:
                self._default = route
            else:
                self._routes.append(route)
        self._routes.sort(key=_priority)

    def match(self, method: str, path: str) -> RouteMatch | None:
        """The route of a request, None when no route takes it."""
        segments = path[1:].split("/") if path != "/" else []
        for route in self._routes:
            if route.verb in (method, "ANY"):
                parameters = _along(route.segments, segments)
                if parameters is not None:
                    return RouteMatch(route, parameters)
        return RouteMatch(self._default, {}) if self._default else None

    def is_doubtful(self, method: str, path: str) -> bool:
        """Whether it depends on how slashes are read where this request goes.

        It is not established what an HTTP API makes of a trailing slash or of doubled ones.
        """
        folded = "/" + "/".join(part for part in path.split("/") if part)
        if folded == path:
            return False
        one, other = self.match(method, path), self.match(method, folded)
        return (one and one.route) != (other and other.route)


def _shape(segment: str) -> str:
    """A segment without the name of its parameter."""
    if not segment.startswith("{"):
        return segment
    return "{+}" if segment.endswith("+}") else "{}"


def _priority(route: HttpRoute) -> tuple[bool, tuple[int, ...], bool]:
    """Full matches before greedy ones, literals before parameters level by level, a verb before ANY."""
    shapes = [_shape(segment) for segment in route.segments]
    is_greedy = bool(shapes) and shapes[-1] == "{+}"
    ranks = tuple({"{}": 1, "{+}": 2}.get(shape, 0) for shape in shapes)
    return is_greedy, ranks, route.verb == "ANY"


def _along(template: tuple[str, ...], segments: list[str]) -> dict[str, str] | None:
    """The parameters where the segments are of the template, else None."""
    parameters: dict[str, str] = {}
    for index, want in enumerate(template):
        if want.endswith("+}") and want.startswith("{"):
            rest = "/".join(segments[index:])
            return {**parameters, want[1:-2]: rest} if rest else None
        if index >= len(segments):
            return None
        if want.startswith("{"):
            if not segments[index]:
                return None
            parameters[want[1:-1]] = segments[index]
        elif want != segments[index]:
            return None
    return parameters if len(template) == len(segments) else None
