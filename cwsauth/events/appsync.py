"""AppSync authorizers: rules over fields, `Query.orders`, and the answer that names the denied ones.

A field is a path of one segment, written as GraphQL writes it (`Type.field`, its "schema coordinate"). So the pattern
language needs no second separator: `Query.orders`, `Query.*`, `*.id`, `!Mutation.delete*`. The answer can only say which
fields are denied, so the fields of the schema are the route table: `authorizer(routes=["Query.orders", ...])`, or
`routes=` a schema of graphql-core.

Source: AppSync developer guide, "AWS_LAMBDA authorization"; API reference, "LambdaAuthorizerConfig".
"""

from __future__ import annotations

import json
import re
import time

from cwsauth.errors import EventError, ResultError, TooLarge
from cwsauth.events.fields import HELP, mapping, string
from cwsauth.headers import Headers
from cwsauth.outcome import check_context
from cwsauth.policy.rule import ALLOW, VERBS
from cwsauth.policy.segments import DEEP
from cwsauth.request import credentials
from cwsauth.view import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cwsauth.events import Declared
    from cwsauth.events.fields import Event
    from cwsauth.events.identity import IdentitySource
    from cwsauth.outcome import Outcome
    from cwsauth.policy.policy import Policy
    from cwsauth.request import AuthRequest

_DECLARE = "declare them: authorizer(routes=['Query.orders', 'Mutation.createOrder', ...])"
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*")
MAX_CONTEXT = 5 * 1024 * 1024


def decode_appsync(event: Event, identity: IdentitySource | None = None) -> AuthRequest:
    """The request of an AppSync event: a token, and the GraphQL operation in `raw`. It has no method, path or ARN."""
    if type(event.get("authorizationToken")) is not str:
        raise EventError("an AppSync event needs 'authorizationToken' as a string", help=HELP)
    return view("appsync", event, _FIELDS)


def encode_appsync(request: AuthRequest, outcome: Outcome, declared: Declared) -> dict[str, Any]:
    """`isAuthorized`, the denied fields, the context for the resolvers, and how long the answer may be cached.

    It does not depend on the operation, so AppSync may replay it for every operation with the same token.

    Raises:
        ResultError: which fields are denied cannot be said without those of the schema; the context is not flat.
        TooLarge: the context is over 5 MB.
    """
    denied = denied_fields(outcome.policy)
    if denied is None:
        return {"isAuthorized": False, "deniedFields": [], "resolverContext": {}, "ttlOverride": 0}
    answer: dict[str, Any] = {"isAuthorized": True, "deniedFields": denied, "resolverContext": {}}
    if outcome.context:
        check_context(outcome.context)
        answer["resolverContext"] = dict(outcome.context)
        size = len(json.dumps(answer["resolverContext"]))
        if size > MAX_CONTEXT:
            raise TooLarge(f"the context has {size} bytes", size=size, limit=MAX_CONTEXT, help="hand over less")
    ttl = _ttl(outcome, declared)
    if ttl is not None:
        answer["ttlOverride"] = ttl
    return answer


def denied_fields(policy: Policy) -> list[str] | None:
    """The fields of the schema that a policy does not allow; None where it allows none at all.

    Raises:
        ResultError: the policy does not allow everything, and the fields of the schema are not known.
    """
    if policy.everything:
        return []
    if not any(rule.effect is ALLOW for rule in policy.effective):
        return None
    if policy.routes is None:
        return _named(policy)
    fields = list(dict.fromkeys(route.template[1:] for route in policy.routes))
    if not all(map(_FIELD.fullmatch, fields)):
        # INVARIANT: the routes of another kind of API say nothing of a schema, and what is not denied is open.
        raise ResultError("the declared routes are no fields of a schema", help=_DECLARE)
    denied = [field for field in fields if not policy.allows("", "/" + field)]
    return denied if len(denied) < len(fields) else None


def _named(policy: Policy) -> list[str]:
    """Without the schema: everything but fields that are named one by one."""
    named: list[str] = []
    everything = False
    for rule in policy.effective:
        if rule.effect is ALLOW:
            everything = everything or (rule.segments == (DEEP,) and rule.methods == VERBS)
        elif len(rule.segments) == 1 and type(rule.segments[0]) is str and rule.methods == VERBS:
            named.append(rule.segments[0])
        else:
            everything = False
            break
    if not everything:
        raise ResultError(
            "AppSync is told which fields are denied, and the fields of the schema are not known",
            help=_DECLARE,
        )
    return list(dict.fromkeys(named))


def _ttl(outcome: Outcome, declared: Declared) -> int | None:
    """Seconds of caching: those that were declared, never more than is left of the token; None leaves it to the API."""
    if outcome.policy.lasting is not None:
        return 0  # it holds for this call only
    if outcome.expires_at is None:
        return declared.ttl if declared.ttl_is_given else None
    return max(0, min(declared.ttl, int(outcome.expires_at - time.time())))


def _headers(event: Event) -> Headers:
    found = event.get("requestHeaders")
    pairs = found.items() if isinstance(found, dict) else ()
    return Headers({name: value for name, value in pairs if type(value) is str})


_FIELDS: dict[str, Callable[[Event], object]] = {
    "authorization": lambda event: event["authorizationToken"],
    "scheme": lambda event: credentials(event["authorizationToken"])[0],
    "token": lambda event: credentials(event["authorizationToken"])[1],
    "headers": _headers,
    "request_id": lambda event: string(mapping(event, "requestContext"), "requestId") or "",
}
