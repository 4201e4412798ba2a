"""Many small automata run at once: each is a run of bits in one integer, so one step of all of them is a few operations.

Two alphabets serve the same machine. `Words`: a symbol is a whole segment (one that some pattern names, or any other) or `/`;
exact as long as every wildcard is a whole segment. `Chars`: a symbol is a character; for wildcards inside a segment.
"""

from __future__ import annotations

import itertools

from cwsauth.policy.pattern import ANY, DEEP, ONE, RUN, CharClass, Glob

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cwsauth.policy.pattern import Segment, Token

    Segments = tuple[Segment, ...]
    # The symbols a step accepts, as a bit set, and how: once, any number of times, or so and with the next step optional.
    Step = tuple[int, int]

ONCE, STAR, SKIP = 0, 1, 2

SLASH, OTHER = 0, 1
# What "any other segment" or character is shown as in a witness; the first that no pattern names.
_SHOWN = ("x", "y", "z", "id", "any", "other")


class Words:
    """Segments as symbols: `/`, any other segment, and each of `words`."""

    __slots__ = ("all", "names", "nonslash", "numbers")
    whole = True

    def __init__(self, words: Iterable[str]) -> None:
        known = sorted(set(words))
        shown = next(name for name in (*_SHOWN, *(f"x{n}" for n in range(len(known) + 1))) if name not in known)
        self.names = ["/", shown, *known]
        self.numbers = {word: number for number, word in enumerate(known, 2)}
        self.all = (1 << len(self.names)) - 1
        self.nonslash = self.all & ~(1 << SLASH)

    def segment(self, segment: Segment) -> list[Step]:
        """The steps over one segment of a pattern."""
        if segment is ANY:
            return [(self.nonslash, ONCE)]
        return [(1 << self.numbers[segment], ONCE)]  # type: ignore[index]

    def text(self, text: str) -> list[Step]:
        """The steps over an IAM text, all of whose wildcards are whole segments or tails: `*` or `?*`."""
        steps: list[Step] = []
        for place, word in enumerate(text.split("/")):
            if place:
                steps.append((1 << SLASH, ONCE))
            if word == "?*":
                steps.append((self.all, ONCE))
            if word in ("*", "?*"):
                steps.append((self.all, STAR))
            elif word:
                steps.append((1 << self.numbers[word], ONCE))
        return steps


class Chars:
    """Characters as symbols: `/`, any other character, and one for each set of characters that patterns tell apart."""

    __slots__ = ("all", "names", "nonslash", "spans")
    whole = False

    def __init__(self, patterns: Iterable[Segments], texts: Iterable[str]) -> None:
        spans = {(".", ".")}
        for segments in patterns:
            for segment in segments:
                spans.update(_spans(segment))
        for text in texts:
            spans.update((char, char) for char in text if char not in "*?/")
        edges = sorted({ord(first) for first, _ in spans} | {ord(last) + 1 for _, last in spans})
        profiles: dict[tuple[tuple[str, str], ...], str] = {}
        for start, end in itertools.pairwise(edges):
            char = _readable(start, end)
            profile = tuple(sorted(span for span in spans if span[0] <= char <= span[1]))
            if profile and char != "/":
                profiles.setdefault(profile, char)
        other = next(char for char in _OTHERS if not any(first <= char <= last for first, last in spans))
        self.names = ["/", other, *profiles.values()]
        self.spans = dict.fromkeys(spans, 0)
        for number, profile in enumerate(profiles, 2):
            for span in profile:
                self.spans[span] |= 1 << number
        self.all = (1 << len(self.names)) - 1
        self.nonslash = self.all & ~(1 << SLASH)

    def segment(self, segment: Segment) -> list[Step]:
        """The steps over one segment of a pattern."""
        if segment is ANY:
            return [(self.nonslash, ONCE), (self.nonslash, STAR)]
        if isinstance(segment, Glob):
            return [self._token(token) for token in segment.tokens]
        return [(self._accepts(char, char), ONCE) for char in segment]  # type: ignore[union-attr]

    def text(self, text: str) -> list[Step]:
        """The steps over an IAM text."""
        steps: list[Step] = []
        for char in text:
            if char == "*":
                steps.append((self.all, STAR))
            elif char == "?":
                steps.append((self.all, ONCE))
            else:
                steps.append((self._accepts(char, char), ONCE))
        return steps

    def _token(self, token: Token) -> Step:
        if token is RUN:
            return self.nonslash, STAR
        if token is ONE:
            return self.nonslash, ONCE
        if isinstance(token, CharClass):
            accepted = 0
            for first, last in token.ranges:
                accepted |= self._accepts(first, last)
            return (self.nonslash & ~accepted if token.negated else accepted & self.nonslash), ONCE
        return self._accepts(token, token), ONCE  # type: ignore[arg-type]

    def _accepts(self, first: str, last: str) -> int:
        return 1 << SLASH if first == "/" else self.spans[first, last]


