"""`cws deploy`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coworks_compat.cli.deployment import confirm, lock_option, package_options, service_options, stage_options
from cwsauth.cli.options import debug_option, json_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from coworks_compat.deploy.context import Context
    from coworks_compat.deploy.deploy import Preview, Result


@click.command("deploy")
@stage_options
@service_options
@package_options
@click.option(
    "--rest_api_id",
    "--rest-api-id",
    "rest_api_id",
    metavar="STAGE|ID",
    help="Put the stage on the API of another stage, or on this API.",
)
@click.option("--backend", metavar="PLACE", help="Where terraform keeps its state: local, or s3://bucket/prefix.")
@click.option(
    "--engine",
    type=click.Choice(["terraform", "chalice"]),
    default="terraform",
    show_default=True,
    help="What deploys.",
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show what would be done.")
@click.option("--plan-out", metavar="FILE", help="Write terraform's plans to a file as JSON, without secrets.")
@click.option("--allow-api-deletion", is_flag=True, help="Carry out a plan that deletes or replaces the API.")
@click.option("--allow-other-stages", is_flag=True, help="Carry out a plan that touches another stage.")
@lock_option
@json_option
@debug_option
def command(
    open_context: Callable[[], Context],
    module: str,
    attribute: str,
    bucket: str | None,
    pyc: bool | None,
    wheels: Path | None,
    rest_api_id: str | None,
    backend: str | None,
    engine: str,
    yes: bool,
    dry_run: bool,
    plan_out: str | None,
    allow_api_deletion: bool,
    allow_other_stages: bool,
    lock_timeout: int,
    as_json: bool,
) -> None:
    """Deploy a stage: its API, function, permissions and code.

    \b
    cws deploy --stage dev
    cws deploy --stage master --rest_api_id dev
    cws deploy --stage auto --yes --backend s3://our-states/shop
    """
    from coworks_compat.deploy.deploy import Deployment, Options
    from coworks_compat.deploy.terraform.guards import Allowed

    context = open_context()
    if engine == "chalice":
        _with_chalice(context, module, rest_api_id, yes=yes, dry_run=dry_run, as_json=as_json)
        return
    options = Options(
        rest_api_id=rest_api_id,
        backend=backend,
        bucket=bucket,
        pyc=pyc,
        dry_run=dry_run,
        allowed=Allowed(api_deletion=allow_api_deletion, other_stages=allow_other_stages),
        lock_timeout=lock_timeout,
        wheels=wheels,
    )

    def ask(preview: Preview) -> bool:
        _write_plan(preview, plan_out)
        if not as_json or not yes:
            _show(preview)
        return confirm(f"deploy stage {preview.stage}?", yes=yes)

    result = Deployment(context, context.service(module, attribute), options).run(ask)
    if dry_run or result.preview.nothing:
        _write_plan(result.preview, plan_out)
    _report(result, dry_run=dry_run, as_json=as_json)


def _show(preview: Preview) -> None:
    for step in preview.steps:
        loud = step.startswith(("OPENS", "DELETES", "REPLACES"))
        click.echo("  " + (click.style(step, fg="red", bold=True) if loud else step), err=True)
    code = "sends other code" if preview.code_changes else "keeps the code"
    click.echo(f"  {code}: {preview.package}", err=True)


def _report(result: Result, *, dry_run: bool, as_json: bool) -> None:
    preview, deployed = result.preview, result.deployed
    if as_json:
        data: dict[str, Any] = {
            "stage": preview.stage,
            "steps": list(preview.steps),
            "package": preview.package,
            "code_changes": preview.code_changes,
            "deployed": asdict(deployed) if deployed else None,
        }
        click.echo(json.dumps(data, indent=2))
    elif dry_run:
        if preview.nothing:
            click.echo("nothing would change")
        else:
            _show(preview)
    elif deployed is not None:
        if preview.nothing and not (result.outcome and result.outcome.changed):
            click.echo("nothing changed", err=True)
        click.echo(deployed.url)
    if deployed is None and not dry_run:
        click.echo("nothing was changed", err=True)
        raise click.exceptions.Exit(1)


def _write_plan(preview: Preview, path: str | None) -> None:
    if path is not None:
        data = {
            "stage": preview.stage,
            "steps": list(preview.steps),
            "plans": {"api": preview.api, "stage": preview.of_stage},
        }
        Path(path).write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def _with_chalice(
    context: Context, module: str, rest_api_id: str | None, *, yes: bool, dry_run: bool, as_json: bool
) -> None:
    from coworks_compat.deploy.chalice_engine import deploy, preview

    steps = preview(context, module=module, rest_api_id=rest_api_id)
    for step in steps:
        click.echo(f"  {step}", err=True)
    if dry_run:
        return
    if not confirm(f"deploy stage {context.stage.name} with Chalice?", yes=yes):
        click.echo("nothing was changed", err=True)
        raise click.exceptions.Exit(1)
    url = deploy(context, module=module, rest_api_id=rest_api_id)
    click.echo(json.dumps({"stage": context.stage.name, "engine": "chalice", "url": url}) if as_json else url)
