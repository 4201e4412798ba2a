"""What every test has: the Hypothesis profiles, and the search for the canary."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.canary import canary as canary
from tests.canary import pytest_runtest_makereport as pytest_runtest_makereport

# A slow machine is not a finding, and adversarial time has tests of its own.
_BASE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", _BASE, max_examples=60)
settings.register_profile("ci", _BASE, max_examples=150, print_blob=True, database=None)
settings.register_profile("nightly", _BASE, max_examples=100_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


@pytest.fixture(scope="module", autouse=True)
def projects_are_forgotten(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Modules that a test file imported out of its temporary projects do not answer for another file's `app`."""
    yield
    base = tmp_path_factory.getbasetemp()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and base in Path(file).parents:
            del sys.modules[name]
    sys.path[:] = [entry for entry in sys.path if base not in (Path(entry), *Path(entry).parents)]


@pytest.fixture(autouse=True)
def loggers_are_as_before() -> Iterator[None]:
    """What a test did to a logger goes with it, for loggers are global by name.

    Chalice and Powertools hang today's `sys.stdout` on the logger that is named as the app or the service, and Powertools
    leaves a logger alone that it has set up once: without this, the next test's lines go where nobody reads them.
    """
    before = {name: _state(logger) for name, logger in _loggers()}
    yield
    for name, logger in _loggers():
        then = before.get(name) or _state(logging.Logger(name))
        if _state(logger) == then:
            continue
        for attribute in vars(logger).keys() - then.keys() - _TREE:
            delattr(logger, attribute)
        for handler in logger.handlers:
            if handler not in then["handlers"]:
                handler.close()
        vars(logger).update(then)
        logger.setLevel(logger.level)  # forgets which levels were enabled


_TREE = {"name", "parent", "manager", "_cache"}  # stays: loggers between others come and go


def _loggers() -> list[tuple[str, logging.Logger]]:
    named = logging.Logger.manager.loggerDict
    return [("", logging.root), *((name, found) for name, found in named.items() if isinstance(found, logging.Logger))]


def _state(logger: logging.Logger) -> dict[str, Any]:
    """What can be set on a logger, with copies of its lists."""
    found = {name: value for name, value in vars(logger).items() if name not in _TREE}
    return {name: value[:] if isinstance(value, list) else value for name, value in found.items()}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuses names that differ in every process: workers that run a suite together have to agree on them."""
    changing = [item.nodeid for item in items if " at 0x" in item.nodeid]
    if changing:
        raise pytest.UsageError(f"the name of a test holds an address, so give it ids=: {changing[0]}")
