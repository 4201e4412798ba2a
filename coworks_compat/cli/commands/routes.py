"""`cws routes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from coworks_compat.cli.service import load_service, service_options
from cwsauth.cli.options import debug_option, json_option
from cwsauth.cli.output import console, write_json, write_text

if TYPE_CHECKING:
    from coworks_compat.cli.group import CwsSettings


@click.command("routes")
@service_options
@click.option("-s", "--stage", default="dev", show_default=True, help="The stage whose variables are set.")
@click.option(
    "--as", "tokens", metavar="TOKEN", multiple=True, help="A token, or the variable that holds one. Repeatable."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "markdown", "json", "html"]),
    default="table",
    show_default=True,
    help="How to show it.",
)
@click.option("--output", "-o", metavar="FILE", help="Write to a file (for markdown, json and html).")
@json_option
@debug_option
@click.pass_obj
def command(
    settings: CwsSettings,
    module: str,
    attribute: str,
    stage: str,
    tokens: tuple[str, ...],
    form: str,
    output: str | None,
    as_json: bool,
) -> None:
    """Show every route of the service, and who may call it.

    The service's own auth is asked about the tokens in the variables of the stage that are called ...TOKEN..., or about those
    given with --as. A route with parameters is allowed when every call of it is, partly allowed when only some are.

    \b
    cws routes
    cws routes --as USER_TOKEN --as ADMIN_TOKEN --stage prod
    cws routes --format html -o access.html
    """
    from coworks_compat.cli.access import access_matrix, known_tokens, named_token
    from coworks_compat.project import local_stage, use_stage
    from cwsauth.cli.matrix_text import markdown, table

    config = use_stage(settings.directory, stage)
    app = load_service(settings.directory, module, attribute)
    asked = dict(map(named_token, tokens)) or known_tokens(config.environment_variables)
    made, problems = access_matrix(app, asked, local_stage(config))
    if as_json or form == "json":
        write_json(made.to_dict(), output)
    elif form == "table":
        if output is not None:
            raise click.UsageError("a table is for the terminal: give --format markdown, json or html with --output")
        console().print(table(made))
    elif form == "markdown":
        write_text(markdown(made), output)
    else:
        from cwsauth.cli.report import html

        write_text(html(made), output)
    for problem in problems:
        click.echo(f"warning: {problem}", err=True)
