"""The automata of templates and rules: what the machines that are explored for one problem begin with."""

from __future__ import annotations

from cwsauth.policy.language.automata import Alphabet, Machine
from cwsauth.policy.language.bits import union

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

    __slots__ = ("_machine", "allow_ends", "alphabet", "deny_ends", "ends", "granting", "live")

    def __init__(
        self, alphabet: Alphabet, templates: Sequence[Segments], allows: Iterable[Segments], denies: Iterable[Segments]
    ) -> None:
        self.alphabet = alphabet
        machine = self._machine = Machine(alphabet)
        declared = [machine.add(alphabet.path(template)) for template in templates]
        granting = [machine.add(alphabet.path(rule)) for rule in allows]
        self.live, self.ends = union(places for places, _ in declared), union(end for _, end in declared)
        self.granting, self.allow_ends = union(places for places, _ in granting), [end for _, end in granting]
        self.deny_ends = [machine.add(alphabet.path(rule))[1] for rule in denies]

    def machine(self) -> Machine:
        """A machine to which texts may be added."""
        return self._machine.copy()
