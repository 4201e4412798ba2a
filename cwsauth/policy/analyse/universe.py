"""Every canonical call, as far as some rules tell calls apart: what all analysis looks at."""

from __future__ import annotations

from cwsauth.errors import CwsAuthError
from cwsauth.policy.language.automata import Alphabet, Machine
from cwsauth.policy.language.explore import Budget, OverBudget, explore
from cwsauth.policy.language.kinds import TooManyKinds
from cwsauth.policy.rule import VERBS
from cwsauth.policy.segments import DEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cwsauth.policy.pattern import Segment
    from cwsauth.policy.routes import RouteTable
    from cwsauth.policy.rule import Rule

    Segments = tuple[Segment, ...]

# Units of `explore`: some seconds. Analysis is for a desk and for CI, not for a request.
BUDGET = 7_000_000


class TooComplex(CwsAuthError):
    """The rules tell more calls apart than can be looked at."""


class Call:
    """One of the shortest calls of its sort: the `verb`, the `path`, and which rules match it, by their places."""

    __slots__ = ("matched", "path", "templates", "verb")

    def __init__(self, verb: str, path: str, matched: frozenset[int], templates: tuple[Segments, ...]) -> None:
        self.verb = verb
        self.path = path
        self.matched = matched
        self.templates = templates


def calls(rules: Sequence[Rule], table: RouteTable | None, *, by_template: bool = False) -> Iterator[Call]:
    """One call of each sort: for each verb, each set of rules that match the same declared call, a shortest one.

    Without a table every canonical path is declared. `by_template` also tells the templates apart that a call falls on;
    without it `templates` is empty.

    Raises:
        TooComplex: there are more sorts of calls than can be looked at.
    """
    sorts: dict[object, tuple[list[str], list[tuple[str, frozenset[int], tuple[Segments, ...]]]]] = {}
    budget = Budget(BUDGET)
    for verb in VERBS if table is None else table.verbs:
        places = tuple(place for place, rule in enumerate(rules) if verb in rule.methods)
        templates: tuple[Segments, ...] = ((DEEP,),) if table is None else table.for_verb(verb)
        key = (places, templates)
        if key not in sorts:
            sorts[key] = ([], _sorts(rules, places, templates, by_template, budget))
        sorts[key][0].append(verb)
    for verbs, found in sorts.values():
        for verb in verbs:
            for path, matched, met in found:
                yield Call(verb, path, matched, met)


def _sorts(
    rules: Sequence[Rule], places: Sequence[int], templates: Sequence[Segments], by_template: bool, budget: Budget
) -> list[tuple[str, frozenset[int], tuple[Segments, ...]]]:
    try:
        alphabet = Alphabet([*templates, *(rules[place].segments for place in places)], ())
        machine = Machine(alphabet)
        declared = [machine.add(alphabet.path(template)) for template in templates]
        ends = {place: machine.add(alphabet.path(rules[place].segments))[1] for place in places}
        machine.ready()
        live = accepted = accepting = 0
        for bits, end in declared:
            live |= bits
            accepted |= end
        for end in ends.values():
            accepting |= end
        found = explore(
            machine,
            alphabet,
            live=live,
            ends=accepted,
            accepting=accepting | (accepted if by_template else 0),
            folds=False,
            budget=budget,
        )
    except (OverBudget, TooManyKinds):
        raise TooComplex(
            "these rules tell more calls apart than can be looked at",
            help="give the route table of the API, or compare fewer rules with '**' or wildcards inside segments",
        ) from None
    sorts = []
    for signature, key in found.canonical.items():
        matched = frozenset(place for place, end in ends.items() if signature & end)
        met = (
            tuple(t for t, (_, end) in zip(templates, declared, strict=True) if signature & end) if by_template else ()
        )
        sorts.append(("/" + found.witness(key), matched, met))
    return sorts
