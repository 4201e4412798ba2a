"""How often does API Gateway's cache answer in place of the authorizer? A population of tokens, simulated.

    python -m benchmarks.cache_simulation [--calls 1000000] [--skew 1.0] [--callers 50]

Callers are drawn by Zipf's law, calls come as a Poisson process, and an answer is kept for TTL seconds after it was made, as
API Gateway keeps it: it is not made younger by being used. A token may be exchanged for a new one every `lifetime` seconds,
which the cache does not know. `expected` is the same in closed form, for populations that are too large to draw.
"""

from __future__ import annotations

import bisect
import itertools
import random

from benchmarks.measure import Case, Report, finish, options

# Requests a second → callers, unless they are given: a caller makes from 1 request in 17 minutes to 1 in 10 seconds.
POPULATION = {1: 1_000, 1_000: 50_000, 100_000: 1_000_000}
TTLS = (0, 60, 300, 3600)


def weights(callers: int, skew: float) -> list[float]:
    """How often each caller calls, by Zipf's law: the one of rank r in proportion to 1 / r ** skew."""
    return [rank**-skew for rank in range(1, callers + 1)]


def hits(
    rate: float,
    callers: int,
    ttl: float,
    calls: int,
    *,
    skew: float = 1.0,
    lifetime: float | None = None,
    seed: int = 1,
) -> float:
    """The part of the calls that the cache answers, once it is warm: the second half of the calls is counted."""
    if ttl == 0:
        return 0.0
    rng = random.Random(seed)
    sums = list(itertools.accumulate(weights(callers, skew)))
    until = [0.0] * callers
    renewed = [rng.random() * lifetime if lifetime else 0.0 for _ in range(callers)]
    now = 0.0
    found = counted = 0
    for number in range(calls):
        now += rng.expovariate(rate)
        caller = bisect.bisect_left(sums, rng.random() * sums[-1])
        if lifetime and now >= renewed[caller]:
            renewed[caller] += lifetime * (1 + (now - renewed[caller]) // lifetime)
            until[caller] = 0.0
        hit = now < until[caller]
        if not hit:
            until[caller] = now + ttl
        if number * 2 >= calls:
            counted += 1
            found += hit
    return float(found / counted)


def expected(rate: float, callers: int, ttl: float, *, skew: float = 1.0) -> float:
    """The same in the long run, for tokens that last: one with p calls a second is asked about once in TTL + 1/p seconds."""
    if ttl == 0:
        return 0.0
    shares = weights(callers, skew)
    each = rate / sum(shares)
    misses = sum((calls := each * share) / (1 + calls * ttl) for share in shares)
    return max(0.0, float(1 - misses / rate))


def measure(calls: int = 200_000, skew: float = 1.0, callers: int = 0) -> Report:
    """Hit ratios, drawn and in closed form, and what is left for the authorizer."""
    report = Report("the cache of API Gateway", f"Zipf ({skew}) over the callers", [])
    report.columns = ["callers", "TTL, s", "hit ratio", "simulated", "authorizer calls/s"]
    for rate, usual in POPULATION.items():
        count = callers or usual
        for ttl in TTLS:
            ratio = expected(rate, count, ttl, skew=skew)
            simulated = f"{hits(rate, count, ttl, calls, skew=skew):.3f}" if rate * ttl * 2 <= calls else "-"
            cells = [f"{count:,}", str(ttl), f"{ratio:.3f}", simulated, f"{rate * (1 - ratio):,.2f}"]
            report.rows.append(Case(f"{rate:,} requests/s", cells))
            report.values.setdefault(str(rate), {})[str(ttl)] = ratio
    report.notes.append(
        "simulated: the same by drawing calls; - where it would take more calls than were drawn to get warm"
    )
    return report


def main() -> None:
    """Prints the report."""
    parser = options(__doc__)
    parser.add_argument("--calls", type=int, help="how many calls are drawn")
    parser.add_argument("--skew", type=float, default=1.0, help="the exponent of Zipf's law")
    parser.add_argument("--callers", type=int, default=0, help="how many there are, for every rate")
    given = parser.parse_args()
    calls = given.calls or (1_000_000 if given.full else 200_000)
    finish(measure(calls, given.skew, given.callers), given.report)


if __name__ == "__main__":
    main()
