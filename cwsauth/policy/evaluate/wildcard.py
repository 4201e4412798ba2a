"""IAM's wildcards: `*` is any run of characters, `?` is any one, `/`, `:` and line ends included.

Source: IAM user guide, "IAM JSON policy elements: Resource" (the wildcards) and "IAM policy elements:
Variables and tags" (`${*}`, `${?}` and `${$}` as the characters themselves, from policy version 2012-10-17
on).
"""

from __future__ import annotations

import re
from enum import Enum

from cwsauth.errors import DocumentError, TooLarge

PATTERN_LIMIT = 10_240  # characters; the largest policy, IAM user guide, "Grammar", notes


class _Wild(Enum):
    ONE = "?"
    RUN = "*"


class Wildcard:
    """A compiled pattern, immutable; `matches(text)` is True when it covers the whole of `text`.

    The pattern is a row of atoms (a character, or `?`) with loops (`*`) between them. All positions that the
    text read so far can have reached are the bits of one integer, so a match reads each character once,
    whatever the pattern: there is nothing to back-track.
    """

    __slots__ = ("_any", "_atoms_of", "_final", "_head", "_loops", "text")

    def __init__(self, text: str, *, variables: bool = False, where: str = "pattern") -> None:
        """Compile `text`; with `variables` (version 2012-10-17), `${*}`, `${?}`, `${$}` are literals.

        Raises:
            DocumentError: any other `${...}`, whose value is not known; a text longer than a policy may be.
        """
        if len(text) > PATTERN_LIMIT:
            raise TooLarge(
                f"invalid policy document: {where} has a pattern of {len(text)} characters",
                size=len(text),
                limit=PATTERN_LIMIT,
                help=f"a whole policy has at most {PATTERN_LIMIT} characters",
            )
        special = (_SPECIAL if variables else _WILD_CARD).search(text)
        self.text = text
        # Most of an ARN is literal, and `str.startswith` compares that at once.
        self._head = text if special is None else text[: special.start()]
        rest = text[len(self._head) :]
        tail = _tokens(rest, where) if variables else [_WILD.get(char, char) for char in rest]
        self._loops = 0
        self._any = 0
        self._atoms_of: dict[str, int] = {}
        position = 0
        for token in tail:
            if token is _Wild.RUN:
                self._loops |= 1 << position
                continue
            if token is _Wild.ONE:
                self._any |= 1 << position
            else:
                self._atoms_of[token] = self._atoms_of.get(token, 0) | 1 << position
            position += 1
        for char in self._atoms_of:
            self._atoms_of[char] |= self._any
        self._final = 1 << position

    def matches(self, text: str) -> bool:
        """Whether the pattern covers `text` from its first to its last character."""
        if not text.startswith(self._head):
            return False
        atoms_of, anything, loops = self._atoms_of, self._any, self._loops
        reached = 1
        for char in text[len(self._head) :]:
            reached = (reached & atoms_of.get(char, anything)) << 1 | reached & loops
            if not reached:
                return False
        return reached & self._final != 0

    def __repr__(self) -> str:
        return f"Wildcard({self.text!r})"


_WILD = {"*": _Wild.RUN, "?": _Wild.ONE}
_WILD_CARD = re.compile(r"[*?]")
_SPECIAL = re.compile(r"[*?]|\$\{")


def literal(text: str, *, variables: bool, where: str) -> str:
    """The text that a value without wildcards stands for: `${*}` becomes `*`, and a bare `*` is only that.

    Raises:
        DocumentError: any other `${...}`.
    """
    if not variables:
        return text
    return "".join(token.value if isinstance(token, _Wild) else token for token in _tokens(text, where))


def _tokens(text: str, where: str) -> list[str | _Wild]:
    """The characters and wildcards of a text in which variables count."""
    tokens: list[str | _Wild] = []
    at = 0
    while at < len(text):
        if text.startswith("${", at):
            tokens.append(_variable(text, at, where))
            at += len("${*}")
        else:
            tokens.append(_WILD.get(text[at], text[at]))
            at += 1
    return tokens


def _variable(text: str, at: int, where: str) -> str:
    if text[at + 2 : at + 4] in ("*}", "?}", "$}"):
        return text[at + 2]
    end = text.find("}", at)
    if end < 0:
        raise DocumentError(
            f"invalid policy document: {where} has '${{' without '}}'",
            help="write '${$}{' for the characters themselves",
        )
    raise DocumentError(
        f"invalid policy document: {where} uses the unknown policy variable '{text[at : end + 1][:60]}'",
        help="only '${*}', '${?}' and '${$}' are known; fill in the value when the document is made",
    )
