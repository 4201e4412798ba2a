"""What does an authorizer cost at scale? The tables of `docs/scale.md`, with prices and times that you set.

    python -m benchmarks.scale                    # prints the tables, by the assumptions of the page
    python -m benchmarks.scale --billed-ms 5 --memory 256 --per-million 0.20 --gb-second 0.0000166667
    python -m benchmarks.scale --write            # writes them into the page

Every figure is computed, none is measured: the same on every machine.
"""

from __future__ import annotations

import argparse
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.cache_simulation import POPULATION, TTLS, expected, hits
from benchmarks.measure import Case, Report
from benchmarks.sizes import ARN, table
from cwsauth import Policy, RouteTable

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
MONTH = 30 * 24 * 3600
MARKED = "<!-- table: {name} -->\n{text}<!-- end of table -->"


class Assumed(NamedTuple):
    """What the tables assume of Lambda: prices in dollars, memory in MB, milliseconds billed for a warm and a cold call."""

    per_million: float = 0.20
    gb_second: float = 0.0000166667
    memory: int = 128
    billed_ms: float = 2.0

    def call(self) -> float:
        """Dollars for one call."""
        return self.per_million / 1e6 + self.memory / 1024 * self.billed_ms / 1000 * self.gb_second

    def told(self) -> str:
        """The assumptions in words."""
        return (
            f"Assumed: {self.billed_ms:g} ms billed a call, {self.memory} MB, {self.per_million:.2f} $ a million requests, "
            f"{self.gb_second:.10f} $ a GB second, 30 days"
        )


@cache
def ratio(rate: int, ttl: int, skew: float = 1.0) -> float:
    """The hit ratio at a rate."""
    return expected(rate, POPULATION[rate], ttl, skew=skew)


def costs(assumed: Assumed) -> Report:
    """What reaches the authorizer, what runs at once, what a month costs."""
    report = Report(
        "cost", assumed.told(), ["callers", "TTL, s", "hit ratio", "authorizer calls/s", "at once", "$ a month"]
    )
    for rate, callers in POPULATION.items():
        for ttl in TTLS:
            calls = rate * (1 - ratio(rate, ttl))
            at_once = calls * assumed.billed_ms / 1000
            cells = [f"{callers:,}", str(ttl), f"{ratio(rate, ttl):.1%}", f"{calls:,.2f}"]
            cells += [f"{at_once:,.2f}", f"{calls * MONTH * assumed.call():,.2f}"]
            report.rows.append(Case(f"{rate:,} requests/s", cells))
    return report


def staleness(_: Assumed) -> Report:
    """What a longer TTL gives, and what it takes."""
    report = Report("staleness", "1,000 requests/s of 50,000 callers", [])
    report.columns = ["a withdrawn token counts for", "hit ratio", "authorizer calls/s", "saved by the last step"]
    before = 1000.0
    for ttl in (0, 10, 30, 60, 300, 900, 3600):
        calls = 1000 * (1 - ratio(1000, ttl))
        saved = f"{1 - calls / before:.0%}" if ttl else ""
        cells = [f"up to {ttl} s" if ttl else "no call", f"{ratio(1000, ttl):.1%}", f"{calls:,.1f}", saved]
        report.rows.append(Case(f"TTL {ttl}", cells))
        before = calls
    return report


def population(_: Assumed) -> Report:
    """How much depends on who calls."""
    report = Report("population", "1,000 requests/s of 50,000 callers, hit ratios", [f"TTL {ttl}" for ttl in TTLS[1:]])
    for skew, words in ((0.0, "all call alike"), (0.8, "Zipf 0.8"), (1.0, "Zipf 1.0, as above"), (1.2, "Zipf 1.2")):
        report.rows.append(Case(words, [f"{ratio(1000, ttl, skew):.1%}" for ttl in TTLS[1:]]))
    return report


def drawn(_: Assumed) -> Report:
    """The simulation beside the closed form, and tokens that are exchanged."""
    report = Report("simulation", "1 request/s of 1,000 callers, 150,000 calls drawn, seed 1", [])
    report.columns = ["closed form", "drawn", "drawn, a new token every hour", "every 15 minutes"]
    for ttl in TTLS[1:]:
        cells = [f"{ratio(1, ttl):.1%}"]
        cells += [f"{hits(1, 1_000, ttl, 150_000, lifetime=lifetime):.1%}" for lifetime in (None, 3600, 900)]
        report.rows.append(Case(f"TTL {ttl}", cells))
    return report


def documents(_: Assumed) -> Report:
    """Bytes of a document against the routes of the API and the roles that a caller has."""
    report = Report("documents", "bytes of compact JSON; `not exact` where no document says it within 65,536 bytes", [])
    sizes = (10, 50, 100, 300)
    report.columns = [f"{size} routes" for size in sizes]
    roles: dict[str, Callable[[list[str]], list[str]]] = {
        "an administrator": lambda _: ["**"],
        "everything that reads": lambda _: ["GET **"],
        "one role: a resource, whole": lambda routes: _whole(routes, 1),
        "three such roles": lambda routes: _whole(routes, 3),
        "ten such roles": lambda routes: _whole(routes, 10),
        "every third route, each named": lambda routes: routes[::3],
        "everything but one resource": lambda _: ["**", "!resource1", "!resource1/**"],
    }
    for name, rules in roles.items():
        cells = []
        for size in sizes:
            routes = table(size)
            document = Policy.of(rules(routes), routes=RouteTable.of(routes)).document(ARN)
            cells.append(f"{document.size:,}" if document.exact else "not exact")
        report.rows.append(Case(name, cells))
    return report


def _whole(routes: list[str], count: int) -> list[str]:
    """Resources with all that is below them, as many as there are up to `count`."""
    return [
        rule for number in range(min(count, len(routes) // 5)) for rule in (f"resource{number}", f"resource{number}/**")
    ]


TABLES: dict[str, Callable[[Assumed], Report]] = {
    "cost": costs,
    "staleness": staleness,
    "population": population,
    "simulation": drawn,
    "documents": documents,
}


def text(name: str, assumed: Assumed) -> str:
    """A table in Markdown, what it assumes above it."""
    return TABLES[name](assumed).text().partition("\n\n")[2]


def renewed(page: str, assumed: Assumed) -> str:
    """A page with all its tables computed anew."""
    pattern = re.compile(MARKED.format(name=r"(?P<name>\w+)", text="(?:.*?)"), re.DOTALL)
    return pattern.sub(lambda hit: MARKED.format(name=hit["name"], text=text(hit["name"], assumed)), page)


def main() -> None:
    """Prints the tables, or writes them into the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    usual = Assumed()
    parser.add_argument("--per-million", type=float, default=usual.per_million, help="$ for a million requests")
    parser.add_argument("--gb-second", type=float, default=usual.gb_second, help="$ for a GB second")
    parser.add_argument("--memory", type=int, default=usual.memory, help="MB of the function")
    parser.add_argument("--billed-ms", type=float, default=usual.billed_ms, help="ms that a call is billed for")
    parser.add_argument("--write", action="store_true", help="write the page, by its own assumptions")
    options = parser.parse_args()
    if options.write:
        PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), usual), encoding="utf-8")
        return
    assumed = Assumed(options.per_million, options.gb_second, options.memory, options.billed_ms)
    print("\n".join(f"{name}: {text(name, assumed)}" for name in TABLES))


if __name__ == "__main__":
    main()
