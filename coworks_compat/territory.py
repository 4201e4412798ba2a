"""The routes of a service, divided: whose a route is, and what a guard may grant.

A blueprint with its own `auth` is a second authorizer at API Gateway. Each answers for its own routes only, so that
an answer of one, cached or misrouted, opens nothing of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cwsauth.policy.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coworks_compat.marks import Needs
    from cwsauth.policy.routes import Route, RouteTable


@dataclass(frozen=True, slots=True)
class Territory:
    """The declared routes as one guard sees them: `own` are its routes, `foreign` those of other authorizers.

    `needs` maps own routes to what `@requires` says of them.
    """

    table: RouteTable
    own: tuple[Route, ...]
    foreign: tuple[Route, ...]
    needs: tuple[tuple[Route, Needs], ...]
    _denied: tuple[Rule, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_denied", tuple(deny(route) for route in self.foreign if self._deniable(route)))

    @property
    def undivided(self) -> bool:
        """Whether a result needs no narrowing."""
        return not self.foreign and not self.needs

    def narrowed(self, rules: Iterable[Rule], roles: frozenset[str], scopes: frozenset[str]) -> list[Rule]:
        """The rules, less what belongs to others, less own routes whose needs these roles and scopes do not meet."""
        kept = list(rules)
        if self.foreign and len(kept) == 1 and kept[0] == _EVERYTHING:
            kept = [Rule(f"{route.method} {route.template}") for route in self.own]
        unmet = [deny(route) for route, needs in self.needs if not needs.met_by(roles, scopes)]
        return [*kept, *self._denied, *unmet]

    def _deniable(self, foreign: Route) -> bool:
        """Whether a deny of a foreign template hits no call that API Gateway routes to an own one."""
        for own in self.own:
            path = _common_path(own, foreign)
            if path is not None:
                match = self.table.match(own.method, path)
                if match is not None and match.route == own:
                    return False
        return True


_EVERYTHING = Rule("*")


def deny(route: Route) -> Rule:
    """The rule that denies a route."""
    return Rule(f"!{route.method} {route.template}")


def _common_path(one: Route, other: Route) -> str | None:
    """A path that fits both routes, None where there is none. Templates of services have no greedy parameters."""
    mine, theirs = one.template.split("/"), other.template.split("/")
    if one.method != other.method or len(mine) != len(theirs):
        return None
    parts: list[str] = []
    for left, right in zip(mine, theirs, strict=True):
        if left.startswith("{"):
            parts.append("x" if right.startswith("{") else right)
        elif left == right or right.startswith("{"):
            parts.append(left)
        else:
            return None
    return "/".join(parts)
