"""Made by cws: the service of `cws verify --probe`. Its authorizer answers what the token asks for; its view tells what it got.

It guards nothing and knows nothing; it is deployed on an API of its own and destroyed after the questions.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CALLS = [0]


def app(event: dict[str, Any], context: object) -> dict[str, Any]:
    """What the backend got of the call, as JSON."""
    request = event.get("requestContext") or {}
    told = {
        "path": event.get("path"),
        "resource": event.get("resource"),
        "method": event.get("httpMethod"),
        "parameters": event.get("pathParameters"),
        "authorizer": request.get("authorizer"),
        "stage": request.get("stage"),
    }
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(told)}


def auth(event: dict[str, Any], context: object) -> dict[str, Any]:
    """The answer that the token names."""
    wanted, arn = event.get("authorizationToken", ""), event["methodArn"]
    if wanted.startswith("raise:"):
        raise RuntimeError(wanted.removeprefix("raise:"))
    base = "/".join(arn.split("/")[:2])
    _CALLS[0] += 1
    answer: dict[str, Any] = {
        "principalId": "cws-verify",
        "policyDocument": {"Version": "2012-10-17", "Statement": _statements(wanted, base)},
        "context": {"arn": arn, "calls": _CALLS[0]},
    }
    if wanted == "null-context":
        answer["context"]["nothing"] = None
    if wanted == "nested-context":
        answer["context"]["list"] = ["a"]
    if wanted == "no-principal":
        del answer["principalId"]
    return answer


def _statements(wanted: str, base: str) -> list[dict[str, Any]]:
    everything = _allow(f"{base}/*")
    shapes: dict[str, list[dict[str, Any]]] = {
        "silent": [],
        "empty": [_allow([])],
        "star": [_allow("*")],
        "deny": [everything, _statement("Deny", f"{base}/GET/items/*")],
        "verb": [_allow(f"{base}/*/last")],
        "literal": [_allow(f"{base}/GET/items/${{*}}")],
        "question": [_allow(f"{base}/GET/items/?")],
        "crossing": [_allow(f"{base}/GET/items/*")],
        "not-resource": [
            everything,
            {"Effect": "Deny", "Action": "execute-api:Invoke", "NotResource": f"{base}/GET/items/*"},
        ],
        "condition": [{**everything, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.7/32"}}}],
        "condition-true": [{**everything, "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.7/32"}}}],
    }
    if wanted.startswith("large:"):
        # So many bytes of resources that match nothing, and the one that does last.
        filler = [
            f"{base}/GET/filler/{number:06d}"
            for number in range(int(wanted.removeprefix("large:")) // (len(base) + 21))
        ]
        return [_allow([*filler, f"{base}/*"])]
    return shapes.get(wanted, [everything])


def _allow(resource: str | list[str]) -> dict[str, Any]:
    return _statement("Allow", resource)


def _statement(effect: str, resource: str | list[str]) -> dict[str, Any]:
    return {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}