# What any other character is shown as in a witness: the first that no pattern names. Some are not in any keyboard's reach,
# so that one is left whatever the patterns name.
_OTHERS = "xyzabcdefghijklmnopqrstuvw0123456789_" + "".join(map(chr, range(0x100, 0x1000)))


def _readable(start: int, end: int) -> str:
    """A character of the span from `start` up to `end`, one that reads well if there is one."""
    return next((char for char in _OTHERS[:37] if start <= ord(char) < end), chr(start))


def _spans(segment: Segment) -> list[tuple[str, str]]:
    """The spans of characters that a segment of a pattern tells from others."""
    if isinstance(segment, str):
        return [(char, char) for char in segment]
    found: list[tuple[str, str]] = []
    for token in segment.tokens if isinstance(segment, Glob) else ():
        if isinstance(token, str):
            found.append((token, token))
        elif isinstance(token, CharClass):
            found.extend(token.ranges)
    return found


def raw_steps(alphabet: Words | Chars, segments: Segments) -> list[Step]:
    """The raw texts that fold to a path of `segments`: slashes between segments, and around them, in any number."""
    slash = (1 << SLASH, ONCE)
    slashes = (1 << SLASH, STAR)
    everything = (alphabet.all, STAR)
    if segments == (DEEP,):
        return [everything]
    tail = segments[-1:] == (DEEP,)
    steps = [slashes]
    fixed = segments[:-1] if tail else segments
    for place, segment in enumerate(fixed):
        if segment is DEEP:
            # No segment, or whatever ends in a slash.
            steps.extend([(alphabet.all, SKIP), slash])
            continue
        steps.extend(alphabet.segment(segment))
        if place < len(fixed) - 1:
            steps.extend([slash, slashes])
    # Before a tail stands the `*` of 'one or more'.
    steps.append(everything if tail else slashes)
    return steps


class Machine:
    """Automata side by side. `add` returns the bit that says 'this one accepts here'; `step` moves all of them at once."""

    __slots__ = ("_eps1", "_eps2", "_match", "_size", "_stay", "distinct", "start", "symbols")

    def __init__(self, alphabet: Words | Chars) -> None:
        self.symbols = range(len(alphabet.names))
        self._match = [0] * len(alphabet.names)
        self._stay = [0] * len(alphabet.names)
        self._eps1 = 0
        self._eps2 = 0
        self._size = 0
        self.start = 0
        self.distinct: list[int] = []

    def add(self, steps: Sequence[Step]) -> tuple[int, int]:
        """One more automaton: the bits of all its places, and that of its end."""
        first = self._size
        for accepted, kind in steps:
            bit = 1 << self._size
            table = self._match if kind == ONCE else self._stay
            for number in self.symbols:
                if accepted >> number & 1:
                    table[number] |= bit
            if kind != ONCE:
                self._eps1 |= bit
            if kind == SKIP:
                self._eps2 |= bit
            self._size += 1
        self.start |= 1 << first
        end = 1 << self._size
        self._size += 1
        return (end << 1) - (1 << first), end

    def ready(self) -> None:
        """Called once, when all automata are in."""
        self.start = self._closed(self.start)
        match, stay = self._match, self._stay
        # Where a symbol is treated otherwise than any other one: only there is it worth a step of its own.
        self.distinct = [(match[symbol] ^ match[OTHER]) | (stay[symbol] ^ stay[OTHER]) for symbol in self.symbols]

    def step(self, state: int, symbol: int) -> int:
        """The state after one more symbol."""
        return self._closed(((state & self._match[symbol]) << 1) | (state & self._stay[symbol]))

    def _closed(self, state: int) -> int:
        while True:
            closed = state | ((state & self._eps1) << 1) | ((state & self._eps2) << 2)
            if closed == state:
                return state
            state = closed

    @property
    def size(self) -> int:
        """Bits of a state."""
        return self._size
