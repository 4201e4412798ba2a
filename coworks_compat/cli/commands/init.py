"""`cws init`."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import click

from coworks_compat.cli.names import app_name
from cwsauth.cli.options import debug_option
from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from coworks_compat.cli.group import CwsSettings


@click.command("init")
@click.option("--force/--no-force", default=False, help="Write it anew where there is one.")
@debug_option
@click.pass_obj
def command(settings: CwsSettings, force: bool) -> None:
    """Write .chalice/config.json, with a stage 'dev'.

    \b
    cws init
    cws --project-dir shop init --force
    """
    directory = settings.directory.resolve()
    path = directory / ".chalice" / "config.json"
    name = directory.name
    found = path.parent.exists()
    if found and not force:
        click.echo(f"Project {name} already initialized", err=True)
        return
    try:
        if found and path.parent.is_dir():
            _clear(path.parent)
        write_config(directory, app_name(name))
    except OSError as error:
        what = (error.strerror or "unknown error").lower()
        raise ConfigError(f"cannot write '{path}': {what}", help="name another directory with --project-dir") from None
    click.echo(f"Project {name} {'reinitialized' if found else 'initialized'}")


def write_config(directory: Path, name: str) -> None:
    """Writes the configuration of a new project with one stage, `dev`."""
    config = {
        "version": "2.0",
        "app_name": name,
        "stages": {"dev": {"api_gateway_stage": "dev"}},
    }
    path = directory / ".chalice" / "config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _clear(directory: Path) -> None:
    """Removes what is configured, and keeps what says what is deployed: without it nobody could update or destroy."""
    for path in directory.iterdir():
        if path.name in ("deployed", "terraform", "deployments"):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
