"""The call that says whether a release works, by real HTTP; the lines of a log; the app of a project."""

from __future__ import annotations

import http.server
import itertools
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coworks_compat.config import Secret
from coworks_compat.config.model import Smoke
from coworks_compat.deploy.context import import_app
from coworks_compat.deploy.logs import lines, span
from coworks_compat.deploy.smoke import smoke_call
from coworks_compat.deploy.terraform.runner import Terraform, find_terraform
from cwsauth.errors import ConfigError, DeployError


class Stage(http.server.BaseHTTPRequestHandler):
    """A stage that answers with the statuses that it is given, the last one for ever."""

    statuses: list[int]
    seen: list[tuple[str, str, str | None]]

    def _answer(self) -> None:
        self.seen.append((self.command, self.path, self.headers.get("Authorization")))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def stage() -> Iterator[Any]:
    handler = type("Handler", (Stage,), {"statuses": [200], "seen": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    handler.url = f"http://127.0.0.1:{server.server_port}/dev/"  # type: ignore[attr-defined]
    yield handler
    server.shutdown()
    thread.join(5)
    server.server_close()


def test_a_good_call(stage: Any) -> None:
    """The path is below the stage's URL; the token of the named variable goes along."""
    smoke = Smoke(path="/health", method="POST", status=[200], token_variable="TOKEN")
    assert smoke_call(stage.url, smoke, {"TOKEN": Secret("t0p")}, pause=0)() is None
    assert stage.seen == [("POST", "/dev/health", "t0p")]


@pytest.mark.parametrize(
    ("status", "wanted", "wrong"),
    [
        (500, [], "GET /: status 500 instead of one below 500"),
        (404, [200, 204], "GET /: status 404 instead of 200 or 204"),
        (302, [200], "GET /: status 302 instead of 200"),
        (401, [], None),
        (404, [404], None),
    ],
)
def test_what_is_wrong(stage: Any, status: int, wanted: list[int], wrong: str | None) -> None:
    """The status decides, without a list any below 500; redirections are not followed."""
    stage.statuses = [status]
    assert smoke_call(stage.url, Smoke(status=wanted), {}, pause=0)() == wrong


def test_a_stage_that_needs_a_moment(stage: Any) -> None:
    """Three tries, so that a first call that is too early is no failure."""
    stage.statuses = [500, 500, 200]
    assert smoke_call(stage.url, Smoke(), {}, pause=0)() is None
    assert len(stage.seen) == 3


def test_nobody_answers() -> None:
    """No connection is a sentence, not a traceback."""
    assert smoke_call("http://127.0.0.1:1", Smoke(), {}, pause=0)() == "GET /: no answer (URLError)"


def test_wrong_smoke_settings() -> None:
    """A variable that the stage lacks, and a URL that is none, are found before anything is released."""
    with pytest.raises(ConfigError, match="'TOKEN', which the stage's environment lacks"):
        smoke_call("https://x", Smoke(token_variable="TOKEN"), {})
    with pytest.raises(ConfigError, match="invalid URL"):
        smoke_call("file:///etc/passwd", Smoke(), {})


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("10m", 600), ("2h", 7200), ("1d", 86400)])
def test_spans(text: str, seconds: int) -> None:
    """A number and a letter."""
    assert span(text) == seconds


@pytest.mark.parametrize("text", ["10", "m", "1w", "1h30m", "-1m", "1m\n"])
def test_wrong_spans(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ConfigError, match="invalid time span"):
        span(text)


def test_lines_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines come oldest first and each once, however often they are asked for; `follow` waits for more."""
    moto = pytest.importorskip("moto", reason="moto stands for CloudWatch Logs")
    import boto3

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with moto.mock_aws():
        make: Any = boto3.client
        client = make("logs", region_name="eu-west-1")
        with pytest.raises(DeployError, match="cannot read the log group '/aws/lambda/x': ResourceNotFound"):
            list(lines(client, "/aws/lambda/x"))
        client.create_log_group(logGroupName="/aws/lambda/x")
        client.create_log_stream(logGroupName="/aws/lambda/x", logStreamName="s")
        import time

        at = int(time.time() * 1000)

        def write(*texts: tuple[int, str]) -> None:
            events = [{"timestamp": at + later, "message": text} for later, text in texts]
            client.put_log_events(logGroupName="/aws/lambda/x", logStreamName="s", logEvents=events)

        write((-5, "one\n"), (-3, "two"))
        found = lines(client, "/aws/lambda/x", follow=True, sleep=lambda seconds: write((-2, "three")))
        assert [line.text for line in itertools.islice(found, 3)] == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("content", "module", "message", "help"),
    [
        ("", "nope", "no module 'nope'", "-m"),
        ("import nowhere_at_all\n", "app", "imports 'nowhere_at_all', which is not installed", "pip install"),
        ("def (\n", "app", "is no Python", ""),
        ("x = 1\n", "app", "module 'app' has no 'app'", "-a"),
    ],
)
def test_an_app_that_cannot_be_had(tmp_path: Path, content: str, module: str, message: str, help: str) -> None:
    """What is missing is a sentence with a next step."""
    (tmp_path / "app.py").write_text(content)
    with pytest.raises(ConfigError) as caught:
        import_app(tmp_path, module, "app")
    assert message in caught.value.message
    assert help in caught.value.help


def test_no_terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without terraform and tofu the help says where to get one; with only tofu, that is taken."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeployError, match="neither terraform nor tofu is on PATH") as caught:
        find_terraform()
    assert "install terraform" in caught.value.help
    assert "--engine chalice" in caught.value.help
    program = tmp_path / "tofu"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert find_terraform() == str(program)


def test_what_terraform_says_is_cleaned(tmp_path: Path) -> None:
    """A program's error comes out as one line, with every secret replaced and a remedy for what is known."""
    program = tmp_path / "terraform"
    said = {"summary": "Error acquiring the state lock", "detail": "by hunter2-canary\n\nLock Info"}
    line = json.dumps({"@level": "error", "type": "diagnostic", "diagnostic": said})
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{line}\nEND\nexit 1\n")
    program.chmod(0o755)
    terraform = Terraform(tmp_path, {}, ("hunter2-canary",), str(program))
    with pytest.raises(DeployError) as caught:
        terraform.plan(tmp_path / "plan")
    assert caught.value.message.endswith("Error acquiring the state lock: by … Lock Info")
    assert "somebody else is deploying" in caught.value.help
    assert "canary" not in repr(terraform)
