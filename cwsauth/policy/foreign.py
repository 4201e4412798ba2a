"""Answers of other frameworks, recognised by their shape: nothing of them is imported.

Their routes get our meaning: `*` is one segment, the leading slash is optional, the verb is enumerated.
"""

from __future__ import annotations

import re

from cwsauth.errors import ArnError, CwsAuthError
from cwsauth.policy.policy import Grant
from cwsauth.policy.rule import Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# A field, or the ARN of one. Source: AppSync developer guide, "AWS_LAMBDA authorization", `deniedFields`.
_FIELD = re.compile(r"([A-Za-z_]\w*)\.([A-Za-z_]\w*)", re.ASCII)
_FIELD_ARN = re.compile(r"arn:[a-z-]+:appsync:[^/]*:apis/\w+/types/([A-Za-z_]\w*)/fields/([A-Za-z_]\w*)", re.ASCII)


def read(result: object) -> Grant | None:
    """A Chalice `AuthResponse` or one of Powertools' authorizer responses as a grant; None for anything else."""
    names = {base.__name__ for base in type(result).__mro__}
    if "AuthResponse" in names and _has(result, "routes", "principal_id", "context"):
        return _chalice(result)
    if "APIGatewayAuthorizerResponse" in names and _has(
        result, "_allow_routes", "principal_id", "context", "usage_identifier_key"
    ):
        return _powertools(result)
    if "APIGatewayAuthorizerResponseV2" in names and hasattr(result, "authorize"):
        return Grant(result.authorize is True, context=getattr(result, "context", None) or None)
    if "AppSyncAuthorizerResponse" in names and _has(result, "authorize", "deny_fields", "resolver_context"):
        return _appsync(result)
    return None


def _has(result: object, *names: str) -> bool:
    """Whether it has the shape, and not only the name."""
    return all(hasattr(result, name) for name in names)


def read_route(route: object) -> list[str] | None:
    """A Chalice `AuthRoute` as rules; None for anything else."""
    if type(route).__name__ != "AuthRoute":
        return None
    path = getattr(route, "path", None)
    methods = getattr(route, "methods", None)
    if type(path) is not str or type(methods) is not list or not methods:
        return None
    if any(type(method) is not str for method in methods):
        return None
    return [_with_methods(",".join(methods) if "*" not in methods else "*", path)]


def _with_methods(methods: str, path: str) -> str:
    # A path with a space would read as one more list of methods.
    return f"{methods} {path.replace(' ', chr(92) + ' ')}"


def _chalice(result: Any) -> Grant:
    routes = result.routes
    context = result.context or None
    return Grant(routes if type(routes) in (list, tuple) else None, principal_id=result.principal_id, context=context)


def _powertools(result: Any) -> Grant:
    rules: list[str] | None = []
    for sign, routes in (("", result._allow_routes), ("!", getattr(result, "_deny_routes", None))):
        for route in routes if type(routes) is list else [None]:
            rule = _from_arn(route.get("resourceArn")) if type(route) is dict and not route.get("conditions") else None
            if rule is None:
                # INVARIANT: one route that cannot be read grants nothing at all, as with a list.
                return Grant(None, principal_id=result.principal_id)
            rules.append(sign + rule)  # type: ignore[union-attr]
    return Grant(
        rules,
        principal_id=result.principal_id,
        context=result.context or None,
        usage_identifier_key=result.usage_identifier_key or None,
    )


def _appsync(result: Any) -> Grant:
    denied: list[str] = []
    for text in result.deny_fields or ():
        field = (_FIELD.fullmatch(text) or _FIELD_ARN.fullmatch(text)) if isinstance(text, str) else None
        if field is None:
            return Grant(None)
        denied.append(f"!{field[1]}.{field[2]}")
    rules: object = ["*", *denied] if denied else True
    return Grant(rules if result.authorize is True else False, context=result.resolver_context or None)


def _from_arn(arn: object) -> str | None:
    """The rule that the resource `…:API/STAGE/VERB/path` means; `*` as the verb is all of them."""
    if not isinstance(arn, str):
        return None
    try:
        head = arn.split(":", 5)[5].split("/", 3)
        verb, path = head[2], head[3] if len(head) > 3 else ""
        text = "*" if path == "*" and verb == "*" else _with_methods(verb, path or "/")
        return text if text == "*" else Rule(text).text
    except (IndexError, ArnError, CwsAuthError):
        return None
