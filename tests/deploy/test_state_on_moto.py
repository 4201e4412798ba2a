"""A second opinion: the same apply, plan and destroy on moto, with the state in S3, where a lock is contended.

The tests are steps of one story and run in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coworks_compat.deploy import deployed as records
from cwsauth.errors import DeployError
from tests.deploy.programs import Emulator
from tests.deploy.shop import ADMIN, CONFIG, USER, cws, done, write_shop

pytestmark = [pytest.mark.deploy, pytest.mark.slow, pytest.mark.xdist_group("moto")]

# moto answers invocations without running code, and serves no stage: no smoke call. `binary_media_types` never converge.
BACKEND = "s3://states/team?use_path_style=true&skip_s3_checksum=true"
APP_WITHOUT_BINARY = "\napp.api.binary_types = []\n"


@pytest.fixture(scope="module")
def project(
    moto_server: Emulator, terraform_config: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    environ = {**moto_server.environ(), **terraform_config, "SHOP_ADMIN": ADMIN, "SHOP_USER": USER}
    environ["AWS_ENDPOINT_URL_S3"] = moto_server.url
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        client("s3").create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        client("s3").create_bucket(Bucket="packages", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        config = {**CONFIG, "backend": BACKEND}
        del config["smoke"]
        made = write_shop(tmp_path_factory.mktemp("story") / "shop", config=config)
        (made / "app.py").write_text((made / "app.py").read_text() + APP_WITHOUT_BINARY)
        yield made


def client(service: str) -> Any:
    import boto3

    make: Any = boto3.client
    return make(service, region_name="eu-west-1")


def keys() -> set[str]:
    return {item["Key"] for item in client("s3").list_objects_v2(Bucket="states").get("Contents", [])}


def test_deploy_with_the_state_in_s3(project: Path) -> None:
    """Both roots keep their state below the prefix and the app's name; nothing of it lies here; the package goes by S3."""
    done(cws(project, "deploy", "--stage", "dev", "--yes", "--bucket", "packages"))
    assert keys() == {"team/shop/dev/api.tfstate", "team/shop/dev/stage.tfstate"}
    assert [path for path in project.rglob("terraform.tfstate") if path.parent.name != ".terraform"] == []
    packages = client("s3").list_objects_v2(Bucket="packages")["Contents"]
    assert [item["Key"].startswith("cws/shop-dev/") for item in packages] == [True]


def test_the_plan_is_clean(project: Path) -> None:
    """Against another emulator too, nothing drifts."""
    result = done(cws(project, "stages", "--drift", "--json"))
    found = {item["stage"]: item for item in json.loads(result.stdout)}
    assert found["dev"]["terraform"] == []
    assert found["dev"]["drift"] == []
    assert found["master"]["rest_api_id"] == ""


def test_a_contended_lock(project: Path) -> None:
    """While somebody else holds the lock, a deploy says so and changes nothing; afterwards it goes through."""
    lock = {
        "ID": "1",
        "Operation": "OperationTypeApply",
        "Who": "somebody@elsewhere",
        "Created": "2026-01-01T00:00:00Z",
        "Path": "states",
    }
    key = "team/shop/dev/stage.tfstate.tflock"
    client("s3").put_object(Bucket="states", Key=key, Body=json.dumps(lock).encode())
    try:
        result = cws(project, "deploy", "--stage", "dev", "--yes")
    finally:
        client("s3").delete_object(Bucket="states", Key=key)
    assert isinstance(result.exception, DeployError)
    assert "state lock" in result.exception.message
    assert "somebody else is deploying" in result.exception.help
    assert "nothing changed" in done(cws(project, "deploy", "--stage", "dev")).output


def test_the_owner_is_switched(project: Path) -> None:
    """`--make-owner` moves the API's root and its state to a guest; nothing at AWS changes, and the plan stays clean."""
    done(cws(project, "deploy", "--stage", "master", "--rest_api_id", "dev", "--yes"))
    done(cws(project, "stages", "--make-owner", "master"))
    assert "team/shop/master/api.tfstate" in keys()
    assert not (project / "terraform" / "dev" / "api").exists()
    owners = {found.stage: found.owner for found in records.read_all(project)}
    assert owners == {"dev": "master", "master": "master"}
    assert "nothing changed" in done(cws(project, "deploy", "--stage", "master")).output


def test_destroy(project: Path) -> None:
    """The old owner, a guest now, goes first; then the new one with the API; nothing is left."""
    result = cws(project, "destroy", "--stage", "master", "--yes")
    assert isinstance(result.exception, DeployError)
    assert "dev is on it" in result.exception.message
    for stage in ("dev", "master"):
        done(cws(project, "destroy", "--stage", stage, "--yes"))
    # The server is shared with other files, which leave what is theirs.
    assert "shop" not in [api["name"] for api in client("apigateway").get_rest_apis()["items"]]
    names = [function["FunctionName"] for function in client("lambda").list_functions()["Functions"]]
    assert not {"shop-dev", "shop-master"} & set(names)
