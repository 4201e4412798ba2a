"""`cws deploy --engine chalice`: Chalice's own deployer on moto, with cws's stages and its `--rest_api_id`.

What cannot be seen here: moto takes the OpenAPI document of an API but drops its authorizers and calls no function, so
whether the stage is guarded is for `cws verify` on AWS.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coworks_compat.deploy import deployed as records
from cwsauth.errors import ConfigError, DeployError
from tests.deploy.faults import Fault, proxy
from tests.deploy.programs import Emulator
from tests.deploy.shop import ADMIN, CONFIG, USER, cws, done, write_shop

pytest.importorskip("chalice", reason="Chalice's deployer is what is driven here")

pytestmark = [pytest.mark.deploy, pytest.mark.slow, pytest.mark.xdist_group("moto")]

APP = """
import os

from chalice import Chalice

app = Chalice(app_name="plain")


@app.authorizer()
def auth(request):
    return {}


@app.route("/product", authorizer=auth)
def product():
    return {"token": os.environ["ADMIN_TOKEN"]}
"""


def client(service: str) -> Any:
    import boto3

    make: Any = boto3.client
    return make(service, region_name="eu-west-1")


def as_moto_reads_it(document: dict[str, Any]) -> dict[str, Any]:
    """Chalice's Swagger 2 as the OpenAPI 3 that moto takes: the same paths, verbs and integrations."""
    key = "x-amazon-apigateway-integration"
    paths = {
        path: {
            verb: {"responses": {"200": {"description": ""}}, key: {**operation[key], "responses": {}}}
            for verb, operation in verbs.items()
        }
        for path, verbs in document["paths"].items()
    }
    return {"openapi": "3.0.1", "info": {"description": "", **document["info"]}, "paths": paths}


@pytest.fixture
def plain(tmp_path: Path, moto: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SHOP_ADMIN", ADMIN)
    monkeypatch.setenv("SHOP_USER", USER)
    config = json.loads(json.dumps(CONFIG))
    del config["stages"]["dev"]["stage_variables"]
    project = write_shop(tmp_path / "plain", app=APP, config=config, name="plain")
    (project / "requirements.txt").touch()
    with proxy(moto.url) as between:
        for kind in (("POST", "/restapis"), ("PUT", "/restapis/[^/]+")):
            between.faults.append(Fault(kind, 9, amend=as_moto_reads_it))
        monkeypatch.setenv("AWS_ENDPOINT_URL", between.url)
        yield project


def test_two_stages_on_one_api(plain: Path) -> None:
    """Chalice deploys dev; master goes on dev's API, with its own function and its own variables."""
    first = done(cws(plain, "deploy", "--engine", "chalice", "--stage", "dev", "--yes"))
    api = records.rest_api_of(plain, "dev")
    assert api is not None
    assert api in first.stdout
    result = done(cws(plain, "deploy", "--engine", "chalice", "--stage", "master", "--rest_api_id", "dev", "--yes"))
    assert records.rest_api_of(plain, "master") == api
    assert f"on the API {api}" in result.output
    assert [item["id"] for item in client("apigateway").get_rest_apis()["items"]] == [api]
    assert {item["stageName"] for item in client("apigateway").get_stages(restApiId=api)["item"]} == {"dev", "master"}
    master = client("lambda").get_function_configuration(FunctionName="plain-master")
    assert master["Environment"]["Variables"]["STAGE"] == "master"
    assert master["Environment"]["Variables"]["ADMIN_TOKEN"] == ADMIN
    assert master["MemorySize"] == 256
    assert ADMIN not in first.output + result.output


def test_the_engines_do_not_mix(plain: Path) -> None:
    """A stage that Chalice deployed is not taken over by terraform, and the other way round."""
    records.path_of(plain, "dev").parent.mkdir(parents=True)
    resource = {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": "abc123"}
    records.path_of(plain, "dev").write_text(json.dumps({"resources": [resource], "schema_version": "2.0"}))
    result = cws(plain, "deploy", "--stage", "dev", "--yes")
    assert isinstance(result.exception, DeployError)
    assert "was deployed by Chalice's own deployer" in result.exception.message
    made = records.Deployed("dev", "dev", "abc123", "u", "dev", "f", "a", "1", "r")
    records.write(plain, made)
    result = cws(plain, "deploy", "--engine", "chalice", "--stage", "dev", "--yes")
    assert isinstance(result.exception, DeployError)
    assert "was deployed with terraform" in result.exception.message


def test_what_it_cannot_do(plain: Path) -> None:
    """Another module and stage variables are refused before anything is done."""
    result = cws(plain, "deploy", "--engine", "chalice", "-m", "shop", "--yes")
    assert isinstance(result.exception, ConfigError)
    assert "Chalice deploys a module 'app'" in result.exception.message
    config = json.loads((plain / ".chalice" / "config.json").read_text())
    config["stages"]["dev"]["stage_variables"] = {"a": "b"}
    (plain / ".chalice" / "config.json").write_text(json.dumps(config))
    result = cws(plain, "deploy", "--engine", "chalice", "--yes")
    assert isinstance(result.exception, ConfigError)
    assert "stage variables" in result.exception.message


def test_dry_run(plain: Path) -> None:
    """`--dry-run` says where the stage would go, and nothing is made."""
    result = done(cws(plain, "deploy", "--engine", "chalice", "--dry-run"))
    assert "on an API of its own" in result.output
    assert records.rest_api_of(plain, "dev") is None
