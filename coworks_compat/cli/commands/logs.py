"""`cws logs`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from coworks_compat.cli.deployment import stage_options
from cwsauth.cli.options import debug_option, json_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from coworks_compat.deploy.context import Context


@click.command("logs")
@stage_options
@click.option("--since", default="10m", show_default=True, metavar="SPAN", help="How far back: 30s, 10m, 2h, 1d.")
@click.option("--filter", "pattern", metavar="PATTERN", help="Only lines that match, as CloudWatch Logs says it.")
@click.option("-f", "--follow", is_flag=True, help="Go on with the lines to come, until Ctrl-C.")
@json_option
@debug_option
def command(open_context: Callable[[], Context], since: str, pattern: str | None, follow: bool, as_json: bool) -> None:
    """Show what a stage's function logs.

    \b
    cws logs --stage dev --since 1h
    cws logs --stage dev --follow
    """
    from coworks_compat.deploy.logs import lines, span

    context = open_context()
    group = f"/aws/lambda/{context.stage.function_name}"
    client = context.aws.client("logs")
    try:
        for line in lines(client, group, since=span(since), pattern=pattern, follow=follow):
            if as_json:
                click.echo(json.dumps({"at": line.at, "stream": line.stream, "text": line.text}))
            else:
                at = datetime.fromtimestamp(line.at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
                click.echo(f"{click.style(at, dim=True)} {line.text}")
    except KeyboardInterrupt:
        if not follow:
            raise
