"""Cedar as the engine: `Engine(verifier, CedarSource(policies), routes=...)`. Needs cedarpy (`cwsauth[cedar]`)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from cwsauth.policy.routes import Route
    from cwsauth.request import AuthRequest
    from cwsauth.tokens.verifier import Identity


class CedarSource:
    """Cedar policies, asked about routes.

    `policies` is Cedar text. Each route is a request of the principal `User::"<principal_id>"`, the action
    `Action::"GET"`, the resource `Route::"GET /product/{id}"`, and a context with `method`, `template`, `stage`, `groups`
    and `scopes` (sets of strings). `entities` are Cedar's; `principal`, of an identity, adds the attributes and parents
    of the caller. Any error in any policy denies, also in one that forbids, which Cedar itself would skip.

    Raises:
        ModuleNotFoundError: cedarpy is not installed. `ValueError`: the policies are not Cedar.
    """

    __slots__ = ("_cedarpy", "_entities", "_policies", "_principal")

    def __init__(
        self,
        policies: str,
        *,
        entities: Sequence[Mapping[str, Any]] = (),
        principal: Callable[[Identity], Mapping[str, Any]] | None = None,
    ) -> None:
        import cedarpy

        self._cedarpy = cedarpy
        self._policies = cedarpy.PolicySet.from_str(policies)
        self._entities = [dict(entity) for entity in entities]
        self._principal = principal

    def decide(self, principal: Identity, method: str, route: Route, request: AuthRequest) -> bool:
        """Whether Cedar allows the principal the route."""
        del method  # the route has it
        return self.decide_all(principal, [route], request)[0]

    def decide_all(self, principal: Identity, routes: Sequence[Route], request: AuthRequest) -> list[bool]:
        """What Cedar says of each route, in one call."""
        if not principal.principal_id:
            return [False] * len(routes)
        caller = {"type": "User", "id": principal.principal_id}
        entities = [*self._entities]
        if self._principal is not None:
            entities.append({"uid": caller, "attrs": {}, "parents": [], **self._principal(principal)})
        common = {
            "stage": request.stage,
            "groups": sorted(principal.groups),
            "scopes": sorted(principal.scopes),
        }
        requests = [
            {
                "principal": caller,
                "action": {"type": "Action", "id": route.method},
                "resource": {"type": "Route", "id": str(route)},
                "context": {**common, "method": route.method, "template": route.template},
            }
            for route in routes
        ]
        results = self._cedarpy.is_authorized_batch(requests, self._policies, entities)
        return [result.allowed is True and not result.diagnostics.errors for result in results]
