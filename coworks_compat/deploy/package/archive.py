"""A zip whose bytes depend on names and contents only: sorted, one date, plain modes."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATE: Final = (1980, 1, 1, 0, 0, 0)  # the first that a zip can say
_UNIX: Final = 3
_LEVEL: Final = 9
_RUNNING: Final = f"{sys.version_info.major}.{sys.version_info.minor}"


def write_zip(target: Path, contents: Mapping[str, bytes | Path]) -> None:
    """Write a zip with these names and contents to `target`, at once: a reader sees all of it or the file before."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=target.name)
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as raw, zipfile.ZipFile(raw, "w") as archive:
            for path in sorted(contents):
                content = contents[path]
                data = content if isinstance(content, bytes) else content.read_bytes()
                info = zipfile.ZipInfo(path, _DATE)
                info.create_system = _UNIX
                # Its owner's bit: what this user may do says nothing about the file.
                executable = isinstance(content, Path) and bool(content.stat().st_mode & 0o100)
                info.external_attr = (0o100755 if executable else 0o100644) << 16
                archive.writestr(info, data, zipfile.ZIP_DEFLATED, _LEVEL)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """The SHA-256 of a file as Lambda says it: base64."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return base64.b64encode(digest.digest()).decode()


def compiles_for(python_version: str) -> bool:
    """Whether this Python makes bytecode that the function's takes: the same minor version."""
    return python_version == _RUNNING


def compiled(contents: Mapping[str, bytes | Path], python_version: str) -> dict[str, bytes]:
    """Bytecode for every module, unchecked-hash, so that no date and no source is looked at when it is loaded.

    A new interpreter compiles, since what one has done before decides which texts its bytecode holds once and which twice.
    Files that are no Python, which wheels bring as templates, get none. Source: PEP 552, "Deterministic pycs".

    Raises:
        ConfigError: this Python is not the function's.
    """
    if not compiles_for(python_version):
        raise ConfigError(
            f"--pyc needs Python {python_version}, and this is {_RUNNING}",
            help=f"run cws with Python {python_version}, or leave --pyc out",
        )
    names = [name for name in sorted(contents) if name.endswith(".py")]
    with tempfile.TemporaryDirectory() as directory:
        sources = []
        for number, name in enumerate(names):
            content = contents[name]
            source = Path(directory) / f"{number}.py"
            source.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
            sources.append([str(source), name])
        subprocess.run(  # noqa: S603
            [sys.executable, "-I", "-S", "-c", _COMPILE], input=json.dumps(sources), text=True, check=True
        )
        return {
            _bytecode_name(name): made.read_bytes()
            for source, name in sources
            if (made := Path(f"{source}c")).is_file()
        }


_COMPILE: Final = """
import json, py_compile, sys, warnings
warnings.simplefilter("ignore")
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
for source, name in json.load(sys.stdin):
    py_compile.compile(source, cfile=source + "c", dfile=name, quiet=2, invalidation_mode=mode, optimize=0)
"""


def _bytecode_name(name: str) -> str:
    folder, _, base = name.rpartition("/")
    return f"{folder}/__pycache__/{base[:-3]}.{sys.implementation.cache_tag}.pyc".lstrip("/")
