"""A small service on disk: an admin and a user token, routes with and without a parameter, one that is open."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
from click.testing import CliRunner, Result

ADMIN, USER = "admin-canary-7f3a", "user-canary-91bc"

APP = """
import os

from coworks_compat import TechMicroService, entry

RELEASE = "one"


class Shop(TechMicroService):
    def auth(self, auth_request):
        if auth_request.token == os.environ["ADMIN_TOKEN"]:
            return True
        if auth_request.token == os.environ["USER_TOKEN"]:
            return ["product", "product/*"]
        return False

    def get_product(self, ref):
        return {"ref": ref, "release": RELEASE}

    def get_products(self):
        return {"release": RELEASE, "stage": os.environ.get("STAGE", "")}

    def put_product(self, ref):
        return {"put": ref}

    def get_admin(self):
        return {"admin": True}

    @entry(no_auth=True)
    def get_health(self):
        return {"release": RELEASE, "stage": os.environ.get("STAGE", "")}


app = Shop(app_name="shop")
"""

CONFIG: dict[str, Any] = {
    "version": "2.0",
    "app_name": "shop",
    "region": "eu-west-1",
    "environment_variables": {"ADMIN_TOKEN": "${env:SHOP_ADMIN}", "USER_TOKEN": "${env:SHOP_USER}"},
    "authorizer_ttl": 300,
    "log_retention_in_days": 7,
    "cors": {"allow_origin": "https://shop.example"},
    "smoke": {"path": "/health", "status": [200]},
    "stages": {
        "dev": {"environment_variables": {"STAGE": "dev"}, "stage_variables": {"table": "products-dev"}},
        "master": {"environment_variables": {"STAGE": "master"}, "lambda_memory_size": 256},
    },
}


def write_shop(directory: Path, *, app: str = APP, config: Mapping[str, object] = CONFIG, name: str = "shop") -> Path:
    """The project on disk; `name` is the app's, which names its functions."""
    (directory / ".chalice").mkdir(parents=True, exist_ok=True)
    (directory / "app.py").write_text(app)
    (directory / ".chalice" / "config.json").write_text(json.dumps({**config, "app_name": name}, indent=2))
    return directory


def edit(directory: Path, *changes: tuple[str, str]) -> None:
    """Replaces texts in the app; each must be there."""
    path = directory / "app.py"
    text = path.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    path.write_text(text)


def cws(directory: Path, name: str, *arguments: str) -> Result:
    """The result of a command of `cws` in a project; what it raises is in `result.exception`."""
    from importlib import import_module

    command: click.Command = import_module(f"coworks_compat.cli.commands.{name}").command
    settings = SimpleNamespace(directory=directory, debug=False)
    before = dict(os.environ)
    try:
        return CliRunner().invoke(command, list(arguments), obj=settings)
    finally:
        # Chalice itself sets AWS_EXECUTION_ENV when an app is made.
        changed = {name for name in os.environ.keys() | before.keys() if os.environ.get(name) != before.get(name)}
        assert changed <= {"PYTEST_CURRENT_TEST", "AWS_EXECUTION_ENV"}, f"a command changed the environment: {changed}"


def done(result: Result) -> Result:
    """The result, which must be good."""
    error = result.exception
    shown = "" if error is None else f"{error!r}: {getattr(error, 'help', '')}"
    assert result.exit_code == 0, f"{result.output}\n{shown}"
    return result
