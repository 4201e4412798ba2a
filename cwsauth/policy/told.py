"""What of a call may be told: its path without the claims that have been filled into rules."""

from __future__ import annotations

from cwsauth.errors import PatternError
from cwsauth.policy.pattern import Hole
from cwsauth.policy.rule import Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def filled(rules: Iterable[Rule]) -> dict[str, str]:
    """The segments of `rules` that came out of a token, and what stood there before: `{"alice": "${claims.sub}"}`."""
    found: dict[str, str] = {}
    for rule in rules:
        if rule.written == rule.text:
            continue
        try:
            before = Rule(rule.written).segments
        except PatternError:
            before = ()
        for place, segment in enumerate(rule.segments):
            was = before[place] if place < len(before) else None
            if isinstance(segment, str) and was != segment:
                found[segment] = str(was) if isinstance(was, Hole) else "*"
    return found


def told(path: str, claims: Mapping[str, str]) -> str:
    """`path` with what `filled` found as it was written."""
    return "/".join([claims.get(segment, segment) for segment in path.split("/")]) if claims else path
