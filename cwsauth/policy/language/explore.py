"""Every combination of answers that some text gets from a machine's automata, each with a shortest text that shows it."""

from __future__ import annotations

from cwsauth.policy.language.automata import OTHER, SLASH
from cwsauth.policy.language.generalise import generalised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.policy.language.automata import Alphabet, Machine

# Work units: one is a step of 64 bits. PERF: benchmarks/documents.py relates them to milliseconds.
BUDGET = 1_300_000

_START, _SEGMENT, _SLASH, _FOLDED_SEGMENT, _FOLDED_SLASH = range(5)


class OverBudget(Exception):
    """The search would take longer than it may; what it found so far says nothing."""


class Budget:
    """Units of work that are left; a purse that several searches share."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


class Signatures:
    """What exploring found: `canonical` and `folded` map the accepting bits of a text to a key for `witness`.

    `folded` are texts with further slashes, which a matcher folds and IAM does not.
    """

    __slots__ = ("_alphabet", "_parents", "canonical", "folded")

    def __init__(self, alphabet: Alphabet) -> None:
        self._alphabet = alphabet
        self._parents: dict[tuple[int, int], tuple[tuple[int, int], int] | None] = {}
        self.canonical: dict[int, tuple[int, int]] = {}
        self.folded: dict[int, tuple[int, int]] = {}

    def generalised(self, key: tuple[int, int]) -> str:
        """The narrowest text that holds the witness of `key` with anything in the place of what no pattern names."""
        return generalised(self.witness(key), self._alphabet.kinds[0], self._alphabet.inside)

    def witness(self, key: tuple[int, int]) -> str:
        """A shortest text that leads to `key`."""
        symbols: list[str] = []
        at = self._parents[key]
        while at is not None:
            key, symbol = at
            symbols.append(self._alphabet.names[symbol])
            at = self._parents[key]
        return "".join(reversed(symbols))


def explore(
    machine: Machine,
    alphabet: Alphabet,
    *,
    live: int,
    also: int = 0,
    ends: int,
    accepting: int,
    folds: bool = True,
    budget: Budget,
) -> Signatures:
    """The signatures of all texts that are accepted by an automaton whose end is in `ends`.

    `live`: the places of those automata; a state without one leads nowhere. `also`: a state without
    one of these leads nowhere either. `accepting`: the bits that make a signature.
    `folds`: also texts with further slashes.

    Raises:
        OverBudget: it would take more than `budget` units.
    """
    found = Signatures(alphabet)
    parents = found._parents
    step, distinct, symbols = machine.step, machine.distinct, machine.symbols[2:]
    cost = 1 + machine.size // 64
    # Canonical texts first: a folded one in the same state would find nothing new.
    start = (machine.start, _START)
    parents[start] = None
    levels: list[tuple[int, int]] = [start]
    folded: list[tuple[tuple[int, int], int]] = []
    work = 0
    while levels:
        following: list[tuple[int, int]] = []
        for key in levels:
            state, mode = key
            if state & ends:
                signatures = found.folded if mode >= _SLASH else found.canonical
                signatures.setdefault(state & accepting, key)
            work += cost
            if mode in (_SEGMENT, _FOLDED_SEGMENT):
                tries = [SLASH]
            else:
                tries = [SLASH, OTHER, *[symbol for symbol in symbols if state & distinct[symbol]]]
            for symbol in tries:
                reached = step(state, symbol)
                work += cost
                if not reached & live or (also and not reached & also):
                    continue
                if symbol != SLASH:
                    after = _SEGMENT if mode <= _SLASH else _FOLDED_SEGMENT
                elif mode == _SEGMENT:
                    after = _SLASH
                elif not folds:
                    continue
                elif mode in (_START, _SLASH):
                    folded.append((key, reached))
                    continue
                else:
                    after = _FOLDED_SLASH
                known = (reached, after)
                if known in parents or (after > _SLASH and (reached, after - 2) in parents):
                    continue
                parents[known] = (key, symbol)
                following.append(known)
        if work > budget.left:
            budget.left = 0
            raise OverBudget
        if not following and folded:
            for key, reached in folded:
                known = (reached, _FOLDED_SLASH)
                if known not in parents and (reached, _SLASH) not in parents:
                    parents[known] = (key, SLASH)
                    following.append(known)
            folded = []
        levels = following
    budget.left -= work
    return found
