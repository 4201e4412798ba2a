"""Fetching a small JSON document of an identity provider, without trusting it to be small, quick or where it says.

Plain `http.client`: it follows no redirect, knows no other scheme, and reads no proxy or credential out of the environment.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

from cwsauth.tokens.verifier import config_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from urllib.parse import SplitResult

# What API Gateway's own JWT authorizer allows itself: 1500 ms and 150 000 bytes. Source: HTTP API quotas.
MAX_BYTES = 150_000
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_CHUNK = 16_384


class FetchError(Exception):
    """A document could not be had; says why in a few words, with nothing of what the server said. Never leaves this library."""


class Fetcher:
    """Fetches documents by https within `timeout` seconds each, up to `max_bytes`.

    `allow_loopback_http` allows plain http too, to 127.0.0.1 and ::1 only: for tests. `ssl_context` replaces the default one.
    """

    __slots__ = ("_loopback", "_max_bytes", "_ssl_context", "_timeout")

    def __init__(
        self,
        *,
        timeout: float = 3.0,
        max_bytes: int = MAX_BYTES,
        allow_loopback_http: bool = False,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        if not 0 < timeout <= 30 or max_bytes <= 0:
            raise config_error("the time-out is 0 to 30 seconds, and the limit of a document is positive")
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._loopback = allow_loopback_http
        self._ssl_context = ssl_context

    def check(self, url: object) -> str:
        """`url`, if it is one that would be fetched. Raises ConfigError for any other; it is not quoted."""
        problem = self._problem(url)
        if problem:
            raise config_error(f"the address of an identity provider {problem}", help="write https://host/path")
        return str(url)

    def fetch(self, url: str) -> bytes:
        """The body of the answer to a GET. Raises FetchError for whatever is not a 200 within the limits."""
        problem = self._problem(url)
        if problem:
            raise FetchError(f"the address {problem}")
        parts = urlsplit(url)
        connection = self._connection(parts)
        reason = ""
        try:
            return self._body(connection, (parts.path or "/") + ("?" + parts.query if parts.query else ""))
        except TimeoutError:
            reason = "no answer in time"
        except (OSError, http.client.HTTPException) as error:
            reason = f"the connection failed ({type(error).__name__})"
        finally:
            connection.close()
        raise FetchError(reason)

    def _problem(self, url: object) -> str:
        if type(url) is not str or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
            return "is no plain URL"
        try:
            parts = urlsplit(url)
            host = parts.hostname
            _ = parts.port
        except ValueError:
            return "is no plain URL"
        if not host or "@" in parts.netloc or parts.fragment or "#" in url:
            return "has no host, or has credentials or a fragment"
        if parts.scheme == "https" or (parts.scheme == "http" and self._loopback and host in _LOOPBACK):
            return ""
        return "is not https"

    def _connection(self, parts: SplitResult) -> http.client.HTTPConnection:
        host = parts.hostname or ""
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, parts.port, timeout=self._timeout)
        return http.client.HTTPSConnection(host, parts.port, timeout=self._timeout, context=self._ssl_context)

    def _body(self, connection: http.client.HTTPConnection, target: str) -> bytes:
        deadline = time.monotonic() + self._timeout
        connection.connect()
        with _Deadline(deadline, connection.sock):
            connection.request("GET", target, headers={"Accept": "application/json", "Accept-Encoding": "identity"})
            response = connection.getresponse()
            if response.status != 200:
                raise FetchError(f"the answer is {response.status}, not 200")
            if response.getheader("Content-Encoding", "identity").lower() != "identity":
                raise FetchError("the answer is compressed")
            length = response.length or 0
            body = b""
            while len(body) <= self._max_bytes >= length:
                chunk = response.read(min(_CHUNK, self._max_bytes + 1 - len(body)))
                if not chunk:
                    break
                body += chunk
        if time.monotonic() >= deadline:
            raise TimeoutError
        if length > self._max_bytes or len(body) > self._max_bytes:
            raise FetchError(f"the answer is larger than {self._max_bytes} bytes")
        if len(body) < length:
            raise FetchError("the answer is cut short")
        return body


class _Deadline:
    """Ends a connection at the deadline, however slowly the other side goes on answering: a time-out counts from byte to byte."""

    __slots__ = ("_timer",)

    def __init__(self, deadline: float, sock: socket.socket) -> None:
        self._timer = threading.Timer(max(0.0, deadline - time.monotonic()), _shut, [sock])
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _shut(sock: socket.socket) -> None:
    # The method of the plain socket: that of a TLS socket would take its session away from the thread that reads.
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
