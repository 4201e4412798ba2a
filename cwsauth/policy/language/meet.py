"""What two patterns have in common, as patterns."""

from __future__ import annotations

from functools import lru_cache

from cwsauth.policy.pattern import ANY, DEEP, ONE, RUN, CharClass, Glob

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.policy.pattern import Segment, Token

    Segments = tuple[Segment, ...]

# A pair of patterns with several `**` has many intersections; more than these are not looked for.
MOST = 24


def meet(one: Segments, other: Segments) -> list[Segments]:
    """Patterns that together match what both `one` and `other` match, as far as patterns can say it."""
    head: list[Segment] = []
    for left, right in zip(one, other, strict=False):
        if left is DEEP or right is DEEP:
            break
        segment = _meet_segment(left, right)
        if segment is None:
            return []
        head.append(segment)
    length = len(head)
    if len(one) == len(other) == length:
        return [tuple(head)]
    if DEEP not in (*one[length : length + 1], *other[length : length + 1]):
        return []
    return [(*head, *rest) for rest in _meet_behind(one[length:], other[length:])]


def _meet_behind(one: Segments, other: Segments) -> list[Segments]:
    """`meet` where one of the patterns begins with a `**`."""
    found: dict[tuple[int, int], list[Segments]] = {}

    def at(i: int, j: int) -> list[Segments]:
        known = found.get((i, j))
        if known is None:
            known = found[i, j] = list(dict.fromkeys(_step(i, j)))[:MOST]
        return known

    def _step(i: int, j: int) -> list[Segments]:
        left = one[i] if i < len(one) else None
        right = other[j] if j < len(other) else None
        if left is None and right is None:
            return [()]
        if left is DEEP and right is DEEP:
            return [_deep(rest) for rest in (*at(i + 1, j), *at(i, j + 1))]
        if left is DEEP:
            taken = [] if right is None else [(right, *rest) for rest in at(i, j + 1)]
            return [*at(i + 1, j), *taken]
        if right is DEEP:
            taken = [] if left is None else [(left, *rest) for rest in at(i + 1, j)]
            return [*at(i, j + 1), *taken]
        if left is None or right is None:
            return []
        segment = _meet_segment(left, right)
        return [] if segment is None else [(segment, *rest) for rest in at(i + 1, j + 1)]

    return at(0, 0)


def _deep(rest: Segments) -> Segments:
    return rest if rest[:1] == (DEEP,) else (DEEP, *rest)


def _meet_segment(left: Segment, right: Segment) -> Segment | None:
    if left is ANY or left == right:
        return right
    if type(left) is str and type(right) is str:
        return None
    if right is ANY:
        return left
    if isinstance(left, Glob) and isinstance(right, str):
        return right if glob_matches(left, right) else None
    if isinstance(left, str) and isinstance(right, Glob):
        return left if glob_matches(right, left) else None
    # Two globs: either holds what they have in common.
    return left if isinstance(left, Glob) and isinstance(right, Glob) else None


@lru_cache(maxsize=4096)
def glob_matches(glob: Glob, text: str) -> bool:
    """Whether wildcards inside one segment match it; read apart from the matcher, which asks wcmatch."""
    places = {0}
    tokens = glob.tokens
    for char in (*text, None):
        todo = list(places)
        while todo:
            place = todo.pop()
            if place < len(tokens) and tokens[place] is RUN and place + 1 not in places:
                places.add(place + 1)
                todo.append(place + 1)
        if char is None:
            return len(tokens) in places
        places = {
            place if tokens[place] is RUN else place + 1
            for place in places
            if place < len(tokens) and _takes(tokens[place], char)
        }
    return False


def _takes(token: Token, char: str) -> bool:
    if isinstance(token, CharClass):
        return token.matches(char)
    return token is RUN or token is ONE or token == char
