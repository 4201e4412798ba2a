"""The ways in which one word of an IAM text can lie over the segments of a path: its wildcards may hold slashes.

`a*b` is one segment `a*b`, or a segment `a*`, anything, and a segment `*b`.
"""

from __future__ import annotations

from cwsauth.policy.pattern import ONE, RUN, Glob, Wildcard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from cwsauth.policy.pattern import Token

# Between two pieces: a `*` that holds at least one slash, a `?` that is one.
CROSS_RUN = Wildcard("CROSS_RUN")
CROSS_ONE = Wildcard("CROSS_ONE")
# Each wildcard of a word doubles its spellings; a text with a word that has more is not used.
MOST_WILDCARDS = 4


def spellings(word: str) -> list[list[object]]:
    """Each spelling as pieces: `str` or `Glob` for a segment or a part of the text within one, and crossings."""
    if word == "":
        return [[]]
    if word in ("*", "?*"):
        return [[word]]
    tokens: list[Token] = [RUN if char == "*" else ONE if char == "?" else char for char in word]
    places = [place for place, token in enumerate(tokens) if not isinstance(token, str)]
    return [_split(tokens, [p for n, p in enumerate(places) if chosen >> n & 1]) for chosen in range(1 << len(places))]


def spellable(text: str) -> bool:
    """Whether IAM reads a text as it stands, and no word of it has too many wildcards inside."""
    # INVARIANT: `${` begins a policy variable, and one that is not known matches nothing: not even in a Deny.
    return "${" not in text and all(
        word in ("*", "?*") or word.count("*") + word.count("?") <= MOST_WILDCARDS for word in text.split("/")
    )


def _split(tokens: Sequence[Token], crossings: Sequence[int]) -> list[object]:
    pieces: list[object] = []
    current: list[Token] = []
    for place, token in enumerate(tokens):
        if place not in crossings:
            current.append(token)
            continue
        if token is RUN:
            _add(pieces, [*current, RUN])
            pieces.append(CROSS_RUN)
            current = [RUN]
        else:
            _add(pieces, current)
            pieces.append(CROSS_ONE)
            current = []
    _add(pieces, current)
    return pieces


def _add(pieces: list[object], tokens: list[Token]) -> None:
    if not tokens:
        return
    if all(token is RUN for token in tokens):
        pieces.append(Glob((RUN,)))
    elif all(isinstance(token, str) for token in tokens):
        pieces.append("".join(token for token in tokens if isinstance(token, str)))
    else:
        pieces.append(Glob(tuple(tokens)))
