"""The shape of `.chalice/config.json` (version 2.0): Chalice's own keys, and what `cws` adds to them.

`SETTINGS` may stand at the top (for every stage) and in a stage; those of them that Chalice lets vary by function may
also stand below `lambda_functions`. Source: Chalice's documentation, "Configuration File".
"""

from __future__ import annotations

from typing import Annotated, Literal

# The patterns below are read by pydantic's own engine (Rust), where `\z` is what `\Z` is in Python.
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints

# REST API: letters, digits, '_' and '-', at most 128 characters.
StageName = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9_-]{1,128}\z")]
AppName = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9_-]{1,47}\z")]
VariableName = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z][A-Za-z0-9_]*\z")]
StageVariableName = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9_]+\z")]
StageVariableValue = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9\-._~:/?#&=,]+\z", max_length=512)]
LayerArn = Annotated[
    str, StringConstraints(pattern=r"\Aarn:[a-z0-9-]+:lambda:[a-z0-9-]+:\d{12}:layer:[A-Za-z0-9_-]+:\d+\z")
]
# What CloudWatch Logs takes. Source: its API reference, PutRetentionPolicy.
Retention = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]


class _Closed(BaseModel):
    """Values as JSON gives them, none converted, no other keys, not to be changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class FunctionSettings(_Closed):
    """What may differ for the Lambda function: it beats the stage's value, as in Chalice."""

    environment_variables: dict[VariableName, str] = Field(default_factory=dict)
    lambda_memory_size: Annotated[int, Field(ge=128, le=10240)] | None = Field(
        default=None, validation_alias=AliasChoices("lambda_memory_size", "memory"), description="Megabytes."
    )
    lambda_timeout: Annotated[int, Field(ge=1, le=900)] | None = Field(
        default=None, validation_alias=AliasChoices("lambda_timeout", "timeout"), description="Seconds."
    )
    layers: list[LayerArn] | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    xray: bool | None = None
    log_retention_in_days: Retention | None = None
    iam_policy_file: str | None = None
    iam_role_arn: str | None = None
    manage_iam_role: bool | None = None
    autogen_policy: bool | None = None
    reserved_concurrency: Annotated[int, Field(ge=0)] | None = None
    subnet_ids: list[str] | None = None
    security_group_ids: list[str] | None = None


class Smoke(_Closed):
    """The call that a release must answer, or the alias moves back."""

    path: Annotated[str, StringConstraints(pattern=r"\A/[!-~]*\z")] = "/"
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    status: list[Annotated[int, Field(ge=100, le=599)]] = Field(
        default_factory=list, description="The statuses that are good; none means any below 500."
    )
    token_variable: VariableName | None = Field(
        default=None,
        description="The variable of the stage's environment whose value goes into the Authorization header.",
    )


class Cors(_Closed):
    """The headers that gateway responses give to refusals."""

    allow_origin: Annotated[str, StringConstraints(pattern=r"\A[!-&(-~]+\z")] = "*"
    allow_headers: list[Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9-]+\z")]] = Field(
        default_factory=lambda: ["Authorization", "Content-Type", "X-Amz-Date", "X-Amz-Security-Token", "X-Api-Key"]
    )


class AccessLogs(_Closed):
    """Access logs of the stage: one JSON line a call, without headers."""

    retention_in_days: Retention = 30


class Throttling(_Closed):
    """Calls a second, and how many may come at once, for each method of the stage."""

    rate: Annotated[float, Field(gt=0)]
    burst: Annotated[int, Field(gt=0)]


class Settings(FunctionSettings):
    """What may stand at the top and in a stage."""

    api_gateway_stage: StageName | None = None
    api_gateway_endpoint_type: Literal["EDGE", "REGIONAL", "PRIVATE"] | None = None
    api_gateway_endpoint_vpce: str | list[str] | None = None
    api_gateway_policy_file: str | None = None
    api_gateway_custom_domain: dict[str, object] | None = None
    websocket_api_custom_domain: dict[str, object] | None = None
    minimum_compression_size: Annotated[int, Field(ge=0, le=10485760)] | None = None
    automatic_layer: bool | None = None
    lambda_architecture: Literal["x86_64", "arm64"] | None = None
    lambda_functions: dict[str, FunctionSettings] = Field(default_factory=dict)
    # Known to cws alone; Chalice passes over them.
    environment_variables_file: str | None = Field(
        default=None, description="A JSON object of variables, or lines NAME=value; beside config.json."
    )
    stage_variables: dict[StageVariableName, StageVariableValue] = Field(default_factory=dict)
    authorizer_ttl: Annotated[int, Field(ge=0, le=3600)] | None = Field(
        default=None, description="Seconds; 0 caches nothing."
    )
    authorizer_type: Literal["TOKEN", "REQUEST"] | None = None
    authorizer_identity_sources: list[str] | None = None
    python_version: Annotated[str, StringConstraints(pattern=r"\A3\.\d{1,2}\z")] | None = None
    cors: Cors | Literal[False] | None = None
    access_logs: AccessLogs | Literal[False] | None = None
    throttling: Throttling | None = None
    smoke: Smoke | None = None
    secrets: Literal["at_start", "at_deploy"] | None = Field(
        default=None, description="When ${ssm:} and ${secretsmanager:} of the environment are read."
    )
    permissions_boundary: str | None = None
    kms_key_arn: str | None = None
    region: Annotated[str, StringConstraints(pattern=r"\A[a-z]{2}(-[a-z]+)+-\d\z")] | None = None
    profile: str | None = None
    backend: Annotated[str, StringConstraints(pattern=r"\A(local|s3://.+)\z")] | None = None
    rest_api_id: StageName | None = Field(
        default=None, description="The stage whose API this stage shares, or an API's id."
    )
    terraform_eject: bool | None = None


class ConfigFile(Settings):
    """The whole file."""

    version: Literal["2.0"] = "2.0"
    app_name: AppName
    stages: dict[StageName, Settings] = Field(default_factory=dict)
