"""Many small automata run at once: each is a run of bits in one integer, so one step of all of them is a few operations.

A symbol is `/` or a whole segment: each one that some pattern names, and for all others one of each kind that the wildcards
inside segments tell apart (`cwsauth.policy.language.kinds`).
"""

from __future__ import annotations

from cwsauth.policy.language.bits import bit_places
from cwsauth.policy.language.kinds import kinds
from cwsauth.policy.language.meet import glob_matches
from cwsauth.policy.language.spelling import CROSS_ONE, CROSS_RUN, spellings
from cwsauth.policy.pattern import ANY, DEEP, RUN, Glob

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from cwsauth.policy.pattern import Segment

    Segments = tuple[Segment, ...]
    # The symbols a step accepts, as a bit set, and how: once, any number of times, or so and with the next step optional.
    Step = tuple[int, int]

ONCE, STAR, SKIP = 0, 1, 2

SLASH, OTHER = 0, 1


class Automaton:
    """Steps as bits, one for each place and a last one for the end.

    `moves` are places by the symbols that they accept and whether any number of them; `open` and `skip` as a `Machine` has them.
    """

    __slots__ = ("moves", "open", "size", "skip")

    def __init__(self, steps: Sequence[Step]) -> None:
        moves: dict[tuple[int, bool], int] = {}
        self.open = self.skip = 0
        for place, (accepted, kind) in enumerate(steps):
            bit = 1 << place
            key = (accepted, kind != ONCE)
            moves[key] = moves.get(key, 0) | bit
            if kind != ONCE:
                self.open |= bit
            if kind == SKIP:
                self.skip |= bit
        self.moves = [*moves.items()]
        self.size = len(steps) + 1


class Alphabet:
    """The symbols that some patterns and IAM texts tell apart. `names` shows each in a witness.

    `kinds` are the words for what no pattern names; `inside`: their first one is a character, as segments are looked into.
    """

    __slots__ = ("_known", "_numbers", "_paths", "_texts", "_words", "all", "inside", "kinds", "names", "nonslash")

    def __init__(self, patterns: Iterable[Segments], texts: Iterable[str]) -> None:
        words: dict[str, None] = {}
        globs: dict[Glob, None] = {}
        for segments in patterns:
            for segment in segments:
                if isinstance(segment, str):
                    words[segment] = None
                elif isinstance(segment, Glob):
                    globs[segment] = None
        for piece in _named(texts):
            if isinstance(piece, str):
                words[piece] = None
            else:
                globs[piece] = None
        known = sorted(words)
        self.kinds = kinds([*globs], known)
        self.inside = bool(globs)
        self.names = ["/", *self.kinds, *known]
        self.all = (1 << len(self.names)) - 1
        self.nonslash = self.all & ~(1 << SLASH)
        self._known: set[str | Glob] = words.keys() | globs.keys()
        self._numbers = {word: number for number, word in enumerate(self.names)}
        self._words: dict[str, list[list[Step]]] = {}
        self._texts: dict[str, list[Automaton]] = {}
        self._paths: dict[Segments, Automaton] = {}

    def tells(self, texts: Iterable[str]) -> bool:
        """Whether it tells apart what `texts` do."""
        # INVARIANT: a word that stands for others is not a word by itself, so `names` do not count.
        return all(piece in self._known for piece in _named(texts, self._words))

    def path(self, segments: Segments) -> Automaton:
        """The raw texts that fold to a path of a pattern."""
        known = self._paths.get(segments)
        if known is None:
            known = self._paths[segments] = Automaton(_raw_steps(self, segments))
        return known

    def text(self, text: str) -> list[Automaton]:
        """What an IAM text matches: all that one of these does."""
        known = self._texts.get(text)
        if known is None:
            known = self._texts[text] = [Automaton(steps) for steps in self._spelled(text)]
        return known

    def segment(self, segment: Segment) -> Step:
        """The step over one segment of a pattern."""
        if segment is ANY:
            return self.nonslash, ONCE
        if isinstance(segment, Glob):
            return self._matching(segment), ONCE
        return 1 << self._numbers[segment], ONCE  # type: ignore[index]

    def _spelled(self, text: str) -> list[list[Step]]:
        """The steps over an IAM text, one for each way in which its wildcards may hold slashes."""
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


