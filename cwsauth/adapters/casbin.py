"""Casbin as the engine: `Engine(verifier, CasbinSource(enforcer), routes=...)`. Needs casbin (`cwsauth[casbin]`)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from cwsauth.policy.routes import Route
    from cwsauth.request import AuthRequest
    from cwsauth.tokens.verifier import Identity


class CasbinSource:
    """A Casbin enforcer, asked about routes.

    `enforcer` is a `casbin.Enforcer`, made by its owner. Each route is asked as (subject, template, method), for example
    `("alice", "/product/{id}", "GET")`; `ask`, a function of the identity, the route and the request, gives other values
    for a model with other fields.
    """

    __slots__ = ("_ask", "_enforcer")

    def __init__(
        self, enforcer: Any, *, ask: Callable[[Identity, Route, AuthRequest], Sequence[Any]] | None = None
    ) -> None:
        self._enforcer = enforcer
        self._ask = ask

    def decide(self, principal: Identity, method: str, route: Route, request: AuthRequest) -> bool:
        """Whether the enforcer allows the principal the route."""
        del method  # the route has it
        return self.decide_all(principal, [route], request)[0]

    def decide_all(self, principal: Identity, routes: Sequence[Route], request: AuthRequest) -> list[bool]:
        """What the enforcer says of each route."""
        if not principal.principal_id:
            return [False] * len(routes)
        if self._ask is None:
            asked = [[principal.principal_id, route.template, route.method] for route in routes]
        else:
            asked = [list(self._ask(principal, route, request)) for route in routes]
        return [answer is True for answer in self._enforcer.batch_enforce(asked)]
