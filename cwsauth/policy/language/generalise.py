"""From a request to the narrowest text that holds all that is like it, and back."""

from __future__ import annotations

# Characters of a pattern times those of a text from which on nothing is fitted.
_MOST_FITTED = 250_000


def generalised(path: str, free: str, inside: bool) -> str:
    """The narrowest text with `?*` where `path` has what stands for any other.

    That is the word `free`, and, if `inside`, also each run of it within a word.
    """
    words = []
    for word in path.split("/"):
        if not word.strip(free) and (inside or word == free) and word:
            words.append("?*")
            continue
        text = "".join("?" if char in "*?" or (inside and char == free) else char for char in word)
        if inside and free in word:
            while "??" in text:
                text = text.replace("??", "?")
            text = text.replace("?", "?*")
        words.append(text.replace("${", "?{"))
    return "/".join(words)


def fitted(pattern: str, text: str, fresh: str) -> str | None:
    """`pattern` with `fresh` in the place of its wildcards, as long as `text`; None if it does not match, or both are long."""
    if len(pattern) * len(text) > _MOST_FITTED:
        return None
    # For each place of the pattern, the places of the text from which the rest of one matches the rest of the other.
    ends = [{len(text)}]
    for char in reversed(pattern):
        after = ends[-1]
        if char == "*":
            here = set(range(max(after, default=-1) + 1))
        else:
            here = {place - 1 for place in after if place and char in ("?", text[place - 1])}
        ends.append(here)
    ends.reverse()
    if 0 not in ends[0]:
        return None
    at, found = 0, []
    for place, char in enumerate(pattern):
        if char != "*":
            found.append(fresh if char == "?" else char)
            at += 1
            continue
        until = min(end for end in ends[place + 1] if end >= at)
        found.append(fresh * (until - at))
        at = until
    return "".join(found)
