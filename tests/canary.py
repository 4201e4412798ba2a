"""A token that nobody may ever see again: whatever a test prints or logs is searched for it.

`CANARY` is what tests use for a secret. Every test's captured output and log is searched; a test that asks for the
`canary` fixture also has all log levels on, its log records searched with their extras and tracebacks, and what it
read from `capsys` or `capfd` itself.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from typing import Any

import pytest

CANARY = "canary-9c41e7-must-not-be-seen"


@pytest.fixture
def canary(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest) -> Iterator[str]:
    """`CANARY`, with everything watched that this test logs or prints."""
    caplog.set_level(logging.DEBUG)
    printed: list[str] = []
    for name in ("capsys", "capfd"):
        if name in request.fixturenames:
            _listen(request.getfixturevalue(name), printed)
    yield CANARY
    for phase in ("setup", "call"):
        for record in caplog.get_records(phase):
            printed.append(caplog.handler.format(record))
            printed.append(repr(vars(record)))
    for text in printed:
        assert CANARY not in text, "a secret was logged or printed"


def _listen(capture: Any, printed: list[str]) -> None:
    """Keeps a copy of what the test reads from its capture fixture."""
    read = capture.readouterr

    def readouterr() -> Any:
        result = read()
        printed.extend((str(result.out), str(result.err)))
        return result

    capture.readouterr = readouterr


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fails a test that let the canary out."""
    report = yield
    for title, text in report.sections:
        if CANARY in text and report.outcome != "failed":
            report.outcome = "failed"
            report.longrepr = f"a secret is in the {title.lower()}"
    return report
