"""What a parsed path pattern is made of, and the reader of usual ones: all of the language that most policies need.

`cwsauth.policy.pattern` is the whole language. PERF: benchmarks/cold_start.py - it is loaded by the first pattern that is
not a usual one.
"""

from __future__ import annotations

from _operator import is_
from itertools import repeat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from cwsauth.policy.pattern import Segment


class Wildcard:
    """A wildcard that is known by being the same object: `ANY` and `DEEP` are whole segments, `RUN` and `ONE` parts of one."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> str:
        return self.name


class _Deep(Wildcard):
    """So that the types of segments tell what they are."""

    __slots__ = ()


ANY = Wildcard("ANY")
DEEP = _Deep("DEEP")
RUN = Wildcard("RUN")
ONE = Wildcard("ONE")

# Characters that stand for themselves wherever they are; as bytes, since taking them out of a text is one pass in C.
_NAME = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
_PATH = _NAME + b",:;@%&=+~'()/"
_USUAL = _PATH + b" {}*!"


def plain(path: str) -> bool:
    """Whether `path`, which begins with a slash, is usual text: no wildcard, no empty segment but the last, none that is `.`."""
    return "//" not in path and "/." not in path and not _without(path, _PATH)


def usual(texts: Sequence[object]) -> str | None:
    """All of `texts` in one, if nothing but usual text, spaces, braces, `*` and `!` is in them, no doubled slash, and no dot
    after a slash or a space; else None. How a text ends, and what its braces are, is not looked at.
    """
    # By identity: a class may call itself equal to `str`.
    if not all(map(is_, map(type, texts), repeat(str))):
        return None
    joined = " " + " ".join(texts)  # type: ignore[arg-type]
    if "//" in joined or ("." in joined and ("/." in joined or " ." in joined)) or _without(joined, _USUAL):
        return None
    return joined


def _without(text: str, chars: bytes) -> bytes:
    return text.encode("utf-8", "replace").translate(None, chars)


def parse(text: str, whole: str | None = None, offset: int = 0) -> tuple[Segment, ...]:
    """The segments of the path pattern `text`, in the form in which equal meanings are equal values.

    `whole` and `offset` place `text` in the rule it comes from, for the column of an error.

    Raises:
        PatternError: `text` is not in the language; it names the pattern, the column and what would be right.
    """
    path = text if text[:1] == "/" else "/" + text
    if path == "/":
        return ()
    if text == "*" or path == "/**":
        return (DEEP,)
    found = _starred(path) if "*" in path else template(path)
    if found is not None:
        return found
    from cwsauth.policy.pattern import parse_fully

    return parse_fully(text, whole, offset)


def template(path: str) -> tuple[Segment, ...] | None:
    """The segments of usual text and `{parameters}`, after a slash; None where anything else is in it."""
    if path[-1] == "/" or not plain(path.replace("{", "").replace("}", "")):
        return None
    return parameters(path, {})


def parameters(path: str, known: dict[str, tuple[Segment, ...]]) -> tuple[Segment, ...] | None:
    """What `template` gives, where `path` is known to be `plain` but for its braces, and to end in no slash.

    `known` has the parameters seen so far: one name stands in many rules.
    """
    segments: list[Segment] = []
    parts = path[1:].split("/")
    for part in parts:
        if "{" not in part and "}" not in part:
            segments.append(part)
            continue
        found = known.get(part)
        if found is None:
            found = _parameter(part)
            if found is None:
                return None
            known[part] = found
        # Nothing can follow a tail.
        if len(found) > 1 and len(segments) + 1 < len(parts):
            return None
        segments += found
    return tuple(segments)


def _parameter(part: str) -> tuple[Segment, ...] | None:
    """What `{name}` or `{name+}` stands for; None where it is neither."""
    name = part[1:-1]
    if part[0] != "{" or part[-1] != "}":
        return None
    if _is_name(name):
        return (ANY,)
    return (ANY, DEEP) if name[-1:] == "+" and _is_name(name[:-1]) else None


def _starred(path: str) -> tuple[Segment, ...] | None:
    """The segments where some are `*`, and the last may be `**`; None where a star is only a part of a segment."""
    if path[-3:] == "/**":
        path = path[:-2] + "{x+}"
    # Twice, as neighbours share a slash.
    path = (path + "/").replace("/*/", "/{x}/").replace("/*/", "/{x}/")[:-1]
    return None if "*" in path else template(path)


def _is_name(text: str) -> bool:
    return text != "" and text[0] not in ".-" and not _without(text, _NAME)
