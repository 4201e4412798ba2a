"""Rules of the house that one can read off the source."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.source import PACKAGES, modules, nodes

BROAD = {"Exception", "BaseException"}


def _names(expression: ast.expr | None) -> set[str]:
    """The last parts of the names in an `except` clause; a bare one is a BaseException."""
    if expression is None:
        return {"BaseException"}
    if isinstance(expression, ast.Tuple):
        return set().union(*map(_names, expression.elts))
    return {ast.unparse(expression).rpartition(".")[2]}


def test_only_the_authorizer_catches_everything() -> None:
    """`except Exception` stands once, in cwsauth/authorizer.py; nowhere a bare one, and no `suppress(Exception)`."""
    handlers = [name for name, handler in nodes(ast.ExceptHandler) if _names(handler.type) & BROAD]
    assert handlers == ["cwsauth/authorizer.py"]
    for name, call in nodes(ast.Call):
        if ast.unparse(call.func).endswith("suppress"):
            assert not set().union(*map(_names, call.args)) & BROAD, f"{name}:{call.lineno}"


def test_nobody_imports_fnmatch() -> None:
    """fnmatch normalises case by platform and lets `*` cross `/`: it decides nothing here."""
    for name, node in nodes(ast.AST):
        if isinstance(node, ast.Import):
            assert "fnmatch" not in [alias.name for alias in node.names], f"{name}:{node.lineno}"
        elif isinstance(node, ast.ImportFrom):
            assert node.module != "fnmatch", f"{name}:{node.lineno}"


def test_no_source_is_generated() -> None:
    """No pattern can become code where nothing is ever executed from text."""
    for name, call in nodes(ast.Call):
        assert ast.unparse(call.func) not in {"eval", "exec", "__import__"}, f"{name}:{call.lineno}"


@pytest.mark.parametrize(
    ("pattern", "bad"), [("a$", True), (r"a\$", False), ("[$]", False), (r"a\Z", False), (r"(a|b$)", True), ("$", True)]
)
def test_a_dollar_is_found(pattern: str, bad: bool) -> None:
    """An unescaped `$` outside a class is one that accepts a line end after the text."""
    assert _ends_loosely(pattern) is bad


def _ends_loosely(pattern: str) -> bool:
    without_escapes = re.sub(r"\\.", "", pattern)
    return "$" in re.sub(r"\[\^?\]?[^]]*\]", "", without_escapes)


def test_no_regular_expression_ends_in_a_dollar() -> None:
    r"""`$` accepts a trailing line end; `fullmatch` and `\Z` do not."""
    for name, call in nodes(ast.Call):
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "re" and call.args:
            for part in ast.walk(call.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    assert not _ends_loosely(part.value), f"{name}:{call.lineno}: {part.value!r}"


# Modules over the alarm that are to be parted; one that no longer is leaves this list.
OUTGROWN: list[str] = []


def test_files_are_of_one_idea() -> None:
    """A module that outgrows 450 lines holds more than one idea."""
    long = [
        name for name in modules() if len((PACKAGES[0].parent / name).read_text(encoding="utf-8").splitlines()) > 450
    ]
    assert long == OUTGROWN
