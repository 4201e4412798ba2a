"""Why no document at all can say some rules: three requests that no IAM text tells apart in the way that is wanted.

A text has finitely many characters, so some character is in none of its words; a text that matches a request with that
character in some places matches every request that has anything else there, for a wildcard is what stood for it. So:
let *granted*, *refused* and *also* be of one length, *refused* like *granted* but where that has a character that no rule
and no route names, and *also* like *refused* but where that has one. Each text for Allow that matches the first matches
the second, and each text for Deny that matches the second matches the third. If the rules allow the first and the third and
not the second, there is no document of Allow and Deny, of whatever size, that says them.
"""

from __future__ import annotations

from cwsauth.policy.language.automata import OTHER, SLASH, Alphabet
from cwsauth.policy.language.bits import union
from cwsauth.policy.language.generalise import fitted, generalised
from cwsauth.policy.language.ground import Ground
from cwsauth.policy.language.meet import meet
from cwsauth.policy.language.wildcard import matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cwsauth.policy.language.explore import Budget
    from cwsauth.policy.lost import Narrowing
    from cwsauth.policy.pattern import Segment

    Segments = tuple[Segment, ...]
    # A state for `refused`, one for `also`, and where in their segments both are.
    Key = tuple[int, int, int]

# Units of work, about: of what comes before the first pair, of a pair, and of bringing three texts to one length, at least.
_READY, _PAIR, _FITTING = 400, 2, 20
_BEFORE, _AFTER, _WITHIN_BEFORE, _WITHIN_AFTER = range(4)


class Proof:
    """Three paths: `granted` and `also` are allowed, `refused` is not, and no text tells them apart.

    `letter` stands in them for a character that is in none of a document's texts.
    """

    __slots__ = ("also", "granted", "letter", "refused")

    def __init__(self, granted: str, refused: str, also: str, letter: str) -> None:
        self.granted = granted
        self.refused = refused
        self.also = also
        self.letter = letter

    @property
    def paths(self) -> list[str]:
        """What `Proof(*paths)` makes this one again of."""
        return [self.granted, self.refused, self.also, self.letter]

    def __repr__(self) -> str:
        return f"Proof({self.granted!r}, {self.refused!r}, {self.also!r}, letter={self.letter!r})"


class Missing:
    """A path that is allowed and that a document refuses, the rule that allows it, and why it is refused.

    `proof` is there where no document at all could do better.
    """

    __slots__ = ("path", "proof", "rule", "why")

    def __init__(self, path: str, rule: Segments, why: Narrowing, proof: Proof | None = None) -> None:
        self.path = path
        self.rule = rule
        self.why = why
        self.proof = proof

    @property
    def rank(self) -> tuple[bool, int]:
        """Less is better to show: what is proved, then what is short."""
        return self.proof is None, len(self.path)


def prove(
    universe: Sequence[Segments],
    allows: Sequence[Segments],
    denies: Sequence[Segments],
    text: str,
    path: str,
    budget: Budget,
    ground: Ground | None = None,
) -> Proof | None:
    """A proof that no document allows exactly what the rules do, begun from `text`, the narrowest that holds `path`.

    None where none was found: `refused` and `also` are walked through side by side, a whole segment at a time, and each
    segment of `refused` that nothing names may be anything in `also`. What that finds is checked character by character.
    `ground` are the automata of the templates and rules, in an alphabet that tells apart what `text` does.
    """
    if ground is None:
        ground = Ground(Alphabet([*universe, *allows, *denies], [text]), universe, allows, denies)
    search = _Pairs(universe, allows, denies, text, path, ground)
    budget.left -= _READY
    level = [search.start]
    while level and budget.left > 0:
        following: list[Key] = []
        for key in level:
            if search.shown(key):
                # Fitting looks at each pair of their characters.
                budget.left -= _FITTING + len(text) * len(text) // 100
                proof = search.proof(key)
                if proof is not None:
                    return proof
            following.extend(search.after(key, budget))
        level = following
    return None


