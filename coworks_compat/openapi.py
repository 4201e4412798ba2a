"""A service as an OpenAPI document: its routes, parameters and what guards them.

Source: OpenAPI Specification 3.0.3; `x-amazon-apigateway-authtype` is API Gateway's extension.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalice.app import Chalice, RouteEntry

_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_REFUSALS = {
    "401": "No authorization header was sent, or nobody is known by it.",
    "403": "The caller may not call this route.",
}


def openapi(app: Chalice, *, version: str = "1.0") -> dict[str, Any]:
    """The document of a service: one operation a route, `security` where an authorizer guards it."""
    paths: dict[str, dict[str, Any]] = {}
    schemes: dict[str, dict[str, Any]] = {}
    for template, views in sorted(app.routes.items()):
        if "//" in template or not views:
            continue  # API Gateway has no resource with an empty name
        for verb, entry in sorted(views.items()):
            operation = _operation(entry)
            authorizer: Any = entry.authorizer
            if authorizer is not None:
                schemes[authorizer.name] = _scheme(authorizer)
                operation["security"] = [{authorizer.name: list(authorizer.scopes)}]
                operation["responses"] |= {status: {"description": text} for status, text in _REFUSALS.items()}
            paths.setdefault(template, {})[verb.lower()] = operation
    document: dict[str, Any] = {
        "openapi": "3.0.3",
        "info": {"title": app.app_name, "version": version},
        "paths": paths,
    }
    if schemes:
        document["components"] = {"securitySchemes": schemes}
    return document


def _operation(entry: RouteEntry) -> dict[str, Any]:
    function = getattr(entry.view_function, "__class_func__", entry.view_function)
    required, optional, any_keyword = _parameters(entry, function)
    operation: dict[str, Any] = {
        "operationId": f"{entry.view_name}_{entry.method.lower()}_{len(entry.view_args)}",
        "responses": {
            "200": {"description": "What the method returns."},
            "400": {"description": "What it cannot take."},
        },
    }
    documentation = inspect.getdoc(function)
    if documentation:
        operation["summary"], _, more = documentation.partition("\n")
        if more.strip():
            operation["description"] = more.strip()
    parameters = [
        {"name": name, "in": "path", "required": True, "description": description, "schema": {"type": "string"}}
        for name, description in required
    ]
    if entry.method in _WITHOUT_BODY:
        parameters += [{"name": name, "in": "query", "required": False, "schema": {}} for name in optional]
    elif optional or any_keyword:
        schema = {
            "type": "object",
            "properties": {name: {} for name in optional},
            "additionalProperties": any_keyword,
        }
        content = {kind: {"schema": schema} for kind in ("application/json", "multipart/form-data")}
        operation["requestBody"] = {"required": False, "content": content}
    if parameters:
        operation["parameters"] = parameters
    return operation


def _parameters(entry: RouteEntry, function: Any) -> tuple[list[tuple[str, str]], list[str], bool]:
    """Path parameters with the names that the method gives them, keyword parameters, and whether any keyword is taken."""
    found = list(inspect.signature(function).parameters.values())
    ordinary = [one for one in found if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    positional = [one.name for one in ordinary if one.default is one.empty][-len(entry.view_args) :]
    named = dict(zip(entry.view_args, positional, strict=False)) if entry.view_args else {}
    required = [(name, named.get(name, name)) for name in entry.view_args]
    optional = [one.name for one in ordinary if one.default is not one.empty]
    return required, optional, any(one.kind is one.VAR_KEYWORD for one in found)


def _scheme(authorizer: Any) -> dict[str, Any]:
    config = getattr(authorizer, "config", None)
    kind = "custom" if config is not None else str(getattr(authorizer, "_AUTH_TYPE", "custom"))
    return {
        "type": "apiKey",
        "in": "header",
        "name": getattr(config, "header", None) or "Authorization",
        "x-amazon-apigateway-authtype": kind,
    }
