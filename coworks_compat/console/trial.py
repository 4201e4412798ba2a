"""A token tried against every route of a service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from coworks_compat.cli.access import Asked, ask, service_routes
from coworks_compat.guard import Guard
from cwsauth.policy import Policy
from cwsauth.policy.analyse.matrix import Access, matrix
from cwsauth.policy.evaluate import Verdict, evaluate
from cwsauth.policy.explain import explain

if TYPE_CHECKING:
    from chalice.app import Chalice

    from cwsauth.gateway import Stage
    from cwsauth.policy.routes import Route


def trial(app: Chalice, token: str, stage: Stage) -> dict[str, Any]:
    """What every guard of the service says to a token, and what that means for every route.

    `guards` have status, principal, document, its size, and whether it is exact and may be cached; `routes` have a verdict
    (`open`, `allowed`, `partly`, `denied`, `unknown`), a path that shows it, the rule that decides, and why.
    """
    table = service_routes(app)
    found: list[object] = [app.routes[route.template][route.method].authorizer for route in table]
    guards = dict.fromkeys(guard for guard in found if isinstance(guard, Guard))
    asked = {guard: ask(guard, token, stage) for guard in guards}
    cells = {guard: _cells(app, said, guard) for guard, said in asked.items()}
    routes = []
    for route, authorizer in zip(table, found, strict=True):
        guard = authorizer
        row: dict[str, Any] = {
            "method": route.method,
            "template": route.template,
            "guard": getattr(guard, "name", None),
        }
        if guard is None:
            row |= {"verdict": "open", "path": _sample(route), "rule": None, "why": "the route has no authorizer"}
        elif not isinstance(guard, Guard):
            row |= {"verdict": "unknown", "path": _sample(route), "rule": None, "why": "another authorizer guards it"}
        else:
            row |= _decided(route, asked[guard], cells[guard], stage)
        routes.append(row)
    return {"guards": [_said(guard, said, stage) for guard, said in asked.items()], "routes": routes}


def _cells(app: Chalice, said: Asked, guard: Guard) -> dict[Route, Access]:
    policy = said.policy or Policy.of(False)
    made = matrix(guard.name, {guard.name: policy}, service_routes(app))
    return {route: row[guard.name] for route, row in made.cells.items()}


def _decided(route: Route, said: Asked, cells: dict[Route, Access], stage: Stage) -> dict[str, Any]:
    if said.status != 200 or said.answer is None:
        why = "auth knows nobody with this token: 401" if said.status == 401 else "auth failed: 500"
        return {"verdict": "denied", "path": _sample(route), "rule": None, "why": why}
    if said.finished:
        path = _sample(route)
        allowed = evaluate(said.answer["policyDocument"], stage.arn(route.method, path)) is Verdict.ALLOW
        why = "auth wrote the document itself"
        return {"verdict": "allowed" if allowed else "denied", "path": path, "rule": None, "why": why}
    cell = cells[route]
    decision = cell.allow or cell.deny
    assert decision is not None
    why = explain(decision)
    if cell.allow is not None and cell.deny is not None:
        why = f"{why}\n{explain(cell.deny)}"
    rule = None if decision.rule is None else decision.rule.text
    return {"verdict": cell.verdict, "path": decision.path, "rule": rule, "why": why}


def _said(guard: Guard, said: Asked, stage: Stage) -> dict[str, Any]:
    data: dict[str, Any] = {"name": guard.name, "status": said.status}
    if said.answer is None or said.policy is None:
        return data
    written = said.answer["policyDocument"]
    document = None if said.finished else said.policy.document(stage.arn("GET", "/"))
    return {
        **data,
        "principal": said.answer["principalId"],
        "document": written,
        "size": len(json.dumps(written, separators=(",", ":"))),
        "exact": document is None or document.exact,
        "cacheable": document is None or document.cacheable,
        "rules": [rule.text for rule in said.policy.rules],
    }


def _sample(route: Route) -> str:
    """A path of a route, with `x` for each parameter."""
    return "/".join("x" if part.startswith("{") else part for part in route.template.split("/"))
