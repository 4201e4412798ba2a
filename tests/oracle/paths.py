"""A slow, obvious reading of the pattern language, and the calls that a route table declares.

It imports nothing of ours. A pattern is taken apart segment by segment and matched by plain recursion,
which is exponential in the worst case, and meant to be: one can see that it is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def allowed(rules: list[str], method: str, path: str) -> bool:
    """Whether a list of rules lets a call through: a rule that allows it, and no rule that denies it."""
    segments = folded(path)
    if "." in segments or ".." in segments:
        return grants_everything(rules)
    denied = any(rule_fits(rule[1:], method, segments) for rule in rules if rule.startswith("!"))
    granted = any(rule_fits(rule, method, segments) for rule in rules if not rule.startswith("!"))
    return granted and not denied


def grants_everything(rules: list[str]) -> bool:
    """Whether one rule says every verb and every path, and nothing is denied."""
    everything = [rule for rule in rules if methods_of(rule) == VERBS and pattern_of(rule) in ("*", "**", "/**")]
    return bool(everything) and not any(rule.startswith("!") for rule in rules)


def folded(path: str) -> list[str]:
    """The segments of a request path: a slash at the end and doubled slashes do not count."""
    return [segment for segment in path.split("/") if segment != ""]


def methods_of(rule: str) -> tuple[str, ...]:
    """The verbs before the blank; none, `*` and `ANY` are all of them."""
    words = rule.split(" ")
    if len(words) == 1 or words[0].upper() in ("*", "ANY"):
        return VERBS
    return tuple(verb.upper() for verb in words[0].split(","))


def pattern_of(rule: str) -> str:
    """What stands after the verbs."""
    return rule.split(" ")[-1]


def rule_fits(rule: str, method: str, segments: list[str]) -> bool:
    """Whether a rule (without its `!`) speaks of a call."""
    if method not in methods_of(rule):
        return False
    pattern = pattern_of(rule)
    if pattern == "*":
        return True
    pieces = [piece for piece in pattern.split("/") if piece != ""]
    # `a/**` is what lies below a, not a itself; `**` alone is everything, the root as well.
    if pieces and pieces[-1] == "**" and set(pieces) != {"**"}:
        while pieces[-1] == "**":
            pieces.pop()
        pieces += ["**", "*"]
    return pieces_fit(pieces, segments)


def pieces_fit(pieces: list[str], segments: list[str]) -> bool:
    """Whether the segments of a pattern, from here on, are the segments of a path, from here on."""
    if not pieces:
        return not segments
    piece, rest = pieces[0], pieces[1:]
    if piece == "**":
        return any(pieces_fit(rest, segments[taken:]) for taken in range(len(segments) + 1))
    if not segments:
        return False
    if piece.startswith("{") and piece.endswith("+}"):
        return rest == []
    if piece.startswith("{") and piece.endswith("}"):
        piece = "*"
    return characters_fit(piece, segments[0]) and pieces_fit(rest, segments[1:])


def characters_fit(piece: str, text: str) -> bool:
    """Whether one segment of a pattern is one segment of a path."""
    if piece == "":
        return text == ""
    if piece[0] == "*":
        return any(characters_fit(piece[1:], text[taken:]) for taken in range(len(text) + 1))
    if text == "":
        return False
    if piece[0] == "?":
        return characters_fit(piece[1:], text[1:])
    if piece[0] == "\\":
        return text[0] == piece[1] and characters_fit(piece[2:], text[1:])
    if piece[0] == "[":
        inside, after = class_of(piece)
        return in_class(text[0], inside) and characters_fit(after, text[1:])
    return piece[0] == text[0] and characters_fit(piece[1:], text[1:])


def class_of(piece: str) -> tuple[list[str], str]:
    """The members of a class as written, an escaped one with its backslash, and what follows the `]`.

    A `]` that comes first is a member; `!` in front of the members stays with them.
    """
    at = 1
    members = []
    if piece[at] == "!":
        members.append("!")
        at += 1
    first = at
    while piece[at] != "]" or at == first:
        width = 2 if piece[at] == "\\" else 1
        members.append(piece[at : at + width])
        at += width
    return members, piece[at + 1 :]


def in_class(character: str, members: list[str]) -> bool:
    """Whether a character is in a class such as `abc`, `a-z` or `!abc`."""
    if members[0] == "!":
        return not in_class(character, members[1:])
    while members:
        if len(members) >= 3 and members[1] == "-":
            if members[0][-1] <= character <= members[2][-1]:
                return True
            members = members[3:]
        else:
            if members[0][-1] == character:
                return True
            members = members[1:]
    return False


class Call(NamedTuple):
    """A call that a route table declares; `canonical` is false for its twins with more slashes."""

    method: str
    path: str
    canonical: bool


def declared_calls(routes: list[str], names: list[str], max_rest: int) -> Iterator[Call]:
    """Every declared call with these names for `{name}`, and one to `max_rest` of them for `{name+}`.

    After each canonical call come its twins: each single slash doubled, all of them, slashes at the end.
    """
    for route in routes:
        for method in methods_of(route):
            for segments in filled(folded(pattern_of(route)), names, max_rest):
                path = "/" + "/".join(segments)
                yield Call(method, path, canonical=True)
                for twin in twins(segments):
                    yield Call(method, twin, canonical=False)


def filled(template: list[str], names: list[str], max_rest: int) -> Iterator[list[str]]:
    """The segments of a template with its variables filled in, in every way."""
    if not template:
        yield []
        return
    piece, rest = template[0], template[1:]
    if piece.endswith("+}"):
        for length in range(1, max_rest + 1):
            yield from (list(values) for values in product(names, repeat=length))
        return
    for value in names if piece.startswith("{") else [piece]:
        yield from ([value, *others] for others in filled(rest, names, max_rest))


def twins(segments: list[str]) -> Iterator[str]:
    """The same path with more slashes than it needs."""
    path = "/" + "/".join(segments)
    slashes = [at for at, character in enumerate(path) if character == "/"]
    for at in slashes:
        yield path[:at] + "/" + path[at:]
    if len(slashes) > 1:
        yield path.replace("/", "//")
    if segments:
        yield path + "/"
        yield path + "//"
