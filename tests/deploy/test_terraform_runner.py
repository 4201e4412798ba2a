"""terraform itself, with a resource that needs no provider: where its state is, who may read it, and how it is interrupted."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from coworks_compat.deploy.generate.backend import Backend
from coworks_compat.deploy.generate.roots import write_backend
from coworks_compat.deploy.terraform.process import Interrupted
from coworks_compat.deploy.terraform.runner import Terraform
from cwsauth.errors import DeployError
from tests.deploy.programs import Emulator

pytestmark = [pytest.mark.deploy, pytest.mark.slow, pytest.mark.xdist_group("moto")]


def root(directory: Path, *, seconds: float = 0, backend: str = "local") -> Terraform:
    """A root with one resource that takes so many seconds to make, and a second one that comes after it."""
    command = (
        {"provisioner": {"local-exec": {"command": f"sleep {seconds}; touch {directory}/made"}}} if seconds else {}
    )
    content = {
        "resource": {
            "terraform_data": {
                "first": {"input": "kept", **command},
                "second": {"input": "${terraform_data.first.output}"},
            }
        },
        "output": {"text": {"value": "${terraform_data.second.output}"}},
    }
    directory.mkdir(exist_ok=True)
    (directory / "main.tf.json").write_text(json.dumps(content))
    write_backend(directory, Backend.parse(backend, app="shop", region="eu-west-1"), "dev/api")
    made = Terraform(directory)
    made.init(migrate=backend != "local")
    return made


def applied(terraform: Terraform, plan: Path, **options: Any) -> None:
    assert terraform.plan(plan)
    terraform.apply(plan, **options)


def test_a_state_is_private_and_stays(tmp_path: Path, terraform: None) -> None:
    """Nobody else may read state and plan; a state that was destroyed is empty, which is not the same as none."""
    made = root(tmp_path / "root")
    assert not made.has_state()
    applied(made, tmp_path / "plan")
    assert made.has_state()
    for path in (tmp_path / "plan", tmp_path / "root" / "terraform.tfstate"):
        assert path.stat().st_mode & 0o077 == 0
    assert made.plan(tmp_path / "plan", destroy=True)
    made.apply(tmp_path / "plan")
    assert made.output() == {}
    assert made.has_state()


def test_a_state_moves_along(tmp_path: Path, terraform: None, moto: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """With another backend the state is taken there, and terraform finds everything that it made."""
    import boto3

    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto.url)
    client: Any = boto3.client("s3", region_name="eu-west-1")
    client.create_bucket(Bucket="moved", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    applied(root(tmp_path / "root"), tmp_path / "plan")
    made = root(tmp_path / "root", backend="s3://moved/team?use_path_style=true&skip_s3_checksum=true")
    assert [item["Key"] for item in client.list_objects_v2(Bucket="moved")["Contents"]] == ["team/shop/dev/api.tfstate"]
    assert made.has_state()
    assert made.output() == {"text": "kept"}
    assert not made.plan(tmp_path / "again")


def test_the_first_interruption_is_patient(tmp_path: Path, terraform: None) -> None:
    """What terraform began is finished, all of it is in the state, and then the command ends."""
    made = root(tmp_path / "root", seconds=2)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if "creating terraform_data.first" in line:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(Interrupted, match="keeps in its state what it did") as caught:
        applied(made, tmp_path / "plan", say=say)
    assert "run the command again" in caught.value.help
    assert signal.getsignal(signal.SIGINT) is before
    assert said == [
        "creating terraform_data.first",
        "interrupted: what terraform has begun is finished first; once more breaks it off",
        "creating terraform_data.second",
    ]
    assert (tmp_path / "root" / "made").exists()
    assert made.output() == {"text": "kept"}
    assert not list((tmp_path / "root").glob(".*.lock.info"))


def test_the_second_interruption_breaks_off(tmp_path: Path, terraform: None) -> None:
    """Somebody who insists need not wait: terraform stops, and its lock is released."""
    made = root(tmp_path / "root", seconds=120)
    timers: list[threading.Timer] = []

    def say(line: str) -> None:
        if "creating terraform_data.first" in line:
            timers.extend(
                threading.Timer(after, os.kill, (os.getpid(), number))
                for after, number in ((1, signal.SIGINT), (2, signal.SIGTERM))
            )
            for timer in timers:
                timer.start()

    began = time.monotonic()
    with pytest.raises((Interrupted, DeployError)):
        applied(made, tmp_path / "plan", say=say)
    for timer in timers:
        timer.join()
    assert len(timers) == 2
    assert time.monotonic() - began < 100
    assert not (tmp_path / "root" / "made").exists()
    assert not list((tmp_path / "root").glob(".*.lock.info"))
    assert made.plan(tmp_path / "again")


def test_one_who_does_not_listen(tmp_path: Path, terraform: None) -> None:
    """When what hears of the progress fails, terraform is read on until it has written its state."""
    made = root(tmp_path / "root", seconds=1)

    def say(line: str) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        applied(made, tmp_path / "plan", say=say)
    assert made.output() == {"text": "kept"}


def test_another_version_is_wanted(tmp_path: Path, terraform: None) -> None:
    """terraform's own words about its version, in one line without its frame, and which one to get."""
    made = root(tmp_path / "root")
    (tmp_path / "root" / "own.tf").write_text('terraform {\n  required_version = ">= 99.0"\n}\n')
    with pytest.raises(DeployError, match="Unsupported Terraform Core version") as caught:
        made.has_state()
    assert "│" not in caught.value.message
    assert "\x1b" not in caught.value.message
    assert "cws needs terraform 1.5 or newer" in caught.value.help
