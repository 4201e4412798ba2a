"""Two stages on one API, from first deploy to destroy, by terraform against MiniStack and over real HTTP.

The tests are steps of one story and run in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from coworks_compat.deploy import deployed as records
from coworks_compat.deploy.release import RolledBack
from coworks_compat.deploy.update import NeedsDeploy
from cwsauth.errors import DeployError
from tests.deploy.programs import Emulator
from tests.deploy.shop import ADMIN, USER, cws, done, edit, write_shop

pytestmark = [pytest.mark.deploy, pytest.mark.slow, pytest.mark.xdist_group("ministack")]

CALLS = [
    ("GET", "/product/1"), ("GET", "/products"), ("PUT", "/product/1"), ("GET", "/admin"), ("GET", "/health"),
    ("GET", "/nothing"), ("GET", "/product"), ("DELETE", "/product/1"), ("GET", "/product/1/2"),
]  # fmt: skip
TOKENS = [None, "nobody-knows-it", USER, ADMIN]


@dataclass
class World:
    """The project, and everything that any command printed."""

    project: Path
    emulator: Emulator
    output: list[str] = field(default_factory=list)

    def cws(self, name: str, *arguments: str) -> Any:
        result = cws(self.project, name, *arguments)
        error = result.exception
        self.output.append(
            f"{result.output}{result.stderr}{error!r}{getattr(error, 'help', '')}{error and error.__context__!r}"
        )
        return result

    def record(self, stage: str) -> records.Deployed:
        found = records.read(self.project, stage)
        assert found is not None
        return found

    def call(self, stage: str, method: str, path: str, token: str | None = None) -> requests.Response:
        headers = {"Authorization": token} if token else {}
        return requests.request(method, self.record(stage).url.rstrip("/") + path, headers=headers, timeout=30)

    def release(self, stage: str) -> str:
        return str(self.call(stage, "GET", "/health").json()["release"])

    def client(self, service: str) -> Any:
        import boto3

        make: Any = boto3.client
        return make(service, region_name="eu-west-1")


@pytest.fixture(scope="module")
def world(
    ministack_server: Emulator, terraform_config: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    environ = {**ministack_server.environ(), **terraform_config, "SHOP_ADMIN": ADMIN, "SHOP_USER": USER}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        yield World(write_shop(tmp_path_factory.mktemp("story") / "shop"), ministack_server)


def local_statuses(world: World, stage: str, calls: list[tuple[str, str]]) -> dict[tuple[str, str, str | None], int]:
    """What the local gateway answers to the same calls."""
    from coworks_compat.deploy.context import Context, import_app
    from coworks_compat.pytest.client import ServiceClient

    with pytest.MonkeyPatch.context() as patch:
        for name, secret in Context.open(world.project, stage).environ().items():
            patch.setenv(name, secret.reveal())
        client = ServiceClient(import_app(world.project, "app", "app"), stage=stage)
        return {
            (method, path, token): client.call(method, path, token=token).status
            for method, path in calls
            for token in TOKENS
        }


def test_dry_run_changes_nothing(world: World) -> None:
    """`--dry-run` says what would be done, writes the plan without secrets, and makes nothing."""
    plan = world.project / "plan.json"
    result = done(world.cws("deploy", "--stage", "dev", "--dry-run", "--plan-out", str(plan)))
    assert "adds route GET /health, open to everyone" in result.output
    assert "creates function 'shop-dev'" in result.output
    assert records.read(world.project, "dev") is None
    assert world.client("apigateway").get_rest_apis()["items"] == []
    text = plan.read_text()
    assert "aws_lambda_function" in text
    assert ADMIN not in text
    assert USER not in text


def test_first_deploy(world: World) -> None:
    """`cws deploy` makes the API and the stage, prints the URL, and writes the record in Chalice's format."""
    result = done(world.cws("deploy", "--stage", "dev", "--yes"))
    record = world.record("dev")
    assert result.stdout.strip() == record.url
    written = json.loads(records.path_of(world.project, "dev").read_text())
    assert written["schema_version"] == "2.0"
    assert {item["resource_type"] for item in written["resources"]} == {"lambda_function", "rest_api"}
    assert record.owner == "dev"
    assert [release.version for release in record.releases] == ["1"]


