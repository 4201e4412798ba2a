"""The one reading of a request's path, for decisions inside the function; a path with a second reading is refused.

Where a decision is made in process, three parties read the path: the front door, this library and the handler. What they
could read differently is not a path here: encoded slashes and dots, backslashes, control characters, escapes of
escapes, escapes of letters and digits, parameters of segments (`;`), dot segments, empty segments. A trailing slash is left,
as the matcher folds it.
"""

from __future__ import annotations

import re

from cwsauth.errors import EventError

# Escapes: of a slash, backslash, dot, percent sign, `;`, `?`, `#`, or a control character; and what is no escape at all.
# And of a letter, a digit, `-`, `_`, which no client writes (RFC 3986, 2.3): who routes by the raw path, as Powertools does,
# would take `/pr%6Fduct` for another route than who decodes it first.
_REFUSED_ESCAPE = re.compile(
    r"%(?:2[DEFdef35]|5[CFcf]|3[0-9BFbf]|[46][1-9A-Fa-f]|[57][0-9Aa]|[01][0-9A-Fa-f]|7[Ff]|(?![0-9A-Fa-f]{2}))"
)
# U+FFFD is what is left of bytes that somebody before us could not decode.
_REFUSED = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff\\ufffd\\\\;?#]")
_EMPTY = "//"
_DOTS = re.compile(r"(?:\A|/)\.{1,2}(?:/|\Z)")


class NotCanonical(EventError):
    """A path that could be read in two ways. The message says how, and does not quote it."""


def canonical(path: object, *, encoded: bool) -> str:
    """The path, percent-decoded once where it comes `encoded`; it begins with a slash.

    Raises:
        NotCanonical: it could be read in two ways.
        EventError: it is no path at all.
    """
    if type(path) is not str:
        raise EventError("the event has no path", help="pass the event as AWS sent it")
    if path == "":
        return "/"  # HTTP API, below an API mapping without a trailing slash
    if path[0] != "/":
        raise EventError("the path of the event does not begin with a slash", help="pass the event as AWS sent it")
    if "%" in path:
        if not encoded:
            raise _refused("a percent sign where the path is decoded already")
        path = _decoded(path)
    if _REFUSED.search(path) is not None:
        raise _refused("a character that ends or parts a path elsewhere")
    if _EMPTY in path:
        # API Gateway, web frameworks and IAM read it as three things: nothing, a redirect or another route, and itself.
        raise _refused("an empty segment")
    if _DOTS.search(path) is not None:
        raise _refused("a dot segment")
    return path


def _decoded(path: str) -> str:
    from urllib.parse import unquote

    if _REFUSED_ESCAPE.search(path) is not None:
        raise _refused("an escape of a character that ends or parts a path, or needs none")
    try:
        return unquote(path, errors="strict")
    except UnicodeDecodeError:
        pass  # the error holds the path, so ours is raised outside of its chain
    raise _refused("escapes that are no UTF-8")


def _refused(why: str) -> NotCanonical:
    return NotCanonical(f"the path of the request has {why}", help="send it in its plain form")


def segments(path: str) -> list[str]:
    """The segments of a canonical path, without empty ones."""
    return [part for part in path.split("/") if part]
