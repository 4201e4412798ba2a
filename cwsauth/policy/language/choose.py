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


class Rows:
    """Signatures, and for each text the places of those that hold it, as a bit set."""

    __slots__ = ("by_text", "every", "signatures", "union")

    def __init__(self, signatures: Sequence[int], count: int) -> None:
        self.signatures = signatures
        self.every = (1 << len(signatures)) - 1
        self.union = union(signatures)
        self.by_text = [0] * count
        for place, signature in enumerate(signatures):
            for number in bit_places(signature):
                self.by_text[number] |= 1 << place

    def touched(self, texts: int) -> int:
        """The places of the signatures that hold one of `texts`, a bit set."""
        return union(self.by_text[number] for number in bit_places(texts & self.union))


def choose(
    texts: Sequence[str],
    needs: Sequence[int] | Rows,
    forbids: Sequence[int] | Rows,
    *,
    among: int = -1,
    complement: bool = False,
) -> Choice:
    """The texts to allow and to deny.

    A signature is a bit set of the texts that match. Each of `needs` is to be allowed, none of `forbids` may be
    (`complement`: each is to be denied). `among`: the texts that may be allowed, as a bit set: those all of whose signatures
    are known.

    - *Sound*: every forbid that an allowed text holds is denied.
    - *Exact*: where `lost` is empty, every need is allowed and none is denied.
    """
    needs = needs if isinstance(needs, Rows) else Rows(needs, len(texts))
    forbids = forbids if isinstance(forbids, Rows) else Rows(forbids, len(texts))
    if complement:
        return _with_complement(texts, needs, forbids)
    clean = needs.union & ~forbids.union & among
    positive = None
    if needs.touched(clean) == needs.every:
        positive = Choice(_cover(texts, needs, needs.every, clean), [], [])
        if positive.cost <= 2:
            return positive
    mixed = _mixed(texts, needs, forbids, among)
    if positive is not None and (mixed.lost or positive.cost <= mixed.cost):
        return positive
    return mixed


def useful(texts: Sequence[str], wanted: Rows, unwanted: Rows, *, clean: bool = False) -> list[str]:
    """The texts that no other one makes superfluous: none holds as much of `wanted` and no more of `unwanted`.

    `clean`: only those that hold nothing of `unwanted`.
    """
    gains, costs = wanted.by_text, unwanted.by_text
    kept: list[int] = []
    order = sorted(
        (number for number, gain in enumerate(gains) if gain and not (clean and costs[number])),
        key=lambda n: (-gains[n].bit_count(), costs[n].bit_count(), len(texts[n]), texts[n]),
    )
    for number in order:
        gain, cost = gains[number], costs[number]
        if not any(not gain & ~gains[other] and not costs[other] & ~cost for other in kept):
            kept.append(number)
    return [texts[number] for number in sorted(kept)]


def _mixed(texts: Sequence[str], needs: Rows, forbids: Rows, among: int) -> Choice:
    """Allow and Deny together: a text may be allowed if all that it should not hold can be denied."""
    # INVARIANT: a denied text holds no need, so a deny costs no exactness.
    safe = ((1 << len(texts)) - 1) & ~needs.union
    usable = needs.union & among & ~union(forbid for forbid in forbids.signatures if not forbid & safe)
    met = needs.touched(usable)
    lost = bit_places(needs.every & ~met)
    best: Choice | None = None
    tried: dict[int, list[int]] = {}
    for penalty in (0.0, 0.5, 1.0):
        allow = _cover(texts, needs, met, usable, _spilled(usable, forbids, penalty))
        choice = _denying(texts, allow, forbids, safe, lost, tried)
        if best is None or choice.cost < best.cost:
            best = choice
    assert best is not None
    return best if best.cost <= 2 else _few(texts, needs, met, usable, forbids, safe, best, tried)


def _denying(
    texts: Sequence[str], allow: list[int], forbids: Rows, safe: int, lost: list[int], tried: dict[int, list[int]]
) -> Choice:
    """What it takes to allow `allow`; `tried` has the denies for each set of forbids that was asked before."""
    spilled = forbids.touched(_bits(allow))
    deny = tried.get(spilled)
    if deny is None:
        deny = tried[spilled] = _cover(texts, forbids, spilled, safe)
    return Choice(allow, deny, lost)


def _few(
    texts: Sequence[str],
    needs: Rows,
    met: int,
    usable: int,
    forbids: Rows,
    safe: int,
    best: Choice,
    tried: dict[int, list[int]],
) -> Choice:
    """`best`, or a smaller choice with one or two texts for Allow: each pair that meets all needs is tried, up to a number.

    Taking first what meets the most is blind to two wide texts, or to one with a few denies.
    """
    held = {number: needs.by_text[number] & met for number in bit_places(usable)}
    widest = sorted(held, key=lambda n: (-held[n].bit_count(), len(texts[n]), texts[n]))
    for allow in islice(_sets(widest, held, met), _MOST_TRIED):
        if len(allow) >= best.cost:
            break
        choice = _denying(texts, sorted(allow), forbids, safe, best.lost, tried)
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


def _with_complement(texts: Sequence[str], needs: Rows, forbids: Rows) -> Choice:
    """Every forbid is denied, also where that costs a need."""
    every = (1 << len(texts)) - 1
    deny = _cover(texts, forbids, forbids.every, every & ~needs.union)
    deny = deny + _cover(texts, forbids, forbids.every & ~forbids.touched(_bits(deny)), every)
    denied = _bits(deny)
    met = needs.every & ~needs.touched(denied)
    usable = union(needs.signatures[place] for place in bit_places(met))
    usable &= ~union(forbid for forbid in forbids.signatures if not forbid & denied)
    met &= needs.touched(usable)
    return Choice(_cover(texts, needs, met, usable), deny, bit_places(needs.every & ~met))


def _spilled(usable: int, forbids: Rows, penalty: float) -> dict[int, float]:
    """What allowing each text costs in denies, about: `penalty` for each forbid that it holds, two at most."""
    if not penalty:
        return {}
    return {number: penalty * min(forbids.by_text[number].bit_count(), 2) for number in bit_places(usable)}


def _cover(
    texts: Sequence[str], needs: Rows, open_needs: int, usable: int, costs: dict[int, float] | None = None
) -> list[int]:
    """Numbers of usable texts that together meet the needs whose places are `open_needs`, where any can: greedy, then without
    what turned out to be superfluous.
    """
    costs = costs or {}
    by_text = {number: needs.by_text[number] & open_needs for number in bit_places(usable & needs.union)}
    chosen: list[int] = []
    # A need that one text alone can meet decides that text.
    for place in bit_places(open_needs):
        only = needs.signatures[place] & usable
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
