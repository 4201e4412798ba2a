"""The access matrix: what each policy says of the calls of each declared route."""

from __future__ import annotations

from cwsauth.errors import ConfigError
from cwsauth.policy.analyse.best_case import best_case
from cwsauth.policy.analyse.universe import calls
from cwsauth.policy.routes import RouteTable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from cwsauth.policy.policy import Decision, Policy
    from cwsauth.policy.routes import Route

ALLOWED, PARTLY, DENIED = "allowed", "partly", "denied"


class Access:
    """What one policy says of the calls of one route: all of them `allowed` or `denied`, or `partly` allowed.

    What depends on the request, by a condition or a placeholder, is `partly` allowed.

    `allow` and `deny` are decisions on shortest calls that show it, each with its rule; one is None unless it is `partly`.
    """

    __slots__ = ("allow", "deny")

    def __init__(self, allow: Decision | None, deny: Decision | None) -> None:
        self.allow = allow
        self.deny = deny

    @property
    def verdict(self) -> str:
        """`allowed`, `denied` or `partly`."""
        if self.allow is None:
            return DENIED
        return ALLOWED if self.deny is None else PARTLY

    def to_dict(self) -> dict[str, Any]:
        """The access as data."""
        return {"verdict": self.verdict, "allow": _as_data(self.allow), "deny": _as_data(self.deny)}

    def __repr__(self) -> str:
        return f"Access({self.verdict!r})"


class Matrix:
    """`cells[route][policy]`, in the order of the route table and of the policies."""

    __slots__ = ("cells", "policies", "title")

    def __init__(self, title: str, policies: tuple[str, ...], cells: dict[Route, dict[str, Access]]) -> None:
        self.title = title
        self.policies = policies
        self.cells = cells

    def counts(self, policy: str) -> dict[str, int]:
        """How many routes are allowed, partly allowed and denied to a policy."""
        verdicts = [row[policy].verdict for row in self.cells.values()]
        return {verdict: verdicts.count(verdict) for verdict in (ALLOWED, PARTLY, DENIED)}

    def to_dict(self) -> dict[str, Any]:
        """The matrix as data."""
        routes = []
        for route, row in self.cells.items():
            access = {name: cell.to_dict() for name, cell in row.items()}
            routes.append({"method": route.method, "template": route.template, "access": access})
        return {"title": self.title, "policies": list(self.policies), "routes": routes}


def matrix(
    title: str,
    policies: Mapping[str, Policy],
    routes: RouteTable | None,
    *,
    progress: Callable[[list[Route]], Iterator[Route]] = iter,
) -> Matrix:
    """The matrix of `policies` over `routes`; `progress` wraps the routes that are worked on.

    Each cell is exact: a route is `allowed` only if every call of it is.

    Raises:
        ConfigError: there are no routes.
        TooComplex: the rules tell more calls apart than can be looked at.
    """
    if routes is None or not len(routes):
        raise ConfigError(
            "an access matrix needs the routes of the API",
            help="declare 'routes:' in the policy file, or give --routes openapi.yaml or --route 'GET /product/{id}'",
        )
    cells = {
        route: {name: _access(policy, route) for name, policy in policies.items()} for route in progress([*routes])
    }
    return Matrix(title, tuple(policies), cells)


def _access(policy: Policy, route: Route) -> Access:
    allow = deny = None
    best = best_case(policy)
    rules = policy.effective if best is policy else (*policy.effective, *best.effective)
    found = sorted(calls(rules, RouteTable((route,))), key=lambda call: (len(call.path), call.path))
    for call in found:
        decision = policy.decide(call.verb, call.path)
        if decision.allowed:
            allow = allow or decision
            continue
        deny = decision if deny is None else deny
        if best is not policy and allow is None:
            # Somebody may call it: whom a condition favours, or whose claim fits.
            perhaps = best.decide(call.verb, call.path)
            allow = perhaps if perhaps.allowed else None
    return Access(allow, deny)


def _as_data(decision: Decision | None) -> dict[str, Any] | None:
    if decision is None:
        return None
    rule = None if decision.rule is None else decision.rule.written
    return {"request": f"{decision.method} {decision.path}", "rule": rule, "reason": decision.reason.name}
