"""Lambda's runtime API on loopback, for the real runtime client: a handler is invoked as in Lambda, out of its package.

    with Runtime(directory, "app.auth") as runtime:
        answer = runtime.invoke(event)            # raises InvocationError with what Lambda would report

Source: Lambda developer guide, "Using the Lambda runtime API for custom runtimes".
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

_START = "import sys, runpy; sys.path.insert(0, sys.argv.pop(1)); runpy.run_module('awslambdaric', run_name='__main__')"
_PREFIX = "/2018-06-01/runtime/"


class InvocationError(Exception):
    """What the function reported: the type and message of its error, and no more than Lambda would pass on."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(str(error.get("errorMessage")))
        self.error = dict(error)
        self.type = str(error.get("errorType"))
        self.message = str(error.get("errorMessage"))


class Runtime:
    """A function in its own process, for as long as the block lasts. `log` is what it printed."""

    def __init__(self, directory: Path, handler: str, environ: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        self.handler = handler
        self._environ = dict(environ or {})
        self._events: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._answers: queue.Queue[tuple[str, str, bytes]] = queue.Queue()
        self.log = ""

    def __enter__(self) -> Runtime:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._events, self._answers))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        environ = {
            "PATH": os.environ.get("PATH", ""),
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            "LAMBDA_TASK_ROOT": str(self.directory),
            "AWS_LAMBDA_FUNCTION_NAME": "shop",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_REGION": "eu-west-1",
            "_HANDLER": self.handler,
            **self._environ,
        }
        # Isolated (-I): nothing of this checkout is importable but what lies in the package, which comes first.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START, str(self.directory), self.handler],
            cwd=self.directory,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self

    def invoke(self, event: object, timeout: float = 60) -> Any:
        """What the function returns for an event.

        Raises:
            InvocationError: it raised.
        """
        request = str(uuid.uuid4())
        self._events.put((request, json.dumps(event).encode()))
        until = time.monotonic() + timeout
        while True:
            try:
                kind, answered, body = self._answers.get(timeout=0.1)
                break
            except queue.Empty:
                ended = self._process.poll()
                if ended is not None or time.monotonic() > until:
                    raise AssertionError(f"the function did not answer (exit status {ended}): {self._stop()}") from None
        found = json.loads(body)
        if kind == "error":
            raise InvocationError(found)
        assert answered == request
        return found

    def _stop(self) -> str:
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self.log += self._process.communicate(timeout=10)[0] or ""
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.log += self._process.communicate()[0] or ""
        except ValueError:
            pass  # its output was read before
        return self.log

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _handler(
    events: queue.Queue[tuple[str, bytes]], answers: queue.Queue[tuple[str, str, bytes]]
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            request, body = events.get()
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", request)
            self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 60_000))
            arn = "arn:aws:lambda:eu-west-1:123456789012:function:shop"
            self.send_header("Lambda-Runtime-Invoked-Function-Arn", arn)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = self.path.removeprefix(_PREFIX).split("/")
            kind = "error" if parts[-1] == "error" else "response"
            answers.put((kind, parts[1] if len(parts) == 3 else "", body))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the tests print what they need."""

    return Handler
