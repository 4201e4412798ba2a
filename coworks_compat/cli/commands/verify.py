"""`cws verify`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from coworks_compat.cli.deployment import confirm, service_options, stage_options
from cwsauth.cli.options import debug_option, json_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from coworks_compat.deploy.context import Context
    from coworks_compat.deploy.verify import Finding

_MARKS = {"good": ("ok", "green"), "wrong": ("WRONG", "red"), "seen": ("seen", "cyan"), "unknown": ("?", "yellow")}


@click.command("verify")
@stage_options
@service_options
@click.option("--probe", is_flag=True, help="Deploy a probe, ask it what no page of AWS answers, and destroy it.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before the probe is deployed.")
@json_option
@debug_option
def command(
    open_context: Callable[[], Context], module: str, attribute: str, probe: bool, yes: bool, as_json: bool
) -> None:
    """Check that a deployed stage is guarded as its code says, and see what AWS does that no page says.

    Without --probe nothing is changed and no token is used: routes, permissions and logs are looked at, and calls without
    identity are made. Exit code 1 when something is wrong.

    \b
    cws verify --stage dev
    cws verify --stage dev --probe
    """
    from coworks_compat.deploy.verify.finding import Grade
    from coworks_compat.deploy.verify.stage import verify_stage

    context = open_context()
    found: list[Finding] = []

    def told(finding: Finding) -> None:
        found.append(finding)
        if not as_json:
            _show(finding)

    for finding in verify_stage(context, context.service(module, attribute)):
        told(finding)
    if probe:
        from coworks_compat.deploy.verify.probing import verify_with_probe

        if confirm("deploy a probe on an API of its own, for a few minutes?", yes=yes):
            verify_with_probe(context, told)
    if as_json:
        click.echo(json.dumps([finding.as_dict() for finding in found], indent=2))
    if any(finding.grade is Grade.WRONG for finding in found):
        raise click.exceptions.Exit(1)


def _show(finding: Finding) -> None:
    mark, colour = _MARKS[finding.grade.value]
    click.echo(f"{click.style(f'{mark:>5}', fg=colour)}  {finding.question}\n       {finding.seen}")
    if finding.help:
        click.echo(f"       help: {finding.help}")
