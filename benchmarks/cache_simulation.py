"""How often does API Gateway's cache answer in place of the authorizer? A population of tokens, simulated.

    python -m benchmarks.cache_simulation [--calls 1000000]

Tokens are drawn by Zipf's law, calls come as a Poisson process, and an answer is kept for TTL seconds after it was made, as
API Gateway keeps it: it is not made younger by being used. The cost is that of Lambda's price list of 2024 for x86 in
us-east-1 (0.20 $ a million requests, 0.0000166667 $ a GB second), for an authorizer of 128 MB that is billed 2 ms a call.
"""

from __future__ import annotations

import bisect
import itertools
import random

from benchmarks.measure import Case, Report, finish, options

PER_CALL = 0.20 / 1e6 + 0.128 * 0.002 * 0.0000166667
MONTH = 30 * 24 * 3600


def hits(rate: float, tokens: int, ttl: float, calls: int, *, skew: float = 1.0, seed: int = 1) -> float:
    """The part of the calls that the cache answers, once it is warm: the second half of the calls is counted."""
    if ttl == 0:
        return 0.0
    rng = random.Random(seed)
    weights = list(itertools.accumulate(rank**-skew for rank in range(1, tokens + 1)))
    until = [0.0] * tokens
    now = 0.0
    found = counted = 0
    for number in range(calls):
        now += rng.expovariate(rate)
        token = bisect.bisect_left(weights, rng.random() * weights[-1])
        hit = now < until[token]
        if not hit:
            until[token] = now + ttl
        if number * 2 >= calls:
            counted += 1
            found += hit
    return float(found / counted)


def expected(rate: float, tokens: int, ttl: float, *, skew: float = 1.0) -> float:
    """The same in the long run: a token with p calls a second is asked about once in each TTL + 1/p seconds."""
    weights = [rank**-skew for rank in range(1, tokens + 1)]
    total = sum(weights)
    misses = sum((share := rate * weight / total) / (1 + share * ttl) for weight in weights)
    return max(0.0, float(1 - misses / rate))


def measure(calls: int = 200_000) -> Report:
    """Hit ratios, what is left for the authorizer, and what that costs a month."""
    report = Report(
        "the cache of API Gateway", "Zipf (1.0) over the tokens; 0.1 callers a second for each call a second", []
    )
    report.columns = ["tokens", "TTL, s", "hit ratio", "simulated", "authorizer calls/s", "$ a month"]
    for rate in (1, 1_000, 100_000):
        tokens = {1: 1_000, 1_000: 50_000, 100_000: 1_000_000}[rate]
        for ttl in (0, 60, 300, 3600):
            ratio = expected(rate, tokens, ttl)
            warm = rate * ttl * 2 <= calls
            simulated = f"{hits(rate, tokens, ttl, calls):.3f}" if warm else "-"
            asked = rate * (1 - ratio)
            cells = [
                f"{tokens:,}",
                str(ttl),
                f"{ratio:.3f}",
                simulated,
                f"{asked:,.2f}",
                f"{asked * MONTH * PER_CALL:,.2f}",
            ]
            report.rows.append(Case(f"{rate:,} requests/s", cells))
            report.values.setdefault(str(rate), {})[str(ttl)] = ratio
    report.unit = "Zipf (1.0) over the tokens"
    report.notes.append(
        "simulated: the same by drawing calls; - where it would take more calls than were drawn to get warm"
    )
    return report


def main() -> None:
    """Prints the report."""
    parser = options(__doc__)
    parser.add_argument("--calls", type=int)
    given = parser.parse_args()
    finish(measure(given.calls or (1_000_000 if given.full else 200_000)), given.report)


if __name__ == "__main__":
    main()
