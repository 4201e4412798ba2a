"""`cws stages`: what is where, and whether it is still what was deployed."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from coworks_compat.deploy import deployed as records
from coworks_compat.deploy.deploy import refuse_lost_state, terraform_in
from coworks_compat.deploy.generate.backend import Backend
from coworks_compat.deploy.generate.roots import Roots
from coworks_compat.deploy.generate.values import environment
from coworks_compat.deploy.live import read_stages
from coworks_compat.deploy.terraform.plan import Plan
from coworks_compat.deploy.terraform.words import sentences
from cwsauth.errors import ConfigError, DeployError

if TYPE_CHECKING:
    from coworks_compat.deploy.context import Context
    from coworks_compat.deploy.deployed import Deployed
    from coworks_compat.deploy.service import Service


@dataclass(frozen=True, slots=True)
class Status:
    """A stage as it is. `drift` says in words what is not as it was deployed; empty when all is."""

    stage: str
    url: str
    rest_api_id: str
    owner: str
    version: str
    sha256: str
    at: str
    by: str
    drift: tuple[str, ...] = ()

    @property
    def deployed(self) -> bool:
        """Whether it is deployed at all."""
        return bool(self.rest_api_id)


def status(context: Context) -> Status:
    """What AWS has of a stage, held against what was deployed.

    Raises:
        DeployError: AWS did not answer.
    """
    known = records.read(context.project, context.stage.name)
    if known is None:
        return Status(context.stage.name, "", "", "", "", "", "", "")
    drift = [*_api_drift(context, known)]
    version, sha256 = _version(context, known, drift)
    last = next((release for release in reversed(known.releases) if release.version == version), known.current)
    return Status(
        stage=known.stage,
        url=known.url,
        rest_api_id=known.rest_api_id,
        owner=known.owner,
        version=version,
        sha256=sha256,
        at=last.at if last else "",
        by=last.by if last else "",
        drift=tuple(drift),
    )


def terraform_drift(context: Context, service: Service) -> tuple[str, ...]:
    """What terraform would change if it were run now with what was generated last, in words.

    Raises:
        DeployError: terraform cannot plan.
    """
    roots = Roots(context.project, context.stage.name)
    variables = environment(service, context.stage, context.resolver)
    found: list[str] = []
    with tempfile.TemporaryDirectory(prefix="cws-plan-") as directory:
        for root in (roots.api, roots.of_stage):
            if not root.is_dir():
                continue
            terraform = terraform_in(root, context, variables)
            terraform.init()
            refuse_lost_state(terraform, records.read(context.project, context.stage.name))
            path = Path(directory) / "plan"
            if terraform.plan(path):
                found.extend(sentences(Plan.of(terraform.show(path)), {}))
    return tuple(found)


def make_owner(context: Context, service: Service) -> Deployed:
    """Makes a guest the owner of its API: the API's root and state move, nothing at AWS changes.

    Raises:
        ConfigError: it is no guest, or the owner's root is not here.
        DeployError: the state cannot be moved.
    """
    stage = context.stage.name
    known = records.read(context.project, stage)
    if known is None:
        raise ConfigError(f"stage {stage!r} is not deployed from here", help=f"run cws deploy --stage {stage}")
    if known.owns_api:
        raise ConfigError(f"stage {stage!r} is the owner of its API already")
    old, new = Roots(context.project, known.owner), Roots(context.project, stage)
    if not old.api.is_dir():
        raise ConfigError(
            f"the API's root {str(old.api)!r} is not here", help="run this where the owner was deployed from"
        )
    owner = records.read(context.project, known.owner)
    if owner is not None and owner.backend != known.backend:
        raise ConfigError(
            f"the state of stage {stage!r} is not where that of its owner {known.owner!r} is",
            help=f"move it there first: cws deploy --stage {stage} --backend '{owner.backend}'",
        )
    if new.api.exists():
        raise DeployError(
            f"{str(new.api)!r} exists already", help="a run was cut off: move its files away and try again"
        )
    variables = environment(service, context.stage, context.resolver)
    old.api.rename(new.api)
    backend = Backend.parse(known.backend, app=context.stage.app_name, region=known.region)
    if backend.remote:
        from coworks_compat.deploy.generate.roots import write_backend

        try:
            write_backend(new.api, backend, f"{stage}/api")
            terraform_in(new.api, context, variables).init(migrate=True)
        except DeployError:
            write_backend(new.api, backend, f"{known.owner}/api")
            new.api.rename(old.api)
            raise
    made = replace(known, owner=stage)
    for other in records.read_all(context.project):
        if other.owner == known.owner:
            records.write(context.project, replace(other, owner=stage))
    return made


def _api_drift(context: Context, known: Deployed) -> list[str]:
    try:
        live = {stage.name: stage for stage in read_stages(context.aws, known.rest_api_id)}
    except DeployError as error:
        if "NotFoundException" not in error.message:
            raise
        return [f"the REST API {known.rest_api_id} is gone"]
    found = live.get(known.api_stage)
    if found is None:
        return [f"stage {known.api_stage!r} is gone from the API"]
    wanted = known.facts.get("stage variables")
    variables = {name: value for name, value in found.variables.items() if not name.startswith("cws_")}
    drift = [] if variables == wanted else ["stage variables were changed"]
    if found.function != known.function_name:
        drift.append(f"the stage calls {found.function or 'no function'} instead of {known.function_name}")
    return drift


def _version(context: Context, known: Deployed, drift: list[str]) -> tuple[str, str]:
    from coworks_compat.deploy.aws import aws_errors

    client = context.aws.client("lambda")
    try:
        with aws_errors(f"read the function {known.function_name!r}"):
            alias = client.get_alias(FunctionName=known.function_name, Name=known.alias)
            version = str(alias["FunctionVersion"])
            shown = client.get_function_configuration(FunctionName=known.function_name, Qualifier=version)
    except DeployError as error:
        if "ResourceNotFound" not in error.message:
            raise
        drift.append(f"the function {known.function_name} or its alias is gone")
        return "", ""
    last = known.current
    if last is not None and version != last.version:
        drift.append(f"the alias is on version {version} instead of {last.version}")
    elif last is not None and shown["CodeSha256"] != last.sha256:
        drift.append("the code was changed")
    return version, str(shown["CodeSha256"])
