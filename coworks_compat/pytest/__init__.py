"""For tests of a service: `assert_allowed`, `assert_denied`, `decision_table`; the fixtures come as a pytest plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coworks_compat.pytest.assertions import assert_allowed as assert_allowed
    from coworks_compat.pytest.assertions import assert_denied as assert_denied
    from coworks_compat.pytest.table import decision_table as decision_table

__all__ = ["assert_allowed", "assert_denied", "decision_table"]

_HOMES = {
    "assert_allowed": "coworks_compat.pytest.assertions",
    "assert_denied": "coworks_compat.pytest.assertions",
    "decision_table": "coworks_compat.pytest.table",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