class _Pairs:
    """The pairs of texts of which the second is like the first but where that has what nothing names."""

    def __init__(
        self,
        universe: Sequence[Segments],
        allows: Sequence[Segments],
        denies: Sequence[Segments],
        text: str,
        path: str,
        ground: Ground,
    ) -> None:
        self._universe, self._allows, self._denies = universe, allows, denies
        self._text, self._path = text, path
        alphabet = ground.alphabet
        machine = self._machine = ground.machine()
        self._fresh = ground.letter
        self._held, self._held_end = machine.add_any(alphabet.text(text))
        machine.ready()
        self._live, self._ends = ground.live, ground.ends
        self._granting, self._granted = ground.granting, union(ground.allow_ends)
        self._denied = union(ground.deny_ends)
        names = self._names = alphabet.names
        self._other, self._inside = alphabet.kinds[0], alphabet.inside
        count = len(alphabet.kinds) + 1
        self._free = [number for number in range(OTHER, count) if not names[number].strip(self._other)]
        texts = {number: generalised(names[number], self._other, self._inside) for number in range(OTHER, count)}
        # The words that a segment of each kind may become, the characters that nothing names being others.
        self._others = {
            number: dict.fromkeys(n for n in range(OTHER, len(names)) if n != number and matches(text, names[n]))
            for number, text in texts.items()
        }
        self.start: Key = (machine.start, machine.start, _BEFORE)
        self._parents: dict[Key, tuple[Key, int | None, int | None] | None] = {self.start: None}

    def shown(self, key: Key) -> bool:
        """Whether a pair that leads here is refused and held by the text, and granted."""
        refused, also, mode = key
        if mode != _AFTER or not refused & self._ends or not refused & self._held_end or not also & self._ends:
            return False
        if refused & self._granted and not refused & self._denied:
            return False
        return also & self._granted != 0 and not also & self._denied

    def after(self, key: Key, budget: Budget) -> Iterator[Key]:
        """What follows a pair and was not seen yet."""
        step = self._machine.step
        for first, second, mode in self._moves(key):
            budget.left -= _PAIR
            refused = key[0] if first is None else step(key[0], first)
            also = key[1] if second is None else step(key[1], second)
            if not (refused & self._live and refused & self._held and also & self._live and also & self._granting):
                continue
            reached = (refused, also, mode)
            if reached not in self._parents:
                self._parents[reached] = (key, first, second)
                yield reached

    def _moves(self, key: Key) -> Iterator[tuple[int | None, int | None, int]]:
        refused, also, mode = key
        if mode == _AFTER:
            yield SLASH, SLASH, _BEFORE
        elif mode == _BEFORE:
            told = self._machine.worth(also)[1:]
            for symbol in self._machine.worth(refused | also)[1:]:
                yield symbol, symbol, _AFTER
                others = self._others.get(symbol, ())
                for other in told:
                    if other in others:
                        yield symbol, other, _AFTER
                if symbol != OTHER and OTHER not in others:
                    # All that are not told from any other lead to the same state.
                    yield from [(symbol, other, _AFTER) for other in others if other not in told][:1]
            for symbol in self._free:
                yield symbol, None, _WITHIN_BEFORE
        elif mode == _WITHIN_BEFORE:
            for symbol in self._machine.worth(also)[1:]:
                yield None, symbol, _WITHIN_AFTER
                yield None, symbol, _AFTER
        else:
            yield None, SLASH, _WITHIN_BEFORE

    def proof(self, key: Key) -> Proof | None:
        """The texts that lead to `key`, brought to one length; None where they are not what they should be then."""
        refused: list[str] = []
        others: list[str] = []
        at = self._parents[key]
        while at is not None:
            key, first, second = at
            refused.extend([] if first is None else [self._names[first]])
            others.extend([] if second is None else [self._names[second]])
            at = self._parents[key]
        fresh = self._fresh
        also = "".join(reversed(others))
        middle = fitted(generalised("".join(reversed(refused)), self._other, self._inside), also, fresh)
        if middle is None:
            return None
        for granted in (fitted(self._text, middle, fresh), self._path):
            if granted is not None and self._proves(granted, middle, also, fresh):
                return Proof(f"/{granted}", f"/{middle}", f"/{also}", fresh)
        return None

    def _proves(self, granted: str, refused: str, also: str, fresh: str) -> bool:
        # INVARIANT: what is claimed was checked here, on the three texts themselves.
        return (
            _follows(granted, refused, fresh)
            and _follows(refused, also, fresh)
            and self._allowed(granted) is True
            and self._allowed(refused) is False
            and self._allowed(also) is True
        )

    def _allowed(self, path: str) -> bool | None:
        """Whether the rules allow a path; None where it is not declared, or not canonical."""
        words = tuple(path.split("/")) if path else ()
        if any(word in ("", ".", "..") for word in words) or not any(meet(t, words) for t in self._universe):
            return None
        if any(meet(rule, words) for rule in self._denies):
            return False
        return any(meet(rule, words) for rule in self._allows)


def _follows(one: str, other: str, fresh: str) -> bool:
    """Whether each text that matches `one` matches `other`: they differ only where `one` has what no text has as itself."""
    # IAM's own wildcards are such characters, too: no resource can name them.
    return len(one) == len(other) and all(
        have == want or have in (fresh, "*", "?") for have, want in zip(one, other, strict=True)
    )
