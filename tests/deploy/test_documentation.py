"""Every command of docs/deploy.md, docs/stages.md and docs/verify-on-aws.md runs, in the order of the pages, on MiniStack."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from importlib import import_module
from pathlib import Path

import click
import pytest

from tests.deploy.programs import Emulator
from tests.deploy.shop import ADMIN, USER, cws, done, edit, write_shop
from tests.docs.blocks import blocks, commands

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def console(page: str) -> list[str]:
    """The commands of a page that are shown as run: console blocks."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [command for block in blocks(text) if block.language == "console" for _, command, _ in commands(block)]


def shown(page: str) -> list[str]:
    """Every command line of `cws` in the blocks of a page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    lines = [line.strip().removeprefix("- ") for block in blocks(text) for line in block.code.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.removeprefix("$ ").startswith("cws ")]


@pytest.mark.parametrize("page", ["deploy.md", "stages.md", "verify-on-aws.md"])
def test_every_command_is_one(page: str) -> None:
    """Each command that a page shows is accepted as it stands: its name, its options and their values."""
    found = shown(page)
    assert found
    for line in found:
        _, name, *arguments = shlex.split(line)
        command: click.Command = import_module(f"coworks_compat.cli.commands.{name}").command
        with command.make_context(name, arguments):
            pass


def test_the_settings_of_the_page_are_those_of_the_model() -> None:
    """Every key that the table of settings names is known, and every key of ours is in the table."""
    from coworks_compat.config.model import Settings
    from coworks_compat.deploy.chalice_engine import _known_to_chalice

    text = (DOCS / "deploy.md").read_text(encoding="utf-8")
    table = text[text.index("| Key | Meaning") : text.index("Access logs and execution logs")]
    named = {key for row in table.strip().splitlines()[2:] for key in re.findall(r"`(\w+)`", row.split("|")[1])}
    ours = set(Settings.model_fields) - _known_to_chalice()
    assert named == ours | {"memory", "timeout"}


@pytest.mark.deploy
@pytest.mark.slow
@pytest.mark.xdist_group("ministack")
def test_the_commands_run(
    ministack: Emulator, terraform: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All commands that the pages show with a prompt, one after the other, with the configuration of the page."""
    monkeypatch.setenv("SHOP_ADMIN", ADMIN)
    monkeypatch.setenv("SHOP_USER", USER)
    page = (DOCS / "deploy.md").read_text(encoding="utf-8")
    config = next(json.loads(block.code) for block in blocks(page) if block.language == "json")
    project = write_shop(tmp_path / "shop", config=config)
    subprocess.run(["git", "init", "-q", "-b", "feature/login", str(project)], check=True)
    ran = 0
    for line in (*console("deploy.md"), *console("verify-on-aws.md"), *console("stages.md")):
        _, name, *arguments = shlex.split(line)
        if name == "update":
            edit(project, ('RELEASE = "one"', 'RELEASE = "two"'))
        result = done(cws(project, name, *arguments))
        ran += 1
        if name == "update":
            assert "version 2 (before: 1)" in result.output
        if "--make-owner" in arguments:
            assert "stage master is the owner" in result.output
    assert ran == 17
    assert not (project / ".chalice" / "deployed").exists() or not list(
        (project / ".chalice" / "deployed").glob("*.json")
    )
