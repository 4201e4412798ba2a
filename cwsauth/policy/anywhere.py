"""What common rules say where there is no route table, and so every path is possible."""

from __future__ import annotations

from cwsauth.policy.cover import ROOT, Cover, literal_text
from cwsauth.policy.segments import ANY, DEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from cwsauth.policy.pattern import Segment

    Segments = tuple[Segment, ...]


def anywhere(allows: Sequence[Segments]) -> Cover | None:
    """Literals, one segment or all below a literal, everything; None for anything else."""
    if (DEEP,) in allows:
        return Cover(("*",))
    literals: list[str] = []
    tails: list[str] = []
    stars: list[str] = []
    for segments in allows:
        text = literal_text(segments)
        if text is not None:
            literals.append(text)
            continue
        tail = segments[-2:] == (ANY, DEEP)
        text = literal_text(segments[:-2] if tail else segments[:-1])
        if text is None or not (tail or (segments[-1] is ANY and text)):
            return None
        (tails if tail else stars).append(text)
    stars = [text for text in dict.fromkeys(stars) if not any(text == tail or _is_below(text, tail) for tail in tails)]
    for star in stars:
        # What lies deeper is denied, so nothing there can be granted.
        if any(_is_below(text, star) for text in (*tails, *stars)) or any(
            _is_below(text, star, 2) for text in literals
        ):
            return None
    tails = [text for text in dict.fromkeys(tails) if not any(_is_below(text, other) for other in tails)]
    allow: list[str] = []
    for text in dict.fromkeys(literals):
        if not any(_is_below(text, wide) for wide in (*tails, *stars)):
            allow.extend(ROOT if text == "" else (text,))
    # `a/?*` also matches `a//`, which the matcher folds to `a`.
    guards = [f"{tail}//*" if tail else "/*" for tail in tails if tail not in literals]
    guards += [f"{star}/?*/*" if star in literals else f"{star}/*/*" for star in stars]
    return Cover((*allow, *(f"{wide}/?*" if wide else "?*" for wide in (*tails, *stars))), guards)


def _is_below(text: str, prefix: str, least: int = 1) -> bool:
    """Whether `text` has all segments of `prefix`, and at `least` so many more."""
    if prefix and not text.startswith(prefix + "/"):
        return False
    rest = text[len(prefix) + 1 :] if prefix else text
    return rest != "" and rest.count("/") >= least - 1
