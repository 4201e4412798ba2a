"""Documents as languages: the exact cover of any rules, by a search over routes, rules and IAM texts at once.

A text is what follows `VERB/` in a resource. Every text of the universe (the declared paths, with any number of slashes
where one stands) falls into a *signature*: whether the rules allow it, and which candidate texts match it. There are
finitely many, and what is right for each of them is right for every text.
"""

from __future__ import annotations

from cwsauth.policy.cover import Cover, literal_text, simple
from cwsauth.policy.language.automata import Alphabet, Machine, raw_steps
from cwsauth.policy.language.candidates import against, everywhere, narrow, touches, wide
from cwsauth.policy.language.choose import Choice, bit_places, choose, useful
from cwsauth.policy.language.explore import BUDGET, Budget, OverBudget, Signatures, explore
from cwsauth.policy.language.kinds import TooManyKinds
from cwsauth.policy.language.meet import meet
from cwsauth.policy.language.spelling import spellable
from cwsauth.policy.language.wildcard import matches
from cwsauth.policy.pattern import ANY, DEEP, Glob

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cwsauth.policy.pattern import Segment

    Segments = tuple[Segment, ...]

# How often denies are looked for; what the last round leaves open is narrowed.
_ROUNDS = 12
_SHORTENINGS = 2
_MOST_LOOKED_AT = 24
_MOST_DENIES = 48
# Units of work that looking for denies against one witness costs, about.
_LOOK = 6000

# Templates times rules from which on the parts of an API are looked at one by one.
_LARGE = 400
_PART = 100_000

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
        if found is not None and all(_within(universe, text) for text in (*found.allow, *found.deny)):
            return found
    problem = _Problem(universe, _against(universe, allows), _against(universe, denies), budget, alone)
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


def _within(universe: Sequence[Segments], text: str) -> bool:
    """Whether a text can match only paths that begin with the first segment of `universe`."""
    head = "".join(universe[0][:1])  # type: ignore[arg-type]
    return text == head or (head != "" and text.startswith(head + "/")) or (head == "" and text == "/")


def _joined(covers: Sequence[Cover]) -> Cover:
    return Cover(
        [text for cover in covers for text in cover.allow],
        [text for cover in covers for text in cover.deny],
        all(cover.exact for cover in covers),
        tuple(lost for cover in covers for lost in cover.lost),
    )


def _searched(problem: _Problem) -> Cover:
    """Allow alone if that is exact and short; else denies, found from what the allowed texts hold too much."""
    rules = dict.fromkeys([*_first(problem.allows), *(origin for _, origin in problem.allows)])
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
    for _ in range(_ROUNDS):
        if search.choice.exact or not search.look(search.tried.lost(search.choice)):
            break
    cover = search.tried.cover(search.choice)
    return search.shorter(cover) if cover.exact and search.choice.cost > 2 else cover


class _Search:
    """Candidates that grow: texts for Allow, and texts for Deny found against what those hold too much."""

    __slots__ = ("allows", "choice", "problem", "seen", "tried")

    def __init__(
        self, problem: _Problem, allows: list[str], tried: _Tried | None = None, choice: Choice | None = None
    ) -> None:
        self.problem = problem
        self.allows = allows
        self.tried = tried or problem.explored(allows, allows)
        self.choice = choice or self.tried.choice()
        self.seen: set[str] = set()

    def look(self, wanted: int) -> bool:
        """Looks for denies that would let one of the texts `wanted` (a bit set) be allowed; False if there are no new ones."""
        tried = self.tried
        fresh = [text for text in tried.remedies(wanted, self.problem) if text not in self.seen]
        if not fresh:
            return False
        self.seen.update(fresh)
        # What another text does as well, or a deny that would cost something allowed, is of no use to any later round.
        self.allows = [t for t in useful(tried.texts, tried.needs, tried.forbids) if t in set(self.allows)]
        denies = useful(tried.texts, tried.forbids, tried.needs, clean=True)
        try:
            self.tried = self.problem.explored(self.allows, list(dict.fromkeys([*self.allows, *denies, *fresh])))
        except (OverBudget, TooManyKinds):
            return False
        self.choice = self.tried.choice()
        return True

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