def _named(texts: Iterable[str], known: Container[str] = ()) -> Iterator[str | Glob]:
    """The segments and the wildcards inside segments that the words of some IAM texts are made of, but for words `known`."""
    for word in dict.fromkeys(word for text in texts for word in text.split("/")):
        for pieces in () if word in ("", "*", "?*") or word in known else spellings(word):
            for piece in pieces:
                if isinstance(piece, str) or (isinstance(piece, Glob) and piece.tokens != (RUN,)):
                    yield piece


def _raw_steps(alphabet: Alphabet, segments: Segments) -> list[Step]:
    """Steps over the segments of a pattern, with slashes between them, and around them, in any number."""
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
    """Automata side by side, `size` bits of them. `add` returns the bit that says 'this one accepts here'; `step` moves all of
    them at once.
    """

    __slots__ = (
        "_alphabet",
        "_distinct",
        "_moves",
        "_telling",
        "_worth",
        "match",
        "open",
        "size",
        "skip",
        "start",
        "stay",
    )

    def __init__(self, alphabet: Alphabet) -> None:
        self._alphabet = alphabet
        # By symbol, the places that it moves on from, and those that it stays at.
        self.match = [0] * len(alphabet.names)
        self.stay = [0] * len(alphabet.names)
        # The places that may be left without a symbol, and those of them whose next one may be, too.
        self.open = 0
        self.skip = 0
        self._moves: dict[tuple[int, bool], int] = {}
        self.size = 0
        self.start = 0
        self._distinct: list[int] = []
        self._telling = 0
        self._worth: dict[int, list[int]] = {}

    def copy(self) -> Machine:
        """One with the same automata, to which others may be added; only before `ready`."""
        copy = Machine(self._alphabet)
        copy.open, copy.skip, copy.start, copy.size = self.open, self.skip, self.start, self.size
        copy._moves = {**self._moves}
        return copy

    def add(self, automaton: Automaton) -> tuple[int, int]:
        """One more automaton: the bits of all its places, and that of its end."""
        first = self.size
        moves = self._moves
        for key, places in automaton.moves:
            moves[key] = moves.get(key, 0) | places << first
        self.open |= automaton.open << first
        self.skip |= automaton.skip << first
        self.start |= 1 << first
        self.size = first + automaton.size
        end = 1 << (self.size - 1)
        return (end << 1) - (1 << first), end

    def add_any(self, automata: Sequence[Automaton]) -> tuple[int, int]:
        """Several automata that count as one: the bits of all their places, and those of their ends."""
        places = ends = 0
        for automaton in automata:
            more, end = self.add(automaton)
            places |= more
            ends |= end
        return places, ends

    def ready(self) -> None:
        """Called once, when all automata are in."""
        self.start = self._closed(self.start)
        match, stay = self.match, self.stay
        for (accepted, stays), places in self._moves.items():
            table = stay if stays else match
            for symbol in bit_places(accepted):
                table[symbol] |= places
        # Where a segment is treated otherwise than any other one.
        self._distinct = [(one ^ match[OTHER]) | (other ^ stay[OTHER]) for one, other in zip(match, stay, strict=True)]
        for places in self._distinct[OTHER:]:
            self._telling |= places

    def worth(self, state: int) -> list[int]:
        """The symbols that are worth a step: the slash, one segment for all that the state treats alike, and each that it does not."""
        telling = state & self._telling
        found = self._worth.get(telling)
        if found is None:
            named = range(OTHER + 1, len(self._distinct))
            found = self._worth[telling] = [SLASH, OTHER, *[n for n in named if telling & self._distinct[n]]]
        return found

    def step(self, state: int, symbol: int) -> int:
        """The state after one more symbol."""
        return self._closed(((state & self.match[symbol]) << 1) | (state & self.stay[symbol]))

    def moving(self, places: int) -> list[int]:
        """By symbol, those of `places` from which it leads on: the others end there."""
        return [places & (match | stay) for match, stay in zip(self.match, self.stay, strict=True)]

    def _closed(self, state: int) -> int:
        left = state & self.open
        while left:
            left = (left << 1) | ((left & self.skip) << 2)
            state |= left
            left &= self.open
        return state
