"""The path of a request within its API: canonical, without the stage, without the base path of a custom domain.

Where the event names the route that API Gateway chose, the path is the part of it that this route stands for, whatever a
custom domain puts in front; elsewhere a base path has to be told. "Measured" is what recorded events show.
"""

from __future__ import annotations

import re

from cwsauth.errors import EventError
from cwsauth.events.canonical import canonical, segments
from cwsauth.events.fields import HELP, mapping, string

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.events.fields import Event

_DEFAULT_ENDPOINT = re.compile(r"[a-z0-9]+(?:-vpce-[a-z0-9]+)?\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?")


def template_of(event: Event) -> str | None:
    """The template of the route that API Gateway chose; None behind other doors and for `$default`."""
    resource = event.get("resource")
    if type(resource) is str and resource.startswith("/"):
        return resource
    key = event.get("routeKey")
    if type(key) is str and " /" in key:
        return key.partition(" ")[2]
    return None


def rest_path(event: Event, base_path: str) -> str:
    """The path within a REST API."""
    # Measured: `path` is raw, and holds the base path of a custom domain.
    return _within(event, canonical(event.get("path"), encoded=True), base_path)


def http_1_path(event: Event, base_path: str) -> str:
    """The path within an HTTP API, payload format 1.0."""
    # Measured: `path` is decoded.
    return _staged(event, canonical(event.get("path"), encoded=False), base_path)


def http_path(event: Event, base_path: str) -> str:
    """The path within an HTTP API, payload format 2.0."""
    # Measured: `rawPath` is decoded, and begins with a named stage.
    return _staged(event, canonical(event.get("rawPath"), encoded=False), base_path)


def _staged(event: Event, path: str, base_path: str) -> str:
    """The path of an HTTP API within its stage."""
    if template_of(event) is not None:
        return _within(event, path, base_path)
    context = mapping(event, "requestContext")
    stage = string(context, "stage") or "$default"
    if stage == "$default":
        return _without(base_path, path)
    inside = segments(path)
    begins = inside[:1] == [stage]
    if _DEFAULT_ENDPOINT.fullmatch(string(context, "domainName") or "") is not None:
        if not begins:
            raise EventError("the path does not begin with the stage", help=HELP)
        return "/" + "/".join(inside[1:])
    base = segments(base_path)
    if begins and not (base and inside[: len(base)] == base):
        # INVARIANT: on a custom domain this may be the stage or the API's own path, and what could be both is not decided.
        raise EventError("the path begins with the name of the stage, on a custom domain", help="declare base_path")
    return _without(base_path, path)


def function_url_path(event: Event, base_path: str) -> str:
    """The path of a function URL."""
    # Measured: `rawPath` is raw and `http.path` is decoded, in one event.
    path = canonical(event.get("rawPath"), encoded=True)
    other = mapping(mapping(event, "requestContext"), "http").get("path", path)
    if other != path:
        raise EventError("the two paths of the event differ", help=HELP)
    return _without(base_path, path)


def alb_path(event: Event, base_path: str) -> str:
    """The path behind a load balancer."""
    # Measured: `path` is raw.
    return _without(base_path, canonical(event.get("path"), encoded=True))


def lattice_path(event: Event, base_path: str) -> str:
    """The path behind VPC Lattice."""
    # Not known: raw or decoded. So a path with an escape is refused. Known to Powertools 3.37: the query may be part of it.
    path = event.get("raw_path", event.get("path"))
    if (
        type(path) is str
        and "?" in path
        and (event.get("query_string_parameters") or event.get("queryStringParameters"))
    ):
        path = path.partition("?")[0]
    return _without(base_path, canonical(path, encoded=False))


def _within(event: Event, path: str, base_path: str) -> str:
    """The end of a path that the chosen route stands for.

    Raises:
        EventError: the route and the path do not fit.
    """
    template = template_of(event)
    if template is None:
        return _without(base_path, path)
    declared = segments(template)
    parts = segments(path)
    count = len(declared)
    if declared and declared[-1].endswith("+}"):
        greedy = mapping(event, "pathParameters").get(declared[-1][1:-2])
        if type(greedy) is not str or not segments(greedy):
            raise EventError("the event lacks the path parameter of its route", help=HELP)
        count += len(segments(greedy)) - 1
    tail = parts[len(parts) - count :] if count else []
    if len(tail) != count or any(
        want != have for want, have in zip(declared, tail, strict=False) if not want.startswith("{")
    ):
        raise EventError("the path of the event is not one of its route", help=HELP)
    return "/" + "/".join(tail)


def _without(base_path: str, path: str) -> str:
    base = segments(base_path)
    parts = segments(path)
    return "/" + "/".join(parts[len(base) :]) if base and parts[: len(base)] == base else path
