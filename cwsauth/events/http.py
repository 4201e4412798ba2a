"""HTTP API authorizers with payload format 2.0: the event, and the simple answer.

Source: API Gateway developer guide, "Working with AWS Lambda authorizers for HTTP APIs".
"""

from __future__ import annotations

from cwsauth.errors import EventError, ResultError
from cwsauth.events.fields import (
    HELP,
    arn,
    cookies,
    joined,
    joined_headers,
    mapping,
    parsed_query,
    single,
    string,
    strings,
)
from cwsauth.headers import Headers
from cwsauth.outcome import check_context, copied
from cwsauth.request import credentials
from cwsauth.view import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cwsauth.arn import MethodArn
    from cwsauth.events import Declared
    from cwsauth.events.fields import Event, Values
    from cwsauth.events.identity import IdentitySource
    from cwsauth.outcome import Outcome
    from cwsauth.request import AuthRequest


def decode_v2(event: Event, identity: IdentitySource | None = None) -> AuthRequest:
    """The request of an HTTP API event of payload format 2.0."""
    if type(event.get("routeArn")) is not str:
        raise EventError("a REQUEST event of version 2.0 needs 'routeArn' as a string", help=HELP)
    if identity is None:
        return view("http.v2", event, _FIELDS)
    return view("http.v2", event, identity.over("http.v2", _FIELDS, joined_headers, query))


def encode_simple(request: AuthRequest, outcome: Outcome, declared: Declared) -> dict[str, Any]:
    """`{"isAuthorized": …}`, for an authorizer with simple responses.

    API Gateway replays a cached answer for every route, or, with `$context.routeKey` in the identity source, for every
    call of one route key. A policy that decides these calls differently has no simple answer.

    Raises:
        ResultError: there is none, or the context is not one that HTTP API takes.
    """
    allowed = outcome.policy.allows(request.method, request.path)
    if declared.ttl:
        if outcome.policy.lasting is not None:
            # INVARIANT: what is cached answers for other times and addresses, too, so only what lasts may be in it.
            allowed = outcome.policy.lasting.allows(request.method, request.path)
        _check_uniform(request, outcome, declared)
    # INVARIANT: the path of a route ARN may be encoded or not, so what could be read in two ways is not decided here.
    allowed = allowed and (outcome.policy.everything or "%" not in request.path)
    answer: dict[str, Any] = {"isAuthorized": allowed}
    if outcome.context:
        check_context(outcome.context, nested=True)
        answer["context"] = copied(outcome.context)
    return answer


def _check_uniform(request: AuthRequest, outcome: Outcome, declared: Declared) -> None:
    from cwsauth.policy.uniform import same_everywhere, same_on_route

    policy = outcome.policy if outcome.policy.lasting is None else outcome.policy.lasting
    if declared.identity is None or not declared.identity.by_route:
        if same_everywhere(policy):
            # INVARIANT: the answer to a call outside of the routes may not be replayed for them.
            if policy.everything or policy.routes is None or policy.routes.match(request.method, request.path):
                return
            raise ResultError(
                "the call is of none of the routes, and a simple answer is cached for all of them",
                help="declare the route in routes=, or '$context.routeKey' in the identity source, here and at API Gateway",
            )
        raise ResultError(
            "the policy differs by route, and a simple answer is cached for all routes",
            help="declare '$context.routeKey' in the identity source, here and at API Gateway, or use policy answers",
        )
    key = request.raw.get("routeKey")
    if type(key) is not str or not same_on_route(policy, key):
        raise ResultError(
            "the policy differs within the route, and a simple answer is cached for all of its calls",
            help="use policy answers, or declare ttl=0 here and at API Gateway",
        )


def query(event: Event) -> Values:
    """Every value of every query parameter; a joined one is parted by the raw query string where the event has it."""
    raw = event.get("rawQueryString")
    if type(raw) is str:
        return parsed_query(raw)
    return {name: value.split(",") for name, value in strings(event, "queryStringParameters").items()}


def _authorization(event: Event) -> str | None:
    return single(joined_headers(event), "authorization", "Authorization header")


def _arn(event: Event) -> MethodArn:
    return arn(event, "routeArn")


def _path(event: Event) -> str:
    call = _arn(event)
    return "/" + (call.route_key or call.path)


def _headers(event: Event) -> Headers:
    values: Values = {}
    for name, value in strings(event, "headers").items():
        values.setdefault(name.lower(), []).append(value)
    return Headers(joined(values))


def _cookies(event: Event) -> dict[str, str]:
    pairs = event.get("cookies")
    if pairs is None:
        return cookies(_headers(event).get("cookie", "").split(";"))
    if not isinstance(pairs, list) or any(type(pair) is not str for pair in pairs):
        raise EventError("'cookies' is not a list of strings", help=HELP)
    return cookies(pairs)


def _source_ip(event: Event) -> str | None:
    return string(mapping(mapping(event, "requestContext"), "http"), "sourceIp")


_FIELDS: dict[str, Callable[[Event], object]] = {
    "arn": lambda event: event["routeArn"],
    "method": lambda event: _arn(event).method,
    "path": _path,
    "stage": lambda event: _arn(event).stage,
    "authorization": _authorization,
    "scheme": lambda event: credentials(_authorization(event))[0],
    "token": lambda event: credentials(_authorization(event))[1],
    "headers": _headers,
    "query": lambda event: joined(query(event)),
    "cookies": _cookies,
    "source_ip": _source_ip,
    "request_id": lambda event: string(mapping(event, "requestContext"), "requestId") or "",
    "path_parameters": lambda event: strings(event, "pathParameters"),
    "stage_variables": lambda event: strings(event, "stageVariables"),
}
