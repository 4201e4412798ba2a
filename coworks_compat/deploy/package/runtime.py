"""The libraries of this project that a function imports, taken as they are installed here.

Chalice does the same for its own runtime: `chalice` from the registry would bring a whole deployment tool along. What
requirements.txt resolves to wins over what is taken here.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cwsauth.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Set

# Package by package, what of it a function does not import.
_LEFT_OUT: Final[dict[str, tuple[str, ...]]] = {
    "cwsauth": ("cli/", "gateway/", "__main__.py"),
    "coworks_compat": ("cli/", "config/", "deploy/", "pytest/", "local.py", "project.py"),
    "wcmatch": (),
    "bracex": (),
}
_CHALICE: Final = ("__init__.py", "app.py")


def runtime_files(present: Set[str]) -> Iterator[tuple[str, Path]]:
    """Name and path of every module of the runtime, but for the packages that are `present` already.

    Raises:
        DeployError: a package that the runtime needs is not installed.
    """
    for package, left_out in _LEFT_OUT.items():
        if package not in present:
            yield from _package(package, lambda name, out=left_out: not name.startswith(out))  # type: ignore[misc]
    if "chalice" not in present and importlib.util.find_spec("chalice") is not None:
        yield from _package("chalice", lambda name: name in _CHALICE)


def _package(package: str, wanted: Callable[[str], bool]) -> Iterator[tuple[str, Path]]:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise DeployError(f"package {package!r} is not installed", help=f"pip install {package}")
    root = Path(next(iter(spec.submodule_search_locations)))
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if wanted(name) and "__pycache__" not in name:
            yield f"{package}/{name}", path
