"""Sets of small numbers as the bits of one integer."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def union(sets: Iterable[int]) -> int:
    """All bits that are set in any."""
    union = 0
    for bits in sets:
        union |= bits
    return union


def bit_places(bits: int) -> list[int]:
    """The places of the bits that are set, lowest first."""
    numbers = []
    while bits:
        low = bits & -bits
        numbers.append(low.bit_length() - 1)
        bits ^= low
    return numbers
