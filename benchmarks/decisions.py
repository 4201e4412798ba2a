"""What does a decision cost? Route patterns from 1 to 100 000, half of the paths hits, peers in the same run.

    python -m benchmarks.decisions [--most 10000] [--full]

The patterns and paths are those of `benchmarks.workload`. Fresh paths are new `str` objects in each pass, so that no hash of
theirs is known; repeated ones are the same objects again. The quick ones then take turns in one process, for ratios that do
not hang on a clock. Checked first: every peer answers each path as the pattern that it
was made from says; one that does not is told in a note, and not timed.
"""

from __future__ import annotations

import time
from functools import cache, partial
from typing import TYPE_CHECKING

from benchmarks.measure import Bench, Case, Report, Unable, beside, figure, growth, installed, spread, turns
from benchmarks.peers import FLOOR, KEEPING, PEERS
from benchmarks.workload import case

if TYPE_CHECKING:
    from benchmarks.measure import Pass
    from benchmarks.peers import Decide

SIZES = (1, 10, 100, 1_000, 10_000, 100_000)
AGAIN = ", repeated paths"
REPEATED = (FLOOR, "cwsauth", *KEEPING, "routrie (Rust)", "falcon")
ALL = {**PEERS, **KEEPING}
BUDGET = 40_000_000  # nanoseconds of a pass; a slow peer is asked fewer of the paths


@cache
def given(size: int) -> tuple[list[list[str]], list[tuple[str, bool]], set[str]]:
    """Patterns, paths with what is right, and the paths that are hits."""
    patterns, asked = case(size)
    return patterns, asked, {path for path, hit in asked if hit}


def built(name: str, size: int) -> Decide:
    """A peer with the patterns of a size."""
    patterns, _, hits = given(size)
    return ALL[name].build(patterns, hits)


def check(name: str, size: int) -> None:
    """Raises where a peer cannot hold the patterns, or answers a path wrongly; ours may not."""
    try:
        decide = built(name, size)
    except Exception as error:
        raise Unable(f"does not take these patterns ({type(error).__name__})") from error
    asked = fitting(decide, given(size)[1])
    wrong = sum(decide(path) is not hit for path, hit in asked)
    assert not (wrong and name.startswith("cwsauth")), f"{name} answers {wrong} of {len(asked)} paths wrongly"
    if wrong:
        raise Unable(f"answers {wrong} of {len(asked)} paths wrongly")


def fitting(decide: Decide, asked: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """All paths, or as many as a slow peer answers within the budget; at least 20."""
    start = time.process_time_ns()
    for path, _ in asked[:10]:
        decide(path)
    each = (time.process_time_ns() - start) / 10
    return asked[: max(20, int(BUDGET / max(each, 1)))]


def passing(name: str, size: int, fresh: bool) -> tuple[Pass, int]:
    """A pass over the paths."""
    decide = built(name, size)
    paths = [path for path, _ in fitting(decide, given(size)[1])]

    def run() -> int:
        asked = [path.encode().decode() for path in paths] if fresh else paths
        start = time.process_time_ns()
        for path in asked:
            decide(path)
        return time.process_time_ns() - start

    return run, len(paths)


def report(bench: Bench, sizes: list[int]) -> Report:
    """The tables: fresh paths, and repeated ones."""
    labels = [str(size) for size in sizes]
    least = bench.times.least()
    columns = [*(f"{size:,}" for size in sizes), "growth"]
    fresh = Report(
        "decisions",
        "CPU µs a decision on a fresh path, by number of patterns; in brackets the ratio to the floor",
        columns,
    )
    again = Report("decisions on repeated paths", "CPU µs a decision on paths that were asked before", columns)
    for table, end, names in ((fresh, "", tuple(PEERS)), (again, AGAIN, REPEATED)):
        for name in names:
            cells = [bench.times.cell(name + end, label, FLOOR + end) for label in labels]
            table.rows.append(Case(name, [*cells, growth(least.get(name + end, {}))]))
            table.values[name] = least.get(name + end, {})
    fresh.notes = [
        "growth: the exponent of the time in the number of patterns from 10 on, by least squares",
        "`-`: not asked, as it would take too long, or not timed for a reason below",
        *bench.notes,
        *_ratios(least, labels),
    ]
    fresh.missing = [name for name, peer in PEERS.items() if not installed(peer.needs)]
    rounds = 60 if bench.full else 30
    fresh.more = [again, taking_turns(sizes, True, rounds), taking_turns(sizes, False, rounds)]
    return fresh


def taking_turns(sizes: list[int], fresh: bool, rounds: int) -> Report:
    """The quick ones in one process, each in its turn, as multiples of the floor in the same round."""
    kind = "fresh" if fresh else "repeated"
    table = Report(
        f"decisions in turn, {kind} paths",
        "Multiples of the floor, which has its turn in the same round and process",
        [f"{size:,}" for size in sizes],
    )
    names = [name for name in REPEATED if installed(ALL[name].needs) and not (fresh and name in KEEPING)]
    taken = {
        size: turns({name: passing(name, size, fresh) for name in names if size <= ALL[name].most}, rounds)
        for size in sizes
    }
    for name in names:
        cells = [beside(taken[size], name, FLOOR) if name in taken[size] else "-" for size in sizes]
        table.rows.append(Case(name, cells))
        table.values[name] = {str(size): spread(taken[size][name])[0] for size in sizes if name in taken[size]}
    return table


def _ratios(least: dict[str, dict[str, float]], labels: list[str]) -> list[str]:
    """Where a peer is ahead, and where we are."""
    ours = least["cwsauth"]
    told = []
    for name in PEERS:
        if name in (FLOOR, "cwsauth") or not least.get(name):
            continue
        ratios = [f"{figure(least[name][at] / ours[at])} at {int(at):,}" for at in labels if at in least[name]]
        told.append(f"{name} / cwsauth: {', '.join(ratios)}")
    return told


def main() -> None:
    """Measures, and prints the report."""
    bench = Bench("benchmarks.decisions", __doc__, most=10_000, processes=2)
    most = 100_000 if bench.full else bench.most
    sizes = [size for size in SIZES if size <= most]
    # Those of one size after each other, the floor first: the clock of a machine may change its mind in between.
    for end, names in (("", tuple(PEERS)), (AGAIN, REPEATED)):
        for size in sizes:
            for name in names:
                peer = ALL[name]
                if installed(peer.needs) and size <= (peer.full if bench.full else peer.most):
                    bench.time(name + end, str(size), partial(passing, name, size, not end), partial(check, name, size))
    bench.done(lambda: report(bench, sizes))


if __name__ == "__main__":
    main()
