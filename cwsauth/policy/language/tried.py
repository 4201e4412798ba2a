"""One exploration: the signatures of everything declared over some candidate texts, and what to choose from them."""

from __future__ import annotations

from cwsauth.policy.cover import Cover
from cwsauth.policy.language.automata import Alphabet
from cwsauth.policy.language.bits import bit_places, union
from cwsauth.policy.language.candidates import Remedies, touched
from cwsauth.policy.language.choose import Choice, Rows, choose
from cwsauth.policy.language.explore import Budget, Signatures, explore
from cwsauth.policy.language.ground import Ground
from cwsauth.policy.language.impossible import Missing, prove
from cwsauth.policy.language.spelling import spellable
from cwsauth.policy.language.wildcard import matches
from cwsauth.policy.lost import Narrowing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cwsauth.policy.language.impossible import Proof
    from cwsauth.policy.pattern import Segment

    Segments = tuple[Segment, ...]

_MOST_LOOKED_AT = 24
_MOST_DENIES = 48
# How many denies for one witness are tried at once.
_ENOUGH = 4
# Units of work, about, beside the steps: of a template with a rule, of a text that is tried, of a signature, of a choice at
# least, and of a deny that is looked at.
_PAIR, _TEXT, _SIGNATURE, _CHOICE, _DENY = 2, 8, 4, 100, 4
# What is explored grows with this power of the number of texts, at most and about.
_GROWTH = 3
# The most that looking for one proof may spend.
_PROOF = 12_000


