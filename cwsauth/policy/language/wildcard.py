"""Whether an IAM text matches a text, both after `STAGE/`: `*` any run of characters, `?` one."""

from __future__ import annotations


def matches(pattern: str, text: str) -> bool:
    """Whether `pattern` matches the whole of `text`; steps at most len(pattern) times len(text)."""
    place = at = 0
    star = -1
    mark = 0
    while at < len(text):
        if place < len(pattern) and pattern[place] == "*":
            star, mark = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in ("?", text[at]):
            place += 1
            at += 1
        elif star >= 0:
            mark += 1
            place, at = star + 1, mark
        else:
            return False
    return pattern[place:].strip("*") == ""
