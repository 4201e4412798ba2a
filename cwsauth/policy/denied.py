"""Denies beside texts for Allow, where they can be said without a search: of literals, of whole templates, of what lies below them.

A text that is not canonical begins or ends with a slash, or has two side by side: at most three guards hold all of those
(but `/`, the root), whatever they fold to, and deny nothing that a document promises. So a deny has to hold the canonical
paths of its rule only, and nothing else that stays allowed.
"""

from __future__ import annotations

from cwsauth.policy.cover import DISJOINT, SUBSET, Cover, literal_prefix, relate, sayable
from cwsauth.policy.segments import ANY, DEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cwsauth.policy.pattern import Segment

    Segments = tuple[Segment, ...]


def without(cover: Cover, granted: Sequence[Segments], denies: Sequence[Segments]) -> Cover | None:
    """`cover`, which allows all paths of `granted`, without those that `denies` are for; None where that takes a search."""
    met = [deny for deny in denies if any(relate(pattern, deny) != DISJOINT for pattern in granted)]
    if not met:
        return cover
    if any(not _plain(deny) for deny in met):
        return None
    left = [pattern for pattern in granted if not any(relate(pattern, deny) == SUBSET for deny in met)]
    needed = [deny for deny in met if not any(relate(deny, other) == SUBSET for other in met if other is not deny)]
    texts = []
    for deny in needed:
        fixed = _fixed(deny)
        # The `?*` of a segment may hold slashes, too.
        if len(literal_prefix(fixed)) < len(fixed) and any(_goes_on(fixed, pattern) for pattern in left):
            return None
        text = "/".join(segment if type(segment) is str else "?*" for segment in fixed)
        if deny is not fixed:
            text += "/*" if fixed in needed else "/?*"
        texts.append(text)
    said = [*texts, *_guards(cover.allow, needed, texts, left)]
    deepest = max(map(len, left), default=0)
    if all(pattern and pattern[-1] is not DEEP for pattern in left) and _least(needed) >= deepest > 0:
        # What is longer than all that stays allowed, and so is what is as long and has further slashes.
        longer = "*" + "/*" * deepest
        fewer = [text for deny, text in zip(needed, texts, strict=True) if _least((deny,)) == deepest]
        said = min(said, [*fewer, longer], key=len)
    return Cover(cover.allow, dict.fromkeys((*cover.deny, *said)))


def _least(denies: Iterable[Segments]) -> int:
    """The fewest segments of a path that one of the denies is for."""
    return min(len(_fixed(deny)) + (deny[-1] is DEEP) for deny in denies)


def _plain(deny: Segments) -> bool:
    """Whether a deny is of literals and whole segments, of some depth or of all that lies below one."""
    fixed = _fixed(deny)
    return fixed != () and all(segment is ANY or (type(segment) is str and sayable(segment)) for segment in fixed)


def _fixed(deny: Segments) -> Segments:
    """The segments of a deny but for a tail of one or more."""
    return deny[:-2] if deny[-1:] == (DEEP,) else deny


def _goes_on(fixed: Segments, pattern: Segments) -> bool:
    """Whether some path of `pattern` begins as `fixed` does and is longer."""
    for want, have in zip(literal_prefix(fixed), pattern, strict=False):
        if have is DEEP:
            break
        if type(have) is str and have != want:
            return False
    return pattern[-1:] == (DEEP,) or len(pattern) > len(fixed)


def _guards(
    allow: Sequence[str], denies: Sequence[Segments], texts: Sequence[str], left: Sequence[Segments]
) -> list[str]:
    """What else to deny so that no text with further slashes is allowed that folds to something denied.

    `denies` are said by `texts`, and `left` is what stays allowed.
    """
    guards = []
    if any(text[:1] in ("*", "?") for text in allow):
        # `/` is the root as local emulators write it.
        guards.append("/?*" if () in left or (DEEP,) in left else "/*")
    # A text that ends in a wildcard holds further slashes there, and so does `a/*` for `a`.
    open_ended = [
        deny for deny, text in zip(denies, texts, strict=True) if text[-1] != "*" and text + "/*" not in texts
    ]
    deep = [deny for deny in denies if len(deny[:-1] if deny[-1] is ANY else _fixed(deny)) > 1]
    parents = {deny[:-1] for deny in (*open_ended, *deep)}
    if open_ended and deep == open_ended and len(parents) == 1:
        (parent,) = parents
        if len(parent) == 1 and type(parent[0]) is str and not any(_goes_on((*parent, ANY), each) for each in left):
            return [*guards, f"{parent[0]}/*/*"]
    if open_ended:
        guards.append("?*/")
    if deep:
        guards.append("*//*")
    return guards
