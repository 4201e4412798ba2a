"""Documents as languages: the exact cover of any rules, by a search over routes, rules and IAM texts at once.

A text is what follows `VERB/` in a resource. Every text of the universe (the declared paths, with any number of slashes
where one stands) falls into a *signature*: whether the rules allow it, and which candidate texts match it. There are
finitely many, and what is right for each of them is right for every text.
"""

from __future__ import annotations

from cwsauth.policy.cover import Cover, literal_text
from cwsauth.policy.language.automata import Chars, Machine, Words, raw_steps
from cwsauth.policy.language.candidates import negative, positive
from cwsauth.policy.language.choose import Choice, choose
from cwsauth.policy.language.explore import BUDGET, OverBudget, Signatures, explore
from cwsauth.policy.language.meet import meet
from cwsauth.policy.pattern import ANY, DEEP, Glob

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cwsauth.policy.pattern import Segment

    Segments = tuple[Segment, ...]

_EVERY_PATH: Sequence[tuple[Segment, ...]] = ((DEEP,),)


def solve(
    templates: Sequence[Segments] | None,
    allows: Sequence[Segments],
    denies: Sequence[Segments],
    *,
    complement: bool = False,
    budget: int = BUDGET,
) -> Cover:
    """The smallest cover found for the rules of one verb: exact if the candidates can say it, narrowed if not.

    `templates` are the declared ones (None: every path), `allows` and `denies` the rules' segments. `complement`: what is
    not allowed is denied explicitly. `budget`: units of `explore`; past it only what is certain is granted.
    """
    universe = _EVERY_PATH if templates is None else templates
    if not universe or not allows:
        return Cover((), ("*",) if complement and universe else ())
    problem = _Problem(universe, _against(universe, allows), _against(universe, denies))
    base = positive(templates, _first(problem.allows))
    try:
        if not complement:
            cover = problem.cover(base, complement=False, positive_only=True, budget=budget // 4)
            if cover is not None:
                return cover
        texts = base + negative(templates, _first(problem.denies), base)
        cover = problem.cover(texts, complement=complement, positive_only=False, budget=budget)
        return cover or Cover()
    except OverBudget:
        return _certain(problem, complement)


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
    """The templates and rules of one verb, to be tried with some candidate texts."""

    __slots__ = ("allows", "denies", "universe")

    def __init__(
        self,
        universe: Sequence[Segments],
        allows: Sequence[tuple[Segments, Segments]],
        denies: Sequence[tuple[Segments, Segments]],
    ) -> None:
        self.universe = universe
        self.allows = allows
        self.denies = denies

    def cover(self, texts: list[str], *, complement: bool, positive_only: bool, budget: int) -> Cover | None:
        """The cover by `texts`; None if `positive_only` and Allow alone is not exact, or is large."""
        alphabet = alphabet_for([*self.universe, *_first(self.allows), *_first(self.denies)], texts)
        machine = Machine(alphabet)
        live = 0
        ends = 0
        for template in self.universe:
            places, end = machine.add(raw_steps(alphabet, template))
            live |= places
            ends |= end
        allow_ends = [machine.add(raw_steps(alphabet, rule))[1] for rule, _ in self.allows]
        allowed = _union(allow_ends)
        denied = _union(machine.add(raw_steps(alphabet, rule))[1] for rule, _ in self.denies)
        ignored = add_dots(machine, alphabet)
        ends_of_texts = [machine.add(alphabet.text(text))[1] for text in texts]
        machine.ready()
        accepting = allowed | denied | _union(ends_of_texts)
        found = explore(machine, alphabet, live=live, ends=ends, accepting=accepting, ignored=ignored, budget=budget)
        shift = ends_of_texts[0].bit_length() - 1
        numbers = {end.bit_length() - 1 - shift: number for number, end in enumerate(ends_of_texts)}
        needs: dict[int, tuple[int, tuple[int, int]]] = {}
        forbids: dict[int, tuple[int, int]] = {}
        for signatures, canonical in ((found.canonical, True), (found.folded, False)):
            for signature, key in signatures.items():
                held = _compact(signature >> shift, numbers)
                if signature & allowed and not signature & denied:
                    if canonical:
                        needs.setdefault(held, (signature, key))
                else:
                    forbids.setdefault(held, key)
        choice = choose(texts, [*needs], [*forbids], complement=complement)
        if positive_only and (choice.lost or choice.deny or len(choice.allow) > 2):
            return None
        return self._made(texts, choice, [*needs.values()], found, allow_ends)

    def _made(
        self,
        texts: list[str],
        choice: Choice,
        needs: Sequence[tuple[int, tuple[int, int]]],
        found: Signatures,
        allow_ends: Sequence[int],
    ) -> Cover:
        lost: dict[Segments, str] = {}
        for place in choice.lost:
            signature, key = needs[place]
            wanted = next(rule for (_, rule), end in zip(self.allows, allow_ends, strict=True) if signature & end)
            path = found.witness(key)
            if wanted not in lost or len(path) < len(lost[wanted]):
                lost[wanted] = path
        allow = [texts[number] for number in choice.allow]
        if "" in allow and not any(text.startswith("*") or text in ("/", "?*", "?") for text in allow):
            # Local emulators write the root as `GET//`.
            allow.append("/")
        return Cover(allow, [texts[n] for n in choice.deny], not choice.lost, tuple((p, r) for r, p in lost.items()))


def alphabet_for(patterns: Sequence[Segments], texts: Iterable[str]) -> Words | Chars:
    """Whole segments as symbols where every wildcard is one, characters where not."""
    if any(isinstance(segment, Glob) for segments in patterns for segment in segments):
        return Chars(patterns, texts)
    words = {segment for segments in patterns for segment in segments if isinstance(segment, str)}
    for text in texts:
        for word in text.split("/"):
            if word in ("", "*", "?*"):
                continue
            if "*" in word or "?" in word:
                return Chars(patterns, texts)
            words.add(word)
    return Words(words)


def add_dots(machine: Machine, alphabet: Words | Chars) -> int:
    """Ends of automata that accept what no rule matches: a text with a `.` or `..` segment."""
    if isinstance(alphabet, Words):
        return 0
    dots = ((".",), ("..",), (".", ANY, DEEP), ("..", ANY, DEEP))
    return _union(machine.add(raw_steps(alphabet, pattern))[1] for dot in dots for pattern in (dot, (DEEP, *dot)))


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
    while bits:
        low = bits & -bits
        compact |= 1 << numbers[low.bit_length() - 1]
        bits ^= low
    return compact
