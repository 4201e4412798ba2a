"""What changed between two policies: requests that became allowed, requests that became denied."""

from __future__ import annotations

from cwsauth.policy.analyse.universe import calls
from cwsauth.policy.routes import RouteTable
from cwsauth.policy.rule import DENY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from cwsauth.policy.analyse.universe import Call
    from cwsauth.policy.policy import Policy
    from cwsauth.policy.routes import Route
    from cwsauth.policy.rule import Rule


class Change:
    """Requests that one rule made allowed or denied: `method` and `path` of a shortest one, and all `routes` it falls on.

    `rule` is the one that decides now, or, where a grant is gone, the one that used to allow.
    """

    __slots__ = ("method", "path", "routes", "rule")

    def __init__(self, method: str, path: str, rule: Rule, routes: tuple[Route, ...]) -> None:
        self.method = method
        self.path = path
        self.rule = rule
        self.routes = routes

    def to_dict(self) -> dict[str, Any]:
        """The change as data."""
        routes = [str(route) for route in self.routes]
        return {"request": f"{self.method} {self.path}", "rule": self.rule.text, "routes": routes}

    def __repr__(self) -> str:
        return f"Change({self.method} {self.path}, rule={self.rule.text!r})"


class Difference:
    """`allowed`: what the new policy allows and the old one did not; `denied`: the other way round. Falsy if equal."""

    __slots__ = ("allowed", "denied")

    def __init__(self, allowed: tuple[Change, ...], denied: tuple[Change, ...]) -> None:
        self.allowed = allowed
        self.denied = denied

    def __bool__(self) -> bool:
        return bool(self.allowed or self.denied)

    def to_dict(self) -> dict[str, Any]:
        """The difference as data."""
        return {"allowed": [c.to_dict() for c in self.allowed], "denied": [c.to_dict() for c in self.denied]}

    def __repr__(self) -> str:
        return f"Difference(allowed={list(self.allowed)}, denied={list(self.denied)})"


def diff(old: Policy, new: Policy, *, routes: object = None) -> Difference:
    """What became allowed and what became denied from `old` to `new`, each with a shortest request.

    The calls looked at are those that `routes` declares, or the tables of both policies together, or every canonical path.

    Raises:
        TooComplex: the rules tell more calls apart than can be looked at.
    """
    table = _table(old, new, routes)
    allowed: dict[str, list[tuple[Call, Rule]]] = {}
    denied: dict[str, list[tuple[Call, Rule]]] = {}
    for call, before, after in _both(old, new, table):
        if before is after:
            continue
        then, now = old.decide(call.verb, call.path), new.decide(call.verb, call.path)
        rule = now.rule if now.allowed or now.rule is not None else then.rule
        if rule is not None:
            (allowed if after else denied).setdefault(rule.text, []).append((call, rule))
    return Difference(_changes(allowed, table), _changes(denied, table))


def subset(one: Policy, other: Policy, *, routes: object = None) -> Change | None:
    """None if `other` allows all that `one` does; else a shortest request that `one` allows and `other` does not."""
    changes = diff(one, other, routes=routes).denied
    return min(changes, key=lambda change: (len(change.path), change.path), default=None)


def equal(one: Policy, other: Policy, *, routes: object = None) -> bool:
    """Whether both allow the same calls."""
    return not diff(one, other, routes=routes)


def overlap(one: Policy, other: Policy, *, routes: object = None) -> Change | None:
    """A shortest request that both allow, with the rule of `one` that does; None if there is none."""
    table = _table(one, other, routes)
    both = [call for call, first, second in _both(one, other, table) if first and second]
    if not both:
        return None
    call = min(both, key=lambda call: (len(call.path), call.path))
    rule = one.decide(call.verb, call.path).rule
    assert rule is not None
    return Change(call.verb, call.path, rule, _routes_of(call, table))


def _both(one: Policy, other: Policy, table: RouteTable | None) -> Iterator[tuple[Call, bool, bool]]:
    """One call of each sort that the rules of both tell apart, with what each says of it."""
    rules = [*one.effective, *other.effective]
    split = len(one.effective)
    denies = frozenset(place for place, rule in enumerate(rules) if rule.effect is DENY)
    first = frozenset(range(split))
    for call in calls(rules, table, by_template=table is not None):
        yield call, _allowed(call.matched & first, denies), _allowed(call.matched - first, denies)


def _allowed(matched: frozenset[int], denies: frozenset[int]) -> bool:
    return bool(matched) and not matched & denies


def _table(old: Policy, new: Policy, routes: object) -> RouteTable | None:
    if routes is not None:
        return RouteTable.of(routes)
    if old.routes is None or new.routes is None:
        return None
    return RouteTable(tuple(dict.fromkeys((*old.routes, *new.routes))))


def _changes(found: dict[str, list[tuple[Call, Rule]]], table: RouteTable | None) -> tuple[Change, ...]:
    changes = []
    for entries in found.values():
        call, rule = min(entries, key=lambda entry: (len(entry[0].path), entry[0].path))
        routes = dict.fromkeys(route for each, _ in entries for route in _routes_of(each, table))
        changes.append(Change(call.verb, call.path, rule, tuple(routes)))
    return tuple(changes)


def _routes_of(call: Call, table: RouteTable | None) -> tuple[Route, ...]:
    if table is None:
        return ()
    return tuple(route for route in table if route.method == call.verb and route.segments in call.templates)
