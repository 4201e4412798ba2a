"""`.chalice/config.json`: inheritance between stages, and what a person is told about a wrong file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coworks_compat.config import Project
from cwsauth.errors import ConfigError

GUIDE = {"version": "2.0", "app_name": "shop", "stages": {"dev": {"api_gateway_stage": "dev"}}}


def project(directory: Path, config: object) -> Path:
    (directory / ".chalice").mkdir(exist_ok=True)
    text = config if isinstance(config, str) else json.dumps(config)
    (directory / ".chalice" / "config.json").write_text(text)
    return directory


def refusal(directory: Path, config: object, stage: str | None = None) -> ConfigError:
    root = project(directory, config)
    with pytest.raises(ConfigError) as caught:
        Project.load(root) if stage is None else Project.load(root).stage(stage)
    return caught.value


def test_the_guide_file(tmp_path: Path) -> None:
    """The file that the guide shows gives stage dev with Chalice's defaults."""
    stage = Project.load(project(tmp_path, GUIDE)).stage("dev")
    assert (stage.name, stage.api_gateway_stage, stage.function_name) == ("dev", "dev", "shop-dev")
    assert (stage.memory, stage.timeout, stage.log_retention_in_days) == (128, 60, 30)


def test_a_value_of_the_stage_beats_the_global_one(tmp_path: Path) -> None:
    """A stage overrides single values and merges maps; a stage that says nothing inherits."""
    config = {
        "version": "2.0",
        "app_name": "shop",
        "lambda_memory_size": 256,
        "timeout": 10,
        "environment_variables": {"A": "global", "B": "global"},
        "tags": {"team": "shop"},
        "authorizer_ttl": 300,
        "stages": {
            "dev": {"memory": 512, "environment_variables": {"B": "dev", "C": "dev"}, "tags": {"env": "dev"}},
            "prod": {"authorizer_ttl": 0},
        },
    }
    loaded = Project.load(project(tmp_path, config))
    dev, prod = loaded.stage("dev"), loaded.stage("prod")
    assert (dev.memory, dev.timeout, dev.authorizer_ttl) == (512, 10, 300)
    assert dev.environment_variables == {"A": "global", "B": "dev", "C": "dev"}
    assert dev.tags == {"team": "shop", "env": "dev"}
    assert (prod.memory, prod.authorizer_ttl, prod.environment_variables["B"]) == (256, 0, "global")
    assert loaded.stages == ("dev", "prod")


def test_function_settings_come_first_as_in_chalice(tmp_path: Path) -> None:
    """`lambda_functions.api_handler` of the stage, the stage, the global one, the top: the first that speaks."""
    config = {
        **GUIDE,
        "lambda_timeout": 1,
        "lambda_memory_size": 128,
        "lambda_functions": {"api_handler": {"lambda_timeout": 2, "lambda_memory_size": 256, "tags": {"a": "f"}}},
        "stages": {
            "dev": {"lambda_timeout": 3, "lambda_functions": {"api_handler": {"lambda_timeout": 4}}},
            "two": {"lambda_timeout": 3, "tags": {"a": "stage"}},
        },
    }
    loaded = Project.load(project(tmp_path, config))
    assert (loaded.stage("dev").timeout, loaded.stage("dev").memory) == (4, 256)
    assert (loaded.stage("two").timeout, loaded.stage("two").tags) == (3, {"a": "stage"})


def test_variables_file_lies_below_the_variables(tmp_path: Path) -> None:
    """A file of variables stands beside config.json, as JSON or lines; variables of the same level beat it."""
    project(tmp_path, GUIDE)
    (tmp_path / ".chalice" / "all.env").write_text("# common\nexport A=1\nB='two words'\n")
    (tmp_path / ".chalice" / "dev.json").write_text('{"B": "file", "C": "file"}')
    config = {
        **GUIDE,
        "environment_variables_file": "all.env",
        "stages": {"dev": {"environment_variables_file": "dev.json", "environment_variables": {"C": "own"}}},
    }
    stage = Project.load(project(tmp_path, config)).stage("dev")
    assert stage.environment_variables == {"A": "1", "B": "file", "C": "own"}
    assert stage.hidden_variables == {"A", "B"}


