"""`cws export -f terraform`: what it writes is terraform, and the authorizer guards every method."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from coworks_compat.cli.group import run
from coworks_compat.cli.service import forget_modules

from ..compat.project import write_project

pytestmark = [pytest.mark.deploy, pytest.mark.slow, pytest.mark.usefixtures("terraform")]


def exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A terraform root with the exported file and nothing else."""
    project = write_project(tmp_path / "shop")
    root = tmp_path / "root"
    root.mkdir()
    for name in ("ADMIN_TOKEN", "USER_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    try:
        assert run(["-p", str(project), "export", "-f", "terraform", "-o", str(root / "api.tf.json")]) == 0
    finally:
        forget_modules(project)
        for name in ("ADMIN_TOKEN", "USER_TOKEN"):
            os.environ.pop(name, None)
    return root


def test_terraform_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`terraform init` and `terraform validate` of the file alone: every reference in it leads somewhere."""
    root = exported(tmp_path, monkeypatch)
    for command in (["init", "-backend=false", "-input=false", "-no-color"], ["validate", "-no-color"]):
        done = subprocess.run(
            ["terraform", *command], cwd=root, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_guarded_method_has_the_authorizer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the open one has none; no token of the stage is in the file."""
    text = (exported(tmp_path, monkeypatch) / "api.tf.json").read_text()
    methods = json.loads(text)["resource"]["aws_api_gateway_method"].values()
    by_kind = {kind: [m for m in methods if m["authorization"] == kind] for kind in ("CUSTOM", "NONE")}
    assert len(by_kind["CUSTOM"]) == 3
    assert all("authorizer_id" in method for method in by_kind["CUSTOM"])
    assert [method["http_method"] for method in by_kind["NONE"]] == ["GET"]
    assert '"admin"' not in text
