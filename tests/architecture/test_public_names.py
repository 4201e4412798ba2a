"""The names that users may rely on."""

from __future__ import annotations

import pytest

import cwsauth

# A snapshot: whoever changes it changes what users may import, and says so in CHANGELOG.md.
PUBLIC = [
    "AuthRequest",
    "Decision",
    "Document",
    "Forbidden",
    "Grant",
    "Policy",
    "RouteTable",
    "Rule",
    "Unauthenticated",
    "Verdict",
    "authorizer",
    "evaluate",
    "protect",
    "secret_equals",
]


def test_the_public_names_are_these() -> None:
    """`cwsauth` offers what the snapshot lists, and nothing else."""
    assert sorted(cwsauth.__all__) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_there(name: str) -> None:
    """Each name can be imported, is listed by `dir`, and lives in cwsauth."""
    value = getattr(cwsauth, name)
    assert name in dir(cwsauth)
    assert value.__module__.startswith("cwsauth.")
    assert value.__doc__, "a public name has a docstring"


def test_an_unknown_name_is_an_attribute_error() -> None:
    """The lazy names do not make a module that answers to everything."""
    with pytest.raises(AttributeError, match="'nothing'"):
        cwsauth.nothing  # noqa: B018


def test_packages_say_that_they_are_typed() -> None:
    """Type checkers of users read our annotations."""
    from tests.architecture.source import PACKAGES

    assert all((package / "py.typed").is_file() for package in PACKAGES)