@pytest.mark.parametrize(
    ("config", "message", "help"),
    [
        ({**GUIDE, "lambda_timout": 3}, "unknown key 'lambda_timout'", "did you mean 'lambda_timeout'?"),
        (
            {**GUIDE, "stages": {"dev": {"enviroment_variables": {}}}},
            "unknown key 'enviroment_variables' in 'stages.dev'",
            "did you mean 'environment_variables'?",
        ),
        (
            {**GUIDE, "cors": {"origin": "*"}},
            "unknown key 'origin' in 'cors'",
            "did you mean 'allow_origin'?",
        ),
        ({**GUIDE, "zzz": 3}, "unknown key 'zzz'", "known are access_logs"),
        ({"version": "2.0", "app_nam": "x"}, "unknown key 'app_nam'", "did you mean 'app_name'?"),
        ({"version": "2.0"}, "'app_name' is missing", "add 'app_name'"),
        ({**GUIDE, "version": "1.0"}, "version '1.0' is not '2.0'", "stages"),
        ({**GUIDE, "lambda_timeout": "3"}, "'lambda_timeout': input should be a valid integer", ""),
        ({**GUIDE, "lambda_timeout": 901}, "'lambda_timeout': input should be less than or equal to 900", ""),
        ({**GUIDE, "authorizer_ttl": 3601}, "'authorizer_ttl': input should be less than or equal to 3600", ""),
        ({**GUIDE, "log_retention_in_days": 2}, "'log_retention_in_days': input should be 1, 3, 5", ""),
        ({**GUIDE, "layers": ["arn:nonsense"]}, "'layers.0': string should match pattern", ""),
        ({**GUIDE, "stages": {"de/v": {}}}, "'stages.de/v'", ""),
        (
            '{"version": "2.0",\n "app_name": "x",\n}',
            "line 2, column 17: illegal trailing comma",
            "comma after the last value",
        ),
        ('{"version": "2.0"\n "app_name": "x"}', "line 2, column 2: expecting ',' delimiter", "is a comma missing"),
        ("{'version': 1}", "line 1, column 2: expecting property name", "double quotes"),
        ('{"a": 1, // b\n}', "line 1, column 10", "no comments"),
        ('{"app_name": "a", "app_name": "b"}', "the key 'app_name' stands twice", "remove one"),
        ("[]", "not a JSON object", "'{'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, config: object, message: str, help: str) -> None:
    """A wrong file is refused in one line that names the key, or line and column, and the next step."""
    error = refusal(tmp_path, config)
    if "trailing comma" in message and "trailing comma" not in error.message:  # the wording of Python before 3.13
        message = "line 3, column 1: expecting property name"
    assert message in error.message
    assert help in error.help
    assert "\n" not in error.message
    assert not error.message.endswith(".")


def test_values_are_not_quoted(tmp_path: Path) -> None:
    """A wrong value is never in the message: it may be a secret."""
    config = {**GUIDE, "stages": {"dev": {"environment_variables": {"TOKEN": ["hunter2-canary"]}}}}
    error = refusal(tmp_path, config)
    assert "environment_variables.TOKEN" in error.message
    assert "canary" not in f"{error.message} {error.help} {error!r} {error.__cause__}"


@pytest.mark.parametrize(
    ("stage", "help"),
    [("dve", "did you mean 'dev'?"), ("zzzzz", "there are 'dev'; add 'zzzzz' to 'stages' for a new one")],
)
def test_unknown_stage(tmp_path: Path, stage: str, help: str) -> None:
    """An unknown stage is refused with the nearest known one, or with all of them."""
    error = refusal(tmp_path, GUIDE, stage)
    assert error.message == f"unknown stage {stage!r}"
    assert error.help == help


def test_no_project(tmp_path: Path) -> None:
    """A directory without a configuration is no project; `cws init` is the next step."""
    with pytest.raises(ConfigError, match=r"no project in .*config\.json") as caught:
        Project.load(tmp_path)
    assert "cws init" in caught.value.help


def test_undeclared_stage_takes_the_settings_of_auto(tmp_path: Path) -> None:
    """A stage of a branch that the file lacks takes what stands under `auto`, over the global values."""
    config = {**GUIDE, "stages": {"dev": {}, "auto": {"rest_api_id": "dev", "memory": 256}}, "timeout": 7}
    loaded = Project.load(project(tmp_path, config))
    stage = loaded.stage("feature-x", undeclared=True)
    assert (stage.api_gateway_stage, stage.rest_api_id, stage.memory, stage.timeout) == ("feature-x", "dev", 256, 7)
    assert loaded.stages == ("dev",)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"subnet_ids": ["subnet-1"]}, "has one of 'subnet_ids' and 'security_group_ids'"),
        ({"api_gateway_endpoint_type": "PRIVATE"}, "a private API that nobody can reach"),
        ({"manage_iam_role": False}, "there is no 'iam_role_arn'"),
        ({"environment_variables": {"AWS_REGION": "x"}}, "'AWS_REGION': Lambda reserves it"),
        ({"environment_variables_file": "no.env"}, "no environment_variables_file at"),
        ({"environment_variables": {"A": "${sm:x}"}}, "unknown reference '${sm:x}' in 'environment_variables.A'"),
    ],
)
def test_contradictions(tmp_path: Path, settings: dict[str, object], message: str) -> None:
    """Settings that cannot work together are refused when the stage is read, not by AWS minutes later."""
    assert message in refusal(tmp_path, {**GUIDE, "stages": {"dev": settings}}, "dev").message


def test_long_function_name(tmp_path: Path) -> None:
    """Lambda takes 64 characters: app and stage together may not have more."""
    error = refusal(tmp_path, {**GUIDE, "app_name": "a" * 40, "stages": {"b" * 30: {}}}, "b" * 30)
    assert "71 characters" in error.message
