"""How exact are documents? Random route tables and rule lists, every document enumerated, and a report.

    python -m benchmarks.exactness [--tables 600] [--seed 1] [--json]

Checked first: no document allows a call that the rules do not (up to 3 000 calls a table, with their twins of more
slashes), and each that is marked exact allows all that they do. The calls are read by `tests.oracle.paths`, the resources
by a regular expression that is written here. Then: how many are exact, and how long the first document took.
"""

from __future__ import annotations

import json
import random
import re
import statistics
import time
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.measure import Case as Line
from benchmarks.measure import Report, finish
from benchmarks.measure import options as arguments
from cwsauth.policy import Document, Policy
from tests.oracle import paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PREFIX = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/"
ARN = PREFIX + "GET/zz/not/declared/zz"
WORDS = [
    *("product", "user", "admin", "order", "item", "a", "b", "ab", "report", "v1", "v2", "list", "cart", "search"),
    *("image", "price", "stock", "team", "member", "invoice", "line", "note", "tag", "health"),
]
VERBS = ["GET", "GET", "GET,POST", "GET,PUT,DELETE", "POST", "ANY"]
MOST_CALLS = 3000


class Case(NamedTuple):
    """A route table and a rule list."""

    routes: list[str]
    rules: list[str]


class Result(NamedTuple):
    """What came of one case."""

    exact: bool
    denies: bool
    milliseconds: float
    calls: int
    resources: int
    over: list[str]
    under: list[str]


def routes(rng: random.Random) -> list[str]:
    """5 to 60 templates up to six deep, with parameters and greedy tails, grown as a real API grows."""
    wanted = rng.randint(5, 60)
    templates: dict[tuple[str, ...], None] = {}
    for _ in range(wanted * 4):
        if len(templates) >= wanted:
            break
        base = rng.choice([*templates, ()]) if templates and rng.random() < 0.7 else ()
        parts = [part for part in base if not part.endswith("+}")]
        for _ in range(rng.randint(1, 2)):
            if len(parts) < 6:
                chance = 0.03 if not parts else 0.05 if parts[-1].startswith("{") else 0.4
                parts.append(f"{{p{len(parts)}}}" if rng.random() < chance else rng.choice(WORDS))
        if rng.random() < 0.08 and len(parts) < 6:
            parts.append("{rest+}")
        templates.setdefault(tuple(parts))
    return [f"{rng.choice(VERBS)} /{'/'.join(parts)}" for parts in templates]


def rules(rng: random.Random, table: list[str]) -> list[str]:
    """1 to 8 rules, most of them made from the templates: literals, `*`, `**`, globs inside segments, denies."""
    made = []
    for _ in range(rng.randint(1, 8)):
        parts = [_part(rng, part) for part in rng.choice(table).split(" /")[1].split("/")]
        roll = rng.random()
        if roll < 0.15 and len(parts) > 1:
            parts = [*parts[: rng.randint(1, len(parts))], "**"]
        elif roll < 0.2:
            parts.insert(rng.randrange(len(parts)), "**")
        elif roll < 0.25:
            parts = [*parts[: rng.randint(1, len(parts))], "*"]
        if any(part.endswith("+}") for part in parts[:-1]):
            parts = ["**" if part.endswith("+}") else part for part in parts]
        text = "/".join(parts)
        if rng.random() < 0.3:
            text = rng.choice(["GET", "GET,POST", "POST", "PUT,DELETE"]) + " " + text
        made.append(("!" if rng.random() < 0.2 else "") + text)
    if all(rule.startswith("!") for rule in made):
        made.append(rng.choice(["*", "product/**", "GET **"]))
    return made


def _part(rng: random.Random, part: str) -> str:
    if part.endswith("+}"):
        return rng.choice(["**", part])
    if part.startswith("{"):
        return rng.choice(["*", "*", part, rng.choice(WORDS)])
    roll = rng.random()
    if roll < 0.12:
        return "*"
    if roll < 0.18 and len(part) > 1:
        return rng.choice([part[0] + "*", "*" + part[-1], part[:-1] + "?", f"[{part[0]}x]{part[1:]}"])
    return part


def case(seed: int) -> Case:
    """The case of a seed."""
    rng = random.Random(seed)
    table = routes(rng)
    return Case(table, rules(rng, table))


def run(one: Case) -> Result:
    """The first document of a case, timed, then enumerated."""
    policy = Policy.of(one.rules, routes=one.routes)
    start = time.process_time()
    document = policy.document(ARN)
    milliseconds = (time.process_time() - start) * 1000
    over: list[str] = []
    under: list[str] = []
    calls = 0
    granted = granting(document)
    for call in islice(_calls(one), MOST_CALLS):
        calls += 1
        wanted = paths.allowed(one.rules, call.method, call.path)
        given = granted(f"{call.method}/{call.path[1:]}")
        if given and not wanted:
            over.append(f"{call.method} {call.path}")
        if call.canonical and wanted and not given and document.exact:
            under.append(f"{call.method} {call.path}")
    size = len(document.allow) + len(document.deny)
    return Result(document.exact, bool(document.deny), milliseconds, calls, size, over, under)


def granting(document: Document) -> Callable[[str], bool]:
    """A function of `VERB/path` that says whether the document allows it."""
    allow, deny = _alternatives(document.allow), _alternatives(document.deny)
    return lambda text: allow.fullmatch(text) is not None and deny.fullmatch(text) is None


def _alternatives(resources: tuple[str, ...]) -> re.Pattern[str]:
    texts = [re.escape(text.removeprefix(PREFIX)).replace(r"\*", ".*").replace(r"\?", ".") for text in resources]
    return re.compile("|".join(f"(?:{text})" for text in texts) or r"(?!)", re.DOTALL)


def _calls(one: Case) -> Iterator[paths.Call]:
    words = [part for rule in one.rules for part in rule.split(" ")[-1].split("/") if part.isalnum()]
    yield from paths.declared_calls(one.routes, ["zz", "secret", *dict.fromkeys(words)][:6], 2)


def report(results: list[Result]) -> dict[str, float]:
    """The figures."""
    times = sorted(result.milliseconds for result in results)
    count = len(results)
    return {
        "tables": count,
        "calls": sum(result.calls for result in results),
        "over-grants": sum(len(result.over) for result in results),
        "wrongly marked exact": sum(bool(result.under) for result in results),
        "exact": round(sum(result.exact for result in results) / count, 3),
        "exact with Allow alone": round(sum(r.exact and not r.denies for r in results) / count, 3),
        "median ms": round(statistics.median(times), 2),
        "95 % ms": round(times[int(count * 0.95)], 2),
        "largest ms": round(times[-1], 2),
    }


def main() -> None:
    """Runs the cases and prints the report."""
    parser = arguments(__doc__)
    parser.add_argument("--tables", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.report and not options.full:
        options.tables = min(options.tables, 60)
    results = []
    for seed in range(options.seed, options.seed + options.tables):
        result = run(case(seed))
        results.append(result)
        if result.over or result.under:
            print(seed, case(seed), result)
    figures = report(results)
    if options.json:
        print(json.dumps(figures))
        return
    if options.report:
        title = f"{options.tables} random route tables and rule lists; times are CPU times"
        rows = [Line(name, [f"{value:,g}" if value < 1e6 else f"{value:,.0f}"]) for name, value in figures.items()]
        finish(Report("exactness", title, ["value"], rows, {"": figures}), options.report)
        return
    for name, value in figures.items():
        print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
