"""A project on disk, and the runtime API that stands for Lambda's."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

APP = """\
import os

from coworks_compat import TechMicroService, public


class Shop(TechMicroService):
    def auth(self, auth_request):
        if auth_request.token == os.getenv("ADMIN_TOKEN"):
            return True
        if auth_request.token == os.getenv("USER_TOKEN"):
            return ["product/*"]
        return False

    def get(self):
        return "shop"

    def get_product(self, ref):
        return f"product {ref}"

    def post_product(self, name=""):
        return f"made {name}", 201

    @public
    def get_health(self):
        return "up"


app = Shop()
"""
CONFIG = {
    "version": "2.0",
    "app_name": "shop",
    "environment_variables": {"ADMIN_TOKEN": "admin"},
    "stages": {"dev": {"api_gateway_stage": "dev", "environment_variables": {"USER_TOKEN": "user"}}},
}


def write_project(directory: Path, app: str = APP, config: object = CONFIG) -> Path:
    """A directory with an app.py and a .chalice/config.json."""
    (directory / ".chalice").mkdir(parents=True)
    (directory / ".chalice" / "config.json").write_text(json.dumps(config))
    (directory / "app.py").write_text(app)
    (directory / "requirements.txt").write_text("")
    return directory


def environment(**more: str) -> dict[str, str]:
    """The environment of a child process that imports the packages under test, wherever they are installed."""
    spec = find_spec("coworks_compat")
    assert spec is not None
    assert spec.origin is not None
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CWS_", "PYTEST"))}
    return {**kept, "PYTHONPATH": str(Path(spec.origin).parent.parent), "AWS_DEFAULT_REGION": "eu-west-1", **more}


@contextmanager
def running(command: list[str], cwd: Path, url: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A child process, from the moment `url` answers until the end of the block."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise AssertionError(f"{command} ended: {process.communicate()[0]}")
            try:
                with urllib.request.urlopen(url, timeout=1):
                    break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.05)
        else:
            raise AssertionError(f"{url} did not answer")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


class RuntimeApi:
    """What a Lambda runtime talks to: events go in, answers and errors come out. Source: "Lambda runtime API"."""

    def __init__(self) -> None:
        self._events: queue.Queue[object] = queue.Queue()
        self._answers: queue.Queue[tuple[str, Any]] = queue.Queue()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                event = api._events.get()
                self._reply(200, json.dumps(event).encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                api._answers.put((self.path.rpartition("/")[2], json.loads(body)))
                self._reply(202, b"{}")

            def _reply(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Lambda-Runtime-Aws-Request-Id", "r1")
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 60_000))
                self.send_header(
                    "Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:f"
                )
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    def invoke(self, event: object) -> tuple[str, Any]:
        """`("response", value)` or `("error", {"errorMessage": ...})`."""
        self._events.put(event)
        return self._answers.get(timeout=30)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def unpacked_function(directory: Path, *packages: str) -> Path:
    """A function's directory with the packages under test and `packages`, as Lambda unpacks a zip."""
    for name in ("cwsauth", "coworks_compat", *packages):
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        if origin.name == "__init__.py":
            shutil.copytree(origin.parent, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(origin, directory / origin.name)
    return directory


def python() -> str:
    """The interpreter of the tests."""
    return sys.executable
