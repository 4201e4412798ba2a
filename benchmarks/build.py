"""What does it take to build a policy, and how much memory does it hold? The patterns of `benchmarks.workload`.

    python -m benchmarks.build [--most 10000] [--full]

Memory is what `tracemalloc` sees after building, so what Rust allocates is not in it; such a peer has no figure. A peer that
puts its work off to the first question is asked one.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.measure import Bench, Case, Report, beside, figure, growth, installed, spread, turns
from benchmarks.peers import FLOOR, PEERS
from benchmarks.workload import case

if TYPE_CHECKING:
    from benchmarks.measure import Pass

SIZES = (100, 1_000, 10_000, 100_000)
NOT_PYTHON = ("routrie (Rust)", "Cedar (cedarpy)", "oso")
MOST = {"falcon": 1_000, "werkzeug": 1_000, "Casbin": 1_000, "oso": 1_000}


def passing(name: str, size: int) -> tuple[Pass, int]:
    """A pass builds once."""
    patterns, asked = case(size)
    hits = {path for path, hit in asked if hit}
    path = asked[0][0]

    def run() -> int:
        gc.collect()
        start = time.process_time_ns()
        PEERS[name].build(patterns, hits)(path)
        return time.process_time_ns() - start

    return run, 1


def memory(name: str, size: int) -> float:
    """Megabytes that what was built holds."""
    patterns, asked = case(size)
    hits = {path for path, hit in asked if hit}
    PEERS[name].build(patterns[:1], hits)  # what is imported is not counted
    gc.collect()
    tracemalloc.start()
    decide = PEERS[name].build(patterns, hits)
    decide(asked[0][0])
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    return held


def report(bench: Bench, sizes: list[int]) -> Report:
    """The table."""
    table = Report("build", "CPU ms to build from texts, by number of patterns; and the memory held", [])
    largest = sizes[-1]
    table.columns = [*(f"{size:,}" for size in sizes), "growth", *(f"MB at {size:,}" for size in sizes[1:])]
    for name, values in bench.times.least().items():
        table.values[name] = {label: value / 1000 for label, value in values.items()}
        cells = []
        for size in sizes:
            taken = bench.times.taken[name].get(str(size))
            cells.append("-" if taken is None else bench.times.cell(name, str(size), scale=1e-3))
        held = [
            figure(memory(name, size)) if str(size) in values and name not in NOT_PYTHON else "-" for size in sizes[1:]
        ]
        table.rows.append(Case(name, [*cells, growth(values), *held]))
    table.notes = [f"budget of ours at 10,000: 30 ms and 10 MB; measured up to {largest:,}", *bench.notes]
    table.more = [taking_turns(min(10_000, largest), 21 if bench.full else 9)]
    return table


def taking_turns(size: int, rounds: int) -> Report:
    """Ours and the quickest rival in one process, each in its turn."""
    names = [name for name in ("cwsauth", "routrie (Rust)") if installed(PEERS[name].needs)]
    taken = turns({name: passing(name, size) for name in names}, rounds, 0)
    table = Report(
        "build in turn", "As a multiple of ours, which has its turn in the same round and process", [f"{size:,}"]
    )
    for name in names:
        table.rows.append(Case(name, [beside(taken, name, "cwsauth")]))
        table.values[name] = {str(size): spread(taken[name])[0] / 1000}
    return table


def main() -> None:
    """Measures, and prints the report."""
    bench = Bench("benchmarks.build", __doc__, most=10_000, processes=2, values=4)
    most = 100_000 if bench.full else bench.most
    sizes = [size for size in SIZES if size <= most]
    for size in sizes:
        for name, peer in PEERS.items():
            asked = size <= min(peer.full if bench.full else peer.most, MOST.get(name, size))
            if asked and name != FLOOR and installed(peer.needs) and name != "Chalice's local matcher":
                bench.time(name, str(size), partial(passing, name, size))
    bench.done(lambda: report(bench, sizes))


if __name__ == "__main__":
    main()
