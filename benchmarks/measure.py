"""How all benchmarks measure and report: pyperf's processes, CPU time, medians and their spread, tables in Markdown.

A question whose answer is the time of a small piece of code is put through `Bench`: pyperf starts new processes for each
case, so that no luck with hashes, addresses or neighbours decides, and the clock is that of the process, so that a busy
machine disturbs little. Every file takes `--full` (more processes, larger sizes), `--report FILE` and pyperf's own options.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Pass = Callable[[], int]  # runs all calls once, gives nanoseconds of CPU time
    Make = Callable[[], tuple[Pass, int]]  # gives a pass, and how many calls it makes


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
    more: list[Report] = field(default_factory=list)

    def text(self) -> str:
        """The report in Markdown."""
        lines = [f"## {self.title}", "", f"{self.unit}.", "", "| | " + " | ".join(self.columns) + " |"]
        lines.append("|---" + "|---:" * len(self.columns) + "|")
        lines += [f"| {row.name} | " + " | ".join(row.cells) + " |" for row in self.rows]
        lines += ["", *[f"- {note}" for note in self.notes]]
        if self.missing:
            lines += [f"- not installed, so not measured: {', '.join(self.missing)}"]
        return "\n".join(["\n".join(lines).rstrip() + "\n", *(report.text() for report in self.more)])

    @classmethod
    def read(cls, made: dict[str, object]) -> Report:
        """The report that `dataclasses.asdict` took apart."""
        rows = [Case(**row) for row in made.pop("rows")]  # type: ignore[attr-defined]
        more = [cls.read(each) for each in made.pop("more")]  # type: ignore[attr-defined]
        return cls(**made, rows=rows, more=more)  # type: ignore[arg-type]


class Times:
    """What was measured: series → label → microseconds of each value."""

    def __init__(self) -> None:
        self.taken: dict[str, dict[str, list[float]]] = {}

    def least(self) -> dict[str, dict[str, float]]:
        """The least value of each case, which a busy machine disturbs the least: ratios, growth and plots are made of these."""
        return {name: {label: min(taken) for label, taken in row.items()} for name, row in self.taken.items()}

    def cell(self, series: str, label: str, beside: str = "", scale: float = 1.0) -> str:
        """`0.52 ± 0.01 (3.1 x)`: the median, its spread, and the ratio to the series `beside`; `-` where there is none."""
        taken = self.taken.get(series, {}).get(label)
        if taken is None:
            return "-"
        middle, width = spread(taken)
        other = self.taken.get(beside, {}).get(label) if beside != series else None
        ratio = f" ({figure(min(taken) / min(other))} x)" if other else ""
        return f"{figure(middle * scale)} ± {figure(width * scale)}{ratio}"


class Bench:
    """A question that pyperf puts: `time` for each case, then `done` with the report."""

    def __init__(self, module: str, about: str | None, *, processes: int = 3, values: int = 5, most: int = 0) -> None:
        import pyperf  # what only reads or computes results needs none of it

        self.runner = pyperf.Runner(
            program_args=("-m", module),
            loops=1,
            warmups=1,
            processes=processes,
            values=values,
            add_cmdline_args=self._pass,
        )
        self.runner.argparser.description = (about or "").splitlines()[0]
        self.runner.argparser.add_argument("--full", action="store_true", help="the long run")
        self.runner.argparser.add_argument("--report", help="where the report goes, as JSON")
        self.runner.argparser.add_argument("--most", type=int, default=most, help="the largest size")
        self.runner.argparser.add_argument("--without", default="[]", help=argparse.SUPPRESS)
        self.runner.parse_args()
        options = self.runner.args
        self.full: bool = options.full
        self.most: int = options.most
        self.worker: bool = options.worker
        self.without: list[str] = json.loads(options.without)
        self.times = Times()
        self.notes: list[str] = []
        if self.full and not self.worker:
            options.processes = max(options.processes, 2 * processes)
            options.values = max(options.values, 2 * values)

    def _pass(self, command: list[str], _: object) -> None:
        command += ["--without", json.dumps(self.without), "--most", str(self.most), *["--full"] * self.full]

    def time(self, series: str, label: str, make: Make, check: Callable[[], None] | None = None) -> None:
        """Measures one case; `check` runs before, once: a peer for which it raises is told, not measured."""
        name = f"{series} [{label}]" if label else series
        if not self.worker and check is not None:
            try:
                check()
            except Unable as error:
                self.notes.append(f"{name}: {error}")
                self.without.append(name)
        if name in self.without:
            return
        result = self.runner.bench_time_func(name, _timed(make, 0.1 if self.full else 0.02))
        if result is not None and not self.worker:
            taken = [value * 1e6 for value in result.get_values()]
            self.times.taken.setdefault(series, {})[label] = taken

    def done(self, report: Callable[[], Report]) -> None:
        """Prints the report, and writes it where `--report` says; nothing in a process of pyperf."""
        if not self.worker:
            finish(report(), self.runner.args.report)


class Unable(Exception):
    """A peer cannot answer the question, or answers otherwise than it should; the text says how."""


def _timed(make: Make, enough: float) -> Callable[[int], float]:
    """The function that pyperf asks for seconds: as many passes as take `enough` seconds, the mean of a call."""
    found: list[tuple[Pass, int, int]] = []

    def seconds(_: int) -> float:
        if not found:
            run, calls = make()
            once = run()
            found.append((run, calls, max(1, min(100_000, int(enough * 1e9 / max(once, 1))))))
        run, calls, passes = found[0]
        return sum(run() for _ in range(passes)) / passes / calls / 1e9

    return seconds


def repeated(function: Callable[[], object], calls: int = 100) -> tuple[Pass, int]:
    """A pass that calls `function` again and again."""

    def run() -> int:
        start = time.process_time_ns()
        for _ in range(calls):
            function()
        return time.process_time_ns() - start

    return run, calls


def in_turn(ways: Mapping[str, Callable[[], object]], rounds: int, enough: float = 0.002) -> dict[str, list[float]]:
    """Microseconds of CPU of a call of each way in each round; see `turns`."""
    return turns({name: repeated(way) for name, way in ways.items()}, rounds, enough)


def turns(passes: Mapping[str, tuple[Pass, int]], rounds: int, enough: float = 0.002) -> dict[str, list[float]]:
    """Microseconds of CPU of a call in each round: in a round every pass has its turn, for about `enough` seconds.

    For ratios: a clock that swings from second to second swings for all of them, and drops out of the quotient of one round.
    """
    # Bytecode learns the types that it meets: those of one way must not spoil it for another.
    own = {name: (_copy(run), calls) for name, (run, calls) in passes.items()}
    times = {name: max(1, round(enough * 1e9 / max(1, min(run() for _ in range(3))))) for name, (run, _) in own.items()}
    taken: dict[str, list[float]] = {name: [] for name in own}
    names = [*own]
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            run, calls = own[name]
            taken[name].append(sum(run() for _ in range(times[name])) / times[name] / calls / 1000)
    return taken


def _copy(run: Pass) -> Pass:
    assert isinstance(run, FunctionType)
    code = run.__code__.replace()
    return FunctionType(code, run.__globals__, run.__name__, run.__defaults__, run.__closure__)


def beside(taken: dict[str, list[float]], name: str, other: str) -> str:
    """`6.1 ± 0.2`: how many times as long `name` took as `other` in the same round."""
    middle, width = spread([one / two for one, two in zip(taken[name], taken[other], strict=True)])
    return f"{figure(middle)} ± {figure(width)}"


def finish(report: Report, target: str | None) -> None:
    """Prints a report, and writes it as JSON if there is a `target`."""
    if target:
        Path(target).write_text(json.dumps(asdict(report)), encoding="utf-8")
    else:
        print(f"\n{report.text()}")


def options(about: str | None) -> argparse.ArgumentParser:
    """The options of a question that is not pyperf's: `--full` and `--report`."""
    parser = argparse.ArgumentParser(description=(about or "").splitlines()[0])
    parser.add_argument("--full", action="store_true", help="the long run")
    parser.add_argument("--report", help="where the report goes, as JSON")
    return parser


def spread(taken: Sequence[float]) -> tuple[float, float]:
    """The median, and half the distance between the quartiles."""
    if len(taken) < 4:
        return statistics.median(taken), (max(taken) - min(taken)) / 2
    first, middle, last = statistics.quantiles(taken, n=4)
    return middle, (last - first) / 2


def figure(value: float) -> str:
    """Two or three digits that count: 0.084, 0.52, 4.7, 43, 1,832."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    places = max(0, 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{min(places, 3)}f}"


def growth(values: dict[str, float], least: int = 10) -> str:
    """The exponent of the time in the size, by least squares over the sizes from `least` on: `N^0.07`."""
    points = [(math.log(int(size)), math.log(value)) for size, value in values.items() if int(size) >= least]
    if len(points) < 2:
        return ""
    left = sum(x for x, _ in points) / len(points)
    middle = sum(y for _, y in points) / len(points)
    slope = sum((x - left) * (y - middle) for x, y in points) / sum((x - left) ** 2 for x, _ in points)
    return f"N^{slope:.2f}"


def installed(module: str | None) -> bool:
    """Whether a peer is there."""
    import importlib.util

    return module is None or module.partition(".")[0] in sys.modules or importlib.util.find_spec(module) is not None
