"""The source of the packages, wherever they are installed, as syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

import coworks_compat
import cwsauth

Node = TypeVar("Node", bound=ast.AST)

PACKAGES = [Path(package.__path__[0]) for package in (cwsauth, coworks_compat)]


@cache
def modules() -> dict[str, ast.Module]:
    """Path relative to the directory of the packages → syntax tree."""
    found = {}
    for package in PACKAGES:
        for path in sorted(package.rglob("*.py")):
            name = path.relative_to(package.parent).as_posix()
            found[name] = ast.parse(path.read_text(encoding="utf-8"), filename=name)
    return found


def nodes(kind: type[Node]) -> Iterator[tuple[str, Node]]:
    """Every node of one kind, with the path of its module."""
    for name, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, kind):
                yield name, node
