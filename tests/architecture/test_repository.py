"""What is tracked, and what must not be in it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.checkout

# Put together here, so that this file is not its own finding.
FOLDERS = "|".join(["work", "opt", "root", "farm", "tmp/dev", r"home/[a-z]+"])
MACHINE_PATH = re.compile(rf"(^|[^A-Za-z0-9_.{{}}*-])/({FOLDERS})/", re.MULTILINE)
REGISTRY = re.compile(
    "|".join([r"pypi\." + "org", "python" + r"hosted\.org", r"npmjs\." + "org", r"deb\.debian\." + "org"])
)


def tracked() -> list[Path]:
    """The files that git tracks and that are there."""
    run = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in run.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> dict[str, str]:
    """Path → text of what is tracked, without what is not text."""
    found = {}
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            found[path.relative_to(ROOT).as_posix()] = content.decode("utf-8")
    return found


def test_no_path_of_a_machine_is_tracked() -> None:
    """A clone works wherever it lies, and says nothing of where it was made."""
    found = [
        f"{name}:{text.count(chr(10), 0, hit.start()) + 1}: {hit.group()}"
        for name, text in texts().items()
        for hit in MACHINE_PATH.finditer(text)
    ]
    assert found == []


def test_no_package_registry_is_named() -> None:
    """Packages are asked for by name; where they come from is the user's setting."""
    assert [name for name, text in texts().items() if REGISTRY.search(text)] == []


def test_nothing_generated_is_tracked() -> None:
    """Caches, environments, builds and state files stay out."""
    generated = re.compile(r"(^|/)(__pycache__|\.venv|dist|build|\.terraform|\.[a-z]+_cache)/|\.(pyc|tfstate)\Z")
    assert [path for path in texts() if generated.search(path)] == []


def test_no_link_is_tracked() -> None:
    """A symbolic link names a place of the machine that it was made on."""
    run = subprocess.run(["git", "ls-files", "--stage"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [line for line in run.stdout.splitlines() if line.startswith("120000")] == []


def test_every_test_says_what_it_shows() -> None:
    """The docstring of a test states the behaviour."""
    import ast

    silent = [
        f"{name}:{node.lineno} {node.name}"
        for name, text in texts().items()
        if re.fullmatch(r"tests/(.+/)?test_[^/]+\.py", name)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        if not ast.get_docstring(node)
    ]
    assert silent == []
