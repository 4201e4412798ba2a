"""What is not built says so when it is imported."""

from __future__ import annotations

import importlib

import pytest

import coworks_compat


@pytest.mark.parametrize("name", ["BizFactory", "BizMicroService", "Once", "Every", "At"])
def test_a_name_outside_says_so(name: str) -> None:
    """`from coworks_compat import BizFactory` names what is missing, and what to do."""
    with pytest.raises(ImportError, match=f"coworks_compat.{name} is outside coworks_compat.*step functions"):
        getattr(coworks_compat, name)


@pytest.mark.parametrize("module", ["biz", "tech", "middleware", "aws", "cli.writer", "cli.writer.sfn"])
def test_a_module_outside_says_so(module: str) -> None:
    """Importing it is an ImportError with a sentence, not a missing module."""
    with pytest.raises(ImportError, match="outside coworks_compat"):
        importlib.import_module(f"coworks_compat.{module}")


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As with any module."""
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        coworks_compat.Nothing  # noqa: B018


def test_the_names_that_are_there() -> None:
    """The three of CoWorks, and the marks."""
    assert {"Blueprint", "FileParam", "TechMicroService", "entry", "public", "requires"} <= set(dir(coworks_compat))
