"""The answer of a Lambda proxy integration, checked and made HTTP, as REST API does."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from cwsauth.gateway.responses import BACKEND_FAILED, BAD_BASE64, Answer, Refusal, because

if TYPE_CHECKING:
    from cwsauth.gateway.incoming import Incoming

_KEYS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
_REMAPPED = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "date",
        "proxy-authenticate",
        "server",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "www-authenticate",
    }
)
_FIELD_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def media_type_matches(value: str | None, binary: Iterable[str]) -> bool:
    """Whether the first media type of a header is a binary one of the API, `image/*` and `*/*` understood."""
    wanted = (value or "").split(",", 1)[0].split(";", 1)[0].strip().lower()
    if not wanted:
        return False
    kind = wanted.split("/", 1)[0]
    return any(item in {wanted, "*/*", f"{kind}/*"} for item in map(str.lower, binary))


def proxy_answer(value: object, request: Incoming, binary: Iterable[str]) -> Answer | Refusal:
    """The HTTP answer of what a backend returned, or the refusal that a malformed one becomes (502).

    A missing statusCode is 200 and a missing body is empty; another key than the five is malformed (recorded
    on AWS). A base64 body is decoded when the request's Accept is one of the binary media types, else passed
    on.

    Source: "Set up Lambda proxy integrations", "Output format of a Lambda function for proxy integration".
    """
    if not isinstance(value, dict):
        return because(BACKEND_FAILED, "the backend did not return an object")
    unknown = sorted(set(value) - _KEYS)
    if unknown:
        return because(BACKEND_FAILED, f"the backend returned a key that is not of the format: {unknown[0]!r}")
    status = status_code(value.get("statusCode", 200))
    if status is None:
        return because(BACKEND_FAILED, "the backend returned a statusCode that is none")
    headers = header_pairs(value.get("headers"), value.get("multiValueHeaders"))
    if isinstance(headers, str):
        return because(BACKEND_FAILED, headers)
    body = value.get("body")
    if body is not None and not isinstance(body, str):
        return because(BACKEND_FAILED, "the backend returned a body that is not a string")
    encoded = value.get("isBase64Encoded", False)
    if not isinstance(encoded, bool):
        return because(BACKEND_FAILED, "the backend returned an isBase64Encoded that is not a boolean")
    data = (body or "").encode()
    if encoded and media_type_matches(request.header("Accept"), binary):
        try:
            data = base64.b64decode(data, validate=True)
        except binascii.Error:
            return because(BAD_BASE64, "the backend returned a body that is not base64")
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return Answer(status, tuple((_remap(name), text) for name, text in headers), data)


def status_code(value: object) -> int | None:
    """An HTTP status of a backend's statusCode, None for what is none."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{3}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 100 <= value <= 599:
        return None
    return value


def header_pairs(single: object, multi: object) -> list[tuple[str, str]] | str:
    """Header lines of both maps: a name in `multiValueHeaders` wins over the same one in `headers`."""
    if not isinstance(single, Mapping | None) or not isinstance(multi, Mapping | None):
        return "the backend returned headers that are not an object"
    lines: list[tuple[str, str]] = []
    repeated = {str(name).lower() for name, values in (multi or {}).items() if values}
    pairs: list[tuple[object, object]] = []
    for name, values in (multi or {}).items():
        if not isinstance(values, list | None):
            return "the backend returned multiValueHeaders with a value that is not a list"
        pairs.extend((name, value) for value in values or ())
    pairs.extend((name, value) for name, value in (single or {}).items() if str(name).lower() not in repeated)
    for name, value in pairs:
        text = _text(value)
        if text is None or not isinstance(name, str) or not _FIELD_NAME.fullmatch(name):
            return "the backend returned a header that is none"
        lines.append((name, text))
    return lines


def is_field_value(text: str) -> bool:
    """Whether a text may stand behind the colon of a header line."""
    return _FIELD_VALUE.fullmatch(text) is not None


def _text(value: object) -> str | None:
    """A header's value as text: numbers and booleans are written as JSON, anything nested is malformed."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value if is_field_value(value) else None
        case int() | float():
            return repr(value)
        case _:
            return None


def _remap(name: str) -> str:
    """The name that REST API gives a header which it keeps for itself.

    Source: developer guide, "Important notes" (headers that are remapped to x-amzn-Remapped-HEADER).
    """
    return f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name
