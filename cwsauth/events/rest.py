"""REST API authorizers: TOKEN and REQUEST events.

Source: API Gateway developer guide, "Input to an API Gateway Lambda authorizer" and "Output from an API Gateway Lambda
authorizer".
"""

from __future__ import annotations

from cwsauth.arn import MethodArn
from cwsauth.errors import EventError
from cwsauth.outcome import check_context
from cwsauth.request import AuthRequest, Headers, credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from cwsauth.outcome import Outcome

    Event = Mapping[str, Any]


def decode_token(event: Event) -> AuthRequest:
    """The request of a TOKEN event: a token and an ARN, nothing else."""
    arn = event.get("methodArn")
    token = event.get("authorizationToken")
    if type(arn) is not str or (token is not None and type(token) is not str):
        raise EventError(
            "a TOKEN event needs 'methodArn' and 'authorizationToken' as strings",
            help="pass the event of the authorizer as API Gateway sent it",
        )
    return AuthRequest.view("rest.token", event, _TOKEN)


def decode_request(event: Event) -> AuthRequest:
    """The request of a REQUEST event, of a REST API."""
    if type(event.get("methodArn")) is not str:
        raise EventError(
            "a REQUEST event needs 'methodArn' as a string",
            help="pass the event of the authorizer as API Gateway sent it",
        )
    return AuthRequest.view("rest.request", event, _REQUEST)


def encode_policy(outcome: Outcome) -> dict[str, Any]:
    """The answer of a REST API authorizer: a principal, a policy document and what goes to the backend."""
    answer: dict[str, Any] = {"principalId": outcome.principal_id, "policyDocument": outcome.document.policy}
    if outcome.context:
        check_context(outcome.context)
        answer["context"] = dict(outcome.context)
    if outcome.usage_identifier_key is not None:
        answer["usageIdentifierKey"] = outcome.usage_identifier_key
    return answer


def _authorization(event: Event) -> str | None:
    token = event.get("authorizationToken")
    return token if isinstance(token, str) else None


def _header_authorization(event: Event) -> str | None:
    return single_authorization(_multi_headers(event))


def single_authorization(headers: Mapping[str, list[str]]) -> str | None:
    """The one Authorization value. Two of them are refused: which one counts depends on who reads."""
    values = headers.get("authorization")
    if not values:
        return None
    if len(values) > 1:
        raise EventError("the request has more than one Authorization header", help="send one")
    return values[0]


def _multi_headers(event: Event) -> dict[str, list[str]]:
    """Every value of every header, by lower-case name."""
    found: dict[str, list[str]] = {}
    for name, values in mapping(event, "multiValueHeaders").items():
        if not isinstance(values, list) or any(type(value) is not str for value in values):
            raise EventError("'multiValueHeaders' holds something else than lists of strings", help=_HELP)
        found.setdefault(name.lower(), []).extend(values)
    for name, value in strings(event, "headers").items():
        # Where the multi-value map is absent, names that differ in case only are several headers too.
        if name.lower() not in found or "multiValueHeaders" not in event or event["multiValueHeaders"] is None:
            found.setdefault(name.lower(), []).append(value)
    return found


def _headers(event: Event) -> Headers:
    return Headers({name: values[-1] for name, values in _multi_headers(event).items() if values})


def _query(event: Event) -> Mapping[str, str]:
    return strings(event, "queryStringParameters")


def mapping(event: Event, name: str) -> Mapping[str, Any]:
    """The object `name` of an event; an empty one where it is absent or null."""
    value = event.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise EventError(f"{name!r} is not an object", help=_HELP)
    return value


def strings(event: Event, name: str) -> Mapping[str, str]:
    """The object `name` of an event, all of whose values are strings."""
    values = mapping(event, name)
    if any(type(value) is not str for value in values.values()):
        raise EventError(f"{name!r} holds something else than strings", help=_HELP)
    return values


def _arn(event: Event) -> MethodArn:
    return MethodArn.parse(event["methodArn"])


def _cookies(event: Event) -> Mapping[str, str]:
    header = _headers(event).get("cookie", "")
    pairs = (part.strip().partition("=") for part in header.split(";"))
    cookies: dict[str, str] = {}
    for name, sign, value in pairs:
        if sign and name:
            # The first of two cookies of one name is the more specific one (RFC 6265, 5.4).
            cookies.setdefault(name, value)
    return cookies


def _source_ip(event: Event) -> str | None:
    value = mapping(mapping(event, "requestContext"), "identity").get("sourceIp")
    return value if isinstance(value, str) else None


def _request_id(event: Event) -> str:
    value = mapping(event, "requestContext").get("requestId")
    return value if isinstance(value, str) else ""


_HELP = "pass the event of the authorizer as API Gateway sent it"

_ARN_FIELDS: dict[str, Callable[[Event], object]] = {
    "arn": lambda event: event["methodArn"],
    "method": lambda event: _arn(event).method,
    "path": lambda event: "/" + (_arn(event).route_key or _arn(event).path),
    "stage": lambda event: _arn(event).stage,
}
_TOKEN: dict[str, Callable[[Event], object]] = {
    **_ARN_FIELDS,
    "authorization": _authorization,
    "scheme": lambda event: credentials(_authorization(event))[0],
    "token": lambda event: credentials(_authorization(event))[1],
}
_REQUEST: dict[str, Callable[[Event], object]] = {
    **_ARN_FIELDS,
    "authorization": _header_authorization,
    "scheme": lambda event: credentials(_header_authorization(event))[0],
    "token": lambda event: credentials(_header_authorization(event))[1],
    "headers": _headers,
    "query": _query,
    "cookies": _cookies,
    "source_ip": _source_ip,
    "request_id": _request_id,
    "path_parameters": lambda event: strings(event, "pathParameters"),
    "stage_variables": lambda event: strings(event, "stageVariables"),
}