class Problem:
    """The templates and rules of one verb, and the units of work that are left."""

    __slots__ = (
        "_alphabet",
        "_grounds",
        "_last",
        "_touching",
        "allows",
        "alone",
        "budget",
        "denies",
        "proofs",
        "proving",
        "remedies",
        "stopped",
        "universe",
    )

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
        self.proofs: dict[str, Proof] = {}
        budget.left -= len(universe) * (len(allows) + len(denies)) * _PAIR
        self.proving = budget.left // 3
        self.stopped = False
        self.remedies = Remedies(universe, first(denies), budget)
        self._alphabet: Alphabet | None = None
        self._grounds: dict[int, Ground] = {}
        self._last = (0, 1)
        self._touching: dict[str, int] = {}

    def texts(self, texts: Iterable[str]) -> list[str]:
        """The texts that can match anything declared, each once."""
        known = dict.fromkeys(texts)
        if self.alone:
            return [text for text in known if spellable(text) and within(self.universe, text)]
        return [text for text in known if spellable(text) and self._touched(text)]

    def _touched(self, text: str) -> int:
        """The templates of which a text might match a path, as a bit set."""
        known = self._touching.get(text)
        if known is None:
            known = self._touching[text] = touched(text, self.universe)
        return known

    def _ground(self, texts: Sequence[str], templates: int = -1) -> Ground:
        """The automata of some templates, a bit set, and of the rules, in an alphabet that tells apart what `texts` do."""
        alphabet = self._alphabet
        if alphabet is None or not alphabet.tells(texts):
            patterns = [*self.universe, *first(self.allows), *first(self.denies)]
            alphabet = self._alphabet = Alphabet(patterns, texts)
            self._grounds = {}
        ground = self._grounds.get(templates)
        if ground is None:
            chosen = [template for place, template in enumerate(self.universe) if templates >> place & 1]
            ground = Ground(alphabet, chosen, first(self.allows), first(self.denies))
            self._grounds[templates] = ground
        return ground

    def disproved(self, text: str, path: str) -> bool:
        """Whether no document can say what is lost at `path`, `text` being the narrowest that holds it; kept in `proofs`."""
        share = max(min(self.budget.left // 3, _PROOF, self.proving), 0)
        purse = Budget(share)
        proof = prove(self.universe, first(self.allows), first(self.denies), text, path, purse, self._ground([text]))
        self.budget.left -= share - purse.left
        self.proving -= share - purse.left
        if proof is not None:
            self.proofs[text] = proof
        return proof is not None

    def missing(self, path: str, text: str, rule: Segments) -> Missing:
        """What is lost at `path`, and why; `text` is the narrowest that holds it."""
        proof = self.proofs.get(text)
        if proof is not None:
            return Missing(path, rule, Narrowing.UNSAYABLE, proof)
        return Missing(path, rule, Narrowing.BUDGET if self.stopped else Narrowing.NOT_FOUND)

    def affords(self, count: int, share: int) -> bool:
        """Whether exploring `count` texts may be expected to stay within `share` percent of the budget, from what the last ones took."""
        spent, texts = self._last
        return spent * (count / max(texts, 1)) ** _GROWTH <= self.budget.left * share / 100

    def explored(
        self, allowing: Sequence[str], texts: Sequence[str], *, everything: bool = False, share: int = 100
    ) -> Tried:
        """The signatures over `texts` of all that one of `allowing` matches (`everything`: of all that is declared).

        `share`: the percentage of the budget that it may spend.
        """
        ground = self._ground(texts, -1 if everything else union(map(self._touched, allowing)))
        machine = ground.machine()
        added = [machine.add_any(ground.alphabet.text(text)) for text in texts]
        machine.ready()
        wanted = set(allowing)
        # What no text matches is looked at too where a rule allows it: it is lost, and must be seen to be.
        sought = (
            union(places for (places, _), text in zip(added, texts, strict=True) if text in wanted) | ground.granting
        )
        text_ends = [end for _, end in added]
        # What turns out to be too much must leave something for a smaller try.
        self.budget.left -= len(texts) * _TEXT
        purse = Budget(max(self.budget.left, 0) * share // 100)
        self.budget.left -= purse.left
        spent = purse.left
        try:
            found = explore(
                machine,
                ground.alphabet,
                live=ground.live,
                also=0 if everything else sought,
                ends=ground.ends,
                accepting=union(ground.allow_ends) | union(ground.deny_ends) | union(text_ends),
                budget=purse,
            )
        finally:
            self.budget.left += purse.left
        self._last = (spent - purse.left, len(texts))
        self.budget.left -= _CHOICE + (len(found.canonical) + len(found.folded)) * _SIGNATURE
        # INVARIANT: only what one of `allowing` matches was explored, so nothing else may be allowed.
        among = union(1 << number for number, text in enumerate(texts) if text in wanted)
        return Tried(self, texts, among, found, ground.allow_ends, union(ground.deny_ends), text_ends)


class Tried:
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
        problem: Problem,
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
        allowed = union(allow_ends)
        shift = (text_ends[0] & -text_ends[0]).bit_length() - 1 if text_ends else 0
        numbers: dict[int, int] = {}
        for number, ends in enumerate(text_ends):
            numbers.update((place - shift, number) for place in bit_places(ends))
        # The texts of a signature as a bit set over their numbers, by their ends.
        compact: dict[int, int] = {}
        needs: dict[int, tuple[int, int]] = {}
        forbids: dict[int, int] = {}
        for signatures, canonical in ((found.canonical, True), (found.folded, False)):
            for signature, key in signatures.items():
                bits = signature >> shift
                held = compact.get(bits, -1)
                if held < 0:
                    held = compact[bits] = union(1 << numbers[place] for place in bit_places(bits))
                if not signature & allowed or signature & denied:
                    forbids.setdefault(held, key)
                elif canonical:
                    needs.setdefault(held, (signature, key))
        self.needs = Rows([*needs], len(texts))
        self.forbids = Rows([*forbids], len(texts))
        self._need_keys = [*needs.values()]
        self._forbid_keys = [*forbids.values()]

    def choice(self, *, complement: bool = False) -> Choice:
        """The best choice among the texts that may be allowed, with any as denies."""
        return choose(self.texts, self.needs, self.forbids, complement=complement, among=self.among)

    def lost(self, choice: Choice) -> int:
        """The texts that would meet a lost need of which it is not known that no document can say it."""
        proofs = self._problem.proofs
        places = [place for place in choice.lost if self.narrowest(place) not in proofs] if proofs else choice.lost
        return union(self.needs.signatures[place] for place in places) & self.among

    def narrowest(self, place: int) -> str:
        """The narrowest text for Allow that holds the witness of a need and all that a wildcard cannot tell from it."""
        return self._found.generalised(self._need_keys[place][1])

    def witness(self, place: int) -> str:
        """A shortest path with a need."""
        return self._found.witness(self._need_keys[place][1])

    def widest(self) -> int:
        """The text that meets the most needs among those that cannot be allowed yet."""
        safe = ~self.needs.union
        unusable = union(held for held in self.forbids.signatures if not held & safe)
        numbers = bit_places(unusable & self.needs.union & self.among)
        best = max(numbers, key=lambda n: (self.needs.by_text[n].bit_count(), -n), default=None)
        return 0 if best is None else 1 << best

    def remedies(self, wanted: int) -> list[str]:
        """Texts for Deny that hold what no deny holds yet and some text of `wanted`, a bit set, does.

        Those that hold most of it come first; each of what is to be held is held by a few of them.
        """
        problem = self._problem
        needed = [self._found.witness(key) for _, key in self._need_keys[:_MOST_LOOKED_AT]]
        found: dict[str, None] = {}
        safe = ~self.needs.union
        pairs = zip(self.forbids.signatures, self._forbid_keys, strict=True)
        open_forbids = [(held, key) for held, key in pairs if held & wanted and not held & safe][:_MOST_LOOKED_AT]
        witnesses: list[str] = []
        looked_at: set[str] = set()
        for held, key in open_forbids:
            if len(found) > _MOST_DENIES or problem.budget.left <= 0:
                break
            allowing = [text for number, text in enumerate(self.texts) if held >> number & 1]
            witness = self._found.witness(key)
            witnesses.append(witness)
            texts = problem.remedies.against(witness, allowing)
            problem.budget.left -= len(texts) * _DENY
            for text in (*texts, self._found.generalised(key)):
                if text in looked_at:
                    continue
                looked_at.add(text)
                if not spellable(text) or (problem.alone and not within(problem.universe, text)):
                    continue
                if not any(matches(text, path) for path in needed):
                    found[text] = None
        return _sufficient([*found], witnesses)

    def cover(self, choice: Choice) -> Cover:
        """The cover that a choice makes, with a witness for each rule that it leaves out."""
        lost: dict[Segments, Missing] = {}
        for place in choice.lost:
            signature, _ = self._need_keys[place]
            rules = zip(self._problem.allows, self._allow_ends, strict=True)
            wanted = next(rule for (_, rule), end in rules if signature & end)
            missing = self._problem.missing(self.witness(place), self.narrowest(place), wanted)
            if wanted not in lost or missing.rank < lost[wanted].rank:
                lost[wanted] = missing
        allow = [self.texts[number] for number in choice.allow]
        if "" in allow and not any(matches(text, "/") for text in allow):
            # Local emulators write the root as `GET//`.
            allow.append("/")
        deny = [self.texts[number] for number in choice.deny]
        return Cover(allow, deny, choice.exact, tuple(lost.values()))


def first(rules: Sequence[tuple[Segments, Segments]]) -> list[Segments]:
    """The rules as they were resolved against the templates."""
    return [rule for rule, _ in rules]


def _sufficient(texts: Sequence[str], witnesses: Sequence[str]) -> list[str]:
    """Some of the texts, of which a few match each of the witnesses: the more texts, the longer takes the next search."""
    held = {text: [place for place, witness in enumerate(witnesses) if matches(text, witness)] for text in texts}
    count = [0] * len(witnesses)
    kept = []
    for text in sorted(texts, key=lambda text: -len(held[text])):
        if any(count[place] < _ENOUGH for place in held[text]):
            kept.append(text)
            for place in held[text]:
                count[place] += 1
    return kept


def within(universe: Sequence[Segments], text: str) -> bool:
    """Whether a text can match only paths that begin with the first segment of `universe`."""
    head = "".join(universe[0][:1])  # type: ignore[arg-type]
    return text == head or (head != "" and text.startswith(head + "/")) or (head == "" and text == "/")
