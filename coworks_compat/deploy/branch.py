"""A stage's name out of the git branch: `--stage auto`."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from typing import TYPE_CHECKING, Final

from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Room for the app's name before it: Lambda takes 64 characters together.
_LENGTH: Final = 24
_TOLD: Final = ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "BRANCH_NAME", "BITBUCKET_BRANCH")


def stage_of_branch(branch: str) -> str:
    """The name of a branch as a stage: lower case, letters, digits and `-`, at most 24 characters.

    A name that had to be changed gets six characters of its digest, so that `a/b` and `a-b` are two stages.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", branch.lower()).strip("-")
    if plain == branch and len(plain) <= _LENGTH:
        return plain
    mark = hashlib.sha256(branch.encode()).hexdigest()[:6]
    return f"{plain[: _LENGTH - 7].rstrip('-')}-{mark}".lstrip("-")


def current_branch(project: Path, environ: Mapping[str, str] | None = None) -> str:
    """The branch that is checked out, or that a CI service says it builds.

    Raises:
        ConfigError: no git, no repository, or no branch.
    """
    environ = os.environ if environ is None else environ
    try:
        done = subprocess.run(
            ["git", "symbolic-ref", "--short", "-q", "HEAD"],  # noqa: S607
            cwd=project, capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise ConfigError(
            "'--stage auto' needs git, which is not on PATH", help="name the stage with --stage"
        ) from None
    if done.returncode == 0:
        return done.stdout.strip()
    for name in _TOLD:
        if environ.get(name):
            return environ[name]
    raise ConfigError(
        "'--stage auto': no branch is checked out here",
        help="name the stage with --stage; in CI set BRANCH_NAME, or check out the branch instead of a commit",
    )


def commit_of(project: Path) -> str:
    """The commit that is checked out, in short, with `+` where files differ from it; empty without git."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=10", "--exclude=*"],  # noqa: S607
            cwd=project, capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
