"""Where the state lies, what the function gets as environment, and which files are written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coworks_compat.config.references import Reference, Resolver, parse
from coworks_compat.config.stage import Stage
from coworks_compat.deploy.aws import Identity
from coworks_compat.deploy.generate.api import api_root
from coworks_compat.deploy.generate.backend import Backend
from coworks_compat.deploy.generate.roots import Roots, api_fingerprint, write_api, write_stage
from coworks_compat.deploy.generate.values import ApiPlace, environment, stage_values
from coworks_compat.deploy.package import Package
from coworks_compat.deploy.package.size import Size
from coworks_compat.deploy.service import Authorizer, Route, Service
from cwsauth.errors import ConfigError

SERVICE = Service("shop", "app.app", (Route("GET", "/a", "auth"),), (Authorizer("auth", "app.app"),))
APART = Service("shop", "app.app", (Route("GET", "/a", "auth"),), (Authorizer("auth", "app.auth"),))
PLACE = ApiPlace("abc123", "arn:aws:execute-api:eu-west-1:123456789012:abc123", {"auth": "x"}, "f")
WHO = Identity("123456789012", "eu-west-1", "aws")


def stage(**values: object) -> Stage:
    return Stage(name="dev", app_name="shop", api_gateway_stage="dev", **values)  # type: ignore[arg-type]


def package(directory: Path) -> Package:
    return Package(directory / ".chalice" / "deployments" / "dev.zip", "hash", Size(1, 1, ()), "3.12")


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("local", {"local": {"path": "terraform.tfstate"}}),
        (
            "s3://states",
            {"s3": {"bucket": "states", "key": "shop/dev/api.tfstate", "region": "eu-west-1", "encrypt": True, "use_lockfile": True}},
        ),
        (
            "s3://states/a/b/?region=us-east-1&kms_key_id=k&use_path_style=true",
            {
                "s3": {
                    "bucket": "states", "key": "a/b/shop/dev/api.tfstate", "region": "us-east-1", "encrypt": True,
                    "use_lockfile": True, "kms_key_id": "k", "use_path_style": True,
                }
            },
        ),
        (
            "s3://states?dynamodb_table=locks",
            {
                "s3": {
                    "bucket": "states", "key": "shop/dev/api.tfstate", "region": "eu-west-1", "encrypt": True,
                    "dynamodb_table": "locks",
                }
            },
        ),
    ],
)  # fmt: skip
def test_backends(text: str, block: dict[str, object]) -> None:
    """Each root has its own key below prefix and app; S3 is encrypted and always locked."""
    assert Backend.parse(text, app="shop", region="eu-west-1").block("dev/api") == block


@pytest.mark.parametrize("text", ["s3:states", "gs://states", "", "s3://", "s3://states?lock=no"])
def test_wrong_backends(text: str) -> None:
    """Anything else is refused, options that would be passed over too."""
    with pytest.raises(ConfigError, match="invalid backend"):
        Backend.parse(text, app="shop", region="r")


def variables(text: dict[str, str]) -> dict[str, str | Reference]:
    return {name: parse(value) for name, value in text.items()}


def test_three_kinds_of_variables() -> None:
    """Plain ones may be seen; those of this machine are hidden; those of AWS are left for the function to read."""
    made = environment(
        SERVICE,
        stage(environment_variables=variables({"A": "plain", "B": "${env:B}", "C": "${ssm:/c}-${secretsmanager:s#k}"})),
        Resolver(environ={"B": "hunter2-canary"}),
    )
    assert made.handler == "cws_entry.handler"
    assert made.plain == {
        "A": "plain",
        "CWS_HANDLER": "app.app",
        "CWS_SECRETS": '{"C": "${ssm:/c}-${secretsmanager:s#k}"}',
    }
    assert set(made.hidden) == {"B"}
    assert (made.names("ssm"), made.names("secretsmanager")) == (("/c",), ("s",))
    assert "canary" not in repr(made)
    assert json.loads(made.terraform_variable()["TF_VAR_secret_environment"]) == {"B": "hunter2-canary"}


def test_without_secrets_the_app_is_the_handler() -> None:
    """No entry stands before an app that needs none; an authorizer in a function of its own needs one."""
    assert environment(SERVICE, stage(), Resolver()).handler == "app.app"
    made = environment(APART, stage(), Resolver())
    assert (made.handler, made.plain) == (
        "cws_entry.handler",
        {"CWS_HANDLER": "app.app", "CWS_AUTH_HANDLER": "app.auth"},
    )


def test_secrets_at_deploy() -> None:
    """`secrets: at_deploy` reads everything here; a text that mixes both kinds is read here too."""
    mixed = variables({"A": "${env:A}-${ssm:/a}"})
    with pytest.raises(ConfigError, match="'A' is not set"):
        environment(SERVICE, stage(environment_variables=mixed), Resolver(environ={}))
    only = variables({"A": "${env:A}"})
    made = environment(SERVICE, stage(environment_variables=only, secrets="at_deploy"), Resolver(environ={"A": "x"}))
    assert (set(made.hidden), made.at_start, made.handler) == ({"A"}, {}, "app.app")


def test_names_that_are_ours() -> None:
    """A variable that cws itself sets is refused."""
    with pytest.raises(ConfigError, match="'CWS_' is for cws"):
        environment(SERVICE, stage(environment_variables={"CWS_HANDLER": "x"}), Resolver())


def test_the_role_reads_only_its_secrets(tmp_path: Path) -> None:
    """Parameters and secrets are named one by one, with the six characters that Secrets Manager appends."""
    texts = {"A": "${ssm:/a/b}", "B": "${ssm:plain}", "C": "${secretsmanager:team/db#password}"}
    made = environment(SERVICE, stage(environment_variables=variables(texts)), Resolver())
    values = stage_values(SERVICE, stage(), PLACE, package(tmp_path), made, WHO, project=tmp_path)
    assert values["parameter_arns"] == [
        "arn:aws:ssm:eu-west-1:123456789012:parameter/a/b",
        "arn:aws:ssm:eu-west-1:123456789012:parameter/plain",
    ]
    assert values["secret_arns"] == ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/db-??????"]
    assert values["package_path"] == "../../../.chalice/deployments/dev.zip"


def test_no_secret_is_written(tmp_path: Path) -> None:
    """The files of both roots hold what may be seen, and nothing that was resolved."""
    texts = variables({"A": "${env:A}", "B": "plain"})
    made = environment(SERVICE, stage(environment_variables=texts), Resolver(environ={"A": "hunter2-canary"}))
    roots = Roots(tmp_path, "dev")
    write_api(roots, api_root(SERVICE, stage()), Backend(), region="eu-west-1", eject=False)
    values = stage_values(SERVICE, stage(), PLACE, package(tmp_path), made, WHO, project=tmp_path)
    write_stage(roots, values, Backend(), region="eu-west-1", eject=False)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {
        "api.tf.json",
        "main.tf",
        "variables.tf",
        "cws.auto.tfvars.json",
        ".gitignore",
    }
    assert not [path for path in files if b"canary" in path.read_bytes()]
    assert "*.tfstate" in (tmp_path / "terraform" / ".gitignore").read_text()


def test_the_policy_of_the_project(tmp_path: Path) -> None:
    """The file beside config.json extends the role; one that is no policy is refused."""
    (tmp_path / ".chalice").mkdir()
    path = tmp_path / ".chalice" / "policy-dev.json"
    path.write_text('{"Version": "2012-10-17", "Statement": []}')
    own = stage(iam_policy_file="policy-dev.json")
    empty = environment(SERVICE, own, Resolver())
    values = stage_values(SERVICE, own, PLACE, package(tmp_path), empty, WHO, project=tmp_path)
    assert json.loads(str(values["policy_json"])) == {"Version": "2012-10-17", "Statement": []}
    path.write_text("{}")
    with pytest.raises(ConfigError, match="has no 'Statement'"):
        stage_values(SERVICE, own, PLACE, package(tmp_path), empty, WHO, project=tmp_path)


def test_files_of_the_user(tmp_path: Path) -> None:
    """A file beside ours is part of the fingerprint, where the state lies is not; ejected roots are left as they are."""
    roots = Roots(tmp_path, "dev")
    write_api(roots, api_root(SERVICE, stage()), Backend(), region="eu-west-1", eject=False)
    before = api_fingerprint(roots.api)
    write_api(
        roots, api_root(SERVICE, stage()), Backend.parse("s3://b", app="a", region="r"), region="us-east-1", eject=False
    )
    assert api_fingerprint(roots.api) == before
    (roots.api / "mine.tf").write_text("# a resource\n")
    assert api_fingerprint(roots.api) != before
    (roots.api / "api.tf.json").write_text('{"resource": {}}')
    write_api(roots, api_root(SERVICE, stage()), Backend(), region="eu-west-1", eject=True)
    assert json.loads((roots.api / "api.tf.json").read_text()) == {"resource": {}}
    write_stage(roots, {"a": 1}, Backend(), region="r", eject=True)
    (roots.of_stage / "main.tf").write_text("# mine\n")
    write_stage(roots, {"a": 2}, Backend(), region="r", eject=True)
    assert (roots.of_stage / "main.tf").read_text() == "# mine\n"
    assert json.loads((roots.of_stage / "cws.auto.tfvars.json").read_text()) == {"a": 2}


def test_variables_of_a_file_are_hidden(tmp_path: Path) -> None:
    """What `environment_variables_file` says is in no file of terraform: it reaches it as secrets do."""
    settings = stage(
        environment_variables={"LEVEL": "info", "TOKEN": "canary-of-the-file"}, hidden_variables=frozenset({"TOKEN"})
    )
    variables = environment(SERVICE, settings, Resolver())
    assert variables.plain == {"LEVEL": "info"}
    assert variables.hidden["TOKEN"].reveal() == "canary-of-the-file"
    values = stage_values(SERVICE, settings, PLACE, package(tmp_path), variables, WHO, project=tmp_path)
    assert "canary-of-the-file" not in json.dumps(values)
