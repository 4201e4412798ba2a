"""What changed from some policies to others: for each role, and for roles and routes that came or went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cwsauth.policy import Policy
from cwsauth.policy.analyse import diff
from cwsauth.policy.rule import Effect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cwsauth.cli.sources import Inputs
    from cwsauth.policy.analyse import Change, Difference

Line = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The difference of each role, roles that are the same left out; `added` and `removed` name roles."""

    roles: dict[str, Difference]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    new_routes: tuple[str, ...]
    old_routes: tuple[str, ...]

    @property
    def widened(self) -> bool:
        """Whether anything became allowed to anyone; a new role counts with all that it may do."""
        return any(difference.allowed for difference in self.roles.values())

    def to_dict(self) -> dict[str, Any]:
        """The comparison as data."""
        return {
            "widened": self.widened,
            "roles": {name: difference.to_dict() for name, difference in self.roles.items()},
            "added_roles": list(self.added),
            "removed_roles": list(self.removed),
            "added_routes": list(self.new_routes),
            "removed_routes": list(self.old_routes),
        }

    def lines(self) -> list[Line]:
        """The comparison in words, each line with its style."""
        lines: list[Line] = []
        for name, difference in self.roles.items():
            state = " (new)" if name in self.added else " (removed)" if name in self.removed else ""
            lines.append((name + state, {"bold": True}))
            lines.extend((f"  + {_allowed(change)}{_routes(change)}", {"fg": "red"}) for change in difference.allowed)
            lines.extend((f"  - {_denied(change)}{_routes(change)}", {"fg": "green"}) for change in difference.denied)
        for what, routes in (("new", self.new_routes), ("removed", self.old_routes)):
            lines.extend((f"{what} route: {route}", {"dim": True}) for route in routes)
        allowed = sum(len(difference.allowed) for difference in self.roles.values())
        denied = sum(len(difference.denied) for difference in self.roles.values())
        if not allowed and not denied:
            return [*lines, ("every role may do what it could do before", {"fg": "green"})]
        return [*lines, (f"{allowed} became allowed, {denied} became denied", {"bold": True})]


def compare(old: Inputs, new: Inputs, *, progress: Callable[[list[str]], Iterator[str]] = iter) -> Comparison:
    """What changed from `old` to `new`, over the routes of both; `progress` wraps the roles that are worked on.

    A role that is new is compared with one that may do nothing, and one that is gone likewise.

    Raises:
        TooComplex: the rules tell more calls apart than can be looked at.
    """
    roles: dict[str, Difference] = {}
    names = list(dict.fromkeys((*old.policies, *new.policies)))
    for name in progress(names):
        before = old.policies.get(name) or Policy((), new.policies[name].routes)
        after = new.policies.get(name) or Policy((), before.routes)
        difference = diff(before, after)
        if difference:
            roles[name] = difference
    routes = [{str(route) for route in inputs.routes or ()} for inputs in (old, new)]
    return Comparison(
        roles,
        added=tuple(name for name in new.policies if name not in old.policies),
        removed=tuple(name for name in old.policies if name not in new.policies),
        new_routes=tuple(sorted(routes[1] - routes[0])) if routes[0] else (),
        old_routes=tuple(sorted(routes[0] - routes[1])) if routes[1] else (),
    )


def _allowed(change: Change) -> str:
    how = "no longer denied" if change.rule.effect is Effect.DENY else "allowed now"
    return f"{change.method} {change.path} is {how} by '{change.rule.text}'"


def _denied(change: Change) -> str:
    how = "denied now" if change.rule.effect is Effect.DENY else "no longer allowed"
    return f"{change.method} {change.path} is {how} by '{change.rule.text}'"


def _routes(change: Change) -> str:
    return f" ({', '.join(str(route) for route in change.routes)})" if change.routes else ""
