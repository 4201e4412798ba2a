"""Wildcards inside one segment as a regular expression, by wcmatch; imported only by a policy that has them."""

from __future__ import annotations

import re
from functools import lru_cache

from wcmatch import fnmatch as wcfnmatch

from cwsauth.errors import PatternError
from cwsauth.policy.pattern import RUN, Glob

_FLAGS = wcfnmatch.CASE | wcfnmatch.DOTMATCH | wcfnmatch.FORCEUNIX
_BODY = re.compile(r"\^\(\?s:(.*)\)\$", re.DOTALL)


@lru_cache(maxsize=4096)
def translate(glob: Glob) -> re.Pattern[str]:
    """The expression that `fullmatch`es what `glob` does.

    wcmatch translates the runs between the `*`; these are put together with atomic groups, because the first place where
    a run fits is always good enough: without them `*-*-*-*` would take n⁴ steps on a hostile segment.
    """
    chunks: list[list[object]] = [[]]
    for token in glob.tokens:
        if token is RUN:
            chunks.append([])
        else:
            chunks[-1].append(token)
    bodies = [_body(Glob(tuple(chunk))) if chunk else "" for chunk in chunks]  # type: ignore[arg-type]
    if len(bodies) == 1:
        return re.compile(bodies[0], re.DOTALL)
    middle = "".join(f"(?>.*?{body})" for body in bodies[1:-1] if body)
    return re.compile(f"{bodies[0]}{middle}.*{bodies[-1]}", re.DOTALL)


def _body(chunk: Glob) -> str:
    positive, negative = wcfnmatch.translate(str(chunk), flags=_FLAGS)
    body = _BODY.fullmatch(positive[0]) if len(positive) == 1 and not negative else None
    if body is None:
        raise PatternError(
            f"invalid route pattern {str(chunk)!r}: wcmatch does not translate it as one pattern",
            pattern=str(chunk),
            help="write the segment without this class",
        )
    return body[1]
