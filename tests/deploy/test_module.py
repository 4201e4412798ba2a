"""The shipped terraform module, by terraform itself: formatted, valid, and its own tests pass. The API root is valid too."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coworks_compat.config.stage import Stage
from coworks_compat.deploy.generate.api import api_root
from coworks_compat.deploy.generate.backend import Backend
from coworks_compat.deploy.generate.roots import MODULE, Roots, write_api, write_stage
from coworks_compat.deploy.service import Authorizer, Route, Service

pytestmark = [pytest.mark.deploy, pytest.mark.slow]

CORS = (("Access-Control-Allow-Origin", "*"),)
SERVICE = Service(
    "shop",
    "app.app",
    (
        Route("GET", "/", "auth", cors=CORS),
        Route("ANY", "/{proxy+}"),
        Route("GET", "/admin/{id}", "auth", api_key=True),
        Route("GET", "/a.b-c_d:e,f/{x.y}", "auth"),
    ),
    (
        Authorizer("auth", "app.app"),
        Authorizer("au-th 2", "app.app", "REQUEST", ("method.request.header.X", "context.stage")),
    ),
    ("image/png",),
)

Run = Callable[..., str]


@pytest.fixture
def run(terraform: None, tmp_path: Path) -> Run:
    """Runs terraform in a directory; it must succeed."""

    def call(directory: Path, *arguments: str) -> str:
        done = subprocess.run(
            ["terraform", *arguments, "-no-color"], cwd=directory, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return call


def test_the_module_is_formatted(run: Run) -> None:
    """`terraform fmt -check` finds nothing to change."""
    assert run(MODULE, "fmt", "-check", "-recursive") == ""


def test_the_module_is_valid_and_its_tests_pass(run: Run, tmp_path: Path) -> None:
    """`terraform validate`, then `terraform test`: the module's own tests, with the provider mocked."""
    directory = tmp_path / "module"
    shutil.copytree(MODULE, directory)
    for name in ("package.zip", "layer.zip"):
        (directory / name).touch()
    run(directory, "init", "-backend=false")
    assert "The configuration is valid" in run(directory, "validate")
    found = re.search(r"Success! (\d+) passed, 0 failed", run(directory, "test"))
    assert found is not None
    assert int(found[1]) == len(re.findall(r"^run ", (MODULE / "tests" / "stage.tftest.hcl").read_text(), re.MULTILINE))


def test_the_roots_are_valid(run: Run, tmp_path: Path) -> None:
    """Both roots as they are written pass `terraform validate`: every reference leads somewhere."""
    roots = Roots(tmp_path, "dev")
    stage = Stage(name="dev", app_name="shop", api_gateway_stage="dev", tags={"a": "${b}"})
    write_api(roots, api_root(SERVICE, stage, policy='{"Statement": []}'), Backend(), region="eu-west-1", eject=False)
    write_stage(roots, {}, Backend(), region="eu-west-1", eject=False)
    for root in (roots.api, roots.of_stage):
        run(root, "init", "-backend=false")
        assert "The configuration is valid" in run(root, "validate")


def test_every_variable_is_described_and_every_value_is_one(run: Run) -> None:
    """Each variable of the module has a description and a type, and everything that cws writes is a variable of it."""
    text = (MODULE / "variables.tf").read_text()
    variables = dict(re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL))
    for name, body in variables.items():
        assert re.search(r"^  description = \"\S", body, re.MULTILINE), name
        assert re.search(r"^  type +=", body, re.MULTILINE), name
    written = set(re.findall(r'"(\w+)": ', _values_source())) - {"rate", "burst"}
    assert written <= set(variables), written - set(variables)
    for name in ("outputs.tf",):
        for body in re.findall(r'^output "\w+" \{\n(.*?)^\}', (MODULE / name).read_text(), re.MULTILINE | re.DOTALL):
            assert "description = " in body


def _values_source() -> str:
    import inspect

    from coworks_compat.deploy.generate.values import stage_values

    return inspect.getsource(stage_values)


def test_deployments_are_made_before_they_are_destroyed() -> None:
    """A stage is never without a deployment, and the trigger is the fingerprint."""
    text = (MODULE / "main.tf").read_text()
    block = re.search(r'^resource "aws_api_gateway_deployment" "stage" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL)
    assert block is not None
    assert "create_before_destroy = true" in block[1]
    assert re.search(r"triggers = \{\s+api = var\.api_fingerprint\s+\}", block[1])


def test_both_roots_ask_for_the_same_versions(tmp_path: Path) -> None:
    """The API root, which is JSON, wants terraform and provider as the module does."""
    roots = Roots(tmp_path, "dev")
    stage = Stage(name="dev", app_name="shop", api_gateway_stage="dev")
    write_api(roots, api_root(SERVICE, stage), Backend(), region="eu-west-1", eject=False)
    wanted: Any = json.loads((roots.api / "versions.tf.json").read_text())["terraform"]
    text = (MODULE / "versions.tf").read_text()
    assert f'required_version = "{wanted["required_version"]}"' in text
    assert f'version = "{wanted["required_providers"]["aws"]["version"]}"' in text
