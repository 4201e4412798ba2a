"""IAM texts that a document could be made of."""

from __future__ import annotations

from itertools import islice, product

from cwsauth.policy.cover import sayable
from cwsauth.policy.language.bits import union
from cwsauth.policy.language.meet import meet
from cwsauth.policy.language.wildcard import matches
from cwsauth.policy.pattern import ANY, DEEP, ONE, RUN, CharClass, Glob

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cwsauth.policy.language.explore import Budget
    from cwsauth.policy.pattern import Segment, Token

    Segments = tuple[Segment, ...]

# More texts than these make a search slower than they make its answer better.
MOST = 300
_MOST_SPELLINGS = 6
# Each `**` within a pattern doubles its forms.
_MOST_GAPS = 64
# Units of work that looking at one witness costs at least.
_LOOK = 50


def forms(segments: Segments) -> list[str]:
    """A pattern in IAM's words: each `*` and each last `**` is `?*`; a `**` elsewhere is nothing, or `*`."""
    if segments == (DEEP,):
        return ["*"]
    fixed = segments[:-1] if segments[-1:] == (DEEP,) else segments
    words: list[list[str]] = []
    for segment in fixed:
        words.append([""] if segment is DEEP else _spellings(segment))
    texts = []
    for chosen in product(*words):
        for gaps in islice(product((True, False), repeat=sum(segment is DEEP for segment in fixed)), _MOST_GAPS):
            gap = iter(gaps)
            parts = [
                "*" if segment is DEEP else word
                for segment, word in zip(fixed, chosen, strict=True)
                if segment is not DEEP or next(gap)
            ]
            texts.append("/".join(parts))
    return texts


def _spellings(segment: Segment) -> list[str]:
    """One segment in IAM's words; a small character class is spelled out, anything unsayable becomes `?`."""
    if segment is ANY:
        return ["?*"]
    if isinstance(segment, str):
        return [_said(segment)]
    choices: list[list[str]] = []
    count = 1
    for token in segment.tokens if isinstance(segment, Glob) else ():
        options = _options(token)
        if count * len(options) > _MOST_SPELLINGS:
            options = ["?"]
        count *= len(options)
        choices.append(options)
    return ["".join(chosen) for chosen in product(*choices)]


def _options(token: Token) -> list[str]:
    if token is RUN:
        return ["*"]
    if token is ONE:
        return ["?"]
    if isinstance(token, CharClass):
        chars = [
            chr(code) for first, last in token.ranges for code in range(ord(first), min(ord(last), ord(first) + 9) + 1)
        ]
        whole = not token.negated and all(ord(last) - ord(first) < 9 for first, last in token.ranges)
        return [_said(char) for char in chars] if whole else ["?"]
    return [_said(token)]  # type: ignore[arg-type]


def _said(text: str) -> str:
    if sayable(text):
        return text
    return "".join("?" if char in "*?" else char for char in text).replace("${", "?{")


def narrow(templates: Sequence[Segments], allows: Sequence[Segments]) -> list[str]:
    """Texts for Allow that hold little more than the rules: the rules, and their meetings with the templates."""
    texts: dict[str, None] = {}
    for rule in allows:
        _add(texts, forms(rule))
    for rule in allows:
        for template in templates:
            for common in meet(template, rule):
                _add(texts, forms(common))
    return [*texts][:MOST]


def wide(templates: Sequence[Segments]) -> list[str]:
    """Texts for Allow that hold several templates: all, all but the root, a prefix or a suffix that some share."""
    texts: dict[str, None] = {"*": None, "?*": None}
    for template in templates:
        _add(texts, forms(template))
    _add(texts, _gathered(templates))
    return [*texts][:MOST]


