"""`cwsauth explain`."""

from __future__ import annotations

from typing import Any

import click

from cwsauth.cli import failure
from cwsauth.cli.options import debug_option, inputs, json_option, policy_option, source_options
from cwsauth.cli.output import write_json


@click.command("explain")
@click.argument("method")
@click.argument("path")
@policy_option
@source_options
@json_option
@debug_option
@click.pass_context
def command(ctx: click.Context, /, method: str, path: str, policy: str | None, as_json: bool, **sources: Any) -> None:
    """Say whether METHOD PATH is allowed, by which rule, and which rules nearly did.

    The rules are those of a policy or plain ones. With routes, the declared route that the request falls on
    is named too. The exit code is 3 when every policy asked denies the request.

    \b
    cwsauth explain --rule 'product/*' --route 'GET /product/{id}' GET /product/1
    cwsauth explain -p policy.yaml --role editor PUT /product/1
    """
    from cwsauth.cli.explanation import explain_call

    explanation = explain_call(inputs(policy, **sources), method, path)
    if as_json:
        write_json(explanation.to_dict())
    else:
        for line, style in explanation.lines():
            click.secho(line, **style)
    ctx.exit(failure.DONE if explanation.allowed else failure.DENIED)
