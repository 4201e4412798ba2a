"""Documents as languages: the exact cover of any rules, by a search over routes, rules and IAM texts at once.

A text is what follows `VERB/` in a resource. Every text of the universe (the declared paths, with any number of slashes
where one stands) falls into a *signature*: whether the rules allow it, and which candidate texts match it. There are
finitely many, and what is right for each of them is right for every text.
"""

from __future__ import annotations

from cwsauth.policy.cover import Cover, literal_text, simple
from cwsauth.policy.language.automata import Alphabet
from cwsauth.policy.language.bits import union
from cwsauth.policy.language.candidates import everywhere, narrow, wide
from cwsauth.policy.language.choose import Choice, useful
from cwsauth.policy.language.explore import BUDGET, Budget, OverBudget, explore
from cwsauth.policy.language.ground import Ground
from cwsauth.policy.language.impossible import Missing
from cwsauth.policy.language.kinds import TooManyKinds
from cwsauth.policy.language.meet import meet
from cwsauth.policy.language.spelling import spellable
from cwsauth.policy.language.tried import Problem, Tried, first, within
from cwsauth.policy.lost import Narrowing
from cwsauth.policy.pattern import ANY, DEEP, Glob

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from cwsauth.policy.pattern import Segment

    Segments = tuple[Segment, ...]

# How often denies are looked for; what the last round leaves open is narrowed.
_ROUNDS = 12
_SHORTENINGS = 3
# The percentage of what is left that one more exploration may spend.
_SHARE = 50
# Units of work for paths to show what is lost where the search found nothing.
_LOOKING = 4_000
# How many texts for what is still lost are tried at once.
_MOST_ASKED = 12

# Templates times rules from which on the parts of an API are looked at one by one.
_LARGE = 400
_PART = 12_000

_EVERY_PATH: Sequence[tuple[Segment, ...]] = ((DEEP,),)


