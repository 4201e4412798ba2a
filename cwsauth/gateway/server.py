"""Serves a gateway on this machine: threaded, on 127.0.0.1, with a clean end."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any, Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from cwsauth.gateway.wsgi import HEADER_LINES

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class _RequestHandler(WSGIRequestHandler):
    """Hands over the header lines as they came, and logs nothing: the decision trail says more."""

    protocol_version = "HTTP/1.1"

    def make_environ(self) -> WSGIEnvironment:
        try:
            environ = super().make_environ()
        except ValueError:  # an absolute target that is no URL; the gateway refuses it by its REQUEST_URI
            self.path = "/"
            environ = super().make_environ()
        # http.server folds leading slashes in self.path; the request line still has them.
        environ["REQUEST_URI"] = self.requestline.split()[1]
        environ[HEADER_LINES] = [(name, value.strip()) for name, value in self.headers.items()]
        return environ

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


class Server:
    """A gateway that is being served; stop it with `shutdown()`, or use it in a `with` block.

    Raises:
        OSError: the port is taken, or not ours to take.
    """

    def __init__(self, app: WSGIApplication, host: str, port: int) -> None:
        # Bound here, because werkzeug ends the process where a port is taken.
        with socket.create_server((host, port), backlog=128) as listening:
            self._server: BaseWSGIServer = make_server(
                host,
                listening.getsockname()[1],
                app,
                threaded=True,
                request_handler=_RequestHandler,
                fd=listening.fileno(),
            )
        self._thread = threading.Thread(target=self._server.serve_forever, name="cwsauth-gateway", daemon=True)
        self.host = host
        self.port = int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> Self:
        """Serve in a thread of its own; requests wait from the moment the server was made."""
        self._thread.start()
        return self

    def serve_forever(self) -> None:
        """Serve in this thread until Ctrl-C."""
        self.start()
        try:
            while self._thread.is_alive():
                self._thread.join(0.5)
        except KeyboardInterrupt:
            pass
        finally:
            self.shutdown()

    def shutdown(self) -> None:
        """Stop, and close the socket; requests under way are finished."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()


def serve(app: WSGIApplication, host: str = "127.0.0.1", port: int = 0) -> Server:
    """A server for a gateway, bound and not yet started; port 0 is a free one, `server.port` tells which."""
    return Server(app, host, port)
