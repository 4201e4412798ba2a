"""What is left of a rule when its condition is asked with the claims of a token."""

from __future__ import annotations

from cwsauth.policy.conditions.claims import Equal, Member, Segment, Value
from cwsauth.policy.conditions.logic import FALSE, TRUE, UNDECIDED, All, Any_, Condition, combined
from cwsauth.policy.pattern import ANY, Hole
from cwsauth.policy.rule import ALLOW, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from cwsauth.request import AuthRequest


def settled(condition: Condition, rule: Rule, request: AuthRequest) -> tuple[Rule, ...]:
    """The rules that say for the bearer of a token what `rule` under `condition` says.

    What is certain has no `when` any more. A parameter that must be equal to something known is that literal. What belongs to
    one call (address, time, other questions about the path) stays.
    """
    left = condition.reduced(request)
    found: dict[Rule, None] = {}
    # An allow (or deny) under 'one of these' is one allow (or deny) under each.
    for branch in left.conditions if type(left) is Any_ else (left,):
        for made in _branch(branch, rule, request):
            found[made] = None
    return tuple(found)


def _branch(condition: Condition, rule: Rule, request: AuthRequest) -> Iterator[Rule]:
    parts = list(condition.conditions) if type(condition) is All else [condition]
    for place, part in enumerate(parts):
        literals = _literals(part, rule, request)
        if literals is None:
            continue
        others = parts[:place] + parts[place + 1 :]
        for segment, literal in literals:
            at = segment.key[0]
            segments = (*rule.segments[:at], literal, *rule.segments[at + 1 :])
            narrowed = Rule.made(rule.effect, rule.methods, segments, written=rule.written)
            known = [_with(other, segment, literal).reduced(request) for other in others]
            yield from _branch(combined(All, known), narrowed, request)
        return
    if condition == TRUE:
        yield rule.under(None)
    elif condition == UNDECIDED:
        # INVARIANT: what cannot be decided counts against the caller.
        if rule.effect is not ALLOW:
            yield rule.under(None)
    elif condition != FALSE:
        yield rule.under(condition)


def _literals(condition: Condition, rule: Rule, request: AuthRequest) -> list[tuple[Segment, str]] | None:
    """The texts that a parameter of the rule must be one of, if the condition says just that; None if it says more or less."""
    if not isinstance(condition, (Equal, Member)):
        return None
    segment, other = condition.terms
    if type(condition) is Equal and type(other) is Segment:
        segment, other = other, segment
    if type(segment) is not Segment or type(other) is not Value:
        return None
    if rule.segments[segment.key[0]] is not ANY:
        return None
    given = other.given(request)
    if type(condition) is Member and type(given) is not list:
        return None
    values: list[object] = given if type(condition) is Member else [given]  # type: ignore[assignment]
    literals = []
    for value in values:
        # The same texts that a placeholder may be filled with, and as much of a text.
        literal = Hole((("value",),)).fill({"value": str(value) if type(value) is int else value})
        if literal is None:
            return None
        literals.append((segment, literal))
    return literals


def _with(condition: Condition, segment: Segment, literal: str) -> Condition:
    """A condition in which the parameter is the literal that it has become."""
    if isinstance(condition, All):
        return type(condition)(*[_with(part, segment, literal) for part in condition.conditions])
    if hasattr(condition, "condition"):
        return type(condition)(_with(condition.condition, segment, literal))  # type: ignore[call-arg]
    if hasattr(condition, "terms"):
        return type(condition)(*[Value(literal) if part == segment else part for part in condition.terms])
    return condition
