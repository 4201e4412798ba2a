"""Policy files as they were in a revision of git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path, PurePath

from cwsauth.errors import ConfigError
from cwsauth.files.load import PolicySet, load


def load_revision(path: str | PurePath, revision: str) -> PolicySet:
    """The policies of the file at `path` as `revision` has it, with the OpenAPI document of that revision.

    Raises:
        ConfigError: there is no git, no such revision, no such file in it, or it is not a policy file.
    """
    commit = _commit(revision, Path(path).parent)

    def read(wanted: PurePath) -> str:
        return _blob(commit, revision, wanted)

    return load(path, read=read, name=f"{revision}:{path}")


def split_range(text: str) -> tuple[str, str | None]:
    """The revisions of `OLD..NEW`; NEW is HEAD where it is left out, and None (the file on the disk) for a lone `OLD`.

    Raises:
        ConfigError: OLD is missing, or it is a symmetric difference.
    """
    old, dots, new = text.partition("..")
    if not old or new.startswith("."):
        raise ConfigError(f"invalid range of revisions '{text}'", help="write it as 'main..HEAD', or as one revision")
    return old, (new or "HEAD") if dots else None


def _commit(revision: str, directory: Path) -> str:
    found = _git(directory, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found is None:
        raise ConfigError(
            f"there is no revision '{revision}'", help="run it inside the repository; 'git log' lists them"
        )
    return found.strip()


def _blob(commit: str, revision: str, path: PurePath) -> str:
    file = Path(os.path.normpath(path))
    text = _git(file.parent, "cat-file", "blob", f"{commit}:./{file.name}")
    if text is None:
        raise ConfigError(f"the revision '{revision}' has no file '{path}'", help="name a file that was committed")
    return text


def _git(directory: Path, *arguments: str) -> str | None:
    """What git prints, None when it fails; a directory that is gone is looked for from its nearest parent."""
    below: list[str] = []
    while not directory.is_dir():
        below.insert(0, directory.name)
        directory = directory.parent
    if below:
        arguments = tuple(text.replace(":./", f":./{'/'.join(below)}/") for text in arguments)
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and no text of the user stands where git reads options
            ["git", "-C", str(directory), *arguments],  # noqa: S607 - whichever git the user has
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=60,
        )
    except FileNotFoundError:
        raise ConfigError("cannot read a revision: there is no git on this machine", help="install git") from None
    if done.returncode != 0:
        return None
    try:
        return done.stdout.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError("cannot read a revision: a file of it is not UTF-8 text", help="save it as UTF-8") from None
