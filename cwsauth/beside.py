"""A policy out of what stands beside the routes: `auth = beside(app, JWT(...))`.

Every route of the app says who may call it, by `@requires` or `@public`. A route that says nothing is denied.
"""

from __future__ import annotations

from cwsauth.authorizer import Authorizer
from cwsauth.engine import Engine
from cwsauth.errors import ConfigError
from cwsauth.policy.route_sources import route_texts
from cwsauth.policy.routed import routed_policy
from cwsauth.policy.routes import RouteTable
from cwsauth.requires import is_public, names_in, needs_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from cwsauth.policy.policy import Policy
    from cwsauth.policy.routes import Route
    from cwsauth.request import AuthRequest
    from cwsauth.requires import Needs
    from cwsauth.tokens.verifier import Identity, Verifier


def beside(
    app: object,
    verifier: Verifier,
    *,
    roles: Callable[[Identity], frozenset[str]] | None = None,
    **options: Any,
) -> Authorizer:
    """An authorizer that grants a verified caller the routes whose `@requires` the caller meets, and those that are public.

    `app` is a Powertools resolver, a Chalice app, a TechMicroService, or a dict from routes to handlers
    (`{"GET /orders": list_orders}`). Scopes are those of the token; roles are its groups, and the claims `role`, `roles` and
    `groups`, unless `roles` says otherwise. `options` are those of `authorizer`.

    Raises:
        ConfigError: no route says who may call it. RouteError: the app declares no routes.
    """
    marks = Marks(app, roles=roles)
    if not marks.needs and not marks.public:
        raise ConfigError(
            "no route of the app says who may call it, so nobody could call any",
            help="put @requires('orders:read') or @public above the functions of the routes",
        )
    return Authorizer(Engine(verifier, marks, routes=marks.routes), routes=marks.routes, **options)


class Marks:
    """What stands beside the routes of an app: `needs` by route, the `public` ones, and the `silent` ones.

    A `PolicySource`: it decides by the scopes and roles of a caller.
    """

    __slots__ = ("_roles", "needs", "public", "routes", "silent")

    def __init__(self, app: object, *, roles: Callable[[Identity], frozenset[str]] | None = None) -> None:
        self.needs: dict[Route, Needs] = {}
        public: list[Route] = []
        silent: list[Route] = []
        views = list(_views(app))
        self.routes = RouteTable.of([text for text, _ in views])
        for text, function in views:
            needs = needs_of(function)
            for route in RouteTable.of([text]).routes:
                if needs is not None:
                    self.needs[route] = needs
                else:
                    (public if is_public(function) else silent).append(route)
        self.public = tuple(public)
        self.silent = tuple(silent)
        self._roles = roles

    def decide(self, principal: Identity, method: str, route: Route, request: AuthRequest) -> bool:
        """Whether the principal has what the route needs."""
        needs = self.needs.get(route)
        if needs is None:
            return route in self.public
        found = self._roles(principal) if self._roles is not None else principal.groups | names_in(principal.claims)
        return needs.met_by(found, principal.scopes)

    def policies(self) -> dict[str, Policy]:
        """What each role or scope that a route asks for opens by itself, and what is open: for a matrix, or `lint`."""
        kinds = dict.fromkeys(str(needs) for needs in self.needs.values())
        found = {kind: [route for route, needs in self.needs.items() if str(needs) == kind] for kind in kinds}
        if self.public:
            found["public"] = list(self.public)
        return {kind: routed_policy(self.routes, frozenset(routes)) for kind, routes in found.items()}

    def __repr__(self) -> str:
        return f"Marks({len(self.needs)} marked, {len(self.public)} public, {len(self.silent)} silent)"


def _views(app: object) -> Iterator[tuple[str, object]]:
    """The routes of an app, each with its function. Structural: nothing is imported."""
    own = getattr(app, "cwsauth_views", None)
    if callable(own):
        yield from own()
        return
    if isinstance(app, dict) and app and all(callable(view) for view in app.values()):
        yield from app.items()
        return
    routes = getattr(app, "routes", None)
    if isinstance(routes, dict):  # Chalice
        for path, views in routes.items():
            for method, entry in views.items():
                yield f"{method} {path}", getattr(entry, "view_function", None)
        return
    if hasattr(app, "_static_routes") and hasattr(app, "_dynamic_routes"):  # Powertools
        for route in [*app._static_routes, *app._dynamic_routes]:
            for text in route_texts(_One(route)):
                yield text, route.func
        return
    raise ConfigError(
        f"{type(app).__name__} has no routes with functions",
        help="pass an app, or a dict such as {'GET /orders': list_orders}",
    )


class _One:
    """A resolver with one route."""

    def __init__(self, route: object) -> None:
        self._static_routes = [route]
        self._dynamic_routes: list[object] = []
