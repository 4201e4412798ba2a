"""The pattern language: one path pattern, parsed into segments.

A segment is a `str` (literal text), `ANY` (one segment), `DEEP` (any number of segments, also none), a `Glob` (wildcards
inside one segment) or a `Hole` (text with `${placeholders}`). What the language calls `a/**` (all below `a`) and
`{name+}` (one or more) is `ANY, DEEP` here, so `DEEP` has one meaning everywhere.
"""

from __future__ import annotations

import re

from cwsauth.errors import PatternError
from cwsauth.policy.segments import ANY as ANY
from cwsauth.policy.segments import DEEP as DEEP
from cwsauth.policy.segments import ONE as ONE
from cwsauth.policy.segments import RUN as RUN
from cwsauth.policy.segments import Wildcard as Wildcard
from cwsauth.policy.segments import parse as parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Glob:
    """Wildcards inside one segment: `tokens` are a character, `RUN` (`*`), `ONE` (`?`) or a `CharClass`."""

    __slots__ = ("tokens",)

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self.tokens = tokens

    def __repr__(self) -> str:
        return f"Glob({self})"

    def __str__(self) -> str:
        return "".join(_token_text(token) for token in self.tokens)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Glob) and self.tokens == other.tokens

    def __hash__(self) -> int:
        return hash(self.tokens)


class CharClass:
    """One character out of `ranges` (pairs of first and last), or, if `negated`, one that is in none of them."""

    __slots__ = ("negated", "ranges")

    def __init__(self, ranges: tuple[tuple[str, str], ...], negated: bool) -> None:
        self.ranges = ranges
        self.negated = negated

    def matches(self, char: str) -> bool:
        """Whether the class has `char` in it; `/` never is."""
        return char != "/" and any(first <= char <= last for first, last in self.ranges) is not self.negated

    def __repr__(self) -> str:
        return f"CharClass({_token_text(self)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CharClass) and (self.ranges, self.negated) == (other.ranges, other.negated)

    def __hash__(self) -> int:
        return hash((self.ranges, self.negated))


