"""What a policy grants as texts of IAM, before they stand at a stage: one cover for the verbs that share their routes and rules."""

from __future__ import annotations

from cwsauth.policy.cover import simple
from cwsauth.policy.document import NOTHING, Plan
from cwsauth.policy.rule import ALLOW, VERBS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cwsauth.policy.cover import Cover
    from cwsauth.policy.pattern import Segment
    from cwsauth.policy.policy import Policy
    from cwsauth.policy.rule import Rule

    Segments = tuple[Segment, ...]


class Lost:
    """A request that the matcher allows and the document does not: what narrowing cost.

    `told` is its path for logs: where a claim has been filled into a rule, it has the placeholder.
    """

    __slots__ = ("method", "path", "rule", "told")

    def __init__(self, method: str, path: str, rule: Rule, told: str | None = None) -> None:
        self.method = method
        self.path = path
        self.rule = rule
        self.told = path if told is None else told

    def __repr__(self) -> str:
        return f"Lost({self.method} {self.told}, rule={self.rule.written!r})"


def planned(policy: Policy, complement: str | None) -> Plan:
    """The plan of a policy that grants something, and not everything."""
    allow: list[str] = []
    deny: list[str] = []
    exact = True
    lost: list[Lost] = []
    for verbs, cover, rules in _covers(policy, complement):
        for verb in verbs:
            allow.extend(f"{verb}/{text}" for text in cover.allow)
            deny.extend(f"{verb}/{text}" for text in cover.deny)
            exact = exact and cover.exact
            lost.extend(Lost(verb, "/" + path, _rule(rules, segments)) for path, segments in cover.lost)
    if not allow and exact:
        return NOTHING
    if lost:
        from cwsauth.policy.told import filled, told

        claims = filled(policy.rules)
        lost = [Lost(one.method, one.path, one.rule, told(one.path, claims)) for one in lost]
    return Plan(tuple(allow), tuple(deny), exact, tuple(lost))


def _covers(policy: Policy, complement: str | None) -> Iterable[tuple[list[str], Cover, list[Rule]]]:
    """One cover for each set of verbs that share their templates and rules."""
    table = policy.routes
    groups: dict[object, tuple[list[str], tuple[Segments, ...] | None, list[Rule]]] = {}
    for verb in VERBS if table is None else table.verbs:
        rules = [rule for rule in policy.effective if verb in rule.methods]
        templates = None if table is None else table.for_verb(verb)
        key = (tuple(rule.segments for rule in rules), tuple(rule.effect for rule in rules), templates)
        groups.setdefault(key, ([], templates, rules))[0].append(verb)
    budget = None
    for number, (verbs, templates, rules) in enumerate(groups.values()):
        allows = list(dict.fromkeys(rule.segments for rule in rules if rule.effect is ALLOW))
        denies = list(dict.fromkeys(rule.segments for rule in rules if rule.effect is not ALLOW))
        cover = None if complement else simple(templates, allows, denies)
        if cover is None:
            from cwsauth.policy.language import BUDGET, Budget, solve

            # Each group may spend an equal part of what is left.
            left = BUDGET if budget is None else budget
            share = Budget(left // (len(groups) - number))
            spent = share.left
            cover = solve(templates, allows, denies, complement=complement is not None, budget=share)
            budget = left - (spent - share.left)
        yield verbs, cover, rules


def _rule(rules: list[Rule], segments: Segments) -> Rule:
    return next(rule for rule in rules if rule.effect is ALLOW and rule.segments == segments)