def _complemented(problem: _Problem) -> Cover:
    """Allow and Deny that together speak of every declared path."""
    templates = problem.universe
    allows = problem.texts([*narrow(templates, _first(problem.allows)), *wide(templates)])
    texts = [*allows, *everywhere(templates, _first(problem.denies), allows)]
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


class _Problem:
    """The templates and rules of one verb, and the units of work that are left."""

    __slots__ = ("allows", "alone", "budget", "denies", "universe")

    def __init__(
        self,
        universe: Sequence[Segments],
        allows: Sequence[tuple[Segments, Segments]],
        denies: Sequence[tuple[Segments, Segments]],
        budget: Budget,
        alone: bool = False,
    ) -> None:
        self.alone = alone
        self.universe = universe
        self.allows = allows
        self.denies = denies
        self.budget = budget

    def texts(self, texts: Iterable[str]) -> list[str]:
        """The texts that can match anything declared, each once."""
        known = dict.fromkeys(texts)
        if self.alone:
            return [text for text in known if spellable(text) and _within(self.universe, text)]
        return [text for text in known if spellable(text) and any(touches(text, s) for s in self.universe)]

    def explored(self, allowing: Sequence[str], texts: Sequence[str], *, everything: bool = False) -> _Tried:
        """The signatures over `texts` of all that one of `allowing` matches (`everything`: of all that is declared)."""
        universe = self.universe
        if not everything:
            universe = [template for template in universe if any(touches(text, template) for text in allowing)]
        alphabet = Alphabet([*universe, *_first(self.allows), *_first(self.denies)], texts)
        machine = Machine(alphabet)
        declared = [machine.add(raw_steps(alphabet, template)) for template in universe]
        granting = [machine.add(raw_steps(alphabet, rule)) for rule, _ in self.allows]
        allow_ends = [end for _, end in granting]
        deny_ends = [machine.add(raw_steps(alphabet, rule))[1] for rule, _ in self.denies]
        added = [machine.add_any(alphabet.text(text)) for text in texts]
        machine.ready()
        wanted = set(allowing)
        sought = _union(places for (places, _), text in zip(added, texts, strict=True) if text in wanted)
        # What no text matches is looked at too where a rule allows it: it is lost, and must be seen to be.
        sought |= _union(places for places, _ in granting)
        found = explore(
            machine,
            alphabet,
            live=_union(places for places, _ in declared),
            also=0 if everything else sought,
            ends=_union(end for _, end in declared),
            accepting=_union(allow_ends) | _union(deny_ends) | _union(end for _, end in added),
            budget=self.budget,
        )
        # INVARIANT: only what one of `allowing` matches was explored, so nothing else may be allowed.
        among = _union(1 << number for number, text in enumerate(texts) if text in wanted)
        return _Tried(self, texts, among, found, allow_ends, _union(deny_ends), [end for _, end in added])


