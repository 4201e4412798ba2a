"""Every example runs, and gets the answers that it expects."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/__main__.py"))


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_gets_the_answers_it_expects(name: str) -> None:
    """`make demo EXAMPLE=name ONCE=1`: the example makes its calls over HTTP and ends with 0 if all answers are right."""
    command = [sys.executable, "-m", f"examples.{name}", "--once"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
