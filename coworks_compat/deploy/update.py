"""`cws update` and `cws rollback`: the code of a stage, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from coworks_compat.deploy import deployed as records
from coworks_compat.deploy.deploy import described, now, releaser_of, send_to_bucket
from coworks_compat.deploy.deployed import Deployed, Release
from coworks_compat.deploy.fingerprint import Difference, differences, facts
from coworks_compat.deploy.package import build
from coworks_compat.deploy.smoke import smoke_call
from cwsauth.errors import ConfigError, DeployError

if TYPE_CHECKING:
    from pathlib import Path

    from coworks_compat.deploy.context import Context
    from coworks_compat.deploy.package import Package
    from coworks_compat.deploy.release import Outcome
    from coworks_compat.deploy.service import Service


class NeedsDeploy(DeployError):
    """More than the code differs from what was deployed: `differences` says what."""

    def __init__(self, message: str, *, differences: tuple[Difference, ...], help: str = "") -> None:
        super().__init__(message, help=help)
        self.differences = differences


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update did. `package` is None after a rollback, `outcome` after a dry run."""

    deployed: Deployed
    outcome: Outcome | None
    package: Package | None = None


def update(
    context: Context,
    service: Service,
    *,
    bucket: str | None = None,
    pyc: bool | None = None,
    dry_run: bool = False,
    wheels: Path | None = None,
) -> Updated:
    """Sends the code of a stage that is deployed, when it is another one.

    Raises:
        ConfigError: the stage is not deployed.
        NeedsDeploy: routes, authorizer, configuration, environment or stage variables differ from what was deployed.
        Conflict: another update was quicker.
        RolledBack: the new code does not start, or fails its smoke call; the old code answers.
    """
    known = _deployed(context)
    context.say("building the package")
    package = build(context.project, context.stage, pyc=pyc, wheels=wheels)
    package.size.check(bucket=bucket is not None)
    layer = package.layer.sha256 if package.layer else ""
    found = differences(known.facts, facts(service, context.stage, requirements=layer))
    if found:
        shown = "; ".join(str(difference) for difference in found[:8])
        more = f"; and {len(found) - 8} more" if len(found) > 8 else ""
        raise NeedsDeploy(
            f"stage {known.stage!r} was deployed with something else: {shown}{more}",
            differences=found,
            help=f"run cws deploy --stage {known.stage}, which changes more than code",
        )
    if dry_run:
        return Updated(known, None, package)
    source = send_to_bucket(context, package, bucket, dry_run=False) if bucket is not None else None
    smoke = smoke_call(known.url, context.stage.smoke, context.environ()) if context.stage.smoke else None
    releaser = releaser_of(context, known.function_name, known.rest_api_id)
    outcome = releaser.release(package, smoke=smoke, description=described("update", context.project), source=source)
    return Updated(_noted(context, known, outcome, "update"), outcome, package)


def rollback(context: Context, *, to: str | None = None) -> Updated:
    """Points a stage to the version before, or to version `to`.

    Raises:
        ConfigError: the stage is not deployed.
        DeployError: there is no such version, or none before.
    """
    known = _deployed(context)
    outcome = releaser_of(context, known.function_name, known.rest_api_id).rollback(to)
    return Updated(_noted(context, known, outcome, "rollback"), outcome)


def _deployed(context: Context) -> Deployed:
    known = records.read(context.project, context.stage.name)
    if known is None:
        raise ConfigError(
            f"stage {context.stage.name!r} is not deployed from here",
            help=f"run cws deploy --stage {context.stage.name}; .chalice/deployed belongs into version control",
        )
    who = context.aws.identity()
    if (who.account, who.region) != (known.account, known.region):
        raise DeployError(
            f"stage {known.stage!r} is in account {known.account}, {known.region}, "
            f"and these credentials are for {who.account}, {who.region}",
            help="choose the other ones with --profile and --region",
        )
    return known


def _noted(context: Context, known: Deployed, outcome: Outcome, by: str) -> Deployed:
    """The record with the release, written; unchanged where the alias had that code and the record says so."""
    last = known.current
    if not outcome.changed and last is not None and (last.version, last.sha256) == (outcome.version, outcome.sha256):
        return known
    release = Release(outcome.version, outcome.sha256, now(), by)
    made = replace(known, releases=(*known.releases, release)[-20:])
    records.write(context.project, made)
    return made
