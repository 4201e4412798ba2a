"""The values of the stage module's variables, out of configuration, service, package and API."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from coworks_compat.deploy.generate.api import ALIAS
from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from coworks_compat.config import Resolver, Secret, Stage
    from coworks_compat.config.references import Reference
    from coworks_compat.deploy.aws import Identity
    from coworks_compat.deploy.package import Package
    from coworks_compat.deploy.service import Service

ENTRY_HANDLER: Final = "cws_entry.handler"
_AT_START: Final = frozenset({"ssm", "secretsmanager"})


@dataclass(frozen=True, slots=True)
class ApiPlace:
    """The API on which a stage goes. `authorizer_ids` by name; `fingerprint` of what a deployment would show."""

    rest_api_id: str
    execution_arn: str
    authorizer_ids: Mapping[str, str]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Environment:
    """The variables of a function: what may be seen, what may not, and what the function reads when it starts."""

    plain: Mapping[str, str]
    hidden: Mapping[str, Secret] = field(repr=False)
    at_start: Mapping[str, Reference] = field(default_factory=dict)
    handler: str = ""

    def names(self, kind: str) -> tuple[str, ...]:
        """The parameters or secrets that the function reads when it starts."""
        parts = (part for reference in self.at_start.values() for part in reference.parts)
        return tuple(sorted({part.name.partition("#")[0] for part in parts if part.kind == kind}))

    def terraform_variable(self) -> dict[str, str]:
        """The one variable of terraform that is passed by the process environment, so that no file has it."""
        return {"TF_VAR_secret_environment": json.dumps({name: value.reveal() for name, value in self.hidden.items()})}


def environment(service: Service, stage: Stage, resolver: Resolver) -> Environment:
    """The variables of the stage's function, and the handler that brings them in.

    Raises:
        ConfigError: a reference cannot be resolved, or a variable takes a name that is ours.
    """
    plain: dict[str, str] = {}
    hidden: dict[str, Secret] = {}
    at_start: dict[str, Reference] = {}
    for name, value in stage.environment_variables.items():
        if name.startswith("CWS_"):
            raise ConfigError(f"invalid environment variable {name!r}: 'CWS_' is for cws", help="give it another name")
        if isinstance(value, str) and name not in stage.hidden_variables:
            plain[name] = value
        elif not isinstance(value, str) and stage.secrets == "at_start" and value.kinds <= _AT_START:
            at_start[name] = value
        else:
            hidden[name] = resolver.secret(value, where=name)
    handler = service.handler
    if at_start or service.auth_handler not in (None, handler):
        handler = ENTRY_HANDLER
        plain["CWS_HANDLER"] = service.handler
        if service.auth_handler not in (None, service.handler):
            plain["CWS_AUTH_HANDLER"] = str(service.auth_handler)
        if at_start:
            plain["CWS_SECRETS"] = json.dumps({name: ref.text for name, ref in at_start.items()}, sort_keys=True)
    return Environment(plain, hidden, at_start, handler)


def stage_values(
    service: Service,
    stage: Stage,
    api: ApiPlace,
    package: Package,
    variables: Environment,
    identity: Identity,
    *,
    project: Path,
    source: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """The content of the stage root's tfvars: no secret is in it.

    `source` names the zip in S3 (`S3Bucket`, `S3Key`) instead of the file.

    Raises:
        ConfigError: the file with the project's IAM policy is missing or no policy.
    """
    values: dict[str, object] = {
        "service_name": service.name,
        "stage_name": stage.api_gateway_stage,
        "rest_api_id": api.rest_api_id,
        "rest_api_execution_arn": api.execution_arn,
        "authorizer_ids": dict(api.authorizer_ids),
        "api_fingerprint": api.fingerprint,
        "stage_variables": dict(stage.stage_variables),
        "xray_enabled": stage.xray,
        "function_name": stage.function_name,
        "alias_name": ALIAS,
        "handler": variables.handler,
        "runtime": f"python{package.python_version}",
        "architecture": stage.architecture,
        "memory_size": stage.memory,
        "timeout": stage.timeout,
        "layers": list(stage.layers),
        "environment": dict(variables.plain),
        "log_retention_in_days": stage.log_retention_in_days,
        "reserved_concurrency": stage.reserved_concurrency,
        "subnet_ids": list(stage.subnet_ids),
        "security_group_ids": list(stage.security_group_ids),
        "kms_key_arn": stage.kms_key_arn,
        "role_arn": stage.iam_role_arn,
        "permissions_boundary": stage.permissions_boundary,
        "parameter_arns": [_parameter_arn(name, identity) for name in variables.names("ssm")],
        "secret_arns": [_secret_arn(name, identity) for name in variables.names("secretsmanager")],
        "tags": dict(stage.tags),
    }
    if source is None:
        values["package_path"] = _relative(package.path, project)
    else:
        values |= {"package_bucket": source["S3Bucket"], "package_key": source["S3Key"]}
    if package.layer is not None:
        values |= {"layer_path": _relative(package.layer.path, project), "layer_hash": package.layer.sha256}
    if stage.access_logs:
        values["access_log_retention_in_days"] = stage.access_logs.retention_in_days
    if stage.throttling is not None:
        values["throttling"] = {"rate": stage.throttling.rate, "burst": stage.throttling.burst}
    if stage.iam_policy_file is not None:
        values["policy_json"] = read_policy(project / ".chalice" / stage.iam_policy_file)
    return {name: value for name, value in values.items() if value is not None}


def read_policy(path: Path) -> str:
    """The IAM policy document in a file, as compact JSON.

    Raises:
        ConfigError: no such file, no JSON, or no `Statement`.
    """
    from coworks_compat.config.reading import read_json, read_text

    document = read_json(read_text(path, what="IAM policy"), path=path, what="IAM policy")
    if "Statement" not in document:
        raise ConfigError(f"invalid IAM policy {str(path)!r}: it has no 'Statement'")
    return json.dumps(document, sort_keys=True)


def _relative(path: Path, project: Path) -> str:
    """The path of a zip as the stage root sees it, the same on every machine where the project lies."""
    return f"../../../{path.relative_to(project).as_posix()}" if path.is_relative_to(project) else str(path)


def _parameter_arn(name: str, identity: Identity) -> str:
    return f"arn:{identity.partition}:ssm:{identity.region}:{identity.account}:parameter/{name.lstrip('/')}"


def _secret_arn(name: str, identity: Identity) -> str:
    """Secrets Manager appends `-` and six characters to the name in an ARN."""
    if name.startswith("arn:"):
        return name
    return f"arn:{identity.partition}:secretsmanager:{identity.region}:{identity.account}:secret:{name}-??????"
