"""`cwsauth lint`."""

from __future__ import annotations

from typing import Any

import click

from cwsauth.cli import failure
from cwsauth.cli.options import debug_option, inputs, json_option, policy_argument, source_options
from cwsauth.cli.output import progress, write_json


@click.command("lint")
@policy_argument
@source_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="How to show it; github makes annotations in GitHub Actions.",
)
@json_option
@debug_option
@click.pass_context
def command(ctx: click.Context, /, policy: str | None, form: str, as_json: bool, **sources: Any) -> None:
    """Find rules and routes that are probably wrong.

    Errors are rules that no route can meet and rules that a deny takes back; warnings are superfluous, over-broad and inexact
    rules, and verbs that fall through to a {proxy+}; notes are routes that no role reaches, and rules that end in * where
    routes lie deeper. The exit code is 4 when there is an error.

    \b
    cwsauth lint policy.yaml
    cwsauth lint policy.yaml --format github
    """
    from cwsauth.cli.findings import lint_all

    found = inputs(policy, **sources)
    if not found.policies:
        raise click.UsageError("there is no policy to look at: give POLICY or --rule")
    findings = lint_all(found, policy or "rules", progress=progress("looking at rules"))
    if as_json or form == "json":
        write_json(findings.to_dict())
    else:
        for line in findings.github() if form == "github" else findings.lines():
            click.echo(line)
    ctx.exit(failure.INVALID if findings.errors else failure.DONE)
