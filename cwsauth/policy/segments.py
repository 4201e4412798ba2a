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


class _Deep(Wildcard):
    """So that the types of segments tell what they are."""

    __slots__ = ()


ANY = Wildcard("ANY")
DEEP = _Deep("DEEP")
RUN = Wildcard("RUN")
ONE = Wildcard("ONE")

# Characters that stand for themselves wherever they are.
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
_PATH = _NAME | frozenset(",:;@%&=+~'()/")


def plain(path: str) -> bool:
    """Whether `path`, which begins with a slash, is usual text: no wildcard, no empty segment but the last, none that is `.`."""
    # PERF: benchmarks/build.py - what most paths are is seen by one pass in C.
    word = path.replace("/", "_")
    if not (word.isidentifier() and word.isascii()) and ("/." in path or not _PATH.issuperset(path)):
        return False
    return "//" not in path


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
    pieces = path.split("/{")
    words = pieces[0]
    segments: list[Segment] = [*words[1:].split("/")] if words else []
    for piece in pieces[1:]:
        name, brace, after = piece.partition("}")
        if not brace:
            return None
        if not (name.isidentifier() and name.isascii()) and not _is_name(name):
            if after or name[-1:] != "+" or not _is_name(name[:-1]):
                return None
            segments.append(ANY)
            segments.append(DEEP)
            # Nothing can follow it: then it would be in `after`, or the next piece.
            if piece is not pieces[-1]:
                return None
            break
        segments.append(ANY)
        if after:
            if after[0] != "/":
                return None
            words += after
            segments += after[1:].split("/")
    return tuple(segments) if words == "" or (plain(words) and words[-1] != "/") else None


def _starred(path: str) -> tuple[Segment, ...] | None:
    """The segments where some are `*`, and the last may be `**`; None where a star is only a part of a segment."""
    if path[-3:] == "/**":
        path = path[:-2] + "{x+}"
    # Twice, as neighbours share a slash.
    path = (path + "/").replace("/*/", "/{x}/").replace("/*/", "/{x}/")[:-1]
    return None if "*" in path else template(path)


def _is_name(text: str) -> bool:
    return text != "" and text[0] not in ".-" and _NAME.issuperset(text)
