"""From a request to the narrowest text that holds all that is like it, and back."""

from __future__ import annotations


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
        words.append(text)
    return "/".join(words)


def fitted(pattern: str, text: str, fresh: str) -> str | None:
    """`pattern` with `fresh` in the place of its wildcards, as long as `text`, which it matches."""
    failed = set()

    def at(i: int, j: int) -> str | None:
        if (i, j) in failed:
            return None
        found = None
        if i == len(pattern):
            found = "" if j == len(text) else None
        elif pattern[i] == "*":
            rest = at(i + 1, j)
            if rest is not None:
                found = rest
            elif j < len(text):
                rest = at(i, j + 1)
                found = None if rest is None else fresh + rest
        elif j < len(text) and pattern[i] in ("?", text[j]):
            rest = at(i + 1, j + 1)
            found = None if rest is None else (fresh if pattern[i] == "?" else text[j]) + rest
        if found is None:
            failed.add((i, j))
        return found

    return at(0, 0)
