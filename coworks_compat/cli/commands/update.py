"""`cws update`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from coworks_compat.cli.deployment import package_options, service_options, stage_options
from cwsauth.cli.options import debug_option, json_option

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from coworks_compat.deploy.context import Context


@click.command("update")
@stage_options
@service_options
@package_options
@click.option("--dry-run", is_flag=True, help="Say whether the code could be sent, and send nothing.")
@json_option
@debug_option
def command(
    open_context: Callable[[], Context],
    module: str,
    attribute: str,
    bucket: str | None,
    pyc: bool | None,
    wheels: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Send the code of a stage, and nothing else.

    Skipped when the code is the same; refused when routes, authorizer or configuration changed, which need `cws deploy`.
    The stage goes back to the code before when the new one does not start or fails its smoke call.

    \b
    cws update --stage dev
    """
    from coworks_compat.deploy.update import NeedsDeploy, update

    context = open_context()
    try:
        done = update(
            context, context.service(module, attribute), bucket=bucket, pyc=pyc, dry_run=dry_run, wheels=wheels
        )
    except NeedsDeploy as error:
        if as_json:
            click.echo(
                json.dumps({"updated": False, "differences": [asdict(found) for found in error.differences]}, indent=2)
            )
        else:
            for found in error.differences:
                click.echo(f"  {found}", err=True)
        raise
    outcome = done.outcome
    if as_json:
        size = done.package.size.report() if done.package else ""
        data = {
            "updated": bool(outcome and outcome.changed),
            "outcome": asdict(outcome) if outcome else None,
            "package": size,
        }
        click.echo(json.dumps(data, indent=2))
    elif outcome is None:
        click.echo("the code could be sent")
    elif outcome.changed:
        click.echo(f"stage {done.deployed.stage} is on version {outcome.version} (before: {outcome.previous})")
    else:
        click.echo(f"nothing to do: stage {done.deployed.stage} has this code, version {outcome.version}")