def test_chalice_reads_the_record(world: World) -> None:
    """Chalice's own code finds the function and the API in the file that cws wrote."""
    from chalice.config import Config

    found = Config(config_from_disk={"project_dir": str(world.project)}).deployed_resources("dev")
    assert found.resource_values("rest_api")["rest_api_id"] == world.record("dev").rest_api_id


def test_access_table_of_dev(world: World) -> None:
    """Every route with every token answers over HTTP as behind the local gateway: 200, 401 or 403."""
    expected = local_statuses(world, "dev", CALLS)
    assert set(expected.values()) >= {200, 401, 403}
    found = {key: world.call("dev", key[0], key[1], key[2]).status_code for key in expected}
    assert found == expected


def test_refusals_have_cors_headers(world: World) -> None:
    """A browser sees a 401 and a 403 with the origin that may read it."""
    for token, status in ((None, 401), ("nobody-knows-it", 403)):
        answer = world.call("dev", "GET", "/admin", token)
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"


def test_second_deploy_changes_nothing(world: World) -> None:
    """The same project again: an empty plan, the same version, the same deployment, nobody asked."""
    before = world.record("dev")
    result = done(world.cws("deploy", "--stage", "dev"))
    assert "nothing changed" in result.output
    assert world.record("dev") == before


def test_a_guest_on_the_api_of_dev(world: World) -> None:
    """`--rest_api_id dev` puts master on dev's API: no other API, its own function and variables, dev untouched."""
    dev = world.record("dev")
    deployment = world.client("apigateway").get_stage(restApiId=dev.rest_api_id, stageName="dev")["deploymentId"]
    done(world.cws("deploy", "--stage", "master", "--rest_api_id", "dev", "--yes"))
    master = world.record("master")
    assert (master.rest_api_id, master.owner, master.function_name) == (dev.rest_api_id, "dev", "shop-master")
    assert len(world.client("apigateway").get_rest_apis()["items"]) == 1
    after = world.client("apigateway").get_stage(restApiId=dev.rest_api_id, stageName="dev")
    assert after["deploymentId"] == deployment
    assert world.call("master", "GET", "/health").json()["stage"] == "master"
    assert world.call("dev", "GET", "/health").json()["stage"] == "dev"


def test_access_table_of_master(world: World) -> None:
    """The guest is guarded as the owner is."""
    expected = local_statuses(world, "master", CALLS)
    assert {key: world.call("master", key[0], key[1], key[2]).status_code for key in expected} == expected


def test_stage_and_function_at_aws(world: World) -> None:
    """The stage names its function and keeps its variables; permissions name API and stage; logs do not live for ever."""
    record = world.record("dev")
    stage = world.client("apigateway").get_stage(restApiId=record.rest_api_id, stageName="dev")
    assert stage["variables"] == {"cws_function": "shop-dev", "table": "products-dev"}
    policy = json.loads(world.client("lambda").get_policy(FunctionName="shop-dev", Qualifier="live")["Policy"])
    sources = [next(iter(s["Condition"].values()))["AWS:SourceArn"] for s in policy["Statement"]]
    assert all(record.rest_api_id in source for source in sources)
    assert any(source.endswith(f"{record.rest_api_id}/dev/*/*") for source in sources)
    groups = world.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/shop-")["logGroups"]
    assert {group["retentionInDays"] for group in groups} == {7}


def test_stages(world: World) -> None:
    """`cws stages` says what is where, and finds no drift, not by terraform either."""
    result = done(world.cws("stages", "--drift", "--json"))
    found = {item["stage"]: item for item in json.loads(result.stdout)}
    assert set(found) == {"dev", "master"}
    for item in found.values():
        assert item["version"] == "1"
        assert item["drift"] == []
        assert item["terraform"] == []


def test_verify(world: World) -> None:
    """`cws verify` finds both stages guarded as their code says."""
    for stage in ("dev", "master"):
        result = done(world.cws("verify", "--stage", stage, "--json"))
        found = json.loads(result.stdout)
        assert {item["grade"] for item in found} == {"good"}, found
        assert len(found) == 8