class _Tried:
    """What exploring some texts found: which sets of them match what is to be allowed, and what is not."""

    __slots__ = (
        "_allow_ends",
        "_forbid_keys",
        "_found",
        "_need_keys",
        "_problem",
        "among",
        "forbids",
        "needs",
        "texts",
    )

    def __init__(
        self,
        problem: _Problem,
        texts: Sequence[str],
        among: int,
        found: Signatures,
        allow_ends: Sequence[int],
        denied: int,
        text_ends: Sequence[int],
    ) -> None:
        self.texts = texts
        self.among = among
        self._problem = problem
        self._found = found
        self._allow_ends = allow_ends
        allowed = _union(allow_ends)
        shift = (text_ends[0] & -text_ends[0]).bit_length() - 1 if text_ends else 0
        numbers: dict[int, int] = {}
        for number, ends in enumerate(text_ends):
            numbers.update((place - shift, number) for place in bit_places(ends))
        needs: dict[int, tuple[int, tuple[int, int]]] = {}
        forbids: dict[int, tuple[int, int]] = {}
        for signatures, canonical in ((found.canonical, True), (found.folded, False)):
            for signature, key in signatures.items():
                held = _compact(signature >> shift, numbers)
                if not signature & allowed or signature & denied:
                    forbids.setdefault(held, key)
                elif canonical:
                    needs.setdefault(held, (signature, key))
        self.needs = [*needs]
        self.forbids = [*forbids]
        self._need_keys = [*needs.values()]
        self._forbid_keys = [*forbids.values()]

    def choice(self, *, complement: bool = False) -> Choice:
        """The best choice among the texts that may be allowed, with any as denies."""
        return choose(self.texts, self.needs, self.forbids, complement=complement, among=self.among)

    def lost(self, choice: Choice) -> int:
        """The texts that would meet a lost need."""
        return _union(self.needs[place] for place in choice.lost) & self.among

    def widest(self) -> int:
        """The text that meets the most needs among those that cannot be allowed yet."""
        safe = ~_union(self.needs)
        unusable = _union(held for held in self.forbids if not held & safe)
        numbers = bit_places(unusable & _union(self.needs) & self.among)
        best = max(numbers, key=lambda n: (sum(need >> n & 1 for need in self.needs), -n), default=None)
        return 0 if best is None else 1 << best

    def remedies(self, wanted: int, problem: _Problem) -> list[str]:
        """Texts for Deny that hold what no deny holds yet and some text of `wanted`, a bit set, does."""
        needed = [self._found.witness(key) for _, key in self._need_keys[:_MOST_LOOKED_AT]]
        found: dict[str, None] = {}
        safe = ~_union(self.needs)
        pairs = zip(self.forbids, self._forbid_keys, strict=True)
        open_forbids = [(held, key) for held, key in pairs if held & wanted and not held & safe]
        for held, key in open_forbids[:_MOST_LOOKED_AT]:
            if len(found) > _MOST_DENIES or problem.budget.left <= 0:
                break
            problem.budget.left -= _LOOK
            allowing = [text for number, text in enumerate(self.texts) if held >> number & 1]
            for text in filter(
                spellable, against(self._found.witness(key), problem.universe, _first(problem.denies), allowing)
            ):
                if problem.alone and not _within(problem.universe, text):
                    continue
                if text not in found and not any(matches(text, path) for path in needed):
                    found[text] = None
        return [*found]

    def cover(self, choice: Choice) -> Cover:
        """The cover that a choice makes, with a witness for each rule that it leaves out."""
        lost: dict[Segments, str] = {}
        for place in choice.lost:
            signature, key = self._need_keys[place]
            rules = zip(self._problem.allows, self._allow_ends, strict=True)
            wanted = next(rule for (_, rule), end in rules if signature & end)
            path = self._found.witness(key)
            if wanted not in lost or len(path) < len(lost[wanted]):
                lost[wanted] = path
        allow = [self.texts[number] for number in choice.allow]
        if "" in allow and not any(matches(text, "/") for text in allow):
            # Local emulators write the root as `GET//`.
            allow.append("/")
        deny = [self.texts[number] for number in choice.deny]
        return Cover(allow, deny, choice.exact, tuple((path, rule) for rule, path in lost.items()))


def _certain(problem: _Problem, complement: bool) -> Cover:
    """What is right without a search: the literal rules that no deny can touch."""
    granted: list[str] = []
    lost: dict[Segments, str] = {}
    for rule, origin in problem.allows:
        text = literal_text(rule)
        if text is not None and not complement and not any(meet(rule, deny) for deny, _ in problem.denies):
            granted.append(text)
        else:
            sample = next((common for template in problem.universe for common in meet(template, rule)), None)
            if sample is not None:
                lost.setdefault(origin, _sample(sample))
    return Cover(granted, ("*",) if complement else (), not lost, tuple((path, rule) for rule, path in lost.items()))


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


def _first(rules: Sequence[tuple[Segments, Segments]]) -> list[Segments]:
    return [rule for rule, _ in rules]


def _union(bits: Iterable[int]) -> int:
    union = 0
    for bit in bits:
        union |= bit
    return union


def _compact(bits: int, numbers: dict[int, int]) -> int:
    """The texts of a signature as a bit set over their numbers."""
    compact = 0
    for place in bit_places(bits):
        compact |= 1 << numbers[place]
    return compact
