"""Whether a policy says the same for all calls of some routes: what a cached yes or no may be replayed for."""

from __future__ import annotations

from cwsauth.policy.cover import DISJOINT, SUBSET, relate
from cwsauth.policy.rule import ALLOW, DENY, VERBS
from cwsauth.policy.segments import ANY, DEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cwsauth.policy.pattern import Segment
    from cwsauth.policy.policy import Policy

    Segments = tuple[Segment, ...]

# Every path: the root, and all below it.
_EVERY_PATH: tuple[Segments, ...] = ((), (ANY, DEEP))
_EVERY_CALL: tuple[tuple[str, Segments], ...] = tuple((verb, path) for verb in VERBS for path in _EVERY_PATH)


def same_everywhere(policy: Policy) -> bool:
    """Whether every declared call is decided alike; without a route table every call is declared. False when in doubt."""
    if policy.everything or not any(rule.effect is ALLOW for rule in policy.effective):
        return True
    table = policy.routes
    if table is None:
        return _alike(policy, _EVERY_CALL)
    return _alike(policy, ((route.method, route.segments) for route in table.routes))


def same_on_route(policy: Policy, route_key: str) -> bool:
    """Whether every call of one HTTP API route (`GET /product/{id}`, `ANY /x`, `$default`) is decided alike."""
    from cwsauth.errors import RouteError
    from cwsauth.policy.routes import RouteTable

    if policy.everything or not any(rule.effect is ALLOW for rule in policy.effective):
        return True
    if route_key == "$default":
        return _alike(policy, _EVERY_CALL)
    try:
        routes = RouteTable.of([route_key]).routes
    except RouteError:
        return False
    return _alike(policy, ((route.method, route.segments) for route in routes))


def _alike(policy: Policy, calls: Iterable[tuple[str, Segments]]) -> bool:
    verdicts = {_verdict(policy, verb, segments) for verb, segments in calls}
    return len(verdicts) <= 1 and None not in verdicts


def _verdict(policy: Policy, verb: str, template: Segments) -> bool | None:
    """Whether all calls of a template are allowed (True), none (False), or that is not certain (None)."""
    covers: set[object] = set()
    touches: set[object] = set()
    for rule in policy.effective:
        found = relate(template, rule.segments) if verb in rule.methods else DISJOINT
        if found != DISJOINT:
            (covers if found == SUBSET else touches).add(rule.effect)
    if DENY in covers:
        return False
    if ALLOW in covers:
        return None if DENY in touches else True
    return None if ALLOW in touches else False
