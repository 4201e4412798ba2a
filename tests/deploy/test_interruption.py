"""A deployment that is stopped in the middle, a state that is not there, and two updates at once: real processes, on MiniStack.

The tests are steps of one story and run in order.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from coworks_compat.deploy import deployed as records
from cwsauth.errors import DeployError
from tests.deploy.programs import Emulator
from tests.deploy.shop import ADMIN, CONFIG, USER, cws, done, edit, write_shop

pytestmark = [pytest.mark.deploy, pytest.mark.slow, pytest.mark.xdist_group("ministack")]

NAME = "cut"


@pytest.fixture(scope="module")
def project(
    ministack_server: Emulator, terraform_config: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    environ = {**ministack_server.environ(), **terraform_config, "SHOP_ADMIN": ADMIN}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        config = json.loads(json.dumps(CONFIG))
        config["environment_variables"] = {"ADMIN_TOKEN": "${env:SHOP_ADMIN}"}
        config["environment_variables_file"] = "tokens.env"
        made = write_shop(tmp_path_factory.mktemp("story") / NAME, config=config, name=NAME)
        (made / ".chalice" / "tokens.env").write_text(f"USER_TOKEN={USER}\n")
        yield made


def started(project: Path, *arguments: str) -> subprocess.Popen[str]:
    """`cws` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "coworks_compat.cli.main", "-p", str(project), *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def stopped(process: subprocess.Popen[str], number: int, when: Callable[[str], bool]) -> str:
    """What a process said that got a signal at the first line that is meant."""
    said: list[str] = []
    with process:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if when is not None and when(line):
                process.send_signal(number)
                break
        rest = process.communicate(timeout=300)[1]
    return "".join(said) + rest


def client(service: str) -> Any:
    import boto3

    make: Any = boto3.client
    return make(service, region_name="eu-west-1")


def apis() -> list[str]:
    return [item["id"] for item in client("apigateway").get_rest_apis()["items"] if item["name"] == NAME]


def release(project: Path) -> str:
    found = records.read(project, "dev")
    assert found is not None
    return str(requests.get(f"{found.url}health", timeout=30).json()["release"])


def test_a_deploy_that_is_interrupted(project: Path) -> None:
    """Ctrl-C in the middle of an apply: terraform finishes what it began, its state is whole, and no lock stays."""
    process = started(project, "deploy", "--stage", "dev", "--yes")
    said = stopped(process, signal.SIGINT, lambda line: "creating aws_api_gateway_method" in line)
    assert process.returncode == 1, said
    assert "interrupted: what terraform has begun is finished first" in said
    assert "help: run the command again" in said
    assert "Traceback" not in said
    root = project / "terraform" / "dev" / "api"
    assert not list(root.glob(".*.lock.info"))
    state = json.loads((root / "terraform.tfstate").read_text())
    methods = [item["name"] for item in state["resources"] if item["type"] == "aws_api_gateway_method"]
    assert len(methods) == 5
    assert len(apis()) == 1


def test_the_second_run_goes_on(project: Path) -> None:
    """The same command again finishes: the same API, and a stage that answers."""
    before = apis()
    done(cws(project, "deploy", "--stage", "dev", "--yes"))
    assert apis() == before
    assert release(project) == "one"
    assert "nothing changed" in done(cws(project, "deploy", "--stage", "dev")).output


def test_secrets_of_a_file(project: Path) -> None:
    """A token of `environment_variables_file` is in the file and in the state, which nobody else may read; nowhere else."""
    holding = [path for path in project.rglob("*") if path.is_file() and USER.encode() in path.read_bytes()]
    assert {path.name for path in holding} == {"tokens.env", "terraform.tfstate"}
    for path in project.glob("terraform/*/*/terraform.tfstate*"):
        assert path.stat().st_mode & 0o077 == 0, path
    shown = client("lambda").get_function_configuration(FunctionName=f"{NAME}-dev")
    assert shown["Environment"]["Variables"]["USER_TOKEN"] == USER


def test_a_state_that_is_not_here(project: Path, tmp_path: Path) -> None:
    """On a machine without the state nothing is made a second time, nothing forgotten: each command says what is missing."""
    copy = tmp_path / NAME
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns("*.tfstate*", ".terraform", "deployments"))
    before = apis()
    for name, arguments in (("deploy", ["--yes"]), ("destroy", ["--yes"]), ("stages", ["--drift"])):
        stage = [] if name == "stages" else ["--stage", "dev"]
        result = cws(copy, name, *stage, *arguments)
        assert isinstance(result.exception, DeployError), result.output
        assert "stage 'dev' is deployed, and terraform has no state of it here" in result.exception.message
    assert records.read(copy, "dev") is not None
    assert apis() == before
    # Code needs no state.
    edit(copy, ('RELEASE = "one"', 'RELEASE = "elsewhere"'))
    done(cws(copy, "update", "--stage", "dev"))
    assert release(copy) == "elsewhere"
    done(cws(project, "update", "--stage", "dev"))
    assert release(project) == "one"


def test_an_update_that_is_cancelled(project: Path) -> None:
    """A CI service ends an update while the new code is tried: the alias goes back to what was seen to work."""
    source = (project / "app.py").read_text()
    edit(
        project,
        ('RELEASE = "one"', 'RELEASE = "slow"'),
        ("    def get_health(self):\n", "    def get_health(self):\n        import time; time.sleep(8)\n"),
    )
    process = started(project, "update", "--stage", "dev")
    said = stopped(process, signal.SIGTERM, lambda line: "trying it" in line)
    (project / "app.py").write_text(source)
    assert process.returncode == 1, said
    assert "switching from version" in said
    assert release(project) == "one"
    done(cws(project, "update", "--stage", "dev"))
    assert release(project) == "one"


def test_two_updates_at_once(project: Path, tmp_path: Path) -> None:
    """Two processes send different code at the same time: what is shown afterwards is the whole code of one that won."""
    copies = [tmp_path / word for word in ("left", "right")]
    for copy in copies:
        shutil.copytree(project, copy, ignore=shutil.ignore_patterns(".terraform"))
        edit(copy, ('RELEASE = "one"', f'RELEASE = "{copy.name}"'))
    running = [started(copy, "update", "--stage", "dev", "--json") for copy in copies]
    ends = [(process.communicate(timeout=300), process.returncode) for process in running]
    won = [copy.name for copy, (_, code) in zip(copies, ends, strict=True) if code == 0]
    assert won, ends
    assert release(project) in won
    for (out, err), code in ends:
        if code == 0:
            assert json.loads(out)["updated"] is True
        else:
            assert "somebody else changed" in err
            assert out == ""


def test_an_owner_that_became_a_guest(project: Path) -> None:
    """A stage that had an API of its own, and is deployed on another's, is destroyed as the guest that it is."""
    done(cws(project, "deploy", "--stage", "master", "--yes"))
    done(cws(project, "destroy", "--stage", "dev", "--yes"))
    done(cws(project, "deploy", "--stage", "dev", "--rest_api_id", "master", "--yes"))
    assert len(apis()) == 1
    done(cws(project, "destroy", "--stage", "dev", "--yes"))
    assert len(apis()) == 1
    done(cws(project, "destroy", "--stage", "master", "--yes"))
    assert apis() == []
