"""Choosing the fewest texts: a cover of what must be allowed that holds nothing of what must not."""

from __future__ import annotations

from itertools import islice

from cwsauth.policy.language.bits import bit_places, union

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# Choices of one or two texts for Allow that are tried, each with the denies that it takes.
_MOST_TRIED = 60


class Choice:
    """Numbers of the chosen texts, and the needs that none of them can meet."""

    __slots__ = ("allow", "deny", "lost")

    def __init__(self, allow: list[int], deny: list[int], lost: list[int]) -> None:
        self.allow = allow
        self.deny = deny
        self.lost = lost

    @property
    def exact(self) -> bool:
        """Whether every need is met."""
        return not self.lost

    @property
    def cost(self) -> int:
        """Resources, and one more for having a second statement."""
        return len(self.allow) + len(self.deny) + bool(self.deny)


def choose(
    texts: Sequence[str], needs: Sequence[int], forbids: Sequence[int], *, among: int = -1, complement: bool = False
) -> Choice:
    """The texts to allow and to deny.

    A signature is a bit set of the texts that match. Each of `needs` is to be allowed, none of `forbids` may be
    (`complement`: each is to be denied). `among`: the texts that may be allowed, as a bit set: those all of whose signatures
    are known.

    - *Sound*: every forbid that an allowed text holds is denied.
    - *Exact*: where `lost` is empty, every need is allowed and none is denied.
    """
    if complement:
        return _with_complement(texts, needs, forbids)
    forbidden = union(forbids)
    wanted = union(needs)
    clean = wanted & ~forbidden & among
    positive = None
    if all(need & clean for need in needs):
        positive = Choice(_cover(texts, needs, clean), [], [])
        if positive.cost <= 2:
            return positive
    mixed = _mixed(texts, needs, forbids, among)
    if positive is not None and (mixed.lost or positive.cost <= mixed.cost):
        return positive
    return mixed


def useful(texts: Sequence[str], wanted: Sequence[int], unwanted: Sequence[int], *, clean: bool = False) -> list[str]:
    """The texts that no other one makes superfluous: none holds as much of `wanted` and no more of `unwanted`.

    `clean`: only those that hold nothing of `unwanted`.
    """
    gains = _by_text(len(texts), wanted)
    costs = _by_text(len(texts), unwanted)
    kept: list[int] = []
    order = sorted(
        range(len(texts)), key=lambda n: (-gains[n].bit_count(), costs[n].bit_count(), len(texts[n]), texts[n])
    )
    for number in order:
        gain, cost = gains[number], costs[number]
        if not gain or (clean and cost):
            continue
        if not any(not gain & ~gains[other] and not costs[other] & ~cost for other in kept):
            kept.append(number)
    return [texts[number] for number in sorted(kept)]


def _by_text(count: int, signatures: Sequence[int]) -> list[int]:
    """For each text, the places of the signatures that hold it, as a bit set."""
    places = [0] * count
    for place, signature in enumerate(signatures):
        for number in bit_places(signature):
            places[number] |= 1 << place
    return places


def _mixed(texts: Sequence[str], needs: Sequence[int], forbids: Sequence[int], among: int) -> Choice:
    """Allow and Deny together: a text may be allowed if all that it should not hold can be denied."""
    wanted = union(needs)
    # INVARIANT: a denied text holds no need, so a deny costs no exactness.
    safe = ((1 << len(texts)) - 1) & ~wanted
    usable = wanted & among & ~union(forbid for forbid in forbids if not forbid & safe)
    met = [need for need in needs if need & usable]
    lost = [place for place, need in enumerate(needs) if not need & usable]
    best: Choice | None = None
    for penalty in (0.0, 0.5, 1.0):
        allow = _cover(texts, met, usable, _spilled(usable, forbids, penalty))
        chosen = _bits(allow)
        deny = _cover(texts, [forbid for forbid in forbids if forbid & chosen], safe)
        choice = Choice(allow, deny, lost)
        if best is None or choice.cost < best.cost:
            best = choice
    assert best is not None
    return best if best.cost <= 2 else _few(texts, met, usable, forbids, safe, best)


def _few(
    texts: Sequence[str], needs: Sequence[int], usable: int, forbids: Sequence[int], safe: int, best: Choice
) -> Choice:
    """`best`, or a smaller choice with one or two texts for Allow: each pair that meets all needs is tried, up to a number.

    Taking first what meets the most is blind to two wide texts, or to one with a few denies.
    """
    held = dict.fromkeys(bit_places(usable), 0)
    for place, need in enumerate(needs):
        for number in bit_places(need & usable):
            held[number] |= 1 << place
    everything = (1 << len(needs)) - 1
    widest = sorted(held, key=lambda n: (-held[n].bit_count(), len(texts[n]), texts[n]))
    for allow in islice(_sets(widest, held, everything), _MOST_TRIED):
        if len(allow) >= best.cost:
            break
        chosen = _bits(allow)
        deny = _cover(texts, [forbid for forbid in forbids if forbid & chosen], safe)
        choice = Choice(sorted(allow), deny, best.lost)
        if choice.cost < best.cost:
            best = choice
    return best


