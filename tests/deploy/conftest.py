"""Fixtures: terraform with its provider, MiniStack and moto; each skips with the reason where a machine lacks it.

A test that fails shows the end of the servers' logs.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy import programs
from tests.deploy.programs import Emulator

_running: list[Emulator] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the servers wrote, in the report of a test that failed: their logs go when the session ends."""
    report = yield
    if report.failed:
        report.sections.extend((f"Log of {emulator.name}", emulator.tail()) for emulator in _running)
    return report


@pytest.fixture(scope="session")
def terraform_config(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables by which terraform finds its provider on this machine, without a registry."""
    if programs.terraform() is None:
        pytest.skip("terraform is not on PATH")
    mirror = programs.provider_mirror()
    if mirror is None:
        pytest.skip("no directory of this machine holds terraform's AWS provider")
    path = tmp_path_factory.mktemp("terraform") / "terraformrc"
    path.write_text(
        "provider_installation {\n  filesystem_mirror {\n"
        f'    path    = "{mirror}"\n    include = ["registry.terraform.io/hashicorp/aws"]\n  }}\n}}\n'
    )
    return {"TF_CLI_CONFIG_FILE": str(path), "CHECKPOINT_DISABLE": "1"}


@pytest.fixture
def terraform(terraform_config: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """terraform works in this test."""
    for name, value in terraform_config.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def ministack_server() -> Iterator[Emulator]:
    """One MiniStack for all tests of the session: they use names of their own."""
    python = programs.ministack_python()
    if python is None:
        pytest.skip(
            f"no environment with ministack=={programs.MINISTACK} (make .venv-ministack, or CWSAUTH_MINISTACK_PYTHON)"
        )
    with programs.ministack(python) as emulator, _reported(emulator):
        yield emulator


@pytest.fixture(scope="session")
def moto_server() -> Iterator[Emulator]:
    """One moto for all tests of the session."""
    if not programs.has_moto_server():
        pytest.skip("moto[server] is not installed")
    with programs.moto() as emulator, _reported(emulator):
        yield emulator


@contextmanager
def _reported(emulator: Emulator) -> Iterator[None]:
    """Its log is in the reports of tests that fail, as long as it runs."""
    _running.append(emulator)
    try:
        yield
    finally:
        _running.remove(emulator)


@pytest.fixture
def ministack(ministack_server: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """MiniStack is AWS in this test."""
    return _use(ministack_server, monkeypatch)


@pytest.fixture
def moto(moto_server: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """moto is AWS in this test; one change after the other, as its threads get into each other's way."""
    monkeypatch.setenv("TF_CLI_ARGS_apply", "-parallelism=1")
    return _use(moto_server, monkeypatch)


def _use(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    for name, value in emulator.environ().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return emulator


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A small Chalice project with an authorizer."""
    from tests.deploy.shop import write_shop

    return write_shop(tmp_path / "shop")
