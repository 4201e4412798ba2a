"""`cwsauth document`."""

from __future__ import annotations

from typing import Any

import click

from cwsauth.cli.options import debug_option, inputs, json_option, policy_argument, source_options
from cwsauth.cli.output import write_json

EXAMPLE_ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/"


@click.command("document")
@policy_argument
@source_options
@click.option("--arn", default=EXAMPLE_ARN, show_default=True, help="The ARN of a call to the API and stage.")
@click.option(
    "--inexact",
    type=click.Choice(["narrow", "refuse"]),
    default="narrow",
    show_default=True,
    help="What to do where IAM cannot say the policy.",
)
@click.option("--complement", type=click.Choice(["deny"]), help="Deny the rest explicitly, for a resource policy.")
@click.option("--limit", type=click.IntRange(min=1), help="The largest size in bytes.")
@json_option
@debug_option
def command(
    policy: str | None,
    arn: str,
    inexact: str,
    complement: str | None,
    limit: int | None,
    as_json: bool,
    **sources: Any,
) -> None:
    """Print the IAM document of one policy, with its size and whether it says all that the policy says.

    The document goes to the standard output stream, what is said about it to the standard error stream. With
    the routes of the API documents are smaller and more policies can be said exactly.

    \b
    cwsauth document --rule 'product/*' --route 'GET /product/{id}' --route 'GET /product/{id}/secret'
    cwsauth document policy.yaml --role editor | cwsauth evaluate - ARN
    """
    from cwsauth.cli.documents import describe, to_dict

    found = inputs(policy, **sources)
    if not found.policies:
        raise click.UsageError("there is no policy to write: give POLICY or --rule")
    name, chosen = found.only()
    document = chosen.document(arn, inexact=inexact, complement=complement, limit=limit)
    if as_json:
        write_json({"name": name, **to_dict(document)})
        return
    write_json(document.policy)
    for line, style in describe(document):
        click.secho(line, err=True, **style)