def _sets(widest: Sequence[int], held: dict[int, int], everything: int) -> Iterator[list[int]]:
    """The single texts that meet everything, then the pairs that do."""
    whole = [number for number in widest if held[number] == everything]
    yield from ([number] for number in whole)
    rest = [number for number in widest if held[number] != everything]
    for place, number in enumerate(rest):
        missing = everything & ~held[number]
        yield from ([number, other] for other in rest[place + 1 :] if not missing & ~held[other])


def _with_complement(texts: Sequence[str], needs: Sequence[int], forbids: Sequence[int]) -> Choice:
    """Every forbid is denied, also where that costs a need."""
    safe = ((1 << len(texts)) - 1) & ~union(needs)
    deny = _cover(texts, [forbid for forbid in forbids if forbid & safe], safe)
    rest = [forbid for forbid in forbids if forbid and not forbid & _bits(deny)]
    deny = deny + _cover(texts, rest, (1 << len(texts)) - 1)
    denied = _bits(deny)
    met = [need for need in needs if need and not need & denied]
    usable = union(met)
    uncovered = union(forbid for forbid in forbids if not forbid & denied)
    usable &= ~uncovered
    met = [need for need in met if need & usable]
    lost = [place for place, need in enumerate(needs) if need & denied or not need & usable]
    return Choice(_cover(texts, met, usable), deny, lost)


def _spilled(usable: int, forbids: Sequence[int], penalty: float) -> dict[int, float]:
    """What allowing each text costs in denies, about: `penalty` for each forbid that it holds, two at most."""
    if not penalty:
        return {}
    costs: dict[int, float] = {}
    for number in bit_places(usable):
        bit = 1 << number
        held = sum(1 for forbid in forbids if forbid & bit)
        costs[number] = penalty * min(held, 2)
    return costs


def _cover(texts: Sequence[str], needs: Sequence[int], usable: int, costs: dict[int, float] | None = None) -> list[int]:
    """Numbers of usable texts that together meet all needs: greedy, then without what turned out to be superfluous."""
    costs = costs or {}
    by_text = dict.fromkeys(bit_places(usable & union(needs)), 0)
    for place, need in enumerate(needs):
        bit = 1 << place
        for number in bit_places(need & usable):
            by_text[number] |= bit
    open_needs = (1 << len(needs)) - 1
    chosen: list[int] = []
    # A need that one text alone can meet decides that text.
    for place, need in enumerate(needs):
        only = need & usable
        if only and not only & (only - 1) and open_needs >> place & 1:
            number = only.bit_length() - 1
            chosen.append(number)
            open_needs &= ~by_text[number]
    while open_needs:
        best, score = -1, -1.0
        for number, met in by_text.items():
            gain = (met & open_needs).bit_count()
            if not gain:
                continue
            worth = gain / (1.0 + costs.get(number, 0.0))
            # Of equal ones the narrower: more literal text, fewer wildcards.
            if worth > score or (worth == score and _narrowness(texts[number]) > _narrowness(texts[best])):
                best, score = number, worth
        if best < 0:
            break
        chosen.append(best)
        open_needs &= ~by_text[best]
    return _without_superfluous(texts, chosen, by_text, costs)


def _without_superfluous(
    texts: Sequence[str], chosen: list[int], by_text: dict[int, int], costs: dict[int, float]
) -> list[int]:
    kept = sorted(set(chosen))
    for number in sorted(kept, key=lambda n: (-costs.get(n, 0.0), by_text[n].bit_count(), len(texts[n]), texts[n])):
        others = 0
        for other in kept:
            if other != number:
                others |= by_text[other]
        if not by_text[number] & ~others:
            kept.remove(number)
    # One text that does the work of two of the kept ones.
    return _pairs_replaced(texts, kept, by_text) if not costs and len(kept) < 40 else kept


def _pairs_replaced(texts: Sequence[str], kept: list[int], by_text: dict[int, int]) -> list[int]:
    improved = True
    while improved and len(kept) > 2:
        improved = False
        for place, one in enumerate(kept):
            for other in kept[place + 1 :]:
                rest = 0
                for third in kept:
                    if third not in (one, other):
                        rest |= by_text[third]
                gap = (by_text[one] | by_text[other]) & ~rest
                single = next((number for number, met in by_text.items() if not gap & ~met), None)
                if single is not None and single not in kept:
                    kept = sorted([number for number in kept if number not in (one, other)] + [single])
                    improved = True
                    break
            if improved:
                break
    return kept


def _narrowness(text: str) -> tuple[int, int, str]:
    return len(text) - text.count("*") - text.count("?"), -text.count("*"), text


def _bits(numbers: Iterable[int]) -> int:
    return union(1 << number for number in numbers)
