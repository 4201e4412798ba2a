"""The events that reach a function behind its front door: REST API, HTTP API, function URL, ALB and VPC Lattice.

Source: API Gateway developer guide, "Set up Lambda proxy integrations", "Working with AWS Lambda proxy integrations for
HTTP APIs"; Lambda developer guide, "Invoking function URLs"; ELB guide, "Lambda functions as targets"; VPC Lattice guide,
"Lambda functions as targets"; and recorded events of each, which show what is encoded.
"""

from __future__ import annotations

import re

from cwsauth.errors import EventError
from cwsauth.events.fields import (
    HELP,
    cookie_header,
    cookies,
    headers,
    joined,
    joined_headers,
    last_of,
    mapping,
    multi,
    query,
    single,
    string,
    strings,
)
from cwsauth.events.proxy_path import (
    alb_path,
    function_url_path,
    http_1_path,
    http_path,
    lattice_path,
    rest_path,
    template_of,
)
from cwsauth.headers import Headers
from cwsauth.request import credentials
from cwsauth.view import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from cwsauth.events.fields import Event, Values
    from cwsauth.events.identity import IdentitySource
    from cwsauth.request import AuthRequest

_VERB = re.compile(r"[A-Z]{1,20}")
# What an ALB says of a signed-in user: worth something only once its signature and signer are checked, so not shown before.
UNCHECKED = "x-amzn-oidc-"
# Kinds whose frameworks route by the path as it came, percent-encoded.
RAW = frozenset({"rest.proxy", "alb", "function_url"})


class Door:
    """How one kind of event is read: all values of headers and query, the method, the path, the rest of the fields."""

    __slots__ = ("fields", "headers", "kind", "path", "query")

    def __init__(
        self,
        kind: str,
        all_headers: Callable[[Event], Values],
        all_query: Callable[[Event], Values],
        path: Callable[[Event, str], str],
        **fields: Callable[[Event], object],
    ) -> None:
        self.kind = kind
        self.headers = all_headers
        self.query = all_query
        self.path = path

        def authorization(event: Event) -> str | None:
            return single(all_headers(event), "authorization", "Authorization header")

        self.fields: dict[str, Callable[[Event], object]] = {
            "authorization": authorization,
            "scheme": lambda event: credentials(authorization(event))[0],
            "token": lambda event: credentials(authorization(event))[1],
            "query": lambda event: last_of(all_query(event)),
            "cookies": lambda event: cookie_header(headers(event)),
            "path_parameters": lambda event: strings(event, "pathParameters"),
            "stage_variables": lambda event: strings(event, "stageVariables"),
            "request_id": lambda event: string(mapping(event, "requestContext"), "requestId") or "",
            "stage": lambda event: string(mapping(event, "requestContext"), "stage") or "",
            "headers": lambda event: Headers(last_of(all_headers(event))),
            **fields,
        }


def decode_proxy(event: object, identity: IdentitySource | None = None, *, base_path: str = "") -> AuthRequest:
    """The request that an event is of, behind the door that sent it; its path is canonical and decoded.

    `base_path` is what a custom domain or a load balancer puts in front of the API's paths, where the event names no route.

    Raises:
        NotCanonical: the path could be read in two ways. EventError: an event of an unknown kind, or a contradictory one.
    """
    if type(event) is not dict:
        raw = getattr(event, "raw_event", None)  # a data class of Powertools
        if type(raw) is not dict:
            raise EventError(f"an event is a JSON object, not {type(event).__name__}", help=_HELP)
        event = raw
    door = door_of(event)
    method = _method(event)
    path = door.path(event, base_path)
    fields = door.fields if identity is None else identity.over(door.kind, door.fields, door.headers, door.query)
    return view(door.kind, event, {**fields, "method": lambda _: method, "path": lambda _: path})


def door_of(event: Event) -> Door:
    """The door that sends events of this shape."""
    context = mapping(event, "requestContext")
    if event.get("type") in ("TOKEN", "REQUEST"):
        raise EventError("the event is that of a Lambda authorizer", help="make its handler with cwsauth.authorizer")
    if isinstance(context.get("elb"), dict):
        return _ALB
    if isinstance(context.get("http"), dict):
        return _FUNCTION_URL if ".lambda-url." in (string(context, "domainName") or "") else _HTTP
    if "httpMethod" in event:
        return _HTTP_1 if event.get("version") == "1.0" else _REST
    if "raw_path" in event:
        return _LATTICE_1
    if "method" in event and "path" in event:
        return _LATTICE_2
    raise EventError("not an event of a request that is known here", help=_HELP)


def outline(event: object) -> tuple[str, str, Mapping[str, str]]:
    """Kind, method and headers of an event as far as they can be read: for the form of an answer, never for a decision."""
    if not isinstance(event, dict):
        return "", "", {}
    try:
        door = door_of(event)
        return door.kind, _method(event), Headers(last_of(door.headers(event)))
    except EventError:
        return "", "", {}


