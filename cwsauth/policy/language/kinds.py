"""Which kinds of segments wildcards inside segments tell apart, each with an example."""

from __future__ import annotations

from cwsauth.policy.pattern import ONE, RUN, CharClass, Glob

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from cwsauth.policy.pattern import Token

# What any other character is shown as in a witness: the first that no pattern names. Some are out of any keyboard's reach,
# so that one is left whatever the patterns name.
OTHERS = "xyzabcdefghijklmnopqrstuvw0123456789_" + "".join(map(chr, range(0x100, 0x1000)))
_WORDS = ("x", "y", "z", "id", "any", "other")
# More kinds than these are not looked for: a policy that needs them is narrowed.
MOST = 64


class TooManyKinds(Exception):
    """The wildcards of a policy tell more kinds of segments apart than are looked for."""


def kinds(globs: Sequence[Glob], words: Sequence[str]) -> list[str]:
    """A segment of each kind: two of a kind are matched by the same `globs`. None of them is in `words`, or a dot segment.

    The first is what is in no glob and no word: a character, or a word where no glob looks inside one.

    Raises:
        TooManyKinds: there are more than `MOST`.
    """
    if not globs:
        return [next(name for name in (*_WORDS, *(f"x{n}" for n in range(len(words) + 1))) if name not in words)]
    taken = {*words, ".", ".."}
    chars = _characters(globs, taken)
    tokens = [glob.tokens for glob in globs]
    start = tuple(_closed(each, 1) for each in tokens)
    found: dict[int, str] = {}
    prefixes = {word[:length] for word in taken for length in range(1, len(word) + 1)}
    # INVARIANT: texts that no word begins with are alike from here on; the others are told apart, as a word shows no kind.
    visited: set[tuple[tuple[int, ...], str]] = {(start, "")}
    level = [(start, "")]
    while level:
        following = []
        for state, text in level:
            for char in chars:
                after = tuple(_stepped(each, places, char) for each, places in zip(tokens, state, strict=True))
                longer = text + char
                if longer not in taken:
                    kind = 0
                    for number, (each, places) in enumerate(zip(tokens, after, strict=True)):
                        kind |= (places >> len(each) & 1) << number
                    found.setdefault(kind, longer)
                    if len(found) > MOST:
                        raise TooManyKinds
                key = (after, longer if longer in prefixes else "")
                if key not in visited:
                    visited.add(key)
                    following.append((after, longer))
        level = following
    return [*found.values()]


def _closed(tokens: Sequence[Token], places: int) -> int:
    """The places that are reached without a character: a `*` may match nothing."""
    for place, token in enumerate(tokens):
        if token is RUN and places >> place & 1:
            places |= 1 << (place + 1)
    return places


def _stepped(tokens: Sequence[Token], places: int, char: str) -> int:
    after = 0
    for place, token in enumerate(tokens):
        if not places >> place & 1:
            continue
        if token is RUN:
            after |= 1 << place
        elif token is ONE or token == char or (isinstance(token, CharClass) and token.matches(char)):
            after |= 1 << (place + 1)
    return _closed(tokens, after)


def _characters(globs: Sequence[Glob], words: set[str]) -> list[str]:
    """One character of each set that the globs tell apart, and one that nothing names."""
    spans = {span for glob in globs for token in glob.tokens for span in _spans(token)}
    edges = sorted({ord(first) for first, _ in spans} | {ord(last) + 1 for _, last in spans})
    chars: dict[frozenset[tuple[str, str]], str] = {}
    for start, end in zip(edges, edges[1:], strict=False):  # noqa: RUF007 - the same, and without itertools
        char = next((char for char in OTHERS[:37] if start <= ord(char) < end), chr(start))
        profile = frozenset(span for span in spans if span[0] <= char <= span[1])
        if profile and char != "/":
            chars.setdefault(profile, char)
    named = "".join(words)
    other = next(c for c in OTHERS if c not in named and not any(first <= c <= last for first, last in spans))
    return [other, *chars.values()]


def _spans(token: Token) -> list[tuple[str, str]]:
    if isinstance(token, str):
        return [(token, token)]
    return list(token.ranges) if isinstance(token, CharClass) else []
