"""`cwsauth schema`."""

from __future__ import annotations

import click

from cwsauth.cli.options import debug_option
from cwsauth.cli.output import write_json


@click.command("schema")
@debug_option
def command() -> None:
    """Print the JSON Schema of policy files, for editors and other tools."""
    from cwsauth.files import schema

    write_json(schema())
