"""The real programs of these tests: where they are on this machine, and servers that stop when a test is done."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
MINISTACK = "1.5.33"
PROVIDER = Path("registry.terraform.io") / "hashicorp" / "aws"
_SKIPPED = {"proc", "sys", "dev", "run", "tmp", "boot", "lib", "lib64", "sbin", "bin"}


def terraform() -> str | None:
    """The path of terraform."""
    return shutil.which("terraform")


def provider_mirror() -> Path | None:
    """A directory that holds the AWS provider for this machine, found by looking through the upper directories."""
    found: list[Path] = []
    for top in sorted(Path("/").iterdir()):
        if top.name not in _SKIPPED and top.is_dir() and not top.is_symlink():
            found.extend(_mirrors(top, depth=4))
    return found[0] if found else None


def _mirrors(directory: Path, depth: int) -> Iterator[Path]:
    if (directory / PROVIDER).is_dir():
        yield directory
        return
    if depth == 0:
        return
    try:
        inner = [Path(entry.path) for entry in os.scandir(directory) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return
    for path in sorted(inner):
        yield from _mirrors(path, depth - 1)


def ministack_python() -> str | None:
    """The Python that has the MiniStack of these tests: it pins other libraries than ours, so it has its own environment."""
    candidates = [os.environ.get("CWSAUTH_MINISTACK_PYTHON"), *_environments()]
    return next((path for path in candidates if path and _has_ministack(path)), None)


def _environments() -> Iterator[str]:
    for directory in (Path.cwd(), HERE.parent.parent):
        yield str(directory / ".venv-ministack" / "bin" / "python")
    yield sys.executable


def _has_ministack(python: str) -> bool:
    if not Path(python).exists():
        return False
    ask = "import importlib.metadata as m; print(m.version('ministack'))"
    done = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    return done.stdout.strip() == MINISTACK


def has_moto_server() -> bool:
    """Whether moto can be served."""
    return importlib.util.find_spec("moto") is not None and importlib.util.find_spec("flask") is not None


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class Emulator:
    """A server that stands for AWS."""

    name: str
    url: str
    log: Path

    def tail(self, lines: int = 200) -> str:
        """The end of what it wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def environ(self) -> dict[str, str]:
        """The variables by which boto3, terraform and its provider talk to it, and to nobody else."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "CWS_STAGE_URL": self.url + "/_aws/execute-api/{api}/{stage}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }


@contextmanager
def serving(name: str, command: list[str], port: int, health: str, environ: Mapping[str, str]) -> Iterator[Emulator]:
    """A server from its first answer on, until the end of the block; its output is shown when it does not start."""
    url = f"http://127.0.0.1:{port}"
    log = Path(os.environ.get("PYTEST_TMP", "/tmp")) / f"{name}-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **environ}, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        until = time.monotonic() + 60
        while not _answers(url + health):
            if process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"{name} did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.1)
        yield Emulator(name, url, log)
    finally:
        stop_group(process)
        log.unlink(missing_ok=True)


def stop_group(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and what it started: they are one group, made by us."""
    for signal, patience in ((15, 5.0), (9, 5.0)):
        try:
            os.killpg(process.pid, signal)
        except ProcessLookupError:
            break
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    process.wait(5)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@contextmanager
def ministack(python: str) -> Iterator[Emulator]:
    """MiniStack on a port of its own."""
    port = free_port()
    environ = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "LAMBDA_EXECUTOR": "local",
        "PYTHONPATH": "",
        "LOG_LEVEL": "WARNING",
    }
    command = [python, str(HERE / "ministack_with_stages.py")]
    with serving("ministack", command, port, "/_ministack/health", environ) as emulator:
        yield emulator


@contextmanager
def moto() -> Iterator[Emulator]:
    """moto on a port of its own; its functions are not run."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with serving("moto", command, port, "/moto-api/", {}) as emulator:
        request = urllib.request.Request(
            emulator.url + "/moto-api/config", data=b'{"lambda": {"use_docker": false}}', method="POST"
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            assert response.status < 300
        yield emulator
