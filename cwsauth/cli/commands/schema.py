"""`cwsauth schema`."""

from __future__ import annotations

import click

from cwsauth.cli.options import debug_option
from cwsauth.cli.output import write_json


@click.command("schema")
@click.option("--json", is_flag=True, expose_value=False, help="Write JSON, as it does anyway.")
@debug_option
def command() -> None:
    """Print the JSON Schema of policy files, for editors and other tools."""
    from cwsauth.files import schema

    write_json(schema())
