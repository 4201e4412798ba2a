"""`cws destroy`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from coworks_compat.cli.deployment import confirm, lock_option, stage_options
from cwsauth.cli.options import debug_option, json_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from coworks_compat.deploy.context import Context


@click.command("destroy")
@stage_options
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--allow-other-stages", is_flag=True, help="Carry out a plan that touches another stage.")
@lock_option
@json_option
@debug_option
def command(
    open_context: Callable[[], Context], yes: bool, allow_other_stages: bool, lock_timeout: int, as_json: bool
) -> None:
    """Take a stage away, and its API with it when the stage owns it and no other stage is on it.

    \b
    cws destroy --stage feature-x --yes
    """
    from coworks_compat.deploy.destroy import destroy
    from coworks_compat.deploy.terraform.guards import Allowed

    context = open_context()

    def ask(steps: tuple[str, ...]) -> bool:
        for step in steps:
            click.echo(f"  {step}", err=True)
        return confirm(f"destroy stage {context.stage.name}?", yes=yes)

    done = destroy(context, ask, allowed=Allowed(other_stages=allow_other_stages), lock_timeout=lock_timeout)
    if as_json:
        click.echo(json.dumps(asdict(done), indent=2))
    elif done.done:
        click.echo(f"stage {done.stage} is gone")
    if not done.done:
        click.echo("nothing was changed", err=True)
        raise click.exceptions.Exit(1)
