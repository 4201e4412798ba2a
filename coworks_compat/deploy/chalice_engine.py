"""`cws deploy --engine chalice`: Chalice's own deployer, with cws's stages, secrets and `--rest_api_id`.

What it cannot do, because Chalice's deployer does not: no plan to look at, no alias, hence no `cws update` and no
`cws rollback`; secrets go into the function's environment; and the API's integrations name one function, so a deploy of
one stage changes what the next deployment of the other stages would show.
"""

from __future__ import annotations

import copy
import io
import json
from typing import TYPE_CHECKING, Any, Final

from coworks_compat.config.model import ConfigFile
from coworks_compat.config.reading import read_json, read_text
from coworks_compat.deploy import deployed as records
from coworks_compat.deploy.aws import aws_errors
from coworks_compat.deploy.target import Target, find_target
from cwsauth.errors import ConfigError, DeployError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coworks_compat.deploy.context import Context

_SHORT: Final = {"memory": "lambda_memory_size", "timeout": "lambda_timeout"}


def preview(context: Context, *, module: str, rest_api_id: str | None) -> tuple[str, ...]:
    """What Chalice's deployer would be asked to do.

    Raises:
        ConfigError: Chalice could not do it.
        DeployError: the stage is terraform's.
    """
    target = _target(context, module, rest_api_id)
    stage = context.stage
    where = "an API of its own" if target.rest_api_id is None else f"the API {target.rest_api_id}"
    return (f"lets Chalice deploy '{stage.function_name}' as stage '{stage.api_gateway_stage}' on {where}",)


def deploy(context: Context, *, module: str = "app", rest_api_id: str | None = None) -> str:
    """The URL of the stage after Chalice deployed it.

    Raises:
        ConfigError: Chalice could not do it.
        DeployError: Chalice failed, in its own words.
    """
    from chalice.cli.factory import CLIFactory
    from chalice.deploy.deployer import ChaliceDeploymentError
    from chalice.utils import UI

    target = _target(context, module, rest_api_id)
    stage = context.stage
    content = chalice_config(context)

    class Factory(CLIFactory):
        """Chalice's factory with the configuration as cws reads it: references resolved, keys of its own left out."""

        def load_project_config(self) -> dict[str, Any]:
            return copy.deepcopy(content)

    factory = Factory(str(context.project), profile=context.aws.profile)
    config = factory.create_config_obj(chalice_stage_name=stage.name, api_gateway_stage=stage.api_gateway_stage)
    session = factory.create_botocore_session()
    if context.aws.region:
        session.set_config_variable("region", context.aws.region)
    seeded = _seed(context, target)
    done = False
    try:
        deployer = factory.create_default_deployer(session, config, UI(_Said(context), _Said(context)))
        with aws_errors(f"deploy stage {stage.name!r} with Chalice"):
            values = deployer.deploy(config, chalice_stage_name=stage.name)
        done = True
    except ChaliceDeploymentError as error:
        text = " ".join(str(error).split())
        raise DeployError(f"Chalice cannot deploy stage {stage.name!r}: {text[:600].rstrip('.')}") from None
    finally:
        if seeded and not done:
            records.remove(context.project, stage.name)
    found = next((r for r in values["resources"] if r.get("resource_type") == "rest_api"), None)
    if found is None:
        raise DeployError(f"Chalice made no REST API for stage {stage.name!r}", help="has the app any route?")
    return str(found["rest_api_url"])


def chalice_config(context: Context) -> dict[str, Any]:
    """`.chalice/config.json` as Chalice understands it: the stage's variables resolved, keys of cws left out.

    Raises:
        ConfigError: a reference of this stage cannot be resolved.
    """
    path = context.project / ".chalice" / "config.json"
    content = read_json(read_text(path, what="configuration"), path=path, what="configuration")
    stage = context.stage
    known = _known_to_chalice()
    plain = {_SHORT.get(name, name): value for name, value in content.items() if name in known or name in _SHORT}
    plain.pop("environment_variables", None)  # they are all in the stage's, resolved
    own = {
        "api_gateway_stage": stage.api_gateway_stage,
        "environment_variables": {name: value.reveal() for name, value in context.environ().items()},
        "lambda_memory_size": stage.memory,
        "lambda_timeout": stage.timeout,
        "layers": list(stage.layers),
        "tags": dict(stage.tags),
        "xray": stage.xray,
        "log_retention_in_days": stage.log_retention_in_days,
    }
    stages = plain.get("stages")
    written = stages.get(stage.name, {}) if isinstance(stages, dict) else {}
    kept = {name: value for name, value in written.items() if name in known} if isinstance(written, dict) else {}
    return {**plain, "stages": {stage.name: {**kept, **own}}}


def _known_to_chalice() -> set[str]:
    """The keys of the file that are Chalice's."""
    fields: Mapping[str, Any] = ConfigFile.model_fields
    ours = {
        "environment_variables_file", "stage_variables", "authorizer_ttl", "authorizer_type",
        "authorizer_identity_sources", "python_version", "cors", "access_logs", "throttling", "smoke", "secrets",
        "permissions_boundary", "kms_key_arn", "region", "profile", "backend", "rest_api_id", "terraform_eject",
    }  # fmt: skip
    return set(fields) - ours


def _target(context: Context, module: str, rest_api_id: str | None) -> Target:
    stage = context.stage
    if module != "app":
        raise ConfigError(
            f"Chalice deploys a module 'app', not {module!r}", help="rename it to app.py, or use terraform"
        )
    if stage.stage_variables:
        raise ConfigError("Chalice sets no stage variables", help="use --engine terraform")
    if records.read(context.project, stage.name) is not None:
        raise DeployError(
            f"stage {stage.name!r} was deployed with terraform",
            help=f"destroy it first: cws destroy --stage {stage.name}",
        )
    present = records.rest_api_of(context.project, stage.name)
    wanted = rest_api_id or stage.rest_api_id
    if wanted is None or wanted == stage.name:
        return Target(stage.name, stage.name, present)
    target = find_target(context.project, stage.name, wanted)
    if present is not None and present != target.rest_api_id:
        raise DeployError(
            f"stage {stage.name!r} is deployed on the API {present}", help=f"chalice delete --stage {stage.name} first"
        )
    return target


def _seed(context: Context, target: Target) -> bool:
    """Tells Chalice, by the file in which it looks, that the stage has an API: then it puts the stage there."""
    path = records.path_of(context.project, context.stage.name)
    if target.rest_api_id is None or path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    resource = {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": target.rest_api_id, "rest_api_url": ""}
    path.write_text(json.dumps({"resources": [resource], "schema_version": "2.0", "backend": "api"}, indent=2) + "\n")
    return True


class _Said(io.StringIO):
    """A stream that hands Chalice's lines on."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._say = context.say

    def write(self, text: str) -> int:
        for line in text.splitlines():
            if line.strip():
                self._say(line.strip())
        return len(text)
