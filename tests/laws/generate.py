"""Random route tables, rule lists and calls, made so that rules and routes hit each other often.

Everything is chosen through a `Chooser`, so that the same shapes come from Hypothesis (which shrinks what it finds) and
from a seeded `random.Random` (which is fast enough for a hundred thousand calls).
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

T = TypeVar("T")

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
API = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"
WORDS = ("a", "b", "product", "admin", "me", "v1", "x-y", "secret")
# Names that a caller may send in the place of a parameter, and that mean something to somebody who is careless.
HOSTILE = (
    "*",
    "?",
    "a*",
    "?*",
    "${x}",
    "$",
    "[a]",
    "a:b",
    "...",
    ".git",
    "%2F",
    "%2e%2e",
    "a b",
    "é",
    "\n",
    "a\n",
    "\\",
)


class Chooser(Protocol):
    """Where choices come from."""

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        ...

    def pick(self, values: Sequence[T]) -> T:
        """One of `values`."""
        ...


class Dice:
    """Choices of a seeded generator."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)

    def between(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def pick(self, values: Sequence[T]) -> T:
        return self._random.choice(values)


class Drawn:
    """Choices that Hypothesis makes, and makes smaller."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self._draw = draw

    def between(self, low: int, high: int) -> int:
        from hypothesis import strategies as st

        return int(self._draw(st.integers(low, high)))

    def pick(self, values: Sequence[T]) -> T:
        return values[self.between(0, len(values) - 1)]


def chance(choose: Chooser, percent: int) -> bool:
    """True in `percent` of a hundred cases; shrinks to False."""
    return choose.between(0, 99) >= 100 - percent


# Route tables


def route_table(choose: Chooser, least: int = 5, most: int = 20) -> list[str]:
    """Routes of depth five at most, with parameters, greedy tails and mixed verbs; no two contradict each other."""
    wanted = choose.between(least, most)
    routes: list[str] = []
    taken: set[tuple[str, tuple[str, ...]]] = set()
    trunks: list[tuple[str, ...]] = [()]
    for _ in range(wanted * 3):
        if len(routes) == wanted:
            break
        parts = _template(choose, choose.pick(trunks))
        methods = choose.pick(("GET", "GET", "GET", "POST", "GET,PUT", "DELETE", "GET,POST,DELETE", "ANY"))
        shape = tuple("{}" if part.startswith("{") else part for part in parts)
        keys = {(verb, shape) for verb in methods.split(",")}
        if keys & taken:
            continue
        taken |= keys
        routes.append(f"{methods} /{'/'.join(parts)}")
        if not (parts and parts[-1].endswith("+}")):
            trunks.append(parts)
    return routes


def _template(choose: Chooser, trunk: tuple[str, ...]) -> tuple[str, ...]:
    parts = [*trunk]
    for _ in range(choose.between(0, min(3, 5 - len(parts)))):
        kind = choose.between(0, 9)
        if kind < 6:
            parts.append(choose.pick(WORDS))
        else:
            parts.append(f"{{p{len(parts)}}}")
    if len(parts) < 5 and chance(choose, 12):
        parts.append("{rest+}")
    return tuple(parts)


# Rules


def rule_list(choose: Chooser, routes: Sequence[str] | None = None, least: int = 1, most: int = 8) -> list[str]:
    """Rules, some of them denies, most of them near to the routes if there are any."""
    return [rule(choose, routes) for _ in range(choose.between(least, most))]


def rule(choose: Chooser, routes: Sequence[str] | None = None) -> str:
    """One rule, as one would write it."""
    methods = ""
    pieces: list[str] | None = None
    if routes and chance(choose, 75):
        route = choose.pick(routes)
        methods, _, template = route.partition(" ")
        pieces = _near(choose, [part for part in template.split("/") if part])
    text = pattern(choose) if pieces is None else "/".join(pieces)
    if chance(choose, 20) and not text.startswith("/"):
        text = "/" + text
    if not methods or chance(choose, 60):
        methods = choose.pick(("", "", "", "GET", "GET,PUT", "get", "ANY", "*", "POST"))
    sign = "!" if chance(choose, 25) else ""
    if methods:
        return f"{sign}{methods} {text or '/'}"
    return sign + text


def pattern(choose: Chooser) -> str:
    """A path pattern of any kind."""
    if chance(choose, 10):
        return choose.pick(("*", "**", "/", "", "/*", "{proxy+}"))
    pieces = [piece(choose) for _ in range(choose.between(1, 4))]
    if chance(choose, 25):
        pieces.append(choose.pick(("**", "{rest+}")))
    return "/".join(pieces)


def piece(choose: Chooser) -> str:
    """One segment of a pattern."""
    kind = choose.between(0, 9)
    if kind < 4:
        return choose.pick(WORDS)
    if kind < 7:
        return choose.pick(("*", "{id}"))
    if kind < 8:
        return "**"
    return glob(choose, choose.pick(WORDS))


def glob(choose: Chooser, word: str) -> str:
    """A segment with wildcards in it that matches `word`, and more."""
    place = choose.between(0, len(word) - 1)
    char = word[place]
    wild = choose.pick(
        ("*", "?", f"[{char}{choose.pick(string.ascii_lowercase)}]", f"[!{_other(char)}]", f"*{char}*", f"\\{char}")
    )
    made = word[:place] + wild + word[place + 1 :]
    return made if made not in ("**", "*") else f"{char}*"


def _other(char: str) -> str:
    return "z" if char != "z" else "y"


def _near(choose: Chooser, parts: list[str]) -> list[str]:
    """The template of a route, loosened, tightened, cut or lengthened."""
    pieces: list[str] = []
    for part in parts:
        kind = choose.between(0, 9)
        if part.endswith("+}"):
            pieces.append(choose.pick((part, "**", "*", "a", "*/*")))
        elif part.startswith("{"):
            pieces.append(part if kind < 3 else "*" if kind < 7 else choose.pick(WORDS) if kind < 9 else piece(choose))
        else:
            pieces.append(part if kind < 8 else "*" if kind < 9 else glob(choose, part))
    change = choose.between(0, 9)
    if change == 9 and pieces:
        pieces[choose.between(0, len(pieces) - 1)] = "**"
    elif change == 8 and pieces:
        del pieces[choose.between(0, len(pieces) - 1) :]
        pieces.append(choose.pick(("**", "{rest+}", "*")))
    elif change == 7:
        pieces.append(choose.pick(("**", "*", "a", "**/a")))
    # A greedy parameter stands last, wherever it came from.
    return ["**" if part.endswith("+}") and place < len(pieces) - 1 else part for place, part in enumerate(pieces)]


# Calls


class Call(NamedTuple):
    """A verb and a path; `canonical` is false where slashes were added."""

    method: str
    path: str
    canonical: bool

    @property
    def arn(self) -> str:
        """The ARN that API Gateway evaluates for it."""
        return f"{API}/{self.method}{self.path}"


def names_for(choose: Chooser, rules: Sequence[str]) -> list[str]:
    """Values for parameters: texts that the segments of the rules match, a plain one and a hostile one."""
    pieces = {piece for text in rules for piece in pattern_of(text).split("/") if piece not in ("", "**")}
    names = [sample_piece(choose, piece) for piece in sorted(pieces)[:6]]
    return [*dict.fromkeys([*names, "x", choose.pick(WORDS), choose.pick(HOSTILE)])]


def declared_call(choose: Chooser, routes: Sequence[str], names: Sequence[str]) -> Call:
    """A call of one of the routes, often with more slashes than it needs."""
    methods, _, template = choose.pick(routes).partition(" ")
    verbs = VERBS if methods == "ANY" else tuple(methods.split(","))
    segments: list[str] = []
    for part in template.split("/"):
        if part.endswith("+}"):
            segments.extend(choose.pick(names) for _ in range(choose.between(1, 3)))
        elif part.startswith("{"):
            segments.append(choose.pick(names))
        elif part:
            segments.append(part)
    return _spelled(choose, choose.pick(verbs), segments)


def any_call(choose: Chooser, rules: Sequence[str], names: Sequence[str]) -> Call:
    """A call that one of the rules is about, or nearly; any path will do where no routes are declared."""
    text = choose.pick(rules)
    segments = sample_pattern(choose, pattern_of(text), names)
    change = choose.between(0, 9)
    if change == 9:
        segments.append(choose.pick(names))
    elif change == 8 and segments:
        del segments[choose.between(0, len(segments) - 1)]
    elif change == 7 and segments:
        segments[choose.between(0, len(segments) - 1)] = choose.pick(names)
    elif change == 6:
        segments.insert(choose.between(0, len(segments)), choose.pick(names))
    return _spelled(choose, choose.pick(VERBS), segments)


def granted_call(choose: Chooser, resource: str, names: Sequence[str]) -> Call:
    """A call that the resource of a document matches, made to be one that its writer did not think of."""
    method, _, text = resource.removeprefix(API + "/").partition("/")
    path = "/"
    for char in text:
        if char == "*":
            runs = ("", "/", "//", choose.pick(names), f"{choose.pick(names)}/{choose.pick(names)}", "/x", "x/", "x//y")
            path += choose.pick(runs)
        elif char == "?":
            path += choose.pick(("x", "/", "-", "z"))
        else:
            path += char
    return Call(choose.pick(VERBS) if method == "*" else method, path, False)


def is_declared(routes: Sequence[str] | None, call: Call) -> bool:
    """Whether a call, its slashes folded, is one of the routes; without a route table all are, but for dot segments."""
    segments = [part for part in call.path.split("/") if part]
    if "." in segments or ".." in segments:
        return False
    if routes is None:
        return True
    for route in routes:
        methods, _, template = route.partition(" ")
        parts = [part for part in template.split("/") if part]
        greedy = bool(parts) and parts[-1].endswith("+}")
        if methods != "ANY" and call.method not in methods.split(","):
            continue
        if len(segments) < len(parts) or (len(segments) > len(parts) and not greedy):
            continue
        if all(part.startswith("{") or part == segment for part, segment in zip(parts, segments, strict=False)):
            return True
    return False


def _spelled(choose: Chooser, method: str, segments: Sequence[str]) -> Call:
    if choose.between(0, 1) == 0:
        return Call(method, "/" + "/".join(segments), True)
    return Call(method, slashed(choose, segments), False)


def slashed(choose: Chooser, segments: Sequence[str]) -> str:
    """The path of `segments` with one to three slashes in front of each, and none to three at its end."""
    counts = (1, 1, 1, 2, 2, 3)
    path = "".join("/" * choose.pick(counts) + segment for segment in segments)
    return (path + "/" * choose.between(0, 3)) or "/"


# Texts out of patterns


def pattern_of(text: str) -> str:
    """The path pattern of a rule."""
    return text.removeprefix("!").rpartition(" ")[2]


def sample_pattern(choose: Chooser, text: str, names: Sequence[str]) -> list[str]:
    """Segments that the path pattern `text` matches."""
    if text in ("*", "**"):
        return [choose.pick(names) for _ in range(choose.between(0, 3))]
    segments: list[str] = []
    pieces = [piece for piece in text.split("/") if piece]
    for place, part in enumerate(pieces):
        if part == "**":
            least = 1 if place == len(pieces) - 1 else 0
            segments.extend(choose.pick(names) for _ in range(choose.between(least, 3)))
        elif part.endswith("+}"):
            segments.extend(choose.pick(names) for _ in range(choose.between(1, 3)))
        elif part == "*" or part.startswith("{"):
            segments.append(choose.pick(names))
        else:
            segments.append(sample_piece(choose, part))
    return segments


def sample_piece(choose: Chooser, part: str) -> str:
    """A text that one segment of a pattern matches."""
    if part.startswith("{") or part == "*":
        return choose.pick(WORDS)
    text = ""
    at = 0
    while at < len(part):
        char = part[at]
        at += 1
        if char == "*":
            text += choose.pick(("", "z", "-", "zz"))
        elif char == "?":
            text += choose.pick("az-_")
        elif char == "\\":
            text += part[at]
            at += 1
        elif char == "[":
            end = part.index("]", at + 1)
            inside = part[at:end]
            at = end + 1
            if inside.startswith("!"):
                text += choose.pick([c for c in "qjw9_" if c not in inside])
            else:
                text += choose.pick([c for c in inside if c != "\\"])
        else:
            text += char
    return text or "x"
