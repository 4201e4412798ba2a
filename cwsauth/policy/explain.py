"""A decision in words: the rule that decided, or the rules that nearly did."""

from __future__ import annotations

from cwsauth.policy.pattern import ANY, DEEP, Glob, segment_text
from cwsauth.policy.reason import Reason
from cwsauth.policy.rule import DENY, VERBS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cwsauth.policy.policy import Decision
    from cwsauth.policy.rule import Rule

_MISSES = 3


def explain(decision: Decision) -> str:
    """What decided, in words: one line, and one for each of the nearest misses where nothing matched."""
    return "\n".join([_headline(decision), *(f"  {text}" for _, text in nearest_misses(decision))])


def explain_json(decision: Decision) -> dict[str, Any]:
    """The same as data, for tools and logs."""
    return {
        "allowed": decision.allowed,
        "method": decision.method,
        "path": decision.path,
        "reason": decision.reason.name,
        "rule": None if decision.rule is None else decision.rule.text,
        "misses": [{"rule": rule.text, "why": text} for rule, text in nearest_misses(decision)],
    }


def _headline(decision: Decision) -> str:
    verdict = "allowed" if decision.allowed else "denied"
    call = f"{decision.method} {decision.path}".strip()
    if decision.rule is not None:
        what = "the deny rule" if decision.rule.effect is DENY else "rule"
        return f"{verdict}: {call} matches {what} {decision.rule.text!r}"
    if decision.reason is Reason.NO_RULES:
        return f"{verdict}: {call}: the policy grants nothing at all"
    return f"{verdict}: {call}: {decision.reason.value}"


def nearest_misses(decision: Decision) -> list[tuple[Rule, str]]:
    """Up to three rules that nearly allowed the call, nearest first, each with what would have to differ."""
    if decision.reason not in (Reason.NO_RULE, Reason.NO_RULES):
        return []
    parts = [part for part in decision.path.split("/") if part]
    scored = []
    for place, rule in enumerate(decision.policy.rules):
        if rule.effect is DENY:
            continue
        distance, why = _miss(rule, decision.method, parts)
        scored.append((distance, place, rule, f"{rule.text!r} would match if {why}"))
    scored.sort(key=lambda item: item[:2])
    return [(rule, text) for distance, _, rule, text in scored[:_MISSES] if distance < 100]


def _miss(rule: Rule, method: str, parts: list[str]) -> tuple[int, str]:
    """How far a rule is from a call, and what would have to differ; 100 and more is not worth a word."""
    if not rule.settled:
        return 1, "its condition held or its placeholder had a value for this request"
    wrong: list[str] = []
    distance = 0
    if not method and rule.methods != VERBS:
        distance += 1
        wrong.append("it were for all methods, as a WebSocket connection has none")
    elif method and method not in rule.methods:
        distance += 1
        wanted = " or ".join(rule.methods) if rule.methods != VERBS else "a known verb"
        wrong.append(f"the method were {wanted}")
    tail = rule.segments[-1:] == (DEEP,)
    fixed = rule.segments[:-2] if tail and len(rule.segments) > 1 else rule.segments
    if DEEP in fixed and rule.segments != (DEEP,):
        return distance + 10, " and ".join([*wrong, "the path had the segments it names, in their order"])
    if rule.segments == (DEEP,):
        return distance, " and ".join(wrong)
    missing = len(fixed) + tail - len(parts)
    if missing > 0 or (missing < 0 and not tail):
        distance += 2 * abs(missing)
        count = "one segment" if abs(missing) == 1 else f"{abs(missing)} segments"
        wrong.append(f"the path had {count} {'more' if missing > 0 else 'less'}")
    for place, (segment, part) in enumerate(zip(fixed, parts, strict=False), 1):
        if not _fits(segment, part):
            distance += 3 if place > 1 else 50
            wrong.append(f"segment {place} were {segment_text(segment)!r}, not {part!r}")
    if not wrong:
        return 100, ""
    return distance, " and ".join(wrong)


def _fits(segment: object, part: str) -> bool:
    if isinstance(segment, Glob):
        from cwsauth.policy.matcher import compile_glob

        return compile_glob(segment).fullmatch(part) is not None
    return segment is ANY or segment == part
