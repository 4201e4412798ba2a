"""What each of some policies says of one call, with the route that it falls on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from cwsauth.policy.explain import explain, explain_json, printable
from cwsauth.policy.rule import VERBS

if TYPE_CHECKING:
    from cwsauth.cli.sources import Inputs
    from cwsauth.policy import Decision
    from cwsauth.policy.routes import RouteMatch


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decisions on one call, by the name of their policy."""

    decisions: dict[str, Decision]
    route: RouteMatch | None
    has_routes: bool

    @property
    def allowed(self) -> bool:
        """Whether one of the policies allows it."""
        return any(decision.allowed for decision in self.decisions.values())

    def to_dict(self) -> dict[str, Any]:
        """The decisions as data."""
        route = None
        if self.route is not None:
            route = {"route": str(self.route.route), "path_parameters": self.route.path_parameters}
        return {
            "allowed": self.allowed,
            "route": route,
            "policies": {name: explain_json(decision) for name, decision in self.decisions.items()},
        }

    def lines(self) -> list[tuple[str, dict[str, Any]]]:
        """The decisions in words, each line with its style."""
        lines: list[tuple[str, dict[str, Any]]] = []
        several = len(self.decisions) > 1
        for name, decision in self.decisions.items():
            head, *rest = explain(decision).splitlines()
            prefix = f"{name}: " if several else ""
            lines.append((prefix + head, {"fg": "green" if decision.allowed else "red"}))
            lines.extend((line, {}) for line in rest)
        if self.route is not None:
            values = ", ".join(f"{name} = {printable(value)}" for name, value in self.route.path_parameters.items())
            lines.append((f"route: {self.route.route}{f' ({values})' if values else ''}", {"dim": True}))
        elif self.has_routes:
            lines.append(("route: none is declared for it, so API Gateway answers 403 by itself", {"dim": True}))
        return lines


def explain_call(inputs: Inputs, method: str, path: str) -> Explanation:
    """What the policies say of `method` and `path`; a missing leading slash is put in.

    Raises:
        click.UsageError: `method` is no verb, or there is no policy to ask.
    """
    verb = method.upper()
    if verb not in VERBS:
        raise click.UsageError(f"'{method}' is not one of {', '.join(VERBS)}")
    if not inputs.policies:
        raise click.UsageError("there is no policy to ask: give --policy or --rule")
    path = path if path.startswith("/") else f"/{path}"
    decisions = {name: policy.decide(verb, path) for name, policy in inputs.policies.items()}
    route = None if inputs.routes is None else inputs.routes.match(verb, path)
    return Explanation(decisions, route, inputs.routes is not None)
