"""The command line in this process, and files for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cwsauth.cli.app import run

SHOP = """\
version: 1
routes:
  - GET /product
  - GET,PUT,DELETE /product/{id}
  - GET /product/{id}/reviews
  - GET,PUT /admin/{proxy+}
roles:
  admin: true
  editor:
    rules:
      - GET,PUT product/*
      - "!product/internal"
    includes: [customer]
  customer:
    - GET product
    - GET product/{id}
  nobody: false
tests:
  - {role: customer, request: GET /product/1, expect: allow, rule: "GET product/{id}"}
  - {role: customer, request: PUT /product/1, expect: deny}
  - {role: editor, request: PUT /product/internal, expect: deny, rule: "!product/internal"}
"""


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


Cwsauth = Callable[..., Result]


@pytest.fixture
def cwsauth(capsys: pytest.CaptureFixture[str]) -> Cwsauth:
    """Runs the command line with the given arguments."""

    def call(*arguments: str) -> Result:
        code = run(list(arguments))
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with `policy.yaml` in it."""
    (tmp_path / "policy.yaml").write_text(SHOP)
    monkeypatch.chdir(tmp_path)
    return tmp_path