class Hole:
    """A segment with placeholders: `parts` are literal texts and, in tuples of one, names such as `claims.sub`."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[str | tuple[str], ...]) -> None:
        self.parts = parts

    def fill(self, values: Mapping[str, object]) -> str | None:
        """The literal segment, or None where a value is missing or is not the text of one clean segment."""
        text = ""
        for part in self.parts:
            if isinstance(part, str):
                text += part
                continue
            value = values.get(part[0])
            if type(value) is not str or re.fullmatch(_CLEAN_VALUE, value) is None:
                return None
            text += value
        return None if text in _DOTS else text

    def __repr__(self) -> str:
        return f"Hole({self})"

    def __str__(self) -> str:
        return "".join(escape(part) if isinstance(part, str) else "${" + part[0] + "}" for part in self.parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hole) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)


if TYPE_CHECKING:
    Token = str | Wildcard | CharClass
    Segment = str | Wildcard | Glob | Hole

_DOTS = frozenset({".", ".."})
_SPECIAL = frozenset("*?[]{}\\!")
# One clean segment: nothing that could end it, climb out of it, be decoded into such a thing, or mean more than itself.
_CLEAN_VALUE = r"[^\x00-\x20\x7f-\x9f/\\%*?\u2028\u2029\ud800-\udfff]{1,256}"
_NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_PLACEHOLDER = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_:/-]+)*"


def parse_fully(text: str, whole: str | None = None, offset: int = 0) -> tuple[Segment, ...]:
    """What `parse` gives, for any pattern.

    Raises:
        PatternError: `text` is not in the language; it names the pattern, the column and what would be right.
    """
    return _Parser(text, text if whole is None else whole, offset).pattern()


def escape(text: str) -> str:
    """`text` as a pattern that matches just itself."""
    return "".join("\\" + char if char in _SPECIAL or char in " $" else char for char in text)


def segment_text(segment: Segment) -> str:
    """A segment as one would write it; `DEEP` is `**`."""
    if isinstance(segment, str):
        return escape(segment)
    if segment is ANY:
        return "*"
    return "**" if segment is DEEP else str(segment)


def pattern_text(segments: tuple[Segment, ...]) -> str:
    """Segments as one would write them: `parse` of it gives them back."""
    if not segments:
        return "/"
    if segments == (DEEP,):
        return "**"
    words = [segment_text(segment) for segment in segments]
    if segments[-2:] == (ANY, DEEP):
        del words[-2]
        if len(words) == 1:
            return "{proxy+}"
    return "/".join(words) if words != ["*"] else "/*"


class _Parser:
    """Reads one pattern from left to right, a segment at a time."""

    __slots__ = ("end", "offset", "pos", "text", "whole")

    def __init__(self, text: str, whole: str, offset: int) -> None:
        self.text = text
        self.whole = whole
        self.offset = offset
        self.pos = 0
        self.end = len(text)

    def pattern(self) -> tuple[Segment, ...]:
        if self.text == "*":
            return (DEEP,)
        self.pos = 1 if self.text.startswith("/") else 0
        if self.pos == self.end:
            return ()
        segments: list[Segment] = []
        tail = False
        while True:
            start = self.pos
            segment, tail = self.segment()
            if segment in _DOTS:
                raise self.error(
                    f"{str(segment)!r} is never a segment of a request that is served",
                    start,
                    "write the path that is meant",
                )
            segments.extend((ANY, DEEP) if tail else (segment,))
            if self.pos == self.end:
                break
            if tail:
                raise self.error("only the last segment can be greedy", start, "put '{name+}' last, or use '**' here")
            self.pos += 1
            if self.pos == self.end:
                raise self.error(
                    "a trailing '/' says nothing: a request with one means the same as one without",
                    self.pos - 1,
                    f"write {self.text[:-1]!r}, or {self.text + '**'!r} for what lies below",
                )
        return _normal(segments, tail)

    def segment(self) -> tuple[Segment, bool]:
        """The segment at `pos` and whether it is a `{name+}`; stops at its slash or at the end."""
        start = self.pos
        if self.text.startswith("**", start) and self.text[start + 2 : start + 3] in ("", "/"):
            self.pos += 2
            return DEEP, False
        if self.text.startswith("{", start):
            return self.parameter()
        tokens: list[Token] = []
        holes = False
        parts: list[str | tuple[str]] = []
        while self.pos < self.end and self.text[self.pos] != "/":
            token = self.token()
            if isinstance(token, tuple):
                holes = True
                parts.append(token)
                continue
            tokens.append(token)
            parts.append(token if isinstance(token, str) else "")
        if self.pos == start:
            raise self.error("an empty segment", start, "write one '/' between segments")
        if holes:
            if any(not isinstance(token, str) for token in tokens):
                raise self.error(
                    "a placeholder and a wildcard in one segment",
                    start,
                    "give the placeholder a segment of its own",
                )
            return Hole(_joined(parts)), False
        if all(isinstance(token, str) for token in tokens):
            return "".join(token for token in tokens if isinstance(token, str)), False
        return ANY if _is_any(tokens) else Glob(tuple(tokens)), False

    def parameter(self) -> tuple[Segment, bool]:
        start = self.pos
        close = self.text.find("}", start)
        slash = self.text.find("/", start)
        if close < 0 or 0 <= slash < close:
            until = self.end if slash < 0 else slash
            fixed = self.text[:until] + "}" + self.text[until:]
            named = re.fullmatch(_NAME, self.text[start + 1 : until].removesuffix("+")) is not None
            what = repr(fixed) if named else "'{name}'; a literal brace is '\\{'"
            raise self.error("'{' at column %d is not closed", start, f"write {what}")
        name = self.text[start + 1 : close]
        greedy = name.endswith("+")
        if re.fullmatch(_NAME, name[:-1] if greedy else name) is None:
            raise self.error(
                "'{' at column %d does not hold a name",
                start,
                "write '{name}' or '{name+}'; a literal brace is '\\{'",
            )
        self.pos = close + 1
        if self.pos < self.end and self.text[self.pos] != "/":
            raise self.error(
                "a parameter is a whole segment",
                self.pos,
                f"write '{self.text[start : close + 1]}' between slashes",
            )
        return ANY, greedy

    def token(self) -> Token | tuple[str]:
        char = self.text[self.pos]
        self.pos += 1
        if char == "*":
            if self.text.startswith("*", self.pos):
                raise self.error(
                    "'**' is a whole segment",
                    self.pos - 1,
                    "write '*' inside a segment, or '**' between slashes",
                )
            return RUN
        if char == "?":
            return ONE
        if char == "[":
            return self.char_class()
        if char == "\\":
            return self.escaped()
        if char == "$" and self.text.startswith("{", self.pos):
            return self.placeholder()
        if char in "{}":
            raise self.error(
                f"{char!r} inside a segment",
                self.pos - 1,
                f"write '\\{char}' for the character, '{{name}}' for a parameter",
            )
        if char == "]":
            raise self.error("']' without its '['", self.pos - 1, "write '\\]' for the character")
        if char == " ":
            raise self.error(
                "a space in a path",
                self.pos - 1,
                "write '\\ ' for the character, and methods as in 'GET product/*'",
            )
        if char == "!" and self.pos == 1:
            raise self.error(
                "'!' twice or after the methods",
                0,
                "write it once, first: '!GET admin/**'; the character is '\\!'",
            )
        self.plain(char)
        return char

    def escaped(self) -> str:
        if self.pos == self.end or self.text[self.pos] == "/":
            raise self.error("'\\' with nothing to escape", self.pos - 1, "write '\\\\' for a backslash")
        char = self.text[self.pos]
        self.pos += 1
        self.plain(char)
        return char

    def plain(self, char: str) -> None:
        if char < " " or "\x7f" <= char <= "\x9f" or char in "\u2028\u2029":
            raise self.error("a control character", self.pos - 1, "remove it: no request that is served has one")
        if "\ud800" <= char <= "\udfff":
            raise self.error("half of a surrogate pair", self.pos - 1, "remove it: it cannot be written as UTF-8")

    def placeholder(self) -> tuple[str]:
        start = self.pos - 1
        close = self.text.find("}", start)
        if close < 0:
            raise self.error("'${' at column %d is not closed", start, f"write {self.text + '}'!r}")
        name = self.text[start + 2 : close]
        if re.fullmatch(_PLACEHOLDER, name) is None:
            raise self.error(
                "'${' at column %d does not hold a name",
                start,
                "write '${claims.sub}'; the characters are '\\$\\{'",
            )
        self.pos = close + 1
        return (name,)

    def char_class(self) -> CharClass | str:
        start = self.pos - 1
        negated = self.text.startswith("!", self.pos)
        if negated:
            self.pos += 1
        elif self.text.startswith("^", self.pos):
            raise self.error("'^' does not negate a class", self.pos, "write '[!abc]', or '[\\^]' for the character")
        ranges: list[tuple[str, str]] = []
        while not self.text.startswith("]", self.pos):
            first = self.class_char(start)
            last = first
            if self.text.startswith("-", self.pos) and self.text[self.pos + 1 : self.pos + 2] not in (
                "]",
                "",
            ):
                self.pos += 1
                last = self.class_char(start)
                if last < first:
                    raise self.error(f"the range '{first}-{last}' is empty", self.pos - 1, f"write '{last}-{first}'")
            ranges.append((first, last))
        if not ranges:
            raise self.error(
                "'[' at column %d holds no character",
                start,
                "write '[abc]'; the characters are '\\[' and '\\]'",
            )
        self.pos += 1
        unique = tuple(sorted(set(ranges)))
        if len(unique) == 1 and not negated and unique[0][0] == unique[0][1]:
            return unique[0][0]
        return CharClass(unique, negated)

    def class_char(self, start: int) -> str:
        if self.pos >= self.end or self.text[self.pos] == "/":
            raise self.error("'[' at column %d is not closed", start, "write '[abc]'; the character is '\\['")
        char = self.text[self.pos]
        self.pos += 1
        if char == "\\":
            return self.escaped()
        if char == "[":
            raise self.error(
                "'[' inside a class",
                self.pos - 1,
                "write '\\[' for the character; named classes are not in the language",
            )
        self.plain(char)
        return char

    def error(self, what: str, at: int, help: str) -> PatternError:
        column = self.offset + at + 1
        message = what % column if "%d" in what else f"{what} at column {column}"
        return PatternError(
            f"invalid route pattern {self.whole!r}: {message}", pattern=self.whole, column=column, help=help
        )


def _normal(segments: list[Segment], greedy: bool) -> tuple[Segment, ...]:
    """Runs of `*` and `**` in one order, and a last `**` as 'one or more' where something stands before it."""
    if len(segments) > 1 and segments[-1] is DEEP and not greedy and any(s is not DEEP for s in segments):
        segments.insert(len(segments) - 1, ANY)
    normal: list[Segment] = []
    deep = False
    for segment in segments:
        if segment is DEEP:
            deep = True
            continue
        if segment is not ANY and deep:
            normal.append(DEEP)
            deep = False
        normal.append(segment)
    if deep:
        normal.append(DEEP)
    return tuple(normal)


def _is_any(tokens: list[Token]) -> bool:
    """Whether `*`, or `?*` in any order: all of them say one segment, whatever it is."""
    return RUN in tokens and tokens.count(ONE) <= 1 and all(token is RUN or token is ONE for token in tokens)


def _joined(parts: list[str | tuple[str]]) -> tuple[str | tuple[str], ...]:
    joined: list[str | tuple[str]] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)


def _token_text(token: Token) -> str:
    if isinstance(token, str):
        return escape(token)
    if isinstance(token, CharClass):
        ranges = "".join(
            _class_text(first) if first == last else f"{_class_text(first)}-{_class_text(last)}"
            for first, last in token.ranges
        )
        return f"[{'!' if token.negated else ''}{ranges}]"
    return "*" if token is RUN else "?"


def _class_text(char: str) -> str:
    return "\\" + char if char in "\\[]^-!" else char