def authorizer_context(event: Event) -> Mapping[str, Any] | None:
    """What a Lambda authorizer in front said of the caller; None where none has run or left its mark.

    Source: only `requestContext.authorizer` is API Gateway's own word; a header never is.
    """
    authorizer = mapping(event, "requestContext").get("authorizer")
    if not isinstance(authorizer, dict):
        return None
    if isinstance(mapping(event, "requestContext").get("http"), dict):
        authorizer = authorizer.get("lambda")
        return authorizer if isinstance(authorizer, dict) and authorizer else None
    return authorizer if string(authorizer, "principalId") else None


def route_of(event: Event) -> str | None:
    """The route that API Gateway chose, `METHOD /template`; None behind other doors and for `$default`."""
    template = template_of(event)
    return None if template is None else f"{_method(event)} {template}"


def _method(event: Event) -> str:
    method = event.get("httpMethod")
    if method is None:
        method = mapping(mapping(event, "requestContext"), "http").get("method", event.get("method"))
    if type(method) is not str or _VERB.fullmatch(method) is None:
        raise EventError("the event has no method, or one that is no verb", help=HELP)
    return method


def _alb_headers(event: Event) -> Values:
    return {name: values for name, values in headers(event).items() if not name.startswith(UNCHECKED)}


def _alb_query(event: Event) -> Values:
    """Measured: names and values arrive encoded."""
    from urllib.parse import unquote_plus

    found: Values = {}
    for name, values in query(event).items():
        found.setdefault(unquote_plus(name), []).extend(unquote_plus(value) for value in values)
    return found


def _forwarded_for(event: Event) -> str | None:
    """The address that the load balancer saw: it appends it to what the client sent."""
    values = headers(event).get("x-forwarded-for")
    return values[-1].rpartition(",")[2].strip() or None if values else None


def _joined_query(event: Event) -> Values:
    from cwsauth.events.http import query as http_query

    return http_query(event)


def _http_cookies(event: Event) -> dict[str, str]:
    pairs = event.get("cookies")
    if not isinstance(pairs, list):
        return cookie_header(headers(event))
    return cookies(pair for pair in pairs if type(pair) is str)


def _http_claims(event: Event) -> Mapping[str, Any]:
    """The claims that API Gateway's own JWT authorizer has verified."""
    return mapping(mapping(mapping(mapping(event, "requestContext"), "authorizer"), "jwt"), "claims")


def _lattice_1_query(event: Event) -> Values:
    return {name: [value] for name, value in strings(event, "query_string_parameters").items()}


def _lattice_2_headers(event: Event) -> Values:
    found: Values = {}
    for name, values in multi(event, "headers").items():
        found.setdefault(name.lower(), []).extend(values)
    return found


def _rest_ip(event: Event) -> str | None:
    return string(mapping(mapping(event, "requestContext"), "identity"), "sourceIp")


def _http_ip(event: Event) -> str | None:
    return string(mapping(mapping(event, "requestContext"), "http"), "sourceIp")


def _http_headers(event: Event) -> Headers:
    return Headers(joined(headers(event)))


_HTTP_FIELDS: dict[str, Callable[[Event], object]] = {
    "headers": _http_headers,
    "query": lambda event: joined(_joined_query(event)),
    "cookies": _http_cookies,
    "source_ip": _http_ip,
}
_REST = Door(
    "rest.proxy",
    headers,
    query,
    rest_path,
    source_ip=_rest_ip,
    claims=lambda event: mapping(mapping(mapping(event, "requestContext"), "authorizer"), "claims"),
)
_HTTP_1 = Door("http.proxy", headers, query, http_1_path, source_ip=_rest_ip)
_HTTP = Door("http.proxy", joined_headers, _joined_query, http_path, claims=_http_claims, **_HTTP_FIELDS)
_FUNCTION_URL = Door("function_url", joined_headers, _joined_query, function_url_path, **_HTTP_FIELDS)
_ALB = Door("alb", _alb_headers, _alb_query, alb_path, source_ip=_forwarded_for)
_LATTICE_1 = Door("lattice", joined_headers, _lattice_1_query, lattice_path, headers=_http_headers)
_LATTICE_2 = Door(
    "lattice",
    _lattice_2_headers,
    lambda event: multi(event, "queryStringParameters"),
    lattice_path,
    headers=lambda event: Headers(joined(_lattice_2_headers(event))),
    cookies=lambda event: cookie_header(_lattice_2_headers(event)),
)
_HELP = "expected the event of a request: REST API or HTTP API proxy integration, function URL, load balancer (ALB), VPC Lattice"
