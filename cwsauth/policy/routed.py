"""A policy out of answers about routes: an engine says yes or no for each, and the rules say the same of every call."""

from __future__ import annotations

from cwsauth.policy.language.meet import meet
from cwsauth.policy.policy import Policy
from cwsauth.policy.rule import ALLOW, DENY, VERBS, Rule
from cwsauth.policy.segments import ANY, DEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from cwsauth.policy.pattern import Segment
    from cwsauth.policy.routes import Route, RouteTable

    Segments = tuple[Segment, ...]


def routed_policy(table: RouteTable, granted: Collection[Route]) -> Policy:
    """The policy that allows the calls that fall on one of `granted`, and no others.

    Of two templates that a call fits, API Gateway takes the one with the literal first; so `GET /product/latest`, not
    granted, is denied where `GET /product/{id}` is granted. A grant that such a deny covers as well is lost: never is
    more allowed than was granted.
    """
    rules: dict[Rule, None] = {}
    for verb in VERBS:
        routes = [route for route in table if route.method == verb]
        wanted = [route.segments for route in routes if route in granted]
        others = [route.segments for route in routes if route not in granted]
        for segments in wanted:
            rules.setdefault(Rule.made(ALLOW, (verb,), segments))
        for other in others:
            if any(comes_first(other, segments) and meet(other, segments) for segments in wanted):
                rules.setdefault(Rule.made(DENY, (verb,), other))
    return Policy(rules, table)


def comes_first(one: Segments, other: Segments) -> bool:
    """Whether API Gateway prefers `one` for a call that fits both: literal before `{name}` before `{name+}`, level by level."""
    return _ranks(one) < _ranks(other)


def _ranks(segments: Segments) -> list[int]:
    greedy = segments[-2:] == (ANY, DEEP)
    fixed = segments[:-2] if greedy else segments
    return [*(1 if segment is ANY else 0 for segment in fixed), *([2] if greedy else [])]
