"""`cwsauth routes`."""

from __future__ import annotations

from typing import Any

import click

from cwsauth.cli.options import debug_option, inputs, json_option, policy_argument, source_options
from cwsauth.cli.output import console, progress, write_json, write_text

FORMATS = ["table", "markdown", "json", "html"]


@click.command("routes")
@policy_argument
@source_options
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="How to show it."
)
@click.option("--output", "-o", metavar="FILE", help="Write to a file (for markdown, json and html).")
@click.option("--title", help="A title; the name of POLICY by default.")
@json_option
@debug_option
def command(
    policy: str | None, form: str, output: str | None, title: str | None, as_json: bool, **sources: Any
) -> None:
    """Show the access matrix: every declared route, and who may call it.

    A route with parameters is allowed when every call of it is, partly allowed when only some are. The HTML page is one file
    that needs no network; it can be searched and filtered, and shows which rule decides.

    \b
    cwsauth routes policy.yaml
    cwsauth routes policy.yaml --format html -o access.html
    cwsauth routes app:auth --token-env ADMIN_TOKEN --token-env USER_TOKEN
    """
    from cwsauth.cli.matrix_text import markdown, table
    from cwsauth.policy.analyse import matrix

    found = inputs(policy, **sources)
    name = title or policy or sources["routes_from"] or "the API"
    made = matrix(name, found.policies, found.routes, progress=progress("asking the policies"))
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
