"""`cwsauth diff`."""

from __future__ import annotations

from typing import Any

import click

from cwsauth.cli import failure
from cwsauth.cli.options import check_routes, debug_option, json_option, route_options
from cwsauth.cli.output import progress, write_json


@click.command("diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="[NEW]", required=False)
@click.option("--git", "revisions", metavar="REV1..REV2", help="Compare two revisions of the file OLD.")
@click.option("--role", "roles", metavar="NAME", multiple=True, help="Only this role. Repeatable.")
@route_options
@click.option("--allow-widening", is_flag=True, help="Exit with 0 also when something became allowed.")
@json_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    old: str,
    new: str | None,
    revisions: str | None,
    roles: tuple[str, ...],
    allow_widening: bool,
    as_json: bool,
    **routes: Any,
) -> None:
    """Show what became allowed and what became denied from OLD to NEW, each with a shortest request.

    OLD and NEW are policy files or MODULE:OBJECT. With `--git` OLD is one policy file, as two revisions have it, or as one
    revision and the disk have it. The comparison is exact over every call of the routes, or over every path where there
    are none. The exit code is 3 when something became allowed, unless --allow-widening is given.

    \b
    cwsauth diff old.yaml new.yaml
    cwsauth diff policy.yaml --git main..HEAD
    """
    from cwsauth.cli.differences import compare
    from cwsauth.cli.sources import read_pair

    if (new is None) is (revisions is None):
        raise click.UsageError("give OLD and NEW, or one policy file and --git REV1..REV2")
    check_routes(**routes)
    before, after = read_pair(old, new, revisions, roles, **routes)
    comparison = compare(before, after, progress=progress("comparing roles"))
    if as_json:
        write_json(comparison.to_dict())
    else:
        for line, style in comparison.lines():
            click.secho(line, **style)
    ctx.exit(failure.DENIED if comparison.widened and not allow_widening else failure.DONE)
