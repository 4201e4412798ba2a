"""Routes out of what declares them: an OpenAPI document, a GraphQL schema, the app of a framework. Structural: nothing is imported."""

from __future__ import annotations

import re

from cwsauth.errors import RouteError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_OPERATIONS = frozenset({"get", "head", "post", "put", "patch", "delete", "options", "x-amazon-apigateway-any-method"})
# What else a path item may hold. API Gateway has no TRACE.
_NO_OPERATIONS = frozenset({"summary", "description", "servers", "parameters", "trace"})
# What makes a Powertools rule more than literal text and `<name>`s; a dot alone is taken for one.
_EXPRESSION = re.compile(r"[*+?|()\[\]^$\\]|\.\{")
_DYNAMIC = re.compile(r"<(\w+)>")


def route_texts(source: object) -> list[str]:
    """The routes that `source` declares, as `METHOD /template`.

    Raises:
        RouteError: nothing that declares routes.
    """
    own = getattr(source, "cwsauth_routes", None)
    if callable(own):
        return list(own())
    if isinstance(source, dict) and isinstance(source.get("paths"), dict):
        return _openapi(source["paths"])
    routes = getattr(source, "routes", None)
    if isinstance(routes, dict):
        return _chalice(routes)
    if hasattr(source, "_static_routes") and hasattr(source, "_dynamic_routes"):
        return _powertools(source)
    if hasattr(source, "query_type") and isinstance(getattr(source, "type_map", None), dict):
        return _graphql(source)
    raise RouteError(
        f"invalid routes: {type(source).__name__} declares none",
        help="pass strings such as 'GET /product/{id}', a RouteTable, an OpenAPI document, a GraphQL schema, or an app",
    )


def _openapi(paths: Mapping[str, Any]) -> list[str]:
    """Every operation of every path. Source: OpenAPI 3, "Path Item Object"; API Gateway's extensions.

    INVARIANT: what cannot be read is an error. A route that the table lacks is one that documents do not guard.
    """
    texts: list[str] = []
    for path, item in paths.items():
        if not isinstance(path, str) or not isinstance(item, dict | None):
            raise RouteError(
                f"invalid routes: {path!r} of an OpenAPI document is no path with operations",
                help="write it as {'/product/{id}': {'get': {...}}}",
            )
        for name in item or ():
            if name in _OPERATIONS:
                texts.append(f"{'ANY' if name.startswith('x-') else name.upper()} {path}")
            elif name == "$ref":
                raise RouteError(
                    f"invalid routes: what {path!r} declares stands elsewhere, under its '$ref'",
                    pattern=path,
                    help="write the operations of the path into the document, or pass a list of routes",
                )
            elif name not in _NO_OPERATIONS and not str(name).startswith("x-"):
                raise RouteError(
                    f"invalid routes: {path!r} has {name!r}, which is no operation",
                    pattern=path,
                    help="write operations in lower case: get, head, post, put, patch, delete or options",
                )
    return texts


def _chalice(routes: Mapping[str, Mapping[str, object]]) -> list[str]:
    """`app.routes`: a template to its views by verb; CORS adds the preflight that API Gateway answers itself."""
    return [f"{method} {path}" for path, views in routes.items() for method in views]


def _graphql(schema: Any) -> list[str]:
    """The fields of the object types of a schema of graphql-core, as `Type.field`; not those of introspection."""
    return [
        f"{name}.{field}"
        for name, kind in schema.type_map.items()
        if type(kind).__name__ == "GraphQLObjectType" and not name.startswith("__")
        for field in kind.fields
    ]


def _powertools(resolver: Any) -> list[str]:
    """A resolver's routes: `/product/<id>` is `/product/{id}`; a rule that is a regular expression of its own is refused."""
    texts: list[str] = []
    for route in [*resolver._static_routes, *resolver._dynamic_routes]:
        path = _DYNAMIC.sub(r"{\1}", route.path)
        if _EXPRESSION.search(path) is not None:
            raise RouteError(
                f"invalid route {route.path!r}: it is a regular expression",
                pattern=route.path,
                help="declare routes for API Gateway, such as '/files/<name>', or pass a list of them",
            )
        methods = route.method if isinstance(route.method, (list, tuple)) else [route.method]
        texts.extend(f"{method} {path}" for method in methods)
    return list(dict.fromkeys(texts))
