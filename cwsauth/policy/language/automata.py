"""Many small automata run at once: each is a run of bits in one integer, so one step of all of them is a few operations.

A symbol is `/` or a whole segment: each one that some pattern names, and for all others one of each kind that the wildcards
inside segments tell apart (`cwsauth.policy.language.kinds`).
"""

from __future__ import annotations

from cwsauth.policy.language.kinds import kinds
from cwsauth.policy.language.meet import glob_matches
from cwsauth.policy.language.spelling import CROSS_ONE, CROSS_RUN, spellings
from cwsauth.policy.pattern import ANY, DEEP, RUN, Glob

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cwsauth.policy.pattern import Segment

    Segments = tuple[Segment, ...]
    # The symbols a step accepts, as a bit set, and how: once, any number of times, or so and with the next step optional.
    Step = tuple[int, int]

ONCE, STAR, SKIP = 0, 1, 2

SLASH, OTHER = 0, 1


class Alphabet:
    """The symbols that some patterns and IAM texts tell apart. `names` shows each in a witness.

    `kinds` are the words for what no pattern names; `inside`: their first one is a character, as segments are looked into.
    """

    __slots__ = ("_numbers", "_words", "all", "inside", "kinds", "names", "nonslash")

    def __init__(self, patterns: Iterable[Segments], texts: Iterable[str]) -> None:
        words: dict[str, None] = {}
        globs: dict[Glob, None] = {}
        for segments in patterns:
            for segment in segments:
                if isinstance(segment, str):
                    words[segment] = None
                elif isinstance(segment, Glob):
                    globs[segment] = None
        self._words: dict[str, list[list[Step]]] = {}
        for word in dict.fromkeys(word for text in texts for word in text.split("/")):
            for pieces in () if word in ("", "*", "?*") else spellings(word):
                for piece in pieces:
                    if isinstance(piece, str):
                        words[piece] = None
                    elif isinstance(piece, Glob) and piece.tokens != (RUN,):
                        globs[piece] = None
        known = sorted(words)
        self.kinds = kinds([*globs], known)
        self.inside = bool(globs)
        self.names = ["/", *self.kinds, *known]
        self._numbers = {word: number for number, word in enumerate(self.names)}
        self.all = (1 << len(self.names)) - 1
        self.nonslash = self.all & ~(1 << SLASH)

    def segment(self, segment: Segment) -> Step:
        """The step over one segment of a pattern."""
        if segment is ANY:
            return self.nonslash, ONCE
        if isinstance(segment, Glob):
            return self._matching(segment), ONCE
        return 1 << self._numbers[segment], ONCE  # type: ignore[index]

    def text(self, text: str) -> list[list[Step]]:
        """The steps over an IAM text: it matches what one of these does. Its wildcards may hold slashes."""
        found: list[list[Step]] = [[]]
        for place, word in enumerate(text.split("/")):
            slash: list[Step] = [(1 << SLASH, ONCE)] if place else []
            found = [[*steps, *slash, *more] for steps in found for more in self._word(word)]
        return found

    def _word(self, word: str) -> list[list[Step]]:
        known = self._words.get(word)
        if known is None:
            known = self._words[word] = [self._pieces(pieces) for pieces in spellings(word)]
        return known

    def _pieces(self, pieces: Sequence[object]) -> list[Step]:
        steps: list[Step] = []
        for piece in pieces:
            if piece is CROSS_ONE:
                steps.append((1 << SLASH, ONCE))
            elif piece is CROSS_RUN:
                # A slash, and whatever else ends in one.
                steps.extend([(1 << SLASH, ONCE), (self.all, SKIP), (1 << SLASH, ONCE)])
            elif piece == "*":
                steps.append((self.all, STAR))
            elif piece == "?*":
                steps.extend([(self.all, ONCE), (self.all, STAR)])
            elif isinstance(piece, Glob):
                # Two segments are never side by side, so any number of them is one or none.
                steps.append((self.nonslash, STAR) if piece.tokens == (RUN,) else (self._matching(piece), ONCE))
            else:
                steps.append((1 << self._numbers[piece], ONCE))  # type: ignore[index]
        return steps

    def _matching(self, glob: Glob) -> int:
        accepted = 0
        for number, name in enumerate(self.names):
            if number != SLASH and glob_matches(glob, name):
                accepted |= 1 << number
        return accepted


def raw_steps(alphabet: Alphabet, segments: Segments) -> list[Step]:
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
        steps.append(alphabet.segment(segment))
        if place < len(fixed) - 1:
            steps.extend([slash, slashes])
    # Before a tail stands the `*` of 'one or more'.
    steps.append(everything if tail else slashes)
    return steps


class Machine:
    """Automata side by side. `add` returns the bit that says 'this one accepts here'; `step` moves all of them at once."""

    __slots__ = ("_eps1", "_eps2", "_match", "_places", "_size", "_stay", "distinct", "start", "symbols")

    def __init__(self, alphabet: Alphabet) -> None:
        self.symbols = range(len(alphabet.names))
        self._match = [0] * len(alphabet.names)
        self._stay = [0] * len(alphabet.names)
        self._eps1 = 0
        self._eps2 = 0
        self._places: dict[tuple[int, bool], int] = {}
        self._size = 0
        self.start = 0
        self.distinct: list[int] = []

    def add(self, steps: Sequence[Step]) -> tuple[int, int]:
        """One more automaton: the bits of all its places, and that of its end."""
        first = self._size
        for accepted, kind in steps:
            bit = 1 << self._size
            self._places[accepted, kind != ONCE] = self._places.get((accepted, kind != ONCE), 0) | bit
            if kind != ONCE:
                self._eps1 |= bit
            if kind == SKIP:
                self._eps2 |= bit
            self._size += 1
        self.start |= 1 << first
        end = 1 << self._size
        self._size += 1
        return (end << 1) - (1 << first), end

    def add_any(self, choices: Sequence[Sequence[Step]]) -> tuple[int, int]:
        """Several automata that count as one: the bits of all their places, and those of their ends."""
        places = ends = 0
        for steps in choices:
            more, end = self.add(steps)
            places |= more
            ends |= end
        return places, ends

    def ready(self) -> None:
        """Called once, when all automata are in."""
        self.start = self._closed(self.start)
        match, stay = self._match, self._stay
        for (accepted, stays), places in self._places.items():
            table = stay if stays else match
            for symbol in self.symbols:
                if accepted >> symbol & 1:
                    table[symbol] |= places
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