class Remedies:
    """Texts for Deny against texts that the ones for Allow should not have matched; `budget` pays for the search."""

    __slots__ = ("_budget", "_denies", "_held", "_of_template", "_spilled", "_templates")

    def __init__(self, templates: Sequence[Segments], denies: Sequence[Segments], budget: Budget) -> None:
        self._budget = budget
        self._templates = templates
        self._denies = denies
        self._of_template: dict[Segments, list[str]] = {}
        self._held: dict[tuple[Segments, str], list[str]] = {}
        self._spilled: dict[str, list[str]] = {}

    def against(self, witness: str, allowing: Iterable[str]) -> list[str]:
        """Texts that hold `witness`, which the texts `allowing` match.

        The templates it falls on and what the denies have in common with them, each also with a slash behind it; what lies
        below their prefixes, and what ends as they do; the spills of what allowed it; guards on further slashes.
        """
        texts: dict[str, None] = {}
        path = tuple(part for part in witness.split("/") if part)
        met = [template for template in self._templates if meet(template, path)]
        for template in met:
            _add(texts, self._around(template))
        for text in allowing:
            _add(texts, self._spills(text))
            for template in met:
                _add(texts, self._common(template, text))
        head = witness.split("/", 1)[0]
        _add(texts, ("*//*", "/*", "?*/", f"{head}//*", f"{head}/*//*", f"{head}/?*/"))
        self._budget.left -= _LOOK + len(texts)
        return [text for text in texts if matches(text, witness)]

    def _around(self, template: Segments) -> list[str]:
        found = self._of_template.get(template)
        if found is None:
            found = self._of_template[template] = []
            for pattern in (template, *(common for deny in self._denies for common in meet(template, deny))):
                for text in forms(pattern):
                    found += (text, text + "/", text + "/*")
            for length in range(1, len(template)):
                for text in forms(template[:length]):
                    found += (text + "/*", text + "/?*")
                for text in forms(template[length:]):
                    found.append("*/" + text)
        return found

    def _spills(self, text: str) -> list[str]:
        found = self._spilled.get(text)
        if found is None:
            found = self._spilled[text] = [*_spills(text)]
        return found

    def _common(self, template: Segments, text: str) -> list[str]:
        """What a template and an IAM text have in common."""
        found = self._held.get((template, text))
        if found is None:
            found = self._held[template, text] = []
            for common in meet(template, _spanning(text)):
                for held in forms(common):
                    found += (held, held + "/", held + "/*")
        return found


def everywhere(templates: Sequence[Segments] | None, denies: Sequence[Segments], base: Sequence[str]) -> list[str]:
    """Texts for Deny where everything that is not allowed is to be denied, beside `base`."""
    held: dict[str, None] = {"*": None, "?*": None}
    for template in templates or ():
        _add(held, forms(template))
        for rule in denies:
            for common in meet(template, rule):
                _add(held, forms(common))
    for rule in denies:
        _add(held, forms(rule))
    texts = dict(held)
    _add(texts, ("*//*", "/*", "?*/"))
    for text in (*base, *held):
        _add(texts, _spills(text))
        _add(texts, (text + "/", text + "/*"))
    return [text for text in texts if text not in set(base)][:MOST]


def touched(text: str, templates: Sequence[Segments]) -> int:
    """The templates of which a path might match an IAM text, as far as its literal beginning tells, as a bit set."""
    words = []
    for word in text.split("/"):
        if "*" in word or "?" in word:
            break
        words.append(word)
    return union(1 << place for place, template in enumerate(templates) if _begins(template, words))


def _begins(template: Segments, words: Sequence[str]) -> bool:
    """Whether a path of a template might begin with `words`."""
    for word, segment in zip(words, template, strict=False):
        if segment is not ANY and word != segment:
            return type(segment) is not str or word == ""
    return True


def _add(texts: dict[str, None], more: Iterable[str]) -> None:
    for text in more:
        texts.setdefault(text)


def _spills(text: str) -> Iterator[str]:
    """`text` where one `*` has swallowed a slash: `a/?*` also matches `a/x/y`, and `a/*/*` is what it then matches."""
    plain = text.replace("?*", "*")
    at = plain.find("*")
    while at >= 0:
        yield plain[: at + 1] + "/*" + plain[at + 1 :]
        at = plain.find("*", at + 1)


def _spanning(text: str) -> Segments:
    """The pattern of what an IAM text matches, slashes and all; less for a text with a wildcard inside a segment."""
    segments: list[Segment] = []
    for word in text.split("/"):
        if word == "?*":
            segments.append(ANY)
        segments.append(DEEP if word in ("*", "?*") else word)
    return tuple(segments)


def _gathered(templates: Sequence[Segments]) -> Iterator[str]:
    """`prefix/?*` for each prefix that two or more templates share, and `?*/suffix` for each such suffix."""
    count: dict[tuple[str, Segments], int] = {}
    for template in templates:
        for length in range(1, len(template)):
            if DEEP not in template[:length]:
                key = ("prefix", template[:length])
                count[key] = count.get(key, 0) + 1
        last = template[-1:]
        if last and isinstance(last[0], str) and len(template) > 1:
            count["suffix", last] = count.get(("suffix", last), 0) + 1
    for (kind, segments), number in count.items():
        if number > 1:
            for text in forms(segments):
                yield text + "/?*" if kind == "prefix" else "?*/" + text
