"""The settings of one stage: its own values over the global ones, maps merged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from coworks_compat.config.model import AccessLogs, Cors, Settings, Smoke, Throttling
from coworks_compat.config.references import Reference, Resolver, Secret, parse
from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from coworks_compat.config.model import ConfigFile, FunctionSettings

# The one function of a REST service, by the name that Chalice gives it.
FUNCTION = "api_handler"
# Lambda sets these itself and refuses them. Source: Lambda's guide, "Defined runtime environment variables".
_RESERVED = frozenset({
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that is set for one stage. References are unresolved; `repr` shows no value of the environment."""

    name: str
    app_name: str
    api_gateway_stage: str
    environment_variables: Mapping[str, str | Reference] = field(default_factory=dict, repr=False)
    hidden_variables: frozenset[str] = (
        frozenset()
    )  # plain ones out of environment_variables_file, which may hold secrets
    memory: int = 128
    timeout: int = 60
    layers: tuple[str, ...] = ()
    automatic_layer: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    xray: bool = False
    log_retention_in_days: int = 30
    architecture: str = "x86_64"
    python_version: str | None = None
    iam_policy_file: str | None = None
    iam_role_arn: str | None = None
    permissions_boundary: str | None = None
    kms_key_arn: str | None = None
    reserved_concurrency: int | None = None
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    endpoint_type: str = "EDGE"
    endpoint_vpce: tuple[str, ...] = ()
    api_policy_file: str | None = None
    minimum_compression_size: int | None = None
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    authorizer_ttl: int | None = None
    authorizer_type: str | None = None
    authorizer_identity_sources: tuple[str, ...] = ()
    cors: Cors | Literal[False] | None = None
    access_logs: AccessLogs | None = None
    throttling: Throttling | None = None
    smoke: Smoke | None = None
    secrets: str = "at_start"
    region: str | None = None
    profile: str | None = None
    backend: str = "local"
    rest_api_id: str | None = None
    eject: bool = False

    @property
    def function_name(self) -> str:
        """The name of the stage's Lambda function, as Chalice names it."""
        return f"{self.app_name}-{self.name}"

    def environ(self, resolver: Resolver | None = None) -> dict[str, Secret]:
        """The variables of the stage with every reference resolved.

        Raises:
            ConfigError: a reference cannot be resolved. No value is in the message.
        """
        resolver = resolver or Resolver()
        return {name: resolver.secret(value, where=name) for name, value in self.environment_variables.items()}


def resolve(file: ConfigFile, name: str, *, directory: Path, settings: Settings | None = None) -> Stage:
    """The stage `name` of a file that lies in `directory`. `settings` stands in for a stage that the file lacks.

    Raises:
        ConfigError: a file that the stage names is wrong, or two settings contradict each other.
    """
    own = settings or file.stages.get(name) or Settings.model_validate({})
    chain: list[FunctionSettings] = [  # the first that says something wins, in Chalice's order
        *_function(own),
        own,
        *_function(file),
        file,
    ]

    def value(key: str, default: Any = None) -> Any:
        for level in chain:
            found = getattr(level, key, None)
            if found is not None:
                return found
        return default

    def merged(key: str) -> dict[str, Any]:
        return {k: v for level in reversed(chain) for k, v in (getattr(level, key, None) or {}).items()}

    cors, logs = value("cors"), value("access_logs")
    variables, hidden = _environment(chain, directory)
    stage = Stage(
        name=name,
        app_name=file.app_name,
        api_gateway_stage=value("api_gateway_stage", name),
        environment_variables=variables,
        hidden_variables=hidden,
        memory=value("lambda_memory_size", 128),
        timeout=value("lambda_timeout", 60),
        layers=tuple(value("layers", ())),
        automatic_layer=value("automatic_layer", False),
        tags=merged("tags"),
        xray=value("xray", False),
        log_retention_in_days=value("log_retention_in_days", 30),
        architecture=value("lambda_architecture", "x86_64"),
        python_version=value("python_version"),
        iam_policy_file=value("iam_policy_file"),
        iam_role_arn=_role(value),
        permissions_boundary=value("permissions_boundary"),
        kms_key_arn=value("kms_key_arn"),
        reserved_concurrency=value("reserved_concurrency"),
        subnet_ids=tuple(value("subnet_ids", ())),
        security_group_ids=tuple(value("security_group_ids", ())),
        endpoint_type=value("api_gateway_endpoint_type", "EDGE"),
        endpoint_vpce=_texts(value("api_gateway_endpoint_vpce", ())),
        api_policy_file=value("api_gateway_policy_file"),
        minimum_compression_size=value("minimum_compression_size"),
        stage_variables=merged("stage_variables"),
        authorizer_ttl=value("authorizer_ttl"),
        authorizer_type=value("authorizer_type"),
        authorizer_identity_sources=tuple(value("authorizer_identity_sources", ())),
        cors=cors,
        access_logs=logs or None,
        throttling=value("throttling"),
        smoke=value("smoke"),
        secrets=value("secrets", "at_start"),
        region=value("region"),
        profile=value("profile"),
        backend=value("backend", "local"),
        rest_api_id=value("rest_api_id"),
        eject=value("terraform_eject", False),
    )
    _check(stage)
    return stage


def _function(level: Settings) -> Iterable[FunctionSettings]:
    found = level.lambda_functions.get(FUNCTION)
    return () if found is None else (found,)


def _environment(chain: list[FunctionSettings], directory: Path) -> tuple[dict[str, str | Reference], frozenset[str]]:
    """The variables of all levels, the file of a level below its own variables; and which plain ones a file said."""
    from coworks_compat.config.reading import read_variables

    texts: dict[str, str] = {}
    filed: set[str] = set()
    for level in reversed(chain):
        name = getattr(level, "environment_variables_file", None)
        if name is not None:
            found = read_variables(directory / name, what="environment_variables_file")
            texts.update(found)
            filed |= found.keys()
        texts.update(level.environment_variables)
        filed -= level.environment_variables.keys()
    for name in texts:
        if name in _RESERVED:
            raise ConfigError(
                f"invalid environment variable {name!r}: Lambda reserves it", help="give the variable another name"
            )
    parsed = {name: parse(text, where=f"environment_variables.{name}") for name, text in texts.items()}
    return parsed, frozenset(name for name in filed if isinstance(parsed[name], str))


def _role(value: Any) -> str | None:
    arn: str | None = value("iam_role_arn")
    if value("manage_iam_role", True) is False:
        if arn is None:
            raise ConfigError(
                "'manage_iam_role' is false, and there is no 'iam_role_arn'", help="add the ARN of the role to use"
            )
        return arn
    return None


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(item) for item in value) if isinstance(value, (list, tuple)) else ()


def _check(stage: Stage) -> None:
    if bool(stage.subnet_ids) != bool(stage.security_group_ids):
        raise ConfigError(
            f"stage {stage.name!r} has one of 'subnet_ids' and 'security_group_ids'",
            help="a function in a VPC needs both",
        )
    if stage.endpoint_type == "PRIVATE" and not (stage.endpoint_vpce or stage.api_policy_file):
        raise ConfigError(
            f"stage {stage.name!r} has a private API that nobody can reach",
            help="add 'api_gateway_endpoint_vpce' or 'api_gateway_policy_file'",
        )
    if len(stage.function_name) > 64:
        raise ConfigError(
            f"the function's name {stage.function_name!r} has {len(stage.function_name)} characters, and Lambda takes 64",
            help="shorten 'app_name' or the stage's name",
        )
