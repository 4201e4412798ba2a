"""Whether an IAM text matches a text, both after `STAGE/`: `*` any run of characters, `?` one."""

from __future__ import annotations

from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    # What a text begins with, what it ends with, and between them runs of literals, each behind a `*`. Each but the end
    # has behind it so many `?`; where there is no `*`, there are no runs.
    Parts = tuple[str, int, list[tuple[str, int]] | None, str]


def matches(pattern: str, text: str) -> bool:
    """Whether `pattern` matches the whole of `text`; steps at most len(pattern) times len(text)."""
    parts = _parts(pattern)
    if parts is None:
        return _walked(pattern, text)
    head, ones, runs, tail = parts
    if not text.startswith(head) or not text.endswith(tail):
        return False
    at, end = len(head) + ones, len(text) - len(tail)
    if runs is None:
        return at == end
    # Each run where it first fits: so the most is left for the others.
    for run, ones in runs:
        found = text.find(run, at, end)
        if found < 0:
            return False
        at = found + len(run) + ones
    return at <= end


# PERF: benchmarks/exactness.py - a search asks for the same patterns again and again.
@lru_cache(maxsize=1024)
def _parts(pattern: str) -> Parts | None:
    """What `matches` looks for; None where a `?` stands between other characters than `*`."""
    words = pattern.split("*")
    ones = [0] * len(words)
    for place, word in enumerate(words):
        # A `?` behind a `*` is the same before it.
        rest = word.lstrip("?") if place else word
        ones[place - 1] += len(word) - len(rest)
        words[place] = rest.rstrip("?")
        ones[place] += len(rest) - len(words[place])
    if ones[-1] or any("?" in word for word in words):
        return None
    if len(words) == 1:
        return pattern, 0, None, ""
    return words[0], ones[0], [*zip(words[1:-1], ones[1:-1], strict=True)], words[-1]


def _walked(pattern: str, text: str) -> bool:
    """`matches` character by character."""
    place = at = mark = 0
    star = -1
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
