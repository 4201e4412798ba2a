"""All benchmarks, one after the other: `make bench`, or `make bench FULL=1` for the long run.

    python -m benchmarks.run [--full] [--only decisions,events]

Writes `benchmarks/RESULTS.md` and its plots in `docs/images`.
"""

from __future__ import annotations

import argparse
import platform
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import cache_simulation, cold_start, compiled, decisions, events, exactness, sizes
from benchmarks.measure import Case, Report
from benchmarks.plot import bars, lines

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
IMAGES = HERE.parent / "docs" / "images"


def reports(full: bool) -> dict[str, Callable[[], Report]]:
    """The questions, by name."""
    return {
        "events": lambda: events.measure(200 if full else 40),
        "decisions": lambda: decisions.measure(100_000 if full else 10_000, 30 if full else 7),
        "build": decisions.build,
        "cold_start": lambda: cold_start.measure(51 if full else 11),
        "compiled": lambda: compiled.measure(15 if full else 5),
        "sizes": sizes.measure,
        "exactness": lambda: exact(600 if full else 60),
        "cache_simulation": lambda: cache_simulation.measure(1_000_000 if full else 200_000),
    }


def exact(tables: int) -> Report:
    """The figures of `benchmarks.exactness`."""
    figures = exactness.report([exactness.run(exactness.case(seed)) for seed in range(1, tables + 1)])
    report = Report("exactness", f"{tables} random route tables and rule lists", ["value"])
    report.rows = [Case(name, [f"{value:g}"]) for name, value in figures.items()]
    return report


def plots(made: dict[str, Report]) -> None:
    """Writes the plots of the reports that were made."""
    IMAGES.mkdir(exist_ok=True)
    if "decisions" in made:
        text = lines("CPU µs a decision, by number of patterns (both axes logarithmic)", made["decisions"].values)
        (IMAGES / "bench-decisions.svg").write_text(text, encoding="utf-8")
    if "cold_start" in made:
        values = {name: value[""] for name, value in made["cold_start"].values.items() if name != "nothing"}
        text = bars("Import after Lambda's runtime client, CPU ms", values)
        (IMAGES / "bench-cold-start.svg").write_text(text, encoding="utf-8")
    if "sizes" in made:
        text = lines("Bytes of the document, by number of routes (both axes logarithmic)", made["sizes"].values)
        (IMAGES / "bench-sizes.svg").write_text(text, encoding="utf-8")


def main() -> None:
    """Runs them and writes the results."""
    parser = argparse.ArgumentParser(description="All benchmarks.")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name]
    made: dict[str, Report] = {}
    began = time.monotonic()
    for name, make in reports(options.full).items():
        if wanted and name not in wanted:
            continue
        print(f"{name} ... [{time.monotonic() - began:.0f} s]", flush=True)
        made[name] = make()
        print(made[name].text(), flush=True)
    plots(made)
    if wanted:
        return
    head = (
        "# Results\n\nWritten by `make bench`"
        f"{' FULL=1' if options.full else ''} on {datetime.now(UTC):%Y-%m-%d}: {platform.python_implementation()} "
        f"{platform.python_version()}, {platform.machine()}. Times are CPU times on one machine, ± half the distance of "
        "the quartiles; take the ratios. What each question measures stands at the top of its file.\n\n"
        "![decisions](../docs/images/bench-decisions.svg)\n![cold start](../docs/images/bench-cold-start.svg)\n"
        "![document size](../docs/images/bench-sizes.svg)\n\n"
    )
    (HERE / "RESULTS.md").write_text(head + "\n".join(report.text() for report in made.values()), encoding="utf-8")
    print(f"wrote benchmarks/RESULTS.md after {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
