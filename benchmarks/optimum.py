"""How far from the fewest resources are documents? Small tables, where every choice can be tried.

    python -m benchmarks.optimum [--tables 300] [--seed 0]

For each table the smallest Allow and Deny that are sound and exact over all its calls are found by trying every choice out
of a pool of texts that is made here: every declared path with each of its segments, or its tail, as a wildcard.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from itertools import combinations, product
from typing import TYPE_CHECKING

from benchmarks.exactness import ARN, PREFIX, granting, rules
from cwsauth.policy import Policy
from tests.oracle import paths

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = ["product", "admin", "item", "a"]
MOST_TEXTS = 60
MOST_RESOURCES = 4


def small_routes(rng: random.Random) -> list[str]:
    """Two to six GET routes, up to three deep."""
    found: dict[str, None] = {}
    while len(found) < rng.randint(2, 6):
        parts = [rng.choice(WORDS)]
        for depth in range(rng.randint(0, 2)):
            parts.append(f"{{p{depth}}}" if rng.random() < 0.4 and not parts[-1].startswith("{") else rng.choice(WORDS))
        found.setdefault("GET /" + "/".join(parts))
    return [*found]


def pool(routes: list[str]) -> list[str]:
    """Texts that a person would think of: the templates, their prefixes, and each of their segments as a wildcard."""
    texts: Counter[str] = Counter(["*", "?*", "*//*", "/*", "?*/"])
    for route in routes:
        parts = ["?*" if part.startswith("{") else part for part in route.split("/")[1:]]
        for choice in product(*[{part, "?*", "*"} for part in parts]):
            texts["/".join(choice)] += 1
        for length in range(1, len(parts) + 1):
            texts["/".join(parts[:length]) + "/?*"] += 1
            texts["/".join(parts[:length]) + "/*"] += 1
            texts["/".join(parts[:length]) + "/*/*"] += 1
            texts["/".join(parts[:length]) + "//*"] += 1
    return sorted(texts)


def optimum(routes: list[str], rule_list: list[str]) -> int | None:
    """The fewest resources that say the rules over all calls of the routes; None if more than `MOST_RESOURCES`."""
    words = [part for rule in rule_list for part in rule.split(" ")[-1].split("/") if part.isalnum()]
    names = ["zz", "xray", *dict.fromkeys([*WORDS, *words])]
    calls = list(paths.declared_calls(routes, names, 2))
    calls += [twin for call in calls if call.canonical for twin in _more_slashes(call)]
    needs = forbids = 0
    for place, call in enumerate(calls):
        if not paths.allowed(rule_list, call.method, call.path):
            forbids |= 1 << place
        elif call.canonical:
            needs |= 1 << place
    if not needs:
        return None
    held: dict[int, str] = {}
    for text in pool(routes):
        document = type("_", (), {"allow": (PREFIX + "GET/" + text,), "deny": ()})
        matches = granting(document)  # type: ignore[arg-type]
        bits = sum(1 << place for place, call in enumerate(calls) if matches(f"GET/{call.path[1:]}"))
        held.setdefault(bits, text)
    allows = [bits for bits in held if bits & needs]
    denies = [bits for bits in held if bits & forbids and not bits & needs]
    if len(allows) > MOST_TEXTS or len(denies) > MOST_TEXTS:
        return None
    for size in range(1, MOST_RESOURCES + 1):
        for denied in range(size):
            for allow in combinations(allows, size - denied):
                union = _union(allow)
                if needs & ~union:
                    continue
                left = union & forbids
                if not left and not denied:
                    return size
                if any(not left & ~_union(deny) for deny in combinations(denies, denied)):
                    return size
    return None


def _more_slashes(call: paths.Call) -> Iterator[paths.Call]:
    """Twins with more slashes than two: a wildcard may hold any number."""
    words = call.path.strip("/").split("/")
    for count in (2, 3, 4):
        slashes = "/" * count
        for path in (slashes + "/".join(words), call.path + slashes, slashes + slashes.join(words) + slashes):
            yield paths.Call(call.method, path, canonical=False)


def _union(bits: tuple[int, ...]) -> int:
    union = 0
    for each in bits:
        union |= each
    return union


def main() -> None:
    """Compares and prints."""
    parser = argparse.ArgumentParser(description="How far from the fewest resources are documents?")
    parser.add_argument("--tables", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    ratios: Counter[str] = Counter()
    for seed in range(options.seed, options.seed + options.tables):
        rng = random.Random(seed)
        routes = small_routes(rng)
        rule_list = rules(rng, routes)
        best = optimum(routes, rule_list)
        document = Policy.of(rule_list, routes=routes).document(ARN)
        if best is None or not document.exact:
            ratios["not compared"] += 1
            continue
        size = len(document.allow) + len(document.deny)
        ratios[f"{size}/{best}"] += 1
        if size > 2 * best:
            print("more than twice:", seed, routes, rule_list, document.allow, document.deny, best)
    for ratio, count in sorted(ratios.items()):
        print(f"{ratio:16} {count}")


if __name__ == "__main__":
    main()
