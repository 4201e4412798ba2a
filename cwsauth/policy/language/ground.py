"""The automata of templates and rules: what the machines that are explored for one problem begin with."""

from __future__ import annotations

from cwsauth.policy.language.automata import Alphabet, Machine
from cwsauth.policy.language.bits import union
from cwsauth.policy.language.kinds import OTHERS
from cwsauth.policy.pattern import CharClass, Glob

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cwsauth.policy.pattern import Segment

    Segments = tuple[Segment, ...]


class Ground:
    """A machine of templates and rules.

    `live` and `ends`: the places and the ends of the templates; `granting` and `allow_ends`: those of the rules for Allow;
    `deny_ends`: the ends of the others.
    """

    __slots__ = ("_letter", "_machine", "_patterns", "allow_ends", "alphabet", "deny_ends", "ends", "granting", "live")

    def __init__(
        self, alphabet: Alphabet, templates: Sequence[Segments], allows: Sequence[Segments], denies: Sequence[Segments]
    ) -> None:
        self.alphabet = alphabet
        self._patterns = [*templates, *allows, *denies]
        self._letter = ""
        machine = self._machine = Machine(alphabet)
        declared = [machine.add(alphabet.path(template)) for template in templates]
        granting = [machine.add(alphabet.path(rule)) for rule in allows]
        self.live, self.ends = union(places for places, _ in declared), union(end for _, end in declared)
        self.granting, self.allow_ends = union(places for places, _ in granting), [end for _, end in granting]
        self.deny_ends = [machine.add(alphabet.path(rule))[1] for rule in denies]

    @property
    def letter(self) -> str:
        """A character that no template and no rule names."""
        self._letter = self._letter or _unnamed(self._patterns)
        return self._letter

    def machine(self) -> Machine:
        """A machine to which texts may be added."""
        return self._machine.copy()


def _unnamed(patterns: Iterable[Segments]) -> str:
    """A character that no pattern names."""
    named: set[str] = set()
    spans: list[tuple[str, str]] = []
    for segment in (segment for segments in patterns for segment in segments):
        for token in segment if isinstance(segment, str) else segment.tokens if isinstance(segment, Glob) else ():
            if isinstance(token, str):
                named.add(token)
            elif isinstance(token, CharClass):
                spans.extend(token.ranges)
    return next(c for c in OTHERS if c not in named and not any(low <= c <= high for low, high in spans))
