"""The access matrix: every declared route with what each policy says of its calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cwsauth.errors import ConfigError
from cwsauth.policy.pattern import ANY, DEEP, RUN, Glob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cwsauth.policy import Decision, Policy, Route, RouteTable
    from cwsauth.policy.pattern import Segment

ALLOWED, PARTLY, DENIED = "allowed", "partly", "denied"


@dataclass(frozen=True, slots=True)
class Cell:
    """What one policy says of the calls of one route: all of them `allowed` or `denied`, or `partly` allowed.

    `allow` and `deny` are the decisions on calls that show it; one of them is None unless it is `partly`.
    """

    allow: Decision | None
    deny: Decision | None

    @property
    def verdict(self) -> str:
        """`allowed`, `denied` or `partly`."""
        if self.allow is None:
            return DENIED
        return ALLOWED if self.deny is None else PARTLY

    def to_dict(self) -> dict[str, Any]:
        """The cell as data."""
        return {"verdict": self.verdict, "allow": _witness(self.allow), "deny": _witness(self.deny)}


@dataclass(frozen=True, slots=True)
class Matrix:
    """`cells[route][policy]`, in the order of the route table and of the policies."""

    title: str
    policies: tuple[str, ...]
    cells: dict[Route, dict[str, Cell]]

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

    Raises:
        ConfigError: there are no routes.
    """
    if routes is None or not len(routes):
        raise ConfigError(
            "an access matrix needs the routes of the API",
            help="declare 'routes:' in the policy file, or give --routes openapi.yaml or --route 'GET /product/{id}'",
        )
    cells = {}
    for route in progress(list(routes)):
        cells[route] = {name: _cell(policy, route) for name, policy in policies.items()}
    return Matrix(title, tuple(policies), cells)


def _witness(decision: Decision | None) -> dict[str, Any] | None:
    if decision is None:
        return None
    rule = None if decision.rule is None else decision.rule.text
    return {"request": f"{decision.method} {decision.path}", "rule": rule, "reason": decision.reason.name}


def _cell(policy: Policy, route: Route) -> Cell:
    allow = deny = None
    for path in _calls(policy, route):
        decision = policy.decide(route.method, path)
        if decision.allowed:
            allow = decision if allow is None else allow
        else:
            deny = decision if deny is None else deny
    return Cell(allow, deny)


def _calls(policy: Policy, route: Route) -> Iterator[str]:
    """Paths of the route that tell the rules apart: one with values that no rule names, and those that rules name."""
    for length in range(3):
        yield "/" + "/".join(_fill(route.segments, (ANY,) * (len(route.segments) - 1 + length)))
    for rule in policy.effective:
        if route.method in rule.methods:
            for length in range(1, 4):
                filled = _fill(route.segments, _spread(rule.segments, length))
                yield "/" + "/".join(filled)


def _fill(template: tuple[Segment, ...], wanted: tuple[Segment, ...]) -> list[str]:
    """The template with the literals of `wanted` where it has parameters."""
    filled = []
    for place, segment in enumerate(template):
        other = wanted[place] if place < len(wanted) else None
        if isinstance(segment, str):
            filled.append(segment)
        elif segment is not DEEP:
            filled.append(other if isinstance(other, str) else "x")
    if template[-1:] == (DEEP,):
        filled.extend(segment if isinstance(segment, str) else "x" for segment in wanted[len(filled) :])
    return filled


def _spread(segments: tuple[Segment, ...], length: int) -> tuple[Segment, ...]:
    """A rule's segments with `length` segments in the place of each `**`."""
    spread: list[Segment] = []
    for segment in segments:
        spread.extend([ANY] * length if segment is DEEP else [_sample(segment)])
    return tuple(spread)


def _sample(segment: Segment) -> Segment:
    """A text that a glob inside a segment matches, where one is easy to find."""
    if not isinstance(segment, Glob):
        return segment
    return "".join(token if isinstance(token, str) else "" if token is RUN else "x" for token in segment.tokens)