def solve(
    templates: Sequence[Segments] | None,
    allows: Sequence[Segments],
    denies: Sequence[Segments],
    *,
    complement: bool = False,
    budget: Budget | None = None,
) -> Cover:
    """The smallest cover found for the rules of one verb: exact if the candidates can say it, narrowed if not.

    `templates` are the declared ones (None: every path), `allows` and `denies` the rules' segments. `complement`: what is
    not allowed is denied explicitly. `budget`: what is left to spend; past it the answer is narrowed.
    """
    universe = _EVERY_PATH if templates is None else templates
    if not universe or not allows:
        return Cover((), ("*",) if complement and universe else ())
    purse = budget or Budget(BUDGET)
    parts = [universe] if complement or len(universe) * len(allows) <= _LARGE else _parts(universe)
    covers = []
    for number, part in enumerate(parts):
        # Most parts are plain and cost nothing, so the others may have more than their share.
        share = Budget(max(purse.left // (len(parts) - number), min(purse.left, _PART)))
        purse.left -= share.left
        covers.append(_part(part, allows, denies, share, complement=complement, alone=len(parts) > 1))
        purse.left += share.left
    return covers[0] if len(covers) == 1 else _joined(covers)


def _part(
    universe: Sequence[Segments],
    allows: Sequence[Segments],
    denies: Sequence[Segments],
    budget: Budget,
    *,
    complement: bool,
    alone: bool,
) -> Cover:
    """The cover of some of the templates; `alone`: its texts may match nothing of the others."""
    if alone:
        # A part has few templates, so most rules have nothing to do with it.
        allows, denies = _concerning(universe, allows), _concerning(universe, denies)
        if not allows:
            return Cover()
        found = simple(universe, allows, denies)
        if found is not None and all(within(universe, text) for text in (*found.allow, *found.deny)):
            return found
    problem = Problem(universe, _against(universe, allows), _against(universe, denies), budget, alone)
    try:
        return _complemented(problem) if complement else _searched(problem)
    except (OverBudget, TooManyKinds):
        return _certain(problem, complement)


def _concerning(universe: Sequence[Segments], rules: Sequence[Segments]) -> list[Segments]:
    """The rules that some of the templates meet, all of which begin alike."""
    head = universe[0][:1]
    near = [rule for rule in rules if not rule or not isinstance(rule[0], str) or rule[:1] == head]
    return [rule for rule in near if any(meet(template, rule) for template in universe)]


def _parts(universe: Sequence[Segments]) -> list[Sequence[Segments]]:
    """The templates by their first literal segment; all of them as one where some begin with a wildcard.

    A text that begins with `product/` matches nothing of `cart/{id}` and its variants, so each part can be said for itself.
    """
    parts: dict[str, list[Segments]] = {}
    for template in universe:
        if template and not isinstance(template[0], str):
            return [universe]
        parts.setdefault("".join(template[:1]), []).append(template)  # type: ignore[arg-type]
    return [*parts.values()]


def _joined(covers: Sequence[Cover]) -> Cover:
    return Cover(
        [text for cover in covers for text in cover.allow],
        [text for cover in covers for text in cover.deny],
        all(cover.exact for cover in covers),
        tuple(lost for cover in covers for lost in cover.lost),
    )


def _searched(problem: Problem) -> Cover:
    """Allow alone if that is exact and short; else denies, found from what the allowed texts hold too much."""
    rules = dict.fromkeys([*first(problem.allows), *(origin for _, origin in problem.allows)])
    allows = problem.texts(narrow(problem.universe, [*rules]))
    tried = problem.explored(allows, allows)
    choice = tried.choice()
    if choice.exact and choice.cost > 2:
        chosen = [tried.texts[number] for number in choice.allow]
        wider = _Search(problem, problem.texts([*allows, *chosen, *wide(problem.universe)]))
        return wider.shorter(tried.cover(choice))
    if choice.exact:
        return tried.cover(choice)
    search = _Search(problem, allows, tried, choice)
    search.look(search.tried.lost(search.choice))
    for _ in range(_ROUNDS):
        if search.choice.exact:
            break
        asked = search.ask()
        if not search.look(search.tried.lost(search.choice)) and not asked:
            break
    cover = search.tried.cover(search.choice)
    if not cover.exact or search.choice.cost <= 2:
        return cover
    if search.choice.cost > 3:
        # What holds several templates was of no use as long as something was lost.
        search.explore(problem.texts([*cover.allow, *wide(problem.universe)]), cover.deny)
    return search.shorter(cover)


class _Search:
    """Candidates that grow: texts for Allow, and texts for Deny found against what those hold too much."""

    __slots__ = ("allows", "asked", "choice", "problem", "seen", "tried")

    def __init__(
        self, problem: Problem, allows: list[str], tried: Tried | None = None, choice: Choice | None = None
    ) -> None:
        self.problem = problem
        self.allows = allows
        self.tried = tried or problem.explored(allows, allows)
        self.choice = choice or self.tried.choice()
        self.seen: set[str] = set()
        self.asked: set[str] = set()

    def look(self, wanted: int) -> bool:
        """Looks for denies that would let one of the texts `wanted` (a bit set) be allowed; False if there are no new ones."""
        tried = self.tried
        fresh = [text for text in tried.remedies(wanted) if text not in self.seen]
        if not fresh:
            return False
        # What another text does as well, or a deny that would cost something allowed, is of no use to any later round.
        self.allows = [t for t in useful(tried.texts, tried.needs, tried.forbids) if t in set(self.allows)]
        denies = useful(tried.texts, tried.forbids, tried.needs, clean=True)
        return self.explore(self.allows, denies, fresh)

    def ask(self) -> bool:
        """Looks at what is still lost one by one, for a proof that no document can say it, or the narrowest text that would.

        False if there is no new text.
        """
        fresh = []
        for place in self.choice.lost:
            text = self.tried.narrowest(place)
            if text in self.asked or not spellable(text):
                continue
            self.asked.add(text)
            if not self.problem.disproved(text, self.tried.witness(place)) and text not in self.allows:
                fresh.append(text)
            if len(fresh) == _MOST_ASKED:
                break
        return bool(fresh) and self.explore([*self.allows, *fresh], self.tried.texts)

    def explore(self, allows: Sequence[str], denies: Sequence[str], fresh: Sequence[str] = ()) -> bool:
        """Explores the texts and chooses anew, with fewer of the `fresh` denies where that is past the budget.

        False, and nothing changed, where not even a few of them are within it.
        """
        for few, sure in ((len(fresh), False), (len(fresh) // 3, True)):
            texts = [*dict.fromkeys([*allows, *denies, *fresh[:few]])]
            try:
                if not sure and not self.problem.affords(len(texts), _SHARE):
                    raise OverBudget
                self.tried = self.problem.explored([*dict.fromkeys(allows)], texts, share=_SHARE)
            except (OverBudget, TooManyKinds):
                self.problem.stopped = True
                if few < 2:
                    return False
                continue
            self.allows = [*dict.fromkeys(allows)]
            self.choice = self.tried.choice()
            self.seen.update(fresh[:few])
            return True
        return False

    def shorter(self, cover: Cover) -> Cover:
        """`cover`, or a shorter one that allows some wide text and denies what that holds too much."""
        best = cover
        for _ in range(_SHORTENINGS):
            if self.choice.exact and self.choice.cost < len(best.allow) + len(best.deny) + bool(best.deny):
                best = self.tried.cover(self.choice)
            if self.choice.cost <= 2 or self.problem.budget.left <= 0 or not self.look(self.tried.widest()):
                break
        if self.choice.exact and self.choice.cost < len(best.allow) + len(best.deny) + bool(best.deny):
            best = self.tried.cover(self.choice)
        return best


def _complemented(problem: Problem) -> Cover:
    """Allow and Deny that together speak of every declared path."""
    templates = problem.universe
    allows = problem.texts([*narrow(templates, first(problem.allows)), *wide(templates)])
    texts = [*allows, *everywhere(templates, first(problem.denies), allows)]
    tried = problem.explored(texts, texts, everything=True)
    return tried.cover(tried.choice(complement=True))


def _against(universe: Sequence[Segments], rules: Sequence[Segments]) -> list[tuple[Segments, Segments]]:
    """Rules, each with the one it comes from; a glob that meets only literal segments of templates is resolved now."""
    found: list[tuple[Segments, Segments]] = []
    for rule in rules:
        if not any(isinstance(segment, Glob) for segment in rule):
            found.append((rule, rule))
            continue
        for template in universe:
            found.extend((common, rule) for common in meet(template, rule))
    return list(dict.fromkeys(found))


def _certain(problem: Problem, complement: bool) -> Cover:
    """What is right without a search: the literal rules that no deny can touch."""
    granted: list[str] = []
    lost: dict[Segments, Missing] = {}
    denies = first(problem.denies)
    purse = Budget(_LOOKING)
    for rule, origin in problem.allows:
        text = literal_text(rule)
        denied = any(meet(rule, deny) for deny in denies)
        if text is not None and not complement and not denied:
            granted.append(text)
        else:
            path = _lost_path(problem.universe, rule, denies, purse)
            if path is not None:
                lost.setdefault(origin, Missing(path, origin, Narrowing.BUDGET))
    return Cover(granted, ("*",) if complement else (), not lost, tuple(lost.values()))


def _lost_path(universe: Sequence[Segments], rule: Segments, denies: Sequence[Segments], purse: Budget) -> str | None:
    """A shortest declared path of a rule that no deny is for; None if there is none. Beyond the `purse`, one that is the rule's."""
    try:
        alphabet = Alphabet([*universe, rule, *denies], ())
        ground = Ground(alphabet, universe, [rule], denies)
        machine = ground.machine()
        machine.ready()
        denied = union(ground.deny_ends)
        found = explore(
            machine,
            alphabet,
            live=ground.live,
            also=ground.granting,
            ends=ground.ends,
            accepting=union(ground.allow_ends) | denied,
            folds=False,
            budget=purse,
        )
    except (OverBudget, TooManyKinds):
        sample = next((common for template in universe for common in meet(template, rule)), None)
        return None if sample is None else _sample(sample)
    allowed = (key for signature, key in found.canonical.items() if signature and not signature & denied)
    return next((found.witness(key) for key in allowed), None)


def _sample(segments: Segments) -> str:
    words = []
    for segment in segments:
        if isinstance(segment, str):
            words.append(segment)
        elif segment is ANY:
            words.append("x")
        elif isinstance(segment, Glob):
            words.append(_glob_sample(segment))
    return "/".join(words)


def _glob_sample(glob: Glob) -> str:
    from cwsauth.policy.pattern import RUN, CharClass

    text = ""
    for token in glob.tokens:
        if isinstance(token, str):
            text += token
        elif isinstance(token, CharClass):
            text += next((c for c in "xyz0aA-_" if token.matches(c)), token.ranges[0][0])
        elif token is not RUN:
            text += "x"
    return text or "x"
