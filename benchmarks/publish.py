"""From `results.json` to what people read: RESULTS.md, the plots, and the table of the README between its markers."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

from benchmarks.cold_start import BUDGET
from benchmarks.measure import Report, figure
from benchmarks.plot import bars, lines

HERE = Path(__file__).parent
IMAGES = HERE.parent / "docs" / "images"
README = HERE.parent / "README.md"
BEGIN, END = "<!-- figures: written by make bench -->", "<!-- end of figures -->"
FLOOR = "dict lookup in a function (the floor)"
DECISION, EVENT, LIST = "decisions", "events", "cwsauth, a Policy"


def publish(results: dict[str, Any]) -> list[str]:
    """Writes all of it; the names of what was written, relative to the repository."""
    reports = read(results)
    written = {IMAGES / name: text for name, text in plots(reports).items()}
    written[HERE / "RESULTS.md"] = page(results, reports)
    written[README] = with_table(README.read_text(encoding="utf-8"), reports)
    IMAGES.mkdir(exist_ok=True)
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
    return [path.relative_to(HERE.parent).as_posix() for path in written]


def read(results: dict[str, Any]) -> dict[str, Report]:
    """The reports by question."""
    return {name: Report.read(copy.deepcopy(made["report"])) for name, made in results["reports"].items()}


def plots(reports: dict[str, Report]) -> dict[str, str]:
    """The plots by file name."""
    found = {}
    if DECISION in reports:
        title, under = (
            "Time of a decision",
            "CPU µs on a fresh path, half of them hits; both axes logarithmic; lower is better",
        )
        found["bench-decisions.svg"] = lines(title, under, reports[DECISION].values, "route patterns")
    if "cold_start" in reports:
        values = {name: row[""] for name, row in reports["cold_start"].values.items() if name != "nothing"}
        under = "CPU ms after Lambda's runtime client is loaded; the upright line is the budget; lower is better"
        found["bench-cold-start.svg"] = bars("Cold start", under, values, BUDGET)
    if EVENT in reports:
        values = {
            name: row["100"] for name, row in reports[EVENT].values.items() if not name.startswith(("a ready", "json"))
        }
        found["bench-events.svg"] = bars(
            "TOKEN event to answer", "CPU µs with a policy of 100 routes; lower is better", values
        )
    if "sizes" in reports:
        under = "bytes of compact JSON; both axes logarithmic; lower is better"
        found["bench-sizes.svg"] = lines("Size of a document", under, reports["sizes"].values, "routes of the API")
    return found


def page(results: dict[str, Any], reports: dict[str, Report]) -> str:
    """RESULTS.md."""
    machine = results.get("machine", {})
    runs: dict[str, list[str]] = {}
    for name, made in results["reports"].items():
        runs.setdefault(made["run"], []).append(name)
    told = "; ".join(f"{run}: {', '.join(names)}" for run, names in runs.items())
    head = f"""# Results

Written by `make bench` (`FULL=1` for the long run). {told}.

{machine.get("Python", "")} on {machine.get("processor", "")}, {machine.get("system", "")}. {machine.get("versions", "")}.

Times are CPU times: the median over pyperf's processes, ± half the distance of the quartiles. Ratios, growth and plots are made of
the least values, which a busy machine disturbs the least; where it says "in turn", ratios are those of one round in one process,
which no change of the clock disturbs. Take the ratios: another machine shifts all of the times. What each
question measures, and what it checks before, stands at the top of its file. A peer is given the same routes or rules; most decide
no verbs and know no denials, so what a router is ahead by is partly what it does not do.
"""
    if machine.get("missing"):
        head += f"\nNot installed where this was measured: {machine['missing']}.\n"
    names = list(plots(reports))
    images = "\n".join(
        f"![{name.removeprefix('bench-').removesuffix('.svg')}](../docs/images/{name})" for name in names
    )
    return "\n".join([head, images, "", *(report.text() for report in reports.values())])


def with_table(text: str, reports: dict[str, Report]) -> str:
    """A text with the table between its markers written anew; as it is if it has no markers."""
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    made = table(reports)
    return pattern.sub(lambda _: f"{BEGIN}\n{made}\n{END}", text) if made else text


def table(reports: dict[str, Report]) -> str:
    """The README's table: ours, the peers beside it, and who is ahead."""
    rows: list[tuple[str, float, dict[str, float], str]] = []
    if "cold_start" in reports:
        values = {name: row[""] for name, row in reports["cold_start"].values.items()}
        peers = _some(values, {"chalice.app": "Chalice", "Powertools, authorizer classes": "Powertools"})
        rows.append(("import, static tokens", values["cwsauth, static tokens"], peers, "ms"))
        peers = _some(values, {"PyJWT and cryptography alone": "PyJWT alone"})
        if "cwsauth, JWT" in values:
            rows.append(("import, JWT", values["cwsauth, JWT"], peers, "ms"))
        peers = _some(values, {"PyJWT with a public key": "PyJWT alone"})
        if "cwsauth, JWT with a public key" in values:
            rows.append(("import, JWT with a public key", values["cwsauth, JWT with a public key"], peers, "ms"))
    if EVENT in reports:
        for count in ("1", "10", "100"):
            values = {name: row[count] for name, row in _in_turn(reports[EVENT], "TOKEN event in turn").items()}
            peers = _some(values, {"Chalice": "Chalice", "Powertools": "Powertools"})
            rows.append((f"TOKEN event to answer, {count} route{'s' * (count != '1')}", values[LIST], peers, "µs"))
    if DECISION in reports:
        series = _in_turn(reports[DECISION], "decisions in turn, fresh paths")
        names = {FLOOR: "a dict lookup", "routrie (Rust)": "routrie", "falcon": "falcon"}
        for count in ("10", "1000", "10000", "100000"):
            if count in series["cwsauth"]:
                values = {name: row[count] for name, row in series.items() if count in row}
                rows.append((f"decision, {int(count):,} rules", values["cwsauth"], _some(values, names), "µs"))
    if "build" in reports and "10000" in reports["build"].values["cwsauth"]:
        values = {name: row["10000"] for name, row in _in_turn(reports["build"], "build in turn").items()}
        peers = _some(values, {"routrie (Rust)": "routrie"})
        rows.append(("build of 10,000 rules", values["cwsauth"], peers, "ms"))
    if "sizes" in reports:
        values = {name: row["100"] for name, row in reports["sizes"].values.items()}
        peers = _some(values, {"Chalice, routes by name": "Chalice"})
        rows.append(("document, 33 of 100 routes by name", values["cwsauth, routes by name"], peers, "bytes"))
    if not rows:
        return ""
    lines = ["| | cwsauth | beside it | ahead |", "|---|---:|---|---|"]
    for name, own, others, unit in rows:
        beside = ", ".join(f"{peer} {figure(value)}" for peer, value in others.items())
        rivals = {peer: value for peer, value in others.items() if peer != "a dict lookup"}
        ahead = [peer for peer, value in rivals.items() if value < own]
        lines.append(f"| {name} | {figure(own)} {unit} | {beside} | {', '.join(ahead) or 'cwsauth'} |")
    return "\n".join(lines)


def _some(values: dict[str, float], names: dict[str, str]) -> dict[str, float]:
    return {short: values[name] for name, short in names.items() if name in values}


def _in_turn(report: Report, title: str) -> dict[str, dict[str, float]]:
    """The medians of those that took turns, so that they are measured by one clock."""
    return next(more for more in report.more if more.title == title).values
