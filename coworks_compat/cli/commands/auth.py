"""`cws auth`: the cwsauth command, in the directory of the project."""

from __future__ import annotations

import os

import click

from coworks_compat.cli.group import CwsSettings
from cwsauth.cli.app import LazyGroup
from cwsauth.errors import ConfigError


@click.group(
    "auth",
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.pass_context
def command(ctx: click.Context) -> None:
    """See what an authorization policy means: in process, and in IAM.

    These are the commands of `cwsauth`. With --project-dir, files and modules are those of the project.
    """
    settings = ctx.find_object(CwsSettings)
    if settings is not None:
        try:
            os.chdir(settings.directory)
        except OSError as error:
            raise ConfigError(
                f"cannot go to {str(settings.directory)!r}: {(error.strerror or 'unknown error').lower()}",
                help="name the directory of a project with --project-dir",
            ) from None