def test_verify_finds_what_somebody_opened(world: World) -> None:
    """A method opened by hand, and a stage that calls another function, are found: exit code 1, and drift."""
    client, api = world.client("apigateway"), world.record("dev").rest_api_id
    resources = client.get_resources(restApiId=api, limit=500)["items"]
    place = {
        "restApiId": api,
        "resourceId": next(item["id"] for item in resources if item["path"] == "/admin"),
        "httpMethod": "GET",
    }
    stage = {"restApiId": api, "stageName": "dev"}

    def set_to(kind: str, function: str) -> None:
        client.update_method(**place, patchOperations=[{"op": "replace", "path": "/authorizationType", "value": kind}])
        client.update_stage(
            **stage, patchOperations=[{"op": "replace", "path": "/variables/cws_function", "value": function}]
        )

    set_to("NONE", "shop-master")
    try:
        result = world.cws("verify", "--stage", "dev")
        drift = world.cws("stages")
    finally:
        set_to("CUSTOM", "shop-dev")
    assert result.exit_code == 1
    assert "GET /admin is open there and authorizer 'auth' here" in result.output
    assert "GET /admin: 200" in result.output or "GET /admin: 4" in result.output
    assert "drift in dev: the stage calls shop-master instead of shop-dev" in drift.output
    done(world.cws("verify", "--stage", "dev"))


def test_update_of_the_same_code(world: World) -> None:
    """The same bytes are not sent again."""
    assert "nothing to do" in done(world.cws("update", "--stage", "dev")).output


def test_update_of_one_stage(world: World) -> None:
    """`cws update` sends new code to one stage; the other one keeps its own."""
    edit(world.project, ('RELEASE = "one"', 'RELEASE = "two"'))
    assert "could be sent" in done(world.cws("update", "--stage", "dev", "--dry-run")).output
    assert world.release("dev") == "one"
    assert "version 2 (before: 1)" in done(world.cws("update", "--stage", "dev")).output
    assert (world.release("dev"), world.release("master")) == ("two", "one")


def test_rollback_and_forward(world: World) -> None:
    """`cws rollback` goes back, once more goes forward, `--to` anywhere; a version that is not there is named."""
    done(world.cws("rollback", "--stage", "dev"))
    assert world.release("dev") == "one"
    done(world.cws("rollback", "--stage", "dev"))
    assert world.release("dev") == "two"
    done(world.cws("rollback", "--stage", "dev", "--to", "1"))
    assert world.release("dev") == "one"
    result = world.cws("rollback", "--stage", "dev", "--to", "99")
    assert isinstance(result.exception, DeployError)
    assert "no version '99'" in result.exception.message
    assert "there are 1, 2" in result.exception.help
    done(world.cws("rollback", "--stage", "dev", "--to", "2"))
    assert world.release("dev") == "two"


def test_code_that_does_not_start(world: World) -> None:
    """A module that cannot be imported is found before the alias moves: the stage never shows it."""
    source = (world.project / "app.py").read_text()
    # It works here, and not there: `update` itself imports the app.
    (world.project / "app.py").write_text(
        "import os\nif 'AWS_LAMBDA_FUNCTION_NAME' in os.environ:\n    raise OSError('canary')\n" + source
    )
    result = world.cws("update", "--stage", "dev")
    (world.project / "app.py").write_text(source)
    assert isinstance(result.exception, RolledBack)
    assert "does not start" in result.exception.message
    assert "canary" not in f"{result.exception.message}{result.exception.help}"
    assert world.release("dev") == "two"


def test_code_that_fails_its_smoke_call(world: World) -> None:
    """Code whose smoke call is wrong is switched to, seen, and switched back, all by itself."""
    source = (world.project / "app.py").read_text()
    edit(world.project, ('return {"release": RELEASE, "stage"', 'return 1 / 0, {"release": RELEASE, "stage"'))
    result = world.cws("update", "--stage", "dev")
    (world.project / "app.py").write_text(source)
    assert isinstance(result.exception, RolledBack)
    assert "fails its smoke call: GET /health: status 400 instead of 200" in result.exception.message
    assert world.release("dev") == "two"
    alias = world.client("lambda").get_alias(FunctionName="shop-dev", Name="live")
    assert alias["FunctionVersion"] == "2"


def test_a_second_run_repairs(world: World) -> None:
    """After the failures the good code is released again, although the function holds the bad one."""
    assert "version" in done(world.cws("update", "--stage", "dev")).output
    assert world.release("dev") == "two"


