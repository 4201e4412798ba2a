"""`cws destroy`: a stage, and its API when the stage owns it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coworks_compat.deploy import deployed as records
from coworks_compat.deploy.deploy import guests_of, refuse_lost_state, terraform_in
from coworks_compat.deploy.generate.roots import Roots
from coworks_compat.deploy.terraform.guards import Allowed, Scope, check
from coworks_compat.deploy.terraform.plan import Plan
from coworks_compat.deploy.terraform.words import sentences
from cwsauth.errors import ConfigError, DeployError

if TYPE_CHECKING:
    from collections.abc import Callable

    from coworks_compat.deploy.context import Context
    from coworks_compat.deploy.terraform.runner import Terraform


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What was destroyed, in words; `done` is False when it was only shown."""

    stage: str
    steps: tuple[str, ...]
    done: bool


def destroy(
    context: Context, ask: Callable[[tuple[str, ...]], bool], *, allowed: Allowed | None = None, lock_timeout: int = 0
) -> Destroyed:
    """Destroys a stage, and the API with it when the stage owns it and no other stage is on it.

    Raises:
        ConfigError: the stage has no terraform root here.
        DeployError: the API has guests, or terraform cannot.
    """
    stage = context.stage.name
    roots = Roots(context.project, stage)
    if not roots.of_stage.is_dir() and not roots.api.is_dir():
        raise ConfigError(
            f"stage {stage!r} has no terraform root here",
            help="run this where it was deployed from, with --backend s3://… the state is found",
        )
    known = records.read(context.project, stage)
    # The API's root of a stage that was an owner once stays, empty.
    owns = roots.api.is_dir() and (known is None or known.owns_api)
    api = terraform_in(roots.api, context, lock_timeout=lock_timeout) if owns else None
    if api is not None:
        _refuse_guests(context, api, known.rest_api_id if known else None)
    of_stage = terraform_in(roots.of_stage, context, lock_timeout=lock_timeout)
    with tempfile.TemporaryDirectory(prefix="cws-plan-") as directory:
        work = Path(directory)
        scope = Scope(
            known.rest_api_id if known else None, context.stage.api_gateway_stage, context.stage.function_name
        )
        context.say("planning")
        plans = [(of_stage, work / "stage.tfplan", allowed or Allowed())] if roots.of_stage.is_dir() else []
        if api is not None:
            # Destroying the owner is how an API is deleted, and its guests were looked for above.
            plans.append((api, work / "api.tfplan", Allowed(api_deletion=True)))
        steps: list[str] = []
        for terraform, path, may in plans:
            terraform.init()
            refuse_lost_state(terraform, known)
            terraform.plan(path, destroy=True)
            plan = Plan.of(terraform.show(path))
            check(plan, scope, may)
            steps.extend(sentences(plan, {}))
        if steps and not ask(tuple(steps)):
            return Destroyed(stage, tuple(steps), done=False)
        for terraform, path, _ in plans:
            terraform.apply(path, context.say)
    records.remove(context.project, stage)
    return Destroyed(stage, tuple(steps), done=True)


def _refuse_guests(context: Context, api: Terraform, rest_api_id: str | None) -> None:
    """The stages of others on the API: what AWS says, and what the records of this project say."""
    stage = context.stage.name
    api.init()
    rest_api_id = rest_api_id or api.output().get("rest_api_id")
    if rest_api_id is None:
        return
    guests = {found.stage for found in records.read_all(context.project) if found.rest_api_id == rest_api_id}
    own = {found.api_stage for found in records.read_all(context.project) if found.rest_api_id == rest_api_id}
    try:
        guests |= set(guests_of(context, rest_api_id)) - own
    except DeployError as error:
        if "NotFoundException" not in error.message:
            raise
    guests.discard(stage)
    if guests:
        names = ", ".join(sorted(guests))
        raise DeployError(
            f"stage {stage!r} owns the API {rest_api_id}, and {names} {'are' if len(guests) > 1 else 'is'} on it",
            help=f"destroy {names} first, or make another stage the owner (cws stages --make-owner {sorted(guests)[0]})",
        )
