"""Every combination of answers that some text gets from a machine's automata, each with a shortest text that shows it."""

from __future__ import annotations

from cwsauth.policy.language.automata import SLASH
from cwsauth.policy.language.generalise import generalised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.policy.language.automata import Alphabet, Machine

# Work units: one is a step of a machine, a bit less than a microsecond; whatever else a search does is counted in them.
# PERF: benchmarks/exactness.py - the largest of some hundred random tables takes what this says, and the rest is narrowed.
BUDGET = 100_000

# Two segments are never side by side.
_AFTER_SEGMENT = [SLASH]


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

    __slots__ = ("_alphabet", "canonical", "folded", "parents", "symbols")

    def __init__(self, alphabet: Alphabet) -> None:
        self._alphabet = alphabet
        # By key: the one before it, and the symbol between them. The first is the empty text.
        self.parents = [0]
        self.symbols = [SLASH]
        self.canonical: dict[int, int] = {}
        self.folded: dict[int, int] = {}

    def generalised(self, key: int) -> str:
        """The narrowest text that holds the witness of `key` with anything in the place of what no pattern names."""
        return generalised(self.witness(key), self._alphabet.kinds[0], self._alphabet.inside)

    def witness(self, key: int) -> str:
        """A shortest text that leads to `key`."""
        found: list[str] = []
        while key:
            found.append(self._alphabet.names[self.symbols[key]])
            key = self.parents[key]
        return "".join(reversed(found))


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
    parents, symbols, states = found.parents, found.symbols, [machine.start]
    after_slash, after_segment = {machine.start}, set[int]()
    # PERF: benchmarks/exactness.py - this loop is most of what a document costs, so `Machine.step` is written out in it.
    match, stay, is_open, skip = machine.match, machine.stay, machine.open, machine.skip
    alive, worth = machine.moving(live), machine.worth
    wanted = also or live
    level = [0]
    steps = 0
    # Canonical texts first: a folded one in the same state would find nothing new.
    folding = False
    doubled: list[tuple[int, int]] = []
    while level:
        following: list[int] = []
        for key in level:
            steps += 1
            if steps > budget.left:
                budget.left = 0
                raise OverBudget
            state = states[key]
            if not state & wanted:
                continue
            behind_segment = symbols[key] != SLASH
            if state & ends:
                canonical = not folding and (behind_segment or not key)
                (found.canonical if canonical else found.folded).setdefault(state & accepting, key)
            for symbol in _AFTER_SEGMENT if behind_segment else worth(state):
                if not state & alive[symbol]:
                    continue
                steps += 1
                reached = ((state & match[symbol]) << 1) | (state & stay[symbol])
                left = reached & is_open
                while left:
                    left = (left << 1) | ((left & skip) << 2)
                    reached |= left
                    left &= is_open
                if symbol != SLASH:
                    known = after_segment
                elif behind_segment or folding:
                    known = after_slash
                else:
                    doubled.append((key, reached))
                    continue
                if reached not in known:
                    known.add(reached)
                    following.append(len(states))
                    states.append(reached)
                    parents.append(key)
                    symbols.append(symbol)
        if not following and folds and not folding:
            folding = True
            for key, reached in doubled:
                if reached not in after_slash:
                    after_slash.add(reached)
                    following.append(len(states))
                    states.append(reached)
                    parents.append(key)
                    symbols.append(SLASH)
        level = following
    budget.left -= steps
    return found
