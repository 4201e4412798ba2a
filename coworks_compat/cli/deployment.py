"""What the commands of deployment share: their options, and how they speak."""

from __future__ import annotations

import functools
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from coworks_compat.deploy.context import Context

Command = TypeVar("Command", bound="Callable[..., Any]")

_CONTEXT = ("stage", "profile", "region", "var_files", "quiet")


def stage_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options by which a command finds its stage; the command gets a function that opens the `Context`.

    Opened late, so that `--help` is quick and a wrong configuration is an error of the command, not of its import.
    """

    @functools.wraps(command)
    def wrapped(*args: Any, **options: Any) -> Any:
        chosen = {name: options.pop(name) for name in _CONTEXT}
        return command(*args, open_context=functools.partial(_open, **chosen), **options)

    for option in (
        click.option("-q", "--quiet", is_flag=True, help="Do not show progress."),
        click.option(
            "--var-file",
            "var_files",
            multiple=True,
            metavar="FILE",
            help="Values for ${var:name}: JSON or NAME=value. Repeatable.",
        ),
        click.option("--region", help="The AWS region."),
        click.option("--profile", help="The AWS profile."),
        click.option(
            "-s", "--stage", default="dev", show_default=True, help="The stage; 'auto' is named after the git branch."
        ),
    ):
        wrapped = option(wrapped)
    return wrapped


def service_options(command: Command) -> Command:
    """`-m MODULE` and `-a APP`: where the service is."""
    command = click.option(
        "-a", "--app", "attribute", default="app", show_default=True, help="The variable that holds the service."
    )(command)
    return click.option("-m", "--module", default="app", show_default=True, help="The module of the service.")(command)


def package_options(command: Command) -> Command:
    """How the package is built and sent."""
    for option in (
        click.option("--bucket", help="Send the package through this bucket (needed from 50 MB on)."),
        click.option(
            "--pyc/--no-pyc",
            default=None,
            help="Bytecode in the package, for a faster first call; by default where this Python is the function's.",
        ),
        click.option(
            "--find-links",
            "wheels",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="A directory of wheels for pip.",
        ),
    ):
        command = option(command)
    return command


def lock_option(command: Command) -> Command:
    """How long to wait for another deployment."""
    return click.option(
        "--lock-timeout",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help="Seconds to wait for a state that is locked.",
    )(command)


def confirm(question: str, *, yes: bool) -> bool:
    """Whether the person says yes. Without a terminal nobody can: then only `--yes` does.

    Raises:
        UsageError: there is nobody to ask.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask at: pass --yes to go on, or --dry-run to look only")
    return click.confirm(question, err=True)


def _open(*, stage: str, profile: str | None, region: str | None, var_files: tuple[str, ...], quiet: bool) -> Context:
    from coworks_compat.config import read_variables
    from coworks_compat.deploy.context import Context

    _end_in_order()
    variables: dict[str, str] = {}
    for name in var_files:
        variables.update(read_variables(Path(name), what="--var-file"))
    return Context.open(
        project_directory(), stage, profile=profile, region=region, variables=variables, say=_speaker(quiet=quiet)
    )


def _end_in_order() -> None:
    """Lets a CI service's cancellation, or a terminal that is closed, end the command as Ctrl-C does: with a way back."""
    context = click.get_current_context(silent=True)
    if context is None or threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
            context.call_on_close(functools.partial(signal.signal, number, signal.SIG_DFL))


def project_directory() -> Path:
    """The directory that `cws --project-dir` names, else the current one."""
    context = click.get_current_context(silent=True)
    found = getattr(context.obj, "directory", None) if context is not None else None
    return Path(found) if found is not None else Path()


def _speaker(*, quiet: bool) -> Callable[[str], None]:
    began = time.monotonic()

    def say(line: str) -> None:
        if not quiet:
            click.echo(f"{click.style(f'{time.monotonic() - began:6.1f} s', dim=True)}  {line}", err=True)

    return say
