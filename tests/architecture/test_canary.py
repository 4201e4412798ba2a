"""The search for the canary finds it wherever a test can let it out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAD = """
import logging, sys
from tests.canary import CANARY
log = logging.getLogger("shop")
"""

pytestmark = pytest.mark.slow

LEAKS = {
    "printed": "def test(): print(CANARY)",
    "printed on stderr": "def test(): print(CANARY, file=sys.stderr)",
    "printed and read": "def test(canary, capsys):\n    print(CANARY)\n    capsys.readouterr()",
    "logged": "def test(): log.warning('token %s', CANARY)",
    "logged below the level": "def test(canary): log.debug('token %s', canary)",
    "logged as an extra": "def test(canary): log.info('refused', extra={'token': canary})",
    "in a chained traceback": """
def test(canary):
    try:
        try:
            raise KeyError(canary)
        except KeyError as error:
            raise ValueError("clean") from error
    except ValueError:
        log.exception("refused")
""",
}
CLEAN = (
    "def test(canary, capsys):\n    print('refused')\n    log.warning('refused')\n    assert capsys.readouterr().out"
)


def run(tmp_path: Path, code: str) -> subprocess.CompletedProcess[str]:
    """One test module under pytest with the canary's plugin, in a process of its own."""
    (tmp_path / "test_one.py").write_text(HEAD + code)
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.canary", "-p", "no:cacheprovider", "test_one.py"]
    paths = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    return subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_fails_the_test_that_leaks(tmp_path: Path, leak: str) -> None:
    """Output, log records, their extras and their tracebacks are all searched."""
    result = run(tmp_path, LEAKS[leak])
    assert result.returncode == 1, result.stdout
    assert "a secret" in result.stdout


def test_what_keeps_the_secret_passes(tmp_path: Path) -> None:
    """Using the canary is not a leak."""
    result = run(tmp_path, CLEAN)
    assert result.returncode == 0, result.stdout
