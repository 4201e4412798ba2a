"""IAM texts that a document could be made of."""

from __future__ import annotations

from itertools import product

from cwsauth.policy.cover import sayable
from cwsauth.policy.language.meet import meet
from cwsauth.policy.pattern import ANY, DEEP, ONE, RUN, CharClass, Glob

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cwsauth.policy.pattern import Segment, Token

    Segments = tuple[Segment, ...]

# More texts than these make a search slower than they make its answer better.
MOST = 600
_MOST_SPELLINGS = 6


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
        for gaps in product((True, False), repeat=sum(segment is DEEP for segment in fixed)):
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


def positive(templates: Sequence[Segments] | None, allows: Sequence[Segments]) -> list[str]:
    """Texts for Allow: the rules, their meetings with the templates, the templates, and what covers several of them."""
    texts: dict[str, None] = {"*": None, "?*": None}
    for rule in allows:
        _add(texts, forms(rule))
    for template in templates or ():
        for rule in allows:
            for common in meet(template, rule):
                _add(texts, forms(common))
    for template in templates or ():
        _add(texts, forms(template))
    _add(texts, _gathered(templates or ()))
    return [*texts][:MOST]


def negative(templates: Sequence[Segments] | None, denies: Sequence[Segments], base: Sequence[str]) -> list[str]:
    """Texts for Deny, beside `base`: the denies, twins with a trailing slash, spills, and guards on further slashes."""
    texts: dict[str, None] = {}
    held: dict[str, None] = {}
    for rule in denies:
        _add(held, forms(rule))
        for template in templates or ():
            for common in meet(template, rule):
                _add(held, forms(common))
    for template in templates or ():
        _add(held, forms(template))
    _add(texts, held)
    _add(texts, ("*//*", "/*", "?*/"))
    for text in base:
        _add(texts, _spills(text))
        if text.endswith("/?*"):
            texts.setdefault(text[:-2] + "/*")
    for text in held:
        # What is denied must be denied with a slash behind it too.
        _add(texts, (text + "/", text + "/*"))
    return [text for text in texts if text not in set(base)][:MOST]


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
