"""Lambda packages, as they are deployed: the code of an example and the libraries it imports, in one directory or zip."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import io
import os
import shutil
import zipfile
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples" / "lambdas"
TOKENS = {"ADMIN_TOKEN": "the-admin", "USER_TOKEN": "the-user", "READER_TOKEN": "the-reader"}

# What each library needs at run time, as it stands in the environment of the tests.
_CLOSURES = {
    "cwsauth": ("wcmatch", "bracex"),
    "aws_lambda_powertools": ("jmespath", "typing_extensions"),
    "chalice": (),
}


def package(code: Path, target: Path, *libraries: str) -> Path:
    """A directory with the files of `code`, cwsauth, the libraries and what they need."""
    shutil.copytree(code, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    for name in ("cwsauth", *libraries):
        for module in (name, *_CLOSURES.get(name, ())):
            _copy(module, target)
    return target


def _copy(module: str, target: Path) -> None:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise AssertionError(f"{module} is not installed")
    source = Path(spec.origin)
    if source.name == "__init__.py":
        shutil.copytree(
            source.parent, target / module, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True
        )
    else:
        shutil.copy(source, target)
    for distribution in importlib.metadata.packages_distributions().get(module, ()):
        # Powertools asks for its own version.
        found = importlib.metadata.distribution(distribution)
        info = Path(str(found._path)) if hasattr(found, "_path") else None  # its one way to the directory
        if info is not None and info.is_dir() and module == "aws_lambda_powertools":
            shutil.copytree(info, target / info.name, dirs_exist_ok=True)


def zipped(directory: Path) -> bytes:
    """The directory as a zip, as Lambda takes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for root, _, names in sorted(os.walk(directory)):
            for name in sorted(names):
                path = Path(root) / name
                archive.write(path, path.relative_to(directory))
    return buffer.getvalue()
