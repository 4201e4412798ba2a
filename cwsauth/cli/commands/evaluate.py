"""`cwsauth evaluate`."""

from __future__ import annotations

import click

from cwsauth.cli import failure
from cwsauth.cli.options import debug_option, json_option
from cwsauth.cli.output import write_json


@click.command("evaluate")
@click.argument("document", metavar="DOCUMENT")
@click.argument("arn", metavar="ARN")
@click.option(
    "--context",
    "pairs",
    metavar="KEY=VALUE",
    multiple=True,
    help="A condition key of the request, such as aws:SourceIp=203.0.113.7. Repeatable.",
)
@click.option("--action", default="execute-api:Invoke", show_default=True, help="The action of the call.")
@json_option
@debug_option
@click.pass_context
def command(ctx: click.Context, /, document: str, arn: str, pairs: tuple[str, ...], action: str, as_json: bool) -> None:
    """Judge a call by an IAM policy document, as IAM does, and name the deciding statement.

    DOCUMENT is a JSON file, or - for the standard input stream: a policy document, or the whole answer of an
    authorizer. ARN is the ARN of the method that is called. The exit code is 3 when the call is denied.

    \b
    cwsauth evaluate document.json arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/product/1
    """
    from cwsauth.cli.judging import context_of, read_document
    from cwsauth.policy.evaluate import Verdict, judge

    judgement = judge(read_document(document), arn, context_of(pairs), action=action)
    if as_json:
        write_json(judgement.to_dict())
    else:
        words = {Verdict.ALLOW: "allowed", Verdict.EXPLICIT_DENY: "denied explicitly", Verdict.IMPLICIT_DENY: "denied"}
        click.secho(f"{words[judgement.verdict]}: {judgement.reason}", fg="green" if judgement.verdict else "red")
    ctx.exit(failure.DONE if judgement.verdict else failure.DENIED)
