"""`cws run` as a process: how fast it answers, what it prints, how it follows changes and ends."""

from __future__ import annotations

import http.client
import json
import queue
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..compat.project import APP, CONFIG, environment, python, write_project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cws-run")]
PATIENCE = 20.0


class Running:
    """A `cws run`, whose lines can be waited for."""

    def __init__(self, project: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [python(), "-u", "-m", "coworks_compat.cli.main", "-p", str(project), "run", "-p", "0", *options],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.seen: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.url = self.line("Serving on ").split()[2]

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip())

    def line(self, part: str) -> str:
        """The next line that holds `part`."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no line with {part!r} in {self.seen}") from None
            self.seen.append(line)
            if part in line:
                return line

    def get(self, path: str, token: str | None = None) -> tuple[int, str]:
        headers = {} if token is None else {"Authorization": token}
        request = urllib.request.Request(f"{self.url}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[Running] = []

    def begin(*options: str, app: str = APP, config: object = CONFIG) -> Running:
        running.append(Running(write_project(tmp_path / "shop", app=app, config=config), *options))
        return running[-1]

    yield begin
    for one in running:
        if one.process.poll() is None:
            one.stop()


def test_it_serves_the_stage_and_says_what_was_decided(start: Start) -> None:
    """The access matrix at the start, then one line a request with the decision and why; Ctrl-C ends it with 0."""
    service = start()
    service.line("no token   ADMIN_TOKEN   USER_TOKEN")
    service.line("/product/{_0}")
    assert service.get("/product/1", "user") == (200, "product 1")
    assert "allowed" in service.line("GET /product/1 200")
    assert service.get("/", "user")[0] == 403
    assert "no statement allows this resource" in service.line("GET / 403")
    assert service.get("/")[0] == 401
    assert "identity source" in service.line("GET / 401")
    assert service.get("/health") == (200, "up")
    assert service.stop() == 0
    assert not any("user" in line and "Authorization" in line for line in service.seen)


def test_it_follows_changes(start: Start, tmp_path: Path) -> None:
    """Code, configuration, an error and its correction; what was there is served meanwhile."""
    service = start()
    service.line("every call is allowed")
    code = tmp_path / "shop" / "app.py"
    code.write_text(APP.replace('return "up"', 'return "changed"'))
    service.line("changed: app.py")
    service.line("every call is allowed")
    assert service.get("/health") == (200, "changed")
    code.write_text(APP.replace('return "up"', 'return "broken'))
    service.line("error: app.py line")
    service.line("still served as it was before")
    assert service.get("/health") == (200, "changed")
    code.write_text(APP)
    service.line("every call is allowed")
    assert service.get("/health") == (200, "up")
    config = {**CONFIG, "environment_variables": {"ADMIN_TOKEN": "another"}}
    (tmp_path / "shop" / ".chalice" / "config.json").write_text(json.dumps(config))
    service.line("every call is allowed")
    assert [service.get("/", token)[0] for token in ("admin", "another")] == [403, 200]


def test_the_first_answer_comes_quickly(tmp_path: Path) -> None:
    """Well under a few seconds even on a busy machine; docs and budget say 1.5 s on a quiet one."""
    project = write_project(tmp_path / "shop")
    begin = time.monotonic()
    service = Running(project)
    try:
        assert service.get("/health") == (200, "up")
        elapsed = time.monotonic() - begin
    finally:
        service.stop()
    assert elapsed < 6


def test_a_taken_port_is_a_sentence(start: Start, tmp_path: Path) -> None:
    """With exit code 1 and another port."""
    service = start("--no-reload")
    port = service.url.rpartition(":")[2]
    done = subprocess.run(
        [python(), "-m", "coworks_compat.cli.main", "-p", str(tmp_path / "shop"), "run", "-p", port],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert f"port {port} of 127.0.0.1 is taken by another program" in done.stderr
    assert f"--port {int(port) + 1}" in done.stderr


def test_the_console_is_served_beside_it(start: Start) -> None:
    """With --console only, and to this machine's own names only."""
    service = start("--console", "--no-reload")
    service.line("Console at ")
    assert service.get("/_cws/")[0] == 200
    assert json.loads(service.get("/_cws/state.json")[1])["service"] == "Shop"
    connection = http.client.HTTPConnection("127.0.0.1", int(service.url.rpartition(":")[2]), timeout=5)
    connection.putrequest("GET", "/_cws/", skip_host=True)
    connection.putheader("Host", "rebound.example")
    connection.endheaders()
    assert connection.getresponse().status == 403
    connection.close()


def test_without_the_option_there_is_no_console(start: Start) -> None:
    """It is a path like any other then."""
    service = start("--no-reload")
    assert service.get("/_cws/")[0] == 403


def test_a_variable_file(start: Start, tmp_path: Path) -> None:
    """`--var-file` gives the values of ${var:...}."""
    values = tmp_path / "values.env"
    values.write_text("admin=from the file\n")
    config = {**CONFIG, "environment_variables": {"ADMIN_TOKEN": "${var:admin}"}}
    service = start("--no-reload", "--var-file", str(values), config=config)
    assert service.get("/", "from the file")[0] == 200
