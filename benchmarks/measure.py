"""How all benchmarks measure and report: CPU time, medians, their spread, tables in Markdown."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass
class Case:
    """One line of a table."""

    name: str
    cells: list[str]


@dataclass
class Report:
    """The answer to one question: a table, its values for plots (series → label → value), and what was not there."""

    title: str
    unit: str
    columns: list[str]
    rows: list[Case] = field(default_factory=list)
    values: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def text(self) -> str:
        """The report in Markdown."""
        lines = [f"## {self.title}", "", f"{self.unit}.", "", "| | " + " | ".join(self.columns) + " |"]
        lines.append("|---" * (len(self.columns) + 1) + "|")
        lines += [f"| {row.name} | " + " | ".join(row.cells) + " |" for row in self.rows]
        lines += ["", *[f"- {note}" for note in self.notes]]
        if self.missing:
            lines += [f"- not installed, so not measured: {', '.join(self.missing)}"]
        return "\n".join(lines).rstrip() + "\n"


def spread(taken: Sequence[float]) -> tuple[float, float]:
    """The median, and half the distance between the quartiles."""
    if len(taken) < 4:
        return statistics.median(taken), (max(taken) - min(taken)) / 2
    first, middle, last = statistics.quantiles(taken, n=4)
    return middle, (last - first) / 2


def cpu(loops: dict[str, Callable[[], object]], count: int, rounds: int) -> dict[str, list[float]]:
    """CPU microseconds of one of the `count` calls that each loop makes: the loops in turn, `rounds` times."""
    taken: dict[str, list[float]] = {name: [] for name in loops}
    for loop in loops.values():
        loop()
    for _ in range(rounds):
        for name, loop in loops.items():
            gc.collect()
            start = time.process_time_ns()
            loop()
            taken[name].append((time.process_time_ns() - start) / 1000 / count)
    return taken
