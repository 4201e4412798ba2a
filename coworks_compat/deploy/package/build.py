"""From a project to its package, and to its layer where the requirements go into one."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coworks_compat.config.reading import read_text
from coworks_compat.deploy.package.archive import compiled, compiles_for, sha256, write_zip
from coworks_compat.deploy.package.ignore import Ignore, files
from coworks_compat.deploy.package.requirements import FILE as REQUIREMENTS
from coworks_compat.deploy.package.requirements import expanded, install, runtime_version
from coworks_compat.deploy.package.runtime import runtime_files
from coworks_compat.deploy.package.size import Size
from cwsauth.errors import DeployError

if TYPE_CHECKING:
    from coworks_compat.config import Stage

ENTRY: Final = "cws_entry.py"


@dataclass(frozen=True, slots=True)
class Package:
    """A zip on disk. `sha256` in base64, as Lambda says it; `layer` is the zip of requirements, where there is one."""

    path: Path
    sha256: str
    size: Size
    python_version: str
    layer: Package | None = None


def build(
    project: Path, stage: Stage, *, pyc: bool | None = False, wheels: Path | None = None, into: Path | None = None
) -> Package:
    """The package of a project for a stage, in `into` (`.chalice/deployments` by default).

    `pyc` adds bytecode, None where this Python is the function's. `wheels` is a directory in which pip looks as well.

    Raises:
        ConfigError: `.cwsignore`, the Python version, or a module is wrong.
        DeployError: a requirement cannot be had, or a file cannot be read.
    """
    try:
        return _build(project, stage, pyc=pyc, wheels=wheels, into=into)
    except OSError as error:
        raise DeployError(
            f"cannot build the package: {str(error.filename or project)!r}: {error.strerror or type(error).__name__}",
            help="name it in .cwsignore, or let it be read",
        ) from None


def _build(project: Path, stage: Stage, *, pyc: bool | None, wheels: Path | None, into: Path | None) -> Package:
    version = runtime_version(stage.python_version)
    pyc = compiles_for(version) if pyc is None else pyc
    into = into or project / ".chalice" / "deployments"
    own: dict[str, bytes | Path] = dict(files(project, Ignore.of(project)))
    if not any(name.endswith(".py") for name in own):
        raise DeployError(f"no Python module in {str(project)!r}", help="is it all in .cwsignore?")
    own[ENTRY] = Path(__file__).parent.parent / "entry" / ENTRY
    with tempfile.TemporaryDirectory() as directory:
        needed = _requirements(project, Path(directory), version, stage.architecture, wheels)
        layer: Package | None = None
        if stage.automatic_layer and needed:
            below = {f"python/{name}": content for name, content in needed.items()}
            layer = _zip(into / f"{stage.name}-layer-{version}.zip", below, version, pyc=pyc, layer=None)
            return _zip(into / f"{stage.name}-{version}.zip", own, version, pyc=pyc, layer=layer)
        return _zip(into / f"{stage.name}-{version}.zip", {**needed, **own}, version, pyc=pyc, layer=None)


def _requirements(
    project: Path, directory: Path, version: str, architecture: str, wheels: Path | None
) -> dict[str, bytes | Path]:
    """What the app imports and is not its own: the wheels of requirements.txt, and the runtime that they lack."""
    path = project / REQUIREMENTS
    target = directory / "site"
    target.mkdir()
    lines = expanded(read_text(path, what="requirements")) if path.exists() else []
    if lines:
        # Beside the original, so that paths in it lead where they led.
        with tempfile.NamedTemporaryFile("w", dir=project, prefix=".cws-", suffix=".txt", encoding="utf-8") as wanted:
            wanted.write("\n".join(lines) + "\n")
            wanted.flush()
            install(Path(wanted.name), target, python_version=version, architecture=architecture, wheels=wheels)
    found: dict[str, bytes | Path] = {
        item.relative_to(target).as_posix(): item for item in sorted(target.rglob("*")) if item.is_file()
    }
    present = {name.partition("/")[0] for name in found}
    found.update(runtime_files(present))
    return found


def _zip(path: Path, contents: dict[str, bytes | Path], version: str, *, pyc: bool, layer: Package | None) -> Package:
    if pyc:
        contents = {**contents, **compiled(contents, version)}
    sizes = {name: len(c) if isinstance(c, bytes) else c.stat().st_size for name, c in contents.items()}
    write_zip(path, contents)
    size = Size.of(path.stat().st_size, sizes)
    return Package(path, sha256(path), size, version, layer)
