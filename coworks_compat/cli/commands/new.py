"""`cws new`."""

from __future__ import annotations

import json
import secrets
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import click

from coworks_compat.cli.names import app_name, class_name
from coworks_compat.cli.service import ServiceError
from cwsauth.cli.options import debug_option
from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from coworks_compat.cli.group import CwsSettings

_FILES = {
    "app.py": "app.py.txt",
    "tests/test_app.py": "test_app.py.txt",
    "tests/conftest.py": "conftest.py.txt",
    "pytest.ini": "pytest.ini.txt",
    ".gitignore": "gitignore.txt",
    "requirements.txt": "requirements.txt.txt",
    "README.md": "README.md.txt",
}


@click.command("new")
@click.argument("name")
@debug_option
@click.pass_obj
def command(settings: CwsSettings, name: str) -> None:
    """Make a project in the new directory NAME: a service, its configuration, and tests that pass.

    \b
    cws new shop
    cd shop
    pytest
    cws run
    """
    directory = settings.directory / name
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ServiceError(
            f"'{directory}' is there already",
            help="choose another name, or run cws init in it for a configuration only",
        )
    service = app_name(Path(name).name)
    values = {"name": service, "class_name": class_name(service)}
    try:
        _write(directory, values)
    except OSError as error:
        what = (error.strerror or "unknown error").lower()
        raise ConfigError(f"cannot write '{directory}': {what}", help="choose another place") from None
    click.echo(f"Project {service} made in {directory}")
    click.echo(f"Next: cd {directory}, pytest, cws run")


def _write(directory: Path, values: dict[str, str]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    template = files("coworks_compat.cli").joinpath("template")
    for target, source in _FILES.items():
        path = directory / target
        path.parent.mkdir(parents=True, exist_ok=True)
        text = Template(template.joinpath(source).read_text(encoding="utf-8")).substitute(values)
        path.write_text(text, encoding="utf-8")
    config = {
        "version": "2.0",
        "app_name": values["name"],
        "stages": {"dev": {"api_gateway_stage": "dev", "environment_variables_file": "dev.env"}},
    }
    (directory / ".chalice").mkdir(exist_ok=True)
    (directory / ".chalice" / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    tokens = "".join(f"{name}={secrets.token_urlsafe(24)}\n" for name in ("ADMIN_TOKEN", "USER_TOKEN"))
    secret = directory / ".chalice" / "dev.env"
    secret.touch(mode=0o600)
    secret.write_text(tokens, encoding="utf-8")
