"""Which files of a project belong into the package: `.cwsignore`, lines as in `.gitignore`, below our own list."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wcmatch import glob

from coworks_compat.config.reading import read_text
from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE: Final = ".cwsignore"
# What no function needs. A line `!name` of .cwsignore brings one of them back.
STANDARD: Final = """
.*
__pycache__/
*.py[cod]
*.egg-info/
*.dist-info/
/build/
/dist/
/tests/
/test_*.py
/conftest.py
/terraform/
*.tfstate
*.tfstate.*
*.tfvars
*.pem
*.key
/venv/
/env/
/node_modules/
/requirements*.txt
/pyproject.toml
/setup.py
/setup.cfg
/Makefile
/Dockerfile
/docs/
*.md
/vendor/
"""
_FLAGS: Final = glob.GLOBSTAR | glob.DOTGLOB | glob.CASE | glob.FORCEUNIX


@dataclass(frozen=True, slots=True)
class Ignore:
    """The rules of a project, last one first to decide."""

    rules: tuple[tuple[glob.WcMatcher[str], bool, bool], ...]  # pattern, brings back, directories only

    @classmethod
    def of(cls, project: Path) -> Ignore:
        """Our rules, and after them those of the project's `.cwsignore`.

        Raises:
            ConfigError: a line is no pattern; its number is named.
        """
        path = project / FILE
        own = read_text(path, what="list of files to leave out").splitlines() if path.exists() else []
        rules = [_rule(line, 0) for line in STANDARD.splitlines()]
        rules += [_rule(line, number) for number, line in enumerate(own, start=1)]
        return cls(tuple(rule for rule in reversed(rules) if rule is not None))

    def ignores(self, path: str, *, directory: bool) -> bool:
        """Whether a path (relative, with `/`) stays out."""
        for matcher, brings_back, directories_only in self.rules:
            if (directory or not directories_only) and matcher.match(path):
                return not brings_back
        return False


def files(project: Path, ignore: Ignore) -> Iterator[tuple[str, Path]]:
    """The files that belong into the package: name in the zip, and path. A link to a file is that file.

    Raises:
        ConfigError: a link to a directory, which is not followed, or one that leads nowhere.
    """
    for name, path in _walk(project, "", ignore):
        yield name, path
    vendor = project / "vendor"
    if vendor.is_dir():  # as in Chalice: what lies in vendor/ lies beside the app
        for name, path in _walk(vendor, "", Ignore.of(vendor)):
            yield name, path


def _walk(root: Path, prefix: str, ignore: Ignore) -> Iterator[tuple[str, Path]]:
    with os.scandir(root / prefix) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        name = f"{prefix}{entry.name}"
        directory = entry.is_dir(follow_symlinks=False)
        if ignore.ignores(name, directory=directory):
            continue
        if directory:
            yield from _walk(root, name + "/", ignore)
        elif entry.is_file():
            yield name, Path(entry.path)
        elif entry.is_symlink():
            # Left out silently, it would be missed at AWS only; followed, it could bring anything along.
            leads = "a directory, which is not followed" if entry.is_dir() else "nothing that can be packed"
            raise ConfigError(
                f"{name!r} is a link to {leads}", help=f"name it in {FILE}, or put what it leads to in its place"
            )


def _rule(line: str, number: int) -> tuple[glob.WcMatcher[str], bool, bool] | None:
    text = line.strip()
    if not text or text.startswith("#"):
        return None
    brings_back = text.startswith("!")
    text = text.removeprefix("!")
    directories_only = text.endswith("/")
    text = text.rstrip("/")
    anchored = "/" in text
    text = text.lstrip("/")
    if not text:
        raise ConfigError(f"invalid {FILE}: line {number} is no pattern", help="write a name, or a path with '/'")
    return glob.compile(text if anchored else f"**/{text}", flags=_FLAGS), brings_back, directories_only
