"""What a parsed path pattern is made of, and the reader of usual ones: all of the language that most policies need.

`cwsauth.policy.pattern` is the whole language. PERF: benchmarks/cold_start.py - it is loaded by the first pattern that is
not a usual one.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
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


ANY = Wildcard("ANY")
DEEP = Wildcard("DEEP")
RUN = Wildcard("RUN")
ONE = Wildcard("ONE")

# Characters that stand for themselves wherever they are.
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
_LITERAL = _NAME | frozenset(",:;@%&=+~'()")
_PATH = _LITERAL | {"/"}
_NO_SEGMENTS = frozenset(("", ".", ".."))


def parse(text: str, whole: str | None = None, offset: int = 0) -> tuple[Segment, ...]:
    """The segments of the path pattern `text`, in the form in which equal meanings are equal values.

    `whole` and `offset` place `text` in the rule it comes from, for the column of an error.

    Raises:
        PatternError: `text` is not in the language; it names the pattern, the column and what would be right.
    """
    # PERF: benchmarks/decisions.py - what most rules are: whole segments, each plain text, `*` or a parameter.
    path = text[1:] if text[:1] == "/" else text
    if path == "":
        return ()
    if text == "*" or path == "**":
        return (DEEP,)
    parts = path.split("/")
    if _PATH.issuperset(path):
        if _NO_SEGMENTS.isdisjoint(parts):
            return tuple(parts)
    else:
        segments: list[Segment] = []
        for part in parts:
            if (part.isascii() and part.isalnum()) or _LITERAL.issuperset(part):
                if part in _NO_SEGMENTS:
                    break
                segments.append(part)
            elif part == "*" or (part[0] == "{" and part[-1] == "}" and _is_name(part[1:-1])):
                segments.append(ANY)
            elif len(segments) == len(parts) - 1 and _is_rest(part, segments):
                return (*segments, ANY, DEEP)
            else:
                break
        else:
            return tuple(segments)
    from cwsauth.policy.pattern import parse_fully

    return parse_fully(text, whole, offset)


def _is_name(text: str) -> bool:
    return text != "" and text[0] not in ".-" and _NAME.issuperset(text)


def _is_rest(part: str, before: list[Segment]) -> bool:
    """Whether the last `part` is one or more segments: `**` below something, or `{name+}`."""
    if part == "**":
        return bool(before)
    return part[0] == "{" and part[-2:] == "+}" and _is_name(part[1:-2])
