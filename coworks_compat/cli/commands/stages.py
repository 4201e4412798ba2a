"""`cws stages`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from coworks_compat.cli.deployment import project_directory, service_options
from cwsauth.cli.options import debug_option, json_option

if TYPE_CHECKING:
    from coworks_compat.deploy.context import Context
    from coworks_compat.deploy.stages import Status


@click.command("stages")
@service_options
@click.option("--profile", help="The AWS profile.")
@click.option("--region", help="The AWS region.")
@click.option("--drift", is_flag=True, help="Also let terraform look for what changed; exits with 3 when anything did.")
@click.option("--make-owner", metavar="STAGE", help="Make this stage the owner of the API that it is on.")
@json_option
@debug_option
def command(
    module: str,
    attribute: str,
    profile: str | None,
    region: str | None,
    drift: bool,
    make_owner: str | None,
    as_json: bool,
) -> None:
    """Show the stages: what is where, since when, and whether it is still what was deployed.

    \b
    cws stages
    cws stages --drift
    cws stages --make-owner master
    """
    from coworks_compat.config import Project
    from coworks_compat.deploy import deployed as records
    from coworks_compat.deploy import stages
    from coworks_compat.deploy.context import Context

    directory = project_directory()
    project = Project.load(directory)

    def context_of(name: str) -> Context:
        known = records.read(project.directory, name)
        return Context.open(directory, name, profile=profile, region=region or (known.region if known else None))

    if make_owner is not None:
        context = context_of(make_owner)
        made = stages.make_owner(context, context.service(module, attribute))
        click.echo(f"stage {made.stage} is the owner of the API {made.rest_api_id}")
        return
    found: list[Status] = []
    terraform: dict[str, tuple[str, ...]] = {}
    for name in project.stages:
        context = context_of(name)
        status = stages.status(context)
        found.append(status)
        if drift and status.deployed:
            terraform[name] = stages.terraform_drift(context, context.service(module, attribute))
    if as_json:
        click.echo(
            json.dumps([{**asdict(item), "terraform": list(terraform.get(item.stage, ()))} for item in found], indent=2)
        )
    else:
        _show(found, terraform)
    if drift and (any(terraform.values()) or any(item.drift for item in found)):
        raise click.exceptions.Exit(3)


def _show(found: list[Status], terraform: dict[str, tuple[str, ...]]) -> None:
    from rich.table import Table

    from cwsauth.cli.output import console

    table = Table("stage", "version", "code", "since", "by", "API", "owner", "URL", box=None)
    for item in found:
        if item.deployed:
            table.add_row(
                item.stage, item.version, item.sha256[:10], item.at, item.by, item.rest_api_id, item.owner, item.url
            )
        else:
            table.add_row(item.stage, "-", "", "not deployed", "", "", "", "")
    console().print(table)
    for item in found:
        for line in (*item.drift, *terraform.get(item.stage, ())):
            click.echo(f"drift in {item.stage}: {line}")
