"""The route patterns and paths of the questions on decisions: PATTERNS in four parts, half of the paths hits.

60 % of the patterns are literal, 25 % have one parameter, 15 % end in a tail. Each hit stands beside a miss that differs from
it in one segment, so that no first character and no length gives a miss away.
"""

from __future__ import annotations

import random

from tests.oracle import paths as oracle

WORDS = ["product", "user", "admin", "order", "item", "report", "cart", "search", "image", "price"]


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


def calls(patterns: list[list[str]], rng: random.Random, count: int = 500) -> list[tuple[str, bool]]:
    """`count` paths that a pattern matches and `count` that none does, mixed; a path may come twice."""
    found: list[tuple[str, bool]] = []
    for _ in range(count):
        parts = [f"v{rng.randrange(10**6)}" if part == "{id}" else part for part in rng.choice(patterns)]
        at = len(parts) - 1
        if parts[-1] == "{rest+}":
            parts[-1:] = [f"a{rng.randrange(10**6)}", "b"]
            at -= 1
        found.append(("/" + "/".join(parts), True))
        if parts[at].startswith("v") or parts[at] == "b":
            at -= 1
        found.append(("/" + "/".join([*parts[:at], f"none{rng.randrange(10**6)}", *parts[at + 1 :]]), False))
    rng.shuffle(found)
    return found


def case(size: int) -> tuple[list[list[str]], list[tuple[str, bool]]]:
    """The patterns and paths of a size; up to 100 patterns, the slow reader of `tests.oracle` has to agree."""
    rng = random.Random(size)
    patterns = routes(size, rng)
    asked = calls(patterns, rng)
    if size <= 100:
        rules = texts(patterns)
        assert all(oracle.allowed(rules, "GET", path) is hit for path, hit in asked[:200])
    return patterns, asked


def texts(patterns: list[list[str]]) -> list[str]:
    """The patterns as rules."""
    return ["GET " + "/".join(parts) for parts in patterns]
