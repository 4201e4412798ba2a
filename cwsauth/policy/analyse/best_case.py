"""What a policy may come to allow, once a request is known."""

from __future__ import annotations

from cwsauth.policy.pattern import ANY, Hole
from cwsauth.policy.policy import Policy
from cwsauth.policy.rule import ALLOW, Rule


def best_case(policy: Policy) -> Policy:
    """The policy for a caller whom it favours most: what it does not allow here, it allows nobody.

    Every condition of a rule that allows holds and every placeholder is any one segment; a rule that denies under a
    condition, or with a placeholder, says nothing.
    """
    if policy.settled:
        return policy
    rules: list[Rule] = []
    for rule in policy.rules:
        if rule.settled:
            rules.append(rule)
        elif rule.effect is ALLOW:
            rules.append(at_most(rule))
    return Policy(rules, policy.routes)


def at_most(rule: Rule) -> Rule:
    """A settled rule for all that `rule` may come to match, whatever the request is.

    A condition holds, and a placeholder is any one segment; a deny whose placeholder cannot be filled denies what lies
    below, so that is what it may match.
    """
    if rule.settled:
        return rule
    if rule.effect is ALLOW:
        segments = tuple([ANY if type(segment) is Hole else segment for segment in rule.segments])
        return Rule.made(ALLOW, rule.methods, segments, written=rule.written)
    widest = rule.unsettled()
    return rule if widest is None else widest
