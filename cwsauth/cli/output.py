"""How the command line writes: data, texts to files, tables, and progress on long work."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

Item = TypeVar("Item")

_WIDE = 10_000  # characters: without a terminal nothing is folded


def write_json(data: object, output: str | None = None) -> None:
    """Write `data` as JSON, indented; see `write_text`."""
    write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", output)


def write_text(text: str, output: str | None) -> None:
    """Write `text` to the file `output`, or to the standard output stream where it is None or `-`.

    Raises:
        ConfigError: the file cannot be written.
    """
    if output is None or output == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        what = (error.strerror or "unknown error").lower()
        raise ConfigError(f"cannot write '{output}': {what}", help="name a file in a directory that exists") from None
    click.echo(f"wrote {output}", err=True)


def console() -> Console:
    """A rich console for the standard output stream: plain text, and as wide as it likes, where that is no terminal."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)


def progress(label: str) -> Callable[[list[Item]], Iterator[Item]]:
    """Shows how far one is with a list, on a terminal's error stream, when it takes longer than a moment."""

    def watched(items: list[Item]) -> Iterator[Item]:
        if not sys.stderr.isatty():
            yield from items
            return
        with click.progressbar(items, label=label, file=sys.stderr) as bar:
            yield from bar

    return watched
