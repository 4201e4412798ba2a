"""A real HTTP proxy in front of an emulator, in which things go wrong where a test says so."""

from __future__ import annotations

import http.client
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

UPLOAD = ("PUT", r"/2015-03-31/functions/[^/]+/code")
PUBLISH = ("POST", r"/2015-03-31/functions/[^/]+/versions")
SWITCH = ("PUT", r"/2015-03-31/functions/[^/]+/aliases/[^/]+")
LOOK = ("GET", r"/2015-03-31/functions/[^/]+/configuration")
INVOKE = ("POST", r"/2015-03-31/functions/[^/]+/invocations")
ADD_PERMISSION = ("POST", r"/2015-03-31/functions/[^/]+/policy")
REMOVE_PERMISSION = ("DELETE", r"/2015-03-31/functions/[^/]+/policy/[^/]+")


@dataclass
class Fault:
    """What goes wrong with the next `times` requests of a kind.

    `answer` is given instead of the emulator's: status, error code. `forward` says whether the emulator gets the request
    first. `cut` closes the connection without an answer, `hang` keeps it silent for so many seconds. `meanwhile` is done
    before the request goes on; `amend` changes its JSON, `rewrite` the answer's.
    """

    kind: tuple[str, str]
    times: int = 1
    answer: tuple[int, str] | None = None
    forward: bool = True
    cut: bool = False
    hang: float = 0.0
    meanwhile: Callable[[], object] | None = None
    amend: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    rewrite: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    def takes(self, method: str, path: str) -> bool:
        return self.times > 0 and method == self.kind[0] and re.fullmatch(self.kind[1] + r"/?", path) is not None


@dataclass
class Proxy:
    """The proxy's address, what is to go wrong, and the requests that came."""

    url: str
    faults: list[Fault] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)

    def count(self, kind: tuple[str, str]) -> int:
        """How many requests of a kind came."""
        return sum(method == kind[0] and re.fullmatch(kind[1] + r"/?", path) is not None for method, path in self.seen)


@contextmanager
def proxy(target: str) -> Iterator[Proxy]:
    """A proxy to `target`, on a port of its own, until the end of the block."""
    host = urlsplit(target)
    assert host.hostname is not None
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            path = urlsplit(self.path).path
            body = self._body()
            with lock:
                made.seen.append((self.command, path))
                fault = next((f for f in made.faults if f.takes(self.command, path)), None)
                if fault is not None:
                    fault.times -= 1
            if fault is not None and fault.meanwhile is not None:
                fault.meanwhile()
            if fault is not None and fault.amend is not None:
                body = json.dumps(fault.amend(json.loads(body))).encode()
            status, headers, data = self._nothing()
            if fault is None or fault.forward:
                status, headers, data = self._forward(body)
            if fault is None:
                self._answer(status, headers, data)
            elif fault.cut or fault.hang:
                time.sleep(fault.hang)
                self._cut()
            elif fault.answer is not None:
                error = json.dumps({"message": "injected", "Type": "User"}).encode()
                self._answer(
                    fault.answer[0],
                    [("Content-Type", "application/json"), ("x-amzn-ErrorType", fault.answer[1])],
                    error,
                )
            else:
                if fault.rewrite is not None:
                    data = json.dumps(fault.rewrite(json.loads(data))).encode()
                self._answer(status, headers, data)

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self._serve
            raise AttributeError(name)

        def _nothing(self) -> tuple[int, list[tuple[str, str]], bytes]:
            return 0, [], b""

        def _body(self) -> bytes:
            if "chunked" in self.headers.get("Transfer-Encoding", ""):
                data = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    data += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return data
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            connection = http.client.HTTPConnection(str(host.hostname), host.port, timeout=60)
            # Without the invocation, so that what is sent again is done again, as AWS does it.
            dropped = ("host", "transfer-encoding", "expect", "amz-sdk-invocation-id")
            headers = {k: v for k, v in self.headers.items() if k.lower() not in dropped}
            headers["Content-Length"] = str(len(body))
            with closing(connection):
                connection.request(self.command, self.path, body, headers)
                response = connection.getresponse()
                data = response.read()
            kept = [
                (k, v)
                for k, v in response.getheaders()
                if k.lower() not in ("content-length", "transfer-encoding", "connection")
            ]
            return response.status, kept, data

        def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(data)

        def _cut(self) -> None:
            # A reset, as when the network goes away.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made = Proxy(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
