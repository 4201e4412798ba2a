"""A file that is nested so deeply that nothing reads it."""

from __future__ import annotations

import pytest

from cwsauth.errors import ConfigError
from cwsauth.files.text import read_json, read_text


def test_a_file_nested_too_deeply_is_an_error() -> None:
    """In words, not as a `RecursionError`."""
    deep = "[" * 100_000 + "]" * 100_000
    with pytest.raises(ConfigError, match="nested too deeply"):
        read_json(deep, "deep.json")
    with pytest.raises(ConfigError, match="nested too deeply"):
        read_text("a: " + "[" * 1500 + "]" * 1500, "deep.yaml")
