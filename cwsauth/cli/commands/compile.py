"""`cwsauth compile`."""

from __future__ import annotations

from os.path import relpath

import click

from cwsauth.cli import failure
from cwsauth.cli.options import debug_option, json_option
from cwsauth.cli.output import write_json


@click.command("compile")
@click.argument("authorizer")
@click.argument("policies", metavar="[POLICY]...", nargs=-1)
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    help="The file to write, or '-'; by default the one that the authorizer reads (compiled=).",
)
@click.option("--check", is_flag=True, help="Write nothing; say whether the file is as it would be written.")
@json_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context, /, authorizer: str, policies: tuple[str, ...], output: str | None, check: bool, as_json: bool
) -> None:
    """Make the IAM documents of an authorizer's constant policies now, not when its Lambda starts.

    AUTHORIZER is MODULE:OBJECT. Policies are found in StaticTokens, Roles, Scopes, the grant of a JWT, and policy files; a
    POLICY is MODULE:OBJECT of another one that the function returns. Rules with conditions or placeholders are left out: they
    depend on the request. The authorizer reads the file with @authorizer(compiled=FILE). With --check the exit code is 4 when
    the file is missing or is not what would be written.

    \b
    cwsauth compile app:auth
    cwsauth compile app:auth app:READER app:EDITOR --output auth.compiled.json
    cwsauth compile app:auth --check
    """
    from cwsauth.cli.compiling import compile_plans, is_fresh, load_authorizer, load_others

    handler = load_authorizer(authorizer)
    compiled = compile_plans(handler, load_others(policies))
    if output is None and handler.compiled is not None and handler.compiled.path is not None:
        output = relpath(handler.compiled.path)
    if check:
        if output is None or output == "-":
            raise click.UsageError("there is no file to check: give --output")
        fresh = is_fresh(output, compiled)
        if as_json:
            write_json({"fresh": fresh, **compiled.to_dict()})
        elif fresh:
            click.echo(f"{output} is up to date")
        if not fresh:
            failure.report(compiled.stale(output))
        ctx.exit(failure.DONE if fresh else failure.INVALID)
    if output is None and as_json:
        write_json(compiled.to_dict())
        return
    write_json(compiled.data, output)
    if as_json and output not in (None, "-"):
        write_json(compiled.to_dict())
    else:
        for line in compiled.lines():
            click.echo(line, err=True)
