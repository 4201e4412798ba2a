"""Documents as languages: what takes a search over the product of routes, rules and IAM texts."""

from __future__ import annotations

from cwsauth.policy.cover import Cover, literal_text
from cwsauth.policy.pattern import ANY, DEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from cwsauth.policy.pattern import Segment

    Segments = tuple[Segment, ...]


def solve(
    templates: Sequence[Segments] | None,
    allows: Sequence[Segments],
    denies: Sequence[Segments],
    *,
    complement: bool = False,
) -> Cover:
    """The cover of any rules."""
    literals = [text for rule in allows if not denies and (text := literal_text(rule)) is not None]
    lost = [rule for rule in allows if denies or literal_text(rule) is None]
    return Cover(literals, (), not lost, tuple((_sample(rule), rule) for rule in lost))


def _sample(rule: Segments) -> str:
    return "/".join("x" if segment is ANY else str(segment) for segment in rule if segment is not DEEP)
