"""The sizes that API Gateway takes, checked before anything else is looked at.

Source: API Gateway developer guide, "Quotas and important notes".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cwsauth.gateway.responses import HEADERS_TOO_LARGE, TOO_LARGE, Refusal, because

if TYPE_CHECKING:
    from cwsauth.gateway.incoming import Incoming

BODY = 10 * 1024 * 1024
"""Bytes of a payload."""

HEADERS = 10_240
"""Bytes of the request line and all headers together."""

ARN = 1600
"""Bytes of the ARN of a method with authorization."""


def check_size(request: Incoming) -> Refusal | None:
    """The refusal of a request that is too large, else None."""
    line = len(request.method) + len(request.path) + len(request.query) + len(request.protocol) + 5
    total = line + sum(len(name) + len(value) + 4 for name, value in request.headers)
    if total > HEADERS:
        return because(HEADERS_TOO_LARGE, f"request line and headers are larger than {HEADERS} bytes")
    if len(request.body) > BODY:
        return because(TOO_LARGE, f"the payload is larger than {BODY} bytes")
    return None
