"""Loggers are global by name, and no test sees what another one made of them."""

from __future__ import annotations

import json
import logging

import pytest

pytest.importorskip("aws_lambda_powertools", reason="needs the extra powertools")
pytest.importorskip("chalice", reason="needs the extra chalice")

from aws_lambda_powertools import Logger
from chalice.app import Chalice


@pytest.mark.parametrize("turn", ["first", "second"])
def test_a_logger_begins_anew_in_each_test(turn: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whichever comes second has no handler that writes to the other's stdout, and no level of the other's."""
    logger = logging.getLogger("begins-anew")
    assert not logger.handlers
    assert logger.level == logging.NOTSET
    assert logger.propagate
    Chalice("begins-anew")
    Logger(service="begins-anew", level="INFO").info(turn)
    plain, line = capsys.readouterr().out.splitlines()
    assert plain == f"begins-anew - INFO - {turn}"
    assert json.loads(line)["message"] == turn


@pytest.mark.parametrize("turn", ["first", "second"])
def test_the_root_logger_begins_anew_in_each_test(turn: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Its handlers are pytest's, and its level is the usual one."""
    assert all(type(handler).__module__.startswith("_pytest") for handler in logging.root.handlers)
    assert logging.root.level == logging.WARNING
    logging.root.setLevel(logging.INFO)
    logging.root.addHandler(logging.StreamHandler())
    logging.getLogger("begins-anew.child").info(turn)
    assert capsys.readouterr().err == f"{turn}\n"
