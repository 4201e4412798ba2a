"""The page of the command line is what the command line prints.

With CWSAUTH_RENEW_DOCS set the page and the schema are written anew in place of being checked.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cwsauth.cli.app import COMMANDS
from cwsauth.files import schema

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "cli.md"
SCHEMA = ROOT / "docs" / "policy-file.schema.json"
SHOP = ROOT / "examples" / "policies" / "shop.yaml"
RENEW = bool(os.environ.get("CWSAUTH_RENEW_DOCS"))

CASES = """\
- {role: visitor, request: GET /order, expect: deny}
- {role: clerk, request: GET /order/7, expect: deny}
"""

CLUTTERED = """\
routes:
  - GET,PUT /product/{id}
  - GET /admin/{proxy+}
roles:
  editor:
    - GET,PUT product/*
    - GET product/1
    - produkt/*
  admin:
    - GET admin/**
    - "!admin/**"
"""

APP = """\
from cwsauth import authorizer
from cwsauth.tokens import StaticTokens

ROUTES = ["GET,PUT /product/{id}", "GET,POST /product/{id}/review", "GET,PUT /product/{id}/review/{rid}"]
TOKENS = StaticTokens({"EDITOR_TOKEN": ["**", "!PUT product/*"], "READER_TOKEN": ["GET **", "!*/*/review/*"]})
auth = authorizer(TOKENS, routes=ROUTES)
"""

BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with the files that the page speaks of, and a `cwsauth` of this checkout."""
    (tmp_path / "shop.yaml").write_text(SHOP.read_text())
    (tmp_path / "cases.yaml").write_text(CASES)
    (tmp_path / "cluttered.yaml").write_text(CLUTTERED)
    (tmp_path / "app.py").write_text(APP)
    before = (
        SHOP.read_text()
        .replace("GET,PUT product/*/stock", "GET product/*/stock")
        .replace('"!**/draft"', '"!product/draft"')
    )
    (tmp_path / "before.yaml").write_text(before.replace("      - POST order/{id}/refund\n", ""))
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "cwsauth"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m cwsauth "$@"\n')
    script.chmod(0o755)
    return tmp_path


def output(command: str, directory: Path) -> str:
    """What a command prints, on both streams."""
    path = f"{directory / 'bin'}{os.pathsep}{os.environ['PATH']}"
    python = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=directory,
        env={**os.environ, "PATH": path, "PYTHONPATH": python, "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return "".join(line.rstrip() + "\n" for line in done.stdout.splitlines())


def test_the_page_shows_what_the_commands_print(directory: Path) -> None:
    """Every command of every block, with all of its output."""
    text = PAGE.read_text(encoding="utf-8")

    def printed(block: re.Match[str]) -> str:
        commands = [line for line in block[1].splitlines() if line.startswith("$ ")]
        return "```console\n" + "".join(f"{line}\n{output(line[2:], directory)}" for line in commands) + "```"

    now = BLOCK.sub(printed, text)
    if RENEW:
        PAGE.write_text(now, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == now


def test_every_command_is_on_the_page() -> None:
    """Each with a heading and its own help."""
    text = PAGE.read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"\n## {name}\n" in text
        assert f"\n$ cwsauth {name} --help\n" in text


def test_the_schema_is_published() -> None:
    """The file beside the page is what `cwsauth schema` prints."""
    now = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    if RENEW:
        SCHEMA.write_text(now, encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == now
