"""The group of commands, each imported when it is used, so that `--help` is quick."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from cwsauth import __version__
from cwsauth.cli import failure
from cwsauth.cli.options import Settings, debug_option
from cwsauth.errors import CwsAuthError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "explain": "Say whether a request is allowed, and why.",
    "document": "Print the IAM document of a policy.",
    "evaluate": "Judge a call by an IAM document, as IAM does.",
    "routes": "Show who may call which route: the access matrix.",
    "diff": "Show what became allowed and what became denied.",
    "lint": "Find rules and routes that are probably wrong.",
    "compile": "Make the documents of an authorizer before its Lambda starts.",
    "test": "Check decision tables.",
    "schema": "Print the JSON Schema of policy files.",
}
"""Every command with its one line of help; `cwsauth.cli.commands` has a module of the same name for each."""


class LazyGroup(click.Group):
    """A group that imports a command only to run it, or to show its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which they are read best."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"cwsauth.cli.commands.{cmd_name}"), "command", None)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; one that is spelled a little differently is suggested."""
        from difflib import get_close_matches

        name = args[0]
        if not name.startswith("-") and name not in COMMANDS:
            close = get_close_matches(name, COMMANDS, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise click.UsageError(f"no such command '{name}'{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, out of `COMMANDS` alone."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 denied, 4 invalid policy, document or file.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@debug_option
def cli() -> None:
    """See what an authorization policy means: in process, and in IAM."""


def run(
    args: Sequence[str] | None = None,
    *,
    group: click.Group = cli,
    name: str = "cwsauth",
    settings: Settings | None = None,
) -> int:
    """Run a command line with `args` (those of this process by default); the value is the exit code."""
    settings = settings or Settings()
    before, sys.excepthook = sys.excepthook, failure.report_unexpected
    extra: dict[str, Any] = {"color": False} if os.environ.get("NO_COLOR") else {}
    try:
        code = group.main(args, prog_name=name, standalone_mode=False, obj=settings, **extra)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "", err=True)
        code = failure.USAGE
    except (CwsAuthError, click.ClickException) as error:
        if settings.debug:
            raise
        failure.report(error)
        code = failure.exit_code(error)
    except click.Abort:
        code = failure.FAILED
    except BrokenPipeError:
        # The reader has gone (`cwsauth … | head`); nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = failure.FAILED
    # Where something unexpected leaves this function, the hook stays to report it.
    sys.excepthook = before
    return code if isinstance(code, int) else failure.DONE
