"""What a policy grants as texts of IAM, before they stand at a stage: one cover for the verbs that share their routes and rules."""

from __future__ import annotations

from cwsauth.policy.cover import fewer_guards, simple
from cwsauth.policy.document import NOTHING, Plan
from cwsauth.policy.rule import ALLOW, VERBS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cwsauth.policy.cover import Cover
    from cwsauth.policy.lost import Lost
    from cwsauth.policy.pattern import Segment
    from cwsauth.policy.policy import Policy
    from cwsauth.policy.rule import Rule

    Segments = tuple[Segment, ...]


def planned(policy: Policy, complement: str | None) -> Plan:
    """The plan of a policy that grants something, and not everything."""
    allow: list[str] = []
    deny: list[str] = []
    exact = True
    lost: list[Lost] = []
    for verbs, cover, rules in _covers(policy, complement):
        denied = fewer_guards(cover.deny)
        for verb in verbs:
            allow.extend(f"{verb}/{text}" for text in cover.allow)
            deny.extend(f"{verb}/{text}" for text in denied)
            exact = exact and cover.exact
            if cover.lost:
                lost.extend(_lost(policy, verb, rules, cover))
    if any("${" in text for text in (*allow, *deny)):
        from cwsauth.errors import DocumentError

        raise DocumentError("a text of the document would be read as a policy variable", help="report the rules")
    if not allow and exact:
        return NOTHING
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
    solved: dict[object, Cover] = {}
    hard = []
    for group, (_, templates, rules) in groups.items():
        allows = list(dict.fromkeys(rule.segments for rule in rules if rule.effect is ALLOW))
        denies = list(dict.fromkeys(rule.segments for rule in rules if rule.effect is not ALLOW))
        cover = None if complement else simple(templates, allows, denies)
        if cover is None:
            hard.append((len(templates or ((),)) * len(allows), group, templates, allows, denies))
        else:
            solved[group] = cover
    if hard:
        from cwsauth.policy.language import BUDGET, Budget, solve

        left = BUDGET
        # Each group may spend an equal part of what is left, and the larger ones also what the smaller ones leave.
        hard.sort(key=lambda entry: entry[0])
        for number, (_, group, templates, allows, denies) in enumerate(hard):
            share = Budget(left // (len(hard) - number))
            left -= share.left
            solved[group] = solve(templates, allows, denies, complement=complement is not None, budget=share)
            left += max(share.left, 0)
    for group, (verbs, _, rules) in groups.items():
        yield verbs, solved[group], rules


def _lost(policy: Policy, verb: str, rules: list[Rule], cover: Cover) -> Iterable[Lost]:
    from cwsauth.policy.lost import Lost
    from cwsauth.policy.told import filled, told

    claims = filled(policy.rules)
    for missing in cover.lost:
        path = "/" + missing.path
        yield Lost(verb, path, _rule(rules, missing.rule), missing.why, missing.proof, told(path, claims))


def _rule(rules: list[Rule], segments: Segments) -> Rule:
    return next(rule for rule in rules if rule.effect is ALLOW and rule.segments == segments)
