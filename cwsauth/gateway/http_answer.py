"""The answer of an HTTP API's backend, made HTTP: format 2.0, which may be inferred, and format 1.0."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

from cwsauth.gateway.backend import header_pairs, is_field_value, status_code
from cwsauth.gateway.responses import Answer

_CORS = ("access-control-",)


def http_answer(value: object, payload: str) -> Answer | str:
    """The HTTP answer of what a backend returned, or why it is malformed (500).

    In format 2.0 what has no statusCode is the body itself: 200, `application/json`.

    Source: developer guide, "Working with AWS Lambda proxy integrations for HTTP APIs".
    """
    if payload == "2.0" and not (isinstance(value, Mapping) and "statusCode" in value):
        body = value if isinstance(value, str) else json.dumps(value)
        return Answer(200, (("content-type", "application/json"),), body.encode())
    if not isinstance(value, Mapping):
        return "the backend did not return an object"
    status = status_code(value.get("statusCode"))
    if status is None:
        return "the backend returned a statusCode that is none"
    multi = value.get("multiValueHeaders") if payload == "1.0" else None
    headers = header_pairs(value.get("headers"), multi)
    if isinstance(headers, str):
        return headers
    cookies = value.get("cookies") if payload == "2.0" else None
    if cookies is not None:
        if not isinstance(cookies, list) or not all(_is_field(cookie) for cookie in cookies):
            return "the backend returned cookies that are not a list of strings"
        headers.extend(("set-cookie", cookie) for cookie in cookies)
    data = _data(value)
    if isinstance(data, str):
        return data
    lines = [(name.lower(), text) for name, text in headers if name.lower() != "content-length"]
    if not any(name == "content-type" for name, _ in lines):
        lines.append(("content-type", "text/plain;charset=UTF-8" if payload == "2.0" else "application/json"))
    return Answer(status, tuple(lines), data)


def _data(value: Mapping[str, object]) -> bytes | str:
    body = value.get("body")
    if body is None:
        body = ""
    if not isinstance(body, str):
        return "the backend returned a body that is not a string"
    encoded = value.get("isBase64Encoded", False)
    if not isinstance(encoded, bool):
        return "the backend returned an isBase64Encoded that is not a boolean"
    if not encoded:
        return body.encode()
    try:
        return base64.b64decode(body.encode(), validate=True)
    except binascii.Error:
        return "the backend returned a body that is not base64"


def _is_field(cookie: object) -> bool:
    return isinstance(cookie, str) and is_field_value(cookie)


def without_cors(answer: Answer) -> tuple[tuple[str, str], ...]:
    """The header lines of an answer less a backend's own CORS headers, which an API with CORS replaces."""
    return tuple(line for line in answer.headers if not line[0].lower().startswith(_CORS))
