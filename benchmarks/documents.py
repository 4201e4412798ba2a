"""What does a document cost? The first one of a policy, of common shapes, and the next ones.

    python -m benchmarks.documents [--full]

Each pass makes a policy of its own, so nothing is remembered; its routes are read once, as they are when an authorizer
starts. Checked first: the document is exact, and no larger than its limit.
"""

from __future__ import annotations

import time
from functools import cache, partial
from typing import TYPE_CHECKING

from benchmarks.measure import Bench, Case, Report, repeated
from benchmarks.sizes import ARN, table
from cwsauth import Policy, RouteTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.measure import Pass

COUNTS = (10, 50, 100, 300)
SHAPES: dict[str, Callable[[list[str]], list[str]]] = {
    "a third of the routes, each named": lambda routes: routes[: len(routes) // 3],
    "everything that reads": lambda _: ["GET **"],
    "every second resource, whole": lambda routes: [
        rule for number in range(0, len(routes) // 5, 2) for rule in (f"resource{number}", f"resource{number}/**")
    ],
    "everything but one resource": lambda _: ["**", "!resource1", "!resource1/**"],
}
NEXT = "the same policy again, another stage"


@cache
def routed(count: int) -> RouteTable:
    """The routes of an API, read."""
    return RouteTable.of(table(count))


def policy(shape: str, count: int) -> Policy:
    """A policy that has no document yet."""
    return Policy.of(SHAPES[shape](table(count)), routes=routed(count))


def check(shape: str, count: int) -> None:
    """Stops the run where a document is not exact."""
    assert policy(shape, count).document(ARN, limit=10**6).exact, shape


def passing(shape: str, count: int) -> tuple[Pass, int]:
    """A pass makes the first documents of three policies."""

    def run() -> int:
        made = [policy(shape, count) for _ in range(3)]
        start = time.process_time_ns()
        for each in made:
            each.document(ARN, limit=10**6)
        return time.process_time_ns() - start

    return run, 3


def again(count: int) -> tuple[Pass, int]:
    """A pass asks a policy for the document that it has made, for stages in turn."""
    made = policy(next(iter(SHAPES)), count)
    arns = iter([ARN.replace("/dev/", f"/{stage}/") for stage in ("dev", "prod", "v1", "v2")] * 10**6)
    return repeated(lambda: made.document(next(arns), limit=10**6))


def report(bench: Bench) -> Report:
    """The table."""
    labels = [str(count) for count in COUNTS]
    made = Report("documents", "CPU µs for the first document of a policy", [f"{count} routes" for count in COUNTS])
    made.values = bench.times.least()
    made.rows = [Case(name, [bench.times.cell(name, label) for label in labels]) for name in made.values]
    made.notes = ["budget of ours for common shapes: 1,000 µs at 50 routes", *bench.notes]
    return made


def main() -> None:
    """Measures, and prints the report."""
    bench = Bench("benchmarks.documents", __doc__, processes=2, values=4)
    for shape in SHAPES:
        for count in COUNTS:
            bench.time(shape, str(count), partial(passing, shape, count), partial(check, shape, count))
    for count in COUNTS:
        bench.time(NEXT, str(count), partial(again, count))
    bench.done(lambda: report(bench))


if __name__ == "__main__":
    main()