def test_stale_routes_are_refused(world: World) -> None:
    """A new route, an opened one, or another setting is no code: `update` lists them and does nothing."""
    source = (world.project / "app.py").read_text()
    edit(
        world.project,
        (
            "    def get_admin(self):",
            "    def get_orders(self):\n        return []\n\n    @entry(no_auth=True)\n    def get_admin(self):",
        ),
    )
    result = world.cws("update", "--stage", "dev")
    (world.project / "app.py").write_text(source)
    assert isinstance(result.exception, NeedsDeploy)
    assert [str(found) for found in result.exception.differences] == [
        "route GET /admin: authorizer auth -> public",
        "route GET /orders: new",
    ]
    assert "cws deploy --stage dev" in result.exception.help
    assert world.release("dev") == "two"


def test_after_an_update_the_plan_is_clean(world: World) -> None:
    """terraform does not want its own code back: the code belongs to `update`."""
    result = world.cws("stages", "--drift", "--json")
    assert result.exit_code == 0, result.output
    assert [item["terraform"] for item in json.loads(result.stdout)] == [[], []]


def test_a_guest_must_be_covered(world: World) -> None:
    """A guest with a route that the API lacks is told which, and that the owner comes first."""
    edit(
        world.project,
        ("    def get_admin(self):", "    def get_orders(self):\n        return []\n\n    def get_admin(self):"),
    )
    result = world.cws("deploy", "--stage", "master", "--yes")
    assert isinstance(result.exception, DeployError)
    assert "GET /orders is missing" in result.exception.message
    assert "cws deploy --stage dev" in result.exception.help
    assert world.call("master", "GET", "/orders", ADMIN).status_code == 403


def test_a_new_route(world: World) -> None:
    """The owner gets the route, with its code and guarded; the guest gets it when it is deployed."""
    result = done(world.cws("deploy", "--stage", "dev", "--yes"))
    assert "adds route GET /orders" in result.output
    statuses = [world.call("dev", "GET", "/orders", token).status_code for token in (None, USER, ADMIN)]
    assert statuses == [401, 403, 200]
    done(world.cws("deploy", "--stage", "master", "--yes"))
    assert world.call("master", "GET", "/orders", ADMIN).status_code == 200
    assert world.record("master").owner == "dev"


def test_logs(world: World) -> None:
    """`cws logs` shows what the function wrote."""
    edit(
        world.project,
        ("    def get_orders(self):\n", "    def get_orders(self):\n        print('orders were asked for')\n"),
    )
    done(world.cws("update", "--stage", "dev"))
    world.call("dev", "GET", "/orders", ADMIN)
    assert "orders were asked for" in done(world.cws("logs", "--stage", "dev", "--since", "10m")).output


def test_the_owner_stays_while_it_has_guests(world: World) -> None:
    """`cws destroy` of the owner is refused, with the guest's name and both ways out."""
    result = world.cws("destroy", "--stage", "dev", "--yes")
    assert isinstance(result.exception, DeployError)
    assert "master is on it" in result.exception.message
    assert "--make-owner master" in result.exception.help
    assert world.release("dev") == "two"


def test_destroy(world: World) -> None:
    """The guest goes and leaves the owner as it was; the owner goes with its API, and nothing is left."""
    done(world.cws("destroy", "--stage", "master", "--yes"))
    assert world.release("dev") == "two"
    stages = world.client("apigateway").get_stages(restApiId=world.record("dev").rest_api_id)["item"]
    assert [stage["stageName"] for stage in stages] == ["dev"]
    done(world.cws("destroy", "--stage", "dev", "--yes"))
    assert world.client("apigateway").get_rest_apis()["items"] == []
    assert world.client("lambda").list_functions()["Functions"] == []
    assert [role["RoleName"] for role in world.client("iam").list_roles()["Roles"] if "shop" in role["RoleName"]] == []
    assert world.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/shop-")["logGroups"] == []
    assert records.read_all(world.project) == ()


def test_no_secret_was_shown(world: World) -> None:
    """In all of this no command printed a token, and no file but terraform's state holds one."""
    assert len(world.output) > 15
    shown = "".join(world.output)
    files = [
        path
        for path in world.project.rglob("*")
        if path.is_file() and ".tfstate" not in path.name and ".terraform/" not in path.as_posix()
    ]
    assert len(files) > 10
    for secret in (ADMIN, USER):
        assert secret not in shown
        for path in files:
            assert secret.encode() not in path.read_bytes(), path
