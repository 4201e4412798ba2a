"""`cwsauth test`."""

from __future__ import annotations

from typing import Any

import click

from cwsauth.cli import failure
from cwsauth.cli.options import debug_option, inputs, json_option, source_options
from cwsauth.cli.output import write_json


@click.command("test")
@click.argument("policy", required=False)
@click.argument("tables", metavar="[TABLE]...", nargs=-1)
@source_options
@json_option
@debug_option
@click.pass_context
def command(ctx: click.Context, /, policy: str | None, tables: tuple[str, ...], as_json: bool, **sources: Any) -> None:
    """Check the decision table of a policy file, and those of further files.

    A table is a list of requests with what is expected of them, and optionally the deciding rule; it stands
    under `tests:` in the policy file or in a YAML or JSON file of its own. The exit code is 1 when one is not
    as expected.

    \b
    cwsauth test policy.yaml
    cwsauth test app:POLICIES cases.yaml
    """
    from cwsauth.cli.tables import check_tables

    report = check_tables(inputs(policy, **sources), tables)
    if as_json:
        write_json(report.to_dict())
    else:
        for line, style in report.lines():
            click.secho(line, **style)
    ctx.exit(failure.DONE if report.passed else failure.FAILED)
