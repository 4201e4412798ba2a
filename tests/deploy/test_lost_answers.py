"""A deployment whose answers get lost, and one that finds what somebody else made: terraform against MiniStack, through a proxy.

The tests are steps of one story and run in order.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from coworks_compat.deploy import deployed as records
from cwsauth.errors import DeployError
from tests.deploy.faults import ADD_PERMISSION, REMOVE_PERMISSION, Fault, Proxy, proxy
from tests.deploy.programs import Emulator
from tests.deploy.shop import ADMIN, CONFIG, USER, cws, done, write_shop

pytestmark = [pytest.mark.deploy, pytest.mark.slow, pytest.mark.xdist_group("ministack")]

NAME = "lost"
FUNCTION = f"{NAME}-dev"
API, AUTHORIZER = "aws_lambda_permission.api", 'aws_lambda_permission.authorizer["auth"]'
# AWS says ResourceConflictException, at which terraform's provider asks again for five minutes before it gives up.
# Without the last word it gives up at once.
CONFLICT = (409, "ResourceConflict")


@dataclass
class World:
    """A project whose AWS is behind a proxy; `direct` is the way around it."""

    project: Path
    proxy: Proxy
    direct: Any

    @property
    def root(self) -> Path:
        return self.project / "terraform" / "dev" / "stage"

    def deploy(self) -> Any:
        return cws(self.project, "deploy", "--stage", "dev", "--yes")

    def statements(self) -> dict[str, Any]:
        """The permissions on the alias, by name."""
        policy = json.loads(self.direct.get_policy(FunctionName=FUNCTION, Qualifier="live")["Policy"])
        return {statement["Sid"]: statement for statement in policy["Statement"]}

    def known(self) -> set[str]:
        """The permissions in terraform's state."""
        state = json.loads((self.root / "terraform.tfstate").read_text())
        return {
            instance["attributes"]["statement_id"]
            for resource in state["resources"]
            if resource["type"] == "aws_lambda_permission"
            for instance in resource["instances"]
        }

    def forget(self, address: str) -> None:
        """Takes a resource out of the state, as if its answer had been lost in a run that was ended before it gave up."""
        program = shutil.which("terraform")
        assert program is not None
        subprocess.run(
            [program, "state", "rm", address], cwd=self.root, env=os.environ, check=True, capture_output=True
        )

    def settings(self, **changes: object) -> None:
        path = self.project / ".chalice" / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.fixture(scope="module")
def world(
    ministack_server: Emulator, terraform_config: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    import boto3

    environ = {**ministack_server.environ(), **terraform_config, "SHOP_ADMIN": ADMIN, "SHOP_USER": USER}
    with pytest.MonkeyPatch.context() as patch, proxy(ministack_server.url) as between:
        for name, value in environ.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        make: Any = boto3.client
        direct = make("lambda", region_name="eu-west-1", endpoint_url=ministack_server.url)
        patch.setenv("AWS_ENDPOINT_URL", between.url)
        try:
            yield World(write_shop(tmp_path_factory.mktemp("story") / NAME, config=CONFIG, name=NAME), between, direct)
        finally:
            # Quicker than cws destroy, and enough for those who count functions and APIs.
            gateway = make("apigateway", region_name="eu-west-1", endpoint_url=ministack_server.url)
            for api in gateway.get_rest_apis()["items"]:
                if api["name"] == NAME:
                    gateway.delete_rest_api(restApiId=api["id"])
            direct.delete_function(FunctionName=FUNCTION)


def test_permissions_whose_answers_get_lost(world: World) -> None:
    """Both permissions are made, their answers cut off, and terraform's second tries refused: the deploy takes them in."""
    world.proxy.faults.extend(
        fault
        for _ in (API, AUTHORIZER)
        for fault in (Fault(ADD_PERMISSION, cut=True), Fault(ADD_PERMISSION, answer=CONFLICT, forward=False))
    )
    result = done(world.deploy())
    assert "AWS has permission 'api' already, as it shall be: taking it in" in result.output
    assert "AWS has permission 'authorizer-auth' already" in result.output
    assert world.proxy.count(ADD_PERMISSION) == 4
    assert world.proxy.count(REMOVE_PERMISSION) == 0
    assert world.known() == set(world.statements()) == {"api", "authorizer-auth"}
    record = records.read(world.project, "dev")
    assert record is not None
    assert requests.get(f"{record.url}admin", headers={"Authorization": ADMIN}, timeout=30).status_code == 200
    for path in world.root.glob("terraform.tfstate*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_permission_that_the_state_lacks(world: World) -> None:
    """What is to be made and is there already, as it shall be, is taken in before terraform tries to make it."""
    world.forget(AUTHORIZER)
    before, asked = world.statements(), world.proxy.count(ADD_PERMISSION)
    assert "AWS has permission 'authorizer-auth' already" in done(world.deploy()).output
    assert world.known() == {"api", "authorizer-auth"}
    assert world.statements() == before
    assert world.proxy.count(ADD_PERMISSION) == asked


def test_what_somebody_else_made(world: World) -> None:
    """A log group, and a statement of our name that lets in somebody else: neither is taken in or removed, and help is given."""
    import boto3

    make: Any = boto3.client
    logs = make("logs", region_name="eu-west-1")
    group = f"/aws/apigateway/{FUNCTION}/access"
    logs.create_log_group(logGroupName=group)
    world.settings(access_logs={"retention_in_days": 7})
    world.forget(API)
    theirs = {"FunctionName": FUNCTION, "Qualifier": "live", "StatementId": "api"}
    world.direct.remove_permission(**theirs)
    world.direct.add_permission(**theirs, Action="lambda:InvokeFunction", Principal="events.amazonaws.com")
    seen = world.statements()
    world.proxy.faults.append(Fault(ADD_PERMISSION, answer=CONFLICT, forward=False))
    result = world.deploy()
    assert isinstance(result.exception, DeployError), result.output
    for word in ("aws_lambda_permission.api", "aws_cloudwatch_log_group.access", "ResourceAlreadyExistsException"):
        assert word in result.exception.message
    assert (
        result.exception.help
        == "it exists outside terraform's state: delete it, or bring it in with 'terraform import'"
    )
    assert "taking it in" not in result.output
    assert world.statements() == seen
    assert world.known() == {"authorizer-auth"}
    assert world.proxy.count(REMOVE_PERMISSION) == 0
    assert [item["logGroupName"] for item in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]] == [group]
