"""What is turned away before anything is looked at: what is not HTTP, is too large, or is not emulated.

Source: API Gateway developer guide, "Quotas and important notes".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from cwsauth.gateway.responses import (
    BAD_REQUEST,
    HEADERS_TOO_LARGE,
    NOT_EMULATED,
    TOO_LARGE,
    Refusal,
    because,
)

if TYPE_CHECKING:
    from cwsauth.gateway.incoming import Incoming

BODY = 10 * 1024 * 1024
"""Bytes of a payload."""

HEADERS = 10_240
"""Bytes of the request line and all headers together."""

ARN = 1600
"""Bytes of the ARN of a method with authorization."""


_METHOD = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_PATH = re.compile(r"/[\x21\x22\x24-\x3e\x40-\x7e]*")
_QUERY = re.compile(r"[\x21\x22\x24-\x7e]*")
_FIELD = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_LENGTH = re.compile(r"[\t ]*[0-9]+[\t ]*")
_DOTS = re.compile(r"(?:^|/)(?:\.|%2[eE]){1,2}(?=/|\Z)")


def screen(request: Incoming, *, overrides: bool = False) -> Refusal | None:
    """The refusal of a request that goes no further, else None.

    `overrides` says that this kind of API lets X-HTTP-Method-Override replace the verb.
    """
    if not _is_http(request):
        return because(BAD_REQUEST, "the request line or a header is not of the grammar of HTTP")
    if overrides and request.header("X-HTTP-Method-Override") is not None:
        return because(NOT_EMULATED, "X-HTTP-Method-Override is not emulated")
    if _DOTS.search(request.path):
        return because(NOT_EMULATED, "a path with dot segments is not emulated")
    return _check_size(request)


def shown(text: str) -> str:
    """Text of a request as it may stand in a log: printable, and on one line."""
    return quote(text, safe="/!$&'()*+,;=:@%~.-_[]{}|^`<>\\\"")


def _is_http(request: Incoming) -> bool:
    """Whether method, path, query and headers could have come over HTTP, percent-encoded as they must be."""
    return bool(
        _METHOD.fullmatch(request.method)
        and _PATH.fullmatch(request.path)
        and _QUERY.fullmatch(request.query)
        and all(_METHOD.fullmatch(name) and _FIELD.fullmatch(value) for name, value in request.headers)
        and all(_LENGTH.fullmatch(value) for name, value in request.headers if name.lower() == "content-length")
    )


def _check_size(request: Incoming) -> Refusal | None:
    line = len(request.method) + len(request.path) + len(request.query) + len(request.protocol) + 5
    total = line + sum(len(name) + len(value) + 4 for name, value in request.headers)
    if total > HEADERS:
        return because(HEADERS_TOO_LARGE, f"request line and headers are larger than {HEADERS} bytes")
    if len(request.body) > BODY:
        return because(TOO_LARGE, f"the payload is larger than {BODY} bytes")
    return None
