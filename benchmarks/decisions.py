"""What does a decision cost? Route patterns from 10 to 100 000, fresh paths, half of them hits, peers in the same run.

    python -m benchmarks.decisions [--most 10000] [--rounds 15]

60 % of the patterns are literal, 25 % have one parameter, 15 % end in a tail. Paths are new `str` objects in each round, so no
hash of theirs is known. Checked first: every peer answers each path as the reader of patterns in `tests.oracle` does.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import random
import re
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Case, Report, spread
from cwsauth import Policy

if TYPE_CHECKING:
    from collections.abc import Callable

    Decide = Callable[[str], bool]

WORDS = ["product", "user", "admin", "order", "item", "report", "cart", "search", "image", "price"]
# Above this many patterns a peer takes too long to be asked.
MOST = {
    "re alternation": 1_000,
    "wcmatch": 100,
    "werkzeug": 1_000,
    "starlette": 100,
    "vakt": 100,
    "casbin": 10,
    "cedarpy": 10,
}
SLOW = frozenset({"casbin", "cedarpy", "vakt", "wcmatch", "starlette"})


def routes(count: int, rng: random.Random) -> list[list[str]]:
    """Distinct patterns as parts; `{id}` is one segment and `{rest+}` what follows. No two of them match one path."""
    found = []
    for number in range(count):
        base = [f"{rng.choice(WORDS)}{rng.randrange(max(10, count // 5))}" for _ in range(rng.randint(1, 4))]
        roll = rng.random()
        if roll < 0.60:
            parts = [*base, f"r{number}"]
        elif roll < 0.85:
            parts = [*base, f"x{number}"]
            parts.insert(rng.randint(1, len(parts)), "{id}")
        else:
            parts = [*base, f"t{number}", "{rest+}"]
        found.append(parts)
    return found


def calls(patterns: list[list[str]], rng: random.Random, count: int = 500) -> dict[str, bool]:
    """Paths, and whether a pattern matches: each hit with a path that differs from it in one segment."""
    found: dict[str, bool] = {}
    while len(found) < 2 * count:
        parts = [f"v{rng.randrange(10**6)}" if part == "{id}" else part for part in rng.choice(patterns)]
        at = len(parts) - 1
        if parts[-1] == "{rest+}":
            parts[-1:] = [f"a{rng.randrange(10**6)}", "b"]
            at -= 1
        found["/" + "/".join(parts)] = True
        if parts[at].startswith("v") or parts[at] == "b":
            at -= 1
        found["/" + "/".join([*parts[:at], f"none{rng.randrange(10**6)}", *parts[at + 1 :]])] = False
    mixed = list(found.items())
    rng.shuffle(mixed)
    return dict(mixed)


def _dict(patterns: list[list[str]], paths: dict[str, bool]) -> Decide:
    known = {path: True for path, hit in paths.items() if hit}
    return lambda path: path in known


def _cwsauth(patterns: list[list[str]], paths: dict[str, bool]) -> Decide:
    policy = Policy.of(["GET " + "/".join(parts) for parts in patterns])
    allows = policy.allows
    return lambda path: allows("GET", path)


def _routrie(patterns: list[list[str]], paths: dict[str, bool]) -> Decide:
    from routrie import Router

    names = {"{id}": ":id", "{rest+}": "*rest"}
    router = Router({"/" + "/".join(names.get(part, part) for part in parts): 1 for parts in patterns})
    return lambda path: router.find(path) is not None


def _falcon(patterns: list[list[str]], paths: dict[str, bool]) -> Decide:
    from falcon.routing import CompiledRouter

    class Resource:
        def on_get(self, req: Any, resp: Any, **parameters: Any) -> None:
            """Nothing."""

    router = CompiledRouter()
    for parts in patterns:
        text = "/" + "/".join(parts).replace("{rest+}", "{rest:path}")
        router.add_route(text, Resource())
    router.find("/")
    return lambda path: router.find(path) is not None


def _trie_regex(patterns: list[list[str]], paths: dict[str, bool]) -> Decide:
    shapes = {"{id}": "[^/]+", "{rest+}": ".+"}
    texts = ["/" + "/".join(shapes.get(part) or re.escape(part) for part in parts) for parts in patterns]
    match = re.compile("|".join(texts)).fullmatch
    return lambda path: match(path) is not None


def _wcmatch(patterns: list[list[str]], paths: dict[str, bool]) -> Decide:
    from wcmatch import glob

    texts = ["/" + "/".join({"{id}": "*", "{rest+}": "**"}.get(part, part) for part in parts) for parts in patterns]
    matcher = glob.compile(texts, flags=glob.GLOBSTAR | glob.DOTGLOB | glob.CASE | glob.FORCEUNIX, limit=0)
    return lambda path: bool(matcher.match(path))


def _werkzeug(patterns: list[list[str]], paths: dict[str, bool]) -> Decide:
    from werkzeug.exceptions import NotFound
    from werkzeug.routing import Map, Rule

    names = {"{id}": "<id>", "{rest+}": "<path:rest>"}
    rules = [Rule("/" + "/".join(names.get(part, part) for part in parts), endpoint="x") for parts in patterns]
    adapter = Map(rules).bind("localhost")

    def decide(path: str) -> bool:
        try:
            adapter.match(path, method="GET")
        except NotFound:
            return False
        return True

    return decide


def _starlette(patterns: list[list[str]], paths: dict[str, bool]) -> Decide:
    from starlette.routing import Match, Route

    def endpoint(request: Any) -> None:
        """Nothing."""

    rows = [Route("/" + "/".join(parts).replace("{rest+}", "{rest:path}"), endpoint) for parts in patterns]

    def decide(path: str) -> bool:
        scope = {"type": "http", "method": "GET", "path": path}
        return any(row.matches(scope)[0] is Match.FULL for row in rows)

    return decide


def _vakt(patterns: list[list[str]], paths: dict[str, bool]) -> Decide:
    import vakt
    from vakt.rules import Any as Anything
    from vakt.rules import RegexMatch

    shapes = {"{id}": "[^/]+", "{rest+}": ".+"}
    storage = vakt.MemoryStorage()
    for number, parts in enumerate(patterns):
        text = "/" + "/".join(shapes.get(part) or re.escape(part) for part in parts)
        rules = {"subjects": [Anything()], "actions": [Anything()], "resources": [RegexMatch(f"{text}\\Z")]}
        storage.add(vakt.Policy(number, effect=vakt.ALLOW_ACCESS, **rules))
    guard = vakt.Guard(storage, vakt.RulesChecker())
    return lambda path: bool(guard.is_allowed(vakt.Inquiry(subject="u", action="GET", resource=path)))


def _casbin(patterns: list[list[str]], paths: dict[str, bool]) -> Decide:
    import logging

    import casbin

    logging.getLogger("casbin").setLevel(logging.CRITICAL)
    model = casbin.Model()
    model.load_model_from_text(
        "[request_definition]\nr = sub, obj, act\n[policy_definition]\np = sub, obj, act\n"
        "[policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\n"
        "m = r.sub == p.sub && regexMatch(r.obj, p.obj) && r.act == p.act\n"
    )
    enforcer = casbin.Enforcer(model)
    shapes = {"{id}": "[^/]+", "{rest+}": ".+"}
    for parts in patterns:
        text = "/" + "/".join(shapes.get(part) or re.escape(part) for part in parts)
        enforcer.add_policy("u", f"{text}$", "GET")
    return lambda path: bool(enforcer.enforce("u", path, "GET"))


def _cedar(patterns: list[list[str]], paths: dict[str, bool]) -> Decide:
    import cedarpy

    # `*` crosses `/` in Cedar as it does in IAM: the question is put by path text, the count of slashes beside it.
    texts = []
    for parts in patterns:
        like = "/" + "/".join("*" if part in ("{id}", "{rest+}") else part for part in parts)
        depth = "" if parts[-1] == "{rest+}" else f" && context.depth == {len(parts)}"
        texts.append(f'permit(principal, action, resource) when {{ context.path like "{like}"{depth} }};')
    policies = "\n".join(texts)

    def decide(path: str) -> bool:
        request = {
            "principal": 'User::"u"',
            "action": 'Action::"GET"',
            "resource": 'Path::"p"',
            "context": {"path": path, "depth": path.count("/")},
        }
        return bool(cedarpy.is_authorized(request, policies, []).allowed)

    return decide


PEERS: dict[str, tuple[str | None, Callable[[list[list[str]], dict[str, bool]], Decide]]] = {
    "dict lookup in a function (the floor)": (None, _dict),
    "cwsauth": (None, _cwsauth),
    "routrie": ("routrie", _routrie),
    "falcon": ("falcon", _falcon),
    "werkzeug": ("werkzeug", _werkzeug),
    "starlette": ("starlette", _starlette),
    "re alternation": (None, _trie_regex),
    "wcmatch": ("wcmatch", _wcmatch),
    "vakt": ("vakt", _vakt),
    "casbin": ("casbin", _casbin),
    "cedarpy": ("cedarpy", _cedar),
}


def check(decide: Decide, paths: dict[str, bool]) -> int:
    """How many of the paths are not answered as the patterns say."""
    return sum(decide(path) is not hit for path, hit in paths.items())


def timed(decide: Decide, paths: list[str]) -> float:
    """CPU microseconds a call, over paths that are new objects."""
    fresh = [path.encode().decode() for path in paths]
    start = time.process_time_ns()
    for path in fresh:
        decide(path)
    return (time.process_time_ns() - start) / 1000 / len(fresh)


def measure(most: int = 10_000, rounds: int = 15) -> Report:
    """The table over all peers and sizes."""
    sizes = [size for size in (10, 100, 1_000, 10_000, 100_000) if size <= most]
    report = Report("decisions", "CPU µs a decision, fresh paths, median", [f"{size:,}" for size in sizes] + ["growth"])
    cells: dict[str, list[str]] = {}
    floor: dict[int, float] = {}
    for name, (needs, build) in PEERS.items():
        if needs is not None and importlib.util.find_spec(needs) is None:
            report.missing.append(name)
            continue
        values: dict[str, float] = {}
        row = []
        for size in sizes:
            if size > MOST.get(name, most):
                row.append("-")
                continue
            rng = random.Random(size)
            patterns = routes(size, rng)
            paths = calls(patterns, rng)
            try:
                decide = build(patterns, paths)
            except Exception as error:  # noqa: BLE001 - a peer that cannot hold these patterns is told, not hidden
                report.notes.append(f"{name} does not take these {size:,} patterns: {type(error).__name__}")
                row.append("-")
                continue
            if name in SLOW:
                paths = dict(list(paths.items())[:100])
            wrong = check(decide, paths)
            if name == "cwsauth" and wrong:
                raise AssertionError(f"cwsauth answers {wrong} of {len(paths)} paths wrongly")
            if wrong:
                report.notes.append(f"{name} answers {wrong} of {len(paths)} paths differently at {size:,}")
            asked = list(paths)
            enough = rounds if timed(decide, asked) < 20 else 1
            middle, width = spread([timed(decide, asked) for _ in range(enough)])
            floor.setdefault(size, middle)
            values[str(size)] = middle
            ratio = "" if name.startswith("dict") else f" ({middle / floor[size]:.1f} x)"
            row.append(f"{middle:.2f} ± {width:.2f}{ratio}")
        cells[name] = [*row, growth(values)]
        report.values[name] = values
    report.rows = [Case(name, row) for name, row in cells.items()]
    report.notes.append("growth: the exponent of the time in the number of patterns, by least squares")
    return report


def growth(values: dict[str, float]) -> str:
    """The slope of log time over log size."""
    points = [(math.log(int(size)), math.log(value)) for size, value in values.items()]
    if len(points) < 2:
        return ""
    left = sum(x for x, _ in points) / len(points)
    middle = sum(y for _, y in points) / len(points)
    slope = sum((x - left) * (y - middle) for x, y in points) / sum((x - left) ** 2 for x, _ in points)
    return f"N^{slope:.2f}"


def build(count: int = 10_000) -> Report:
    """What it takes to compile a policy."""
    patterns = routes(count, random.Random(count))
    texts = ["GET " + "/".join(parts) for parts in patterns]
    taken = []
    for _ in range(7):
        start = time.process_time()
        Policy.of(texts)
        taken.append((time.process_time() - start) * 1000)
    tracemalloc.start()
    policy = Policy.of(texts)
    room = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    middle, width = spread(taken)
    report = Report("build", f"a policy of {len(policy.rules):,} rules", ["time, ms", "memory, MB"])
    report.rows = [Case("cwsauth", [f"{middle:.0f} ± {width:.0f}", f"{room:.1f}"]), Case("budget", ["30", "10"])]
    return report


def main() -> None:
    """Prints the reports."""
    parser = argparse.ArgumentParser(description="What does a decision cost?")
    parser.add_argument("--most", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    print(measure(options.most, options.rounds).text())
    print(build().text())


if __name__ == "__main__":
    main()
