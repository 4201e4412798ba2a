"""On which API a stage goes: its own, or that of another stage."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coworks_compat.config.problems import nearest
from coworks_compat.deploy import deployed as records
from cwsauth.errors import ConfigError, DeployError

if TYPE_CHECKING:
    from pathlib import Path

    from coworks_compat.deploy.deployed import Deployed
    from coworks_compat.deploy.live import LiveApi
    from coworks_compat.deploy.service import Service

_API_ID: Final = re.compile(r"[a-z0-9]{6,16}")


@dataclass(frozen=True, slots=True)
class Target:
    """`owner` is the stage that owns the API, or the API's id where no stage of this project does."""

    stage: str
    owner: str
    rest_api_id: str | None

    @property
    def owns(self) -> bool:
        """Whether the stage has an API of its own."""
        return self.owner == self.stage


def find_target(project: Path, stage: str, wanted: str | None) -> Target:
    """Where `stage` goes: `wanted` is what `--rest_api_id` says, a stage or an id.

    Without it a stage that is deployed stays where it is, and a new one gets an API of its own.

    Raises:
        ConfigError: the wanted stage is not deployed, or is a guest itself.
        DeployError: the stage is deployed on another API.
    """
    present = records.read(project, stage)
    if wanted is None or wanted == stage:
        if present is None:
            return Target(stage, stage, None)
        if wanted == stage and not present.owns_api:
            raise _elsewhere(present)
        return Target(stage, present.owner, present.rest_api_id)
    target = _wanted(project, stage, wanted)
    if present is not None and present.rest_api_id != target.rest_api_id:
        raise _elsewhere(present)
    if present is not None and present.owns_api:
        return Target(stage, stage, present.rest_api_id)
    return target


def refuse_uncovered(service: Service, api: LiveApi, target: Target, wrong: tuple[str, ...]) -> None:
    """Refuses a guest whose routes the API does not have.

    Raises:
        DeployError: the routes, and how to add them.
    """
    if api.foreign:
        raise DeployError(
            f"the REST API {api.rest_api_id!r} was not made by cws: {api.foreign[0]} does not go through the stage's variable",
            help="give the stage an API of its own (without --rest_api_id), or deploy the owner with cws first",
        )
    if wrong:
        owner = f"stage {target.owner!r}" if target.owner != target.rest_api_id else "its owner"
        shown = "; ".join(wrong[:8]) + (f"; and {len(wrong) - 8} more" if len(wrong) > 8 else "")
        raise DeployError(
            f"the REST API {api.rest_api_id!r} of {owner} does not have what {service.name!r} declares: {shown}",
            help=f"deploy this code to {owner} first (cws deploy --stage {target.owner}), then this stage again",
        )


def _wanted(project: Path, stage: str, wanted: str) -> Target:
    other = records.read(project, wanted)
    if other is not None:
        # A guest of a guest is a guest of the owner.
        return Target(stage, other.owner, other.rest_api_id)
    made_elsewhere = records.rest_api_of(project, wanted)
    if made_elsewhere is not None:
        return Target(stage, made_elsewhere, made_elsewhere)
    known = [found.stage for found in records.read_all(project)]
    if _API_ID.fullmatch(wanted) and any(c.isdigit() for c in wanted) and nearest(wanted, known) is None:
        owner = next((found for found in records.read_all(project) if found.rest_api_id == wanted), None)
        return Target(stage, owner.owner if owner else wanted, wanted)
    guess = nearest(wanted, known)
    raise ConfigError(
        f"'--rest_api_id {wanted}' is neither a deployed stage nor the id of an API",
        help=f"did you mean {guess!r}?" if guess else f"deploy it first: cws deploy --stage {wanted}",
    )


def _elsewhere(present: Deployed) -> DeployError:
    where = "an API of its own" if present.owns_api else f"the API of {present.owner!r}"
    return DeployError(
        f"stage {present.stage!r} is deployed on {where} ({present.rest_api_id})",
        help=f"destroy it first (cws destroy --stage {present.stage}), or leave --rest_api_id as it was",
    )
