"""The group behind `cws`: global options, the list of commands, and how errors end."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cwsauth.cli import app
from cwsauth.cli.options import Settings, debug_option

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "new": "Make a new project, with tests that pass.",
    "init": "Write .chalice/config.json for a project.",
    "run": "Serve the service behind the local API Gateway.",
    "routes": "Show who may call which route of the service.",
    "export": "Write the API as OpenAPI or terraform.",
    "deploy": "Deploy a stage with terraform.",
    "update": "Send the code of a stage, and nothing else.",
    "rollback": "Go back to an earlier version of the code.",
    "stages": "Show the stages, and what is deployed.",
    "logs": "Show what a stage logs.",
    "verify": "Check a deployed stage against the code.",
    "destroy": "Take a stage away.",
    "auth": "Everything of the cwsauth command: explain, document, test, lint, diff...",
}
"""Every command with its one line of help; `coworks_compat.cli.commands` has a module of the same name for each."""


class CwsSettings(Settings):
    """What holds for a whole run; `directory` is that of the project."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path()


class LazyGroup(click.Group):
    """A group that imports a command only to run it, or to show its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which one meets them."""
        home = Path(__file__).with_name("commands")
        return [name for name in COMMANDS if (home / f"{name}.py").is_file()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command = import_module(f"coworks_compat.cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; one that is spelled a little differently is suggested."""
        from difflib import get_close_matches

        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            close = get_close_matches(name, self.list_commands(ctx), n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise click.UsageError(f"no such command '{name}'{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, out of `COMMANDS` alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


def _set_directory(ctx: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    settings = ctx.find_object(CwsSettings)
    if settings is not None and value is not None:
        settings.directory = value


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 denied, 4 invalid configuration.",
)
@click.option(
    "--project-dir",
    "-p",
    type=click.Path(path_type=Path),
    expose_value=False,
    callback=_set_directory,
    help="The directory of the project; the current one by default.",
)
@click.version_option(package_name="cwsauth", message="%(prog)s %(version)s")
@debug_option
def cws() -> None:
    """Write a microservice, see who may call it, run it here, and deploy it in stages."""


def run(args: Sequence[str] | None = None) -> int:
    """Run the command line with `args` (those of this process by default); the value is the exit code."""
    return app.run(args, group=cws, name="cws", settings=CwsSettings())
