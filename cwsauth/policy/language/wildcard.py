"""Whether an IAM text matches a text, both after `STAGE/`: `*` any run of characters, `?` one."""

from __future__ import annotations


def matches(pattern: str, text: str) -> bool:
    """Whether `pattern` matches the whole of `text`; steps at most len(pattern) times len(text)."""
    if "?" not in pattern:
        return _runs(pattern.split("*"), text)
    # Most pairs differ in what stands before the first wildcard or behind the last.
    head = _literal_head(pattern)
    tail = _literal_head(pattern[::-1])
    if not text.startswith(pattern[:head]) or not text.endswith(pattern[len(pattern) - tail :]):
        return False
    place = at = head
    star = -1
    mark = 0
    length, end = len(pattern), len(text)
    while at < end:
        char = pattern[place] if place < length else ""
        if char == "*":
            star, mark = place, at
            place += 1
        elif char and (char == "?" or char == text[at]):
            place += 1
            at += 1
        elif star >= 0:
            mark += 1
            place, at = star + 1, mark
        else:
            return False
    return pattern[place:].strip("*") == ""


def _literal_head(pattern: str) -> int:
    """How many characters stand before the first wildcard."""
    star, one = pattern.find("*"), pattern.find("?")
    return min(place for place in (star, one, len(pattern)) if place >= 0)


def _runs(runs: list[str], text: str) -> bool:
    """Literal runs with a `*` between each: each of the middle ones where it first fits."""
    first, last = runs[0], runs[-1]
    if len(runs) == 1:
        return text == first
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for run in runs[1:-1]:
        found = text.find(run, at, end)
        if found < 0:
            return False
        at = found + len(run)
    return True
