"""`cws rollback`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from coworks_compat.cli.deployment import stage_options
from cwsauth.cli.options import debug_option, json_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from coworks_compat.deploy.context import Context


@click.command("rollback")
@stage_options
@click.option("--to", metavar="VERSION", help="The version to go to; by default the one before.")
@json_option
@debug_option
def command(open_context: Callable[[], Context], to: str | None, as_json: bool) -> None:
    """Go back to an earlier version of the code. Once more, and it goes forward again.

    \b
    cws rollback --stage dev
    cws rollback --stage dev --to 3
    """
    from coworks_compat.deploy.update import rollback

    done = rollback(open_context(), to=to)
    assert done.outcome is not None
    if as_json:
        click.echo(json.dumps(asdict(done.outcome), indent=2))
    elif done.outcome.changed:
        click.echo(
            f"stage {done.deployed.stage} is on version {done.outcome.version} (before: {done.outcome.previous})"
        )
    else:
        click.echo(f"nothing to do: stage {done.deployed.stage} is on version {done.outcome.version}")
