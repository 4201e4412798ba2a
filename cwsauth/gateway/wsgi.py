"""From WSGI to a request and back. The raw path and the header lines must survive, so the server has to hand
them over: werkzeug, gunicorn and uWSGI have the raw path, and this package's own server the header lines too.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from cwsauth.errors import ConfigError
from cwsauth.gateway.incoming import Incoming
from cwsauth.gateway.screen import BODY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from cwsauth.gateway.front import Front

HEADER_LINES = "cwsauth.header_lines"
"""Key of the WSGI environment under which the server hands over the header lines as they came."""


def respond(front: Front, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The WSGI answer of a front."""
    try:
        request = read_request(environ)
    except ClientDisconnected:
        # Nobody is left to hear the answer; what counts is that no function is called with half a body.
        start_response("400 Bad Request", [("Content-Length", "0")])
        return []
    answer = front.handle(request)
    status = f"{answer.status} {_reason(answer.status)}"
    headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
    if answer.status >= 200 and answer.status not in (204, 304):
        headers.append(("Content-Length", str(len(answer.body))))
    start_response(status, headers)
    silent = request.method == "HEAD" or answer.status < 200 or answer.status in (204, 304)
    return [] if silent else [answer.body]


def read_request(environ: WSGIEnvironment) -> Incoming:
    """The request of a WSGI environment.

    Raises:
        ConfigError: the server hands over no raw path, without which `%2F` and `/` are one.
        ClientDisconnected: the client went away before its body was there.
    """
    target = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if not target:
        raise ConfigError(
            "this WSGI server hands over no raw path", help="use cwsauth.gateway.serve, gunicorn or uWSGI"
        )
    path, _, query = _origin_form(target).partition("?")
    return Incoming(
        method=environ["REQUEST_METHOD"],
        path=path,
        query=query,
        headers=tuple(environ.get(HEADER_LINES) or _header_lines(environ)),
        body=_body(environ),
        source_ip=environ.get("REMOTE_ADDR") or "127.0.0.1",
        protocol=environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
        scheme=environ["wsgi.url_scheme"],
        port=int(environ["SERVER_PORT"]),
    )


def _origin_form(target: str) -> str:
    if target.startswith("/"):
        return target
    try:
        parts = urlsplit(target)  # absolute form, as a client of a proxy sends it
    except ValueError:
        return target  # no target at all, which the screen refuses
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.path or '/'}{query}"


def _header_lines(environ: WSGIEnvironment) -> Iterable[tuple[str, str]]:
    for key, value in environ.items():
        if key in ("CONTENT_TYPE", "CONTENT_LENGTH") and value:
            yield key.replace("_", "-").title(), value
        elif key.startswith("HTTP_"):
            yield key[5:].replace("_", "-").title(), value


def _body(environ: WSGIEnvironment) -> bytes:
    """The body, cut off one byte behind the limit: the gateway says 413 then."""
    try:
        stream = get_input_stream(environ, max_content_length=BODY)
        return stream.read()
    except RequestEntityTooLarge:
        return bytes(BODY + 1)


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
