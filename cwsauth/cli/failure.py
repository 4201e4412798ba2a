"""How the command line fails: exit codes, and errors as two lines, without a traceback unless one is asked for."""

from __future__ import annotations

import sys
from pathlib import PurePath
from typing import TYPE_CHECKING

import click

from cwsauth.errors import ArnError, ConfigError, CwsAuthError, DocumentError, NotExact, PatternError, TooLarge

if TYPE_CHECKING:
    from types import TracebackType

DONE = 0
FAILED = 1
USAGE = 2
DENIED = 3
INVALID = 4


def exit_code(error: BaseException) -> int:
    """The exit code of a process that ends with `error`."""
    if isinstance(error, click.UsageError):
        return USAGE
    own = getattr(error, "exit_code", None)
    if isinstance(error, CwsAuthError) and isinstance(own, int):
        return own
    if isinstance(error, NotExact | TooLarge):
        return FAILED
    if isinstance(error, ArnError | ConfigError | DocumentError | PatternError):
        return INVALID
    return FAILED


def describe(error: BaseException) -> tuple[str, str]:
    """What went wrong and what helps, each in one line; the text of an error that is not ours stays out."""
    if isinstance(error, CwsAuthError):
        return error.message, error.help
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "cwsauth"
        return _sentence(error.format_message()), f"see '{path} --help'"
    if isinstance(error, click.ClickException):
        return _sentence(error.format_message()), ""
    return f"unexpected {type(error).__name__}{_origin(error)}", "run it again with --debug for the traceback"


def report(error: BaseException) -> None:
    """Write `error` to the standard error stream, as `error: …` and `help: …`."""
    message, help = describe(error)
    click.echo(f"{click.style('error', fg='red', bold=True)}: {message}", err=True)
    if help:
        click.echo(f"{click.style('help', fg='cyan')}: {help}", err=True)


def report_unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A `sys.excepthook` that reports in two lines; the exception may hold a secret, so only its type is shown."""
    if issubclass(kind, KeyboardInterrupt):
        sys.exit(130)
    report(error.with_traceback(trace))


def report_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A `sys.excepthook` for `--debug`: where the error came from, and its text if it is ours; another may hold a secret."""
    from traceback import format_tb

    chain: list[BaseException] = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None and before not in chain:
        chain.append(before)
    for each in reversed(chain):
        own = isinstance(each, CwsAuthError | click.ClickException)
        text = str(each) if own else "(its text is not shown: it may hold a secret)"
        frames = format_tb(trace if each is error else each.__traceback__)
        click.echo(f"Traceback (most recent call last):\n{''.join(frames)}{type(each).__name__}: {text}\n", err=True)


def _sentence(text: str) -> str:
    """A message of click in our form: one line, no capital, no full stop."""
    line = " ".join(text.split()).removesuffix(".")
    return line[:1].lower() + line[1:]


def _origin(error: BaseException) -> str:
    trace = error.__traceback__
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f" in {PurePath(trace.tb_frame.f_code.co_filename).name} line {trace.tb_lineno}"
