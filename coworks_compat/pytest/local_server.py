"""Servers of the old fixture: a service on a free port of this machine."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING, Any

from coworks_compat.local import local_gateway, local_server
from cwsauth.gateway import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalice.app import Chalice

    from cwsauth.gateway.server import Server


class ThreadedLocalServer:
    """A service that is being served: `server.make_call(requests.get, "/product/1", headers={...})`."""

    def __init__(self, app: Chalice, *, stage: str = "dev", host: str = "127.0.0.1", port: int = 0) -> None:
        gateway = local_gateway(app, stage=Stage(name=stage), ttl=0, as_coworks=True)
        self._server: Server = local_server(gateway, host, port).start()
        self.url = self._server.url
        self.port = self._server.port

    def wait_for_server_ready(self) -> None:
        """Returns when the server answers, which it does from the moment it was made."""

    def make_call(self, method: Callable[..., Any], path: str, timeout: float = 0.5, **kwargs: Any) -> Any:
        """What `method(url, ...)` gives, a function of requests; `timeout` in seconds."""
        return method(f"{self.url}{path}", timeout=timeout, **kwargs)

    def shutdown(self) -> None:
        """Stops the server."""
        self._server.shutdown()

    @classmethod
    def unused_tcp_port(cls) -> int:
        """A port of 127.0.0.1 that nobody uses now."""
        with contextlib.closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving() -> Iterator[Callable[..., ThreadedLocalServer]]:
    """Gives a function that makes servers; they stop, and the environment is as it was, when the block ends."""
    servers: list[ThreadedLocalServer] = []
    environment = dict(os.environ)

    def create(
        app: Chalice, config_path: str | None = None, stage: str = "dev", config: Any = None
    ) -> ThreadedLocalServer:
        if config_path is not None:
            from coworks_compat.project import use_stage

            use_stage(config_path, stage)
        if config is not None:
            os.environ.update(config.environment_variables)
        servers.append(ThreadedLocalServer(app, stage=stage))
        return servers[-1]

    try:
        yield create
    finally:
        for server in servers:
            server.shutdown()
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        os.environ.update(environment)
