"""Objects of Python modules as the source of policies."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cwsauth

HEAD = """
import os
from cwsauth import Grant, Policy, Unauthenticated, authorizer
from cwsauth.files import load
from cwsauth.tokens import Basic, Roles, StaticTokens

ROUTES = ["GET /product/{id}", "GET /admin"]

def by_token(auth_request):
    if auth_request.token == "S3CRET-user":
        return ["product/*"]
    raise Unauthenticated("who is it")

class Space:
    pass
"""

Write = Callable[[str], str]


@pytest.fixture
def write(shop: Path) -> Iterator[Write]:
    """Makes a module in which `Space.THING` is the given expression; the value is its name."""

    def write(expression: str) -> str:
        (shop / "things.py").write_text(f"{HEAD}\nSpace.THING = {expression}\n")
        return "things:Space.THING"

    yield write
    sys.modules.pop("things", None)
    sys.path[:] = [path for path in sys.path if path != str(shop)]


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("Policy.of(['product/*'])", {"Space.THING": True}),
        ("['product/*']", {"Space.THING": True}),
        ("False", {"Space.THING": False}),
        ("{'a': ['product/*'], 'b': False, 'c': Grant(['GET **'])}", {"a": True, "b": False, "c": True}),
        ("load('policy.yaml')", {"admin": True, "editor": True, "customer": True, "nobody": False}),
        (
            "Roles({'a': ['admin'], 'b': [], '*': ['product/*', '!product/2']}, claim='r')",
            {"a": True, "b": True, "*": True},
        ),
        ("StaticTokens({'ADMIN_TOKEN': True, 'USER_TOKEN': ['admin']})", {"ADMIN_TOKEN": True, "USER_TOKEN": False}),
        ("authorizer(StaticTokens({'ADMIN_TOKEN': True}), routes=ROUTES)", {"ADMIN_TOKEN": True}),
    ],
)
def test_objects_with_policies(expression: str, allowed: dict[str, bool], write: Write, cwsauth: Cwsauth) -> None:
    """A policy, rules, a dict of them, a loaded file, roles, static tokens: each gives its named policies."""
    data = json.loads(cwsauth("explain", "-p", write(expression), "--json", "GET", "/product/1").out)
    assert {name: policy["allowed"] for name, policy in data["policies"].items()} == allowed


def test_the_rules_of_everyone_are_every_roles(write: Write, cwsauth: Cwsauth) -> None:
    """With their denies."""
    source = write("Roles({'a': ['**'], '*': ['product/*', '!product/2']}, claim='r')")
    assert cwsauth("explain", "-p", source, "--role", "a", "GET", "/product/2").code == 3


@pytest.mark.parametrize(
    "expression", ["authorizer(by_token, routes=ROUTES)", "by_token", "Basic({'a': Basic.hash('x')})"]
)
def test_authorizers_are_asked_about_tokens(
    expression: str, write: Write, cwsauth: Cwsauth, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each token comes from an environment variable, and appears nowhere; a refused one grants nothing."""
    monkeypatch.setenv("USER_TOKEN", "Bearer S3CRET-user")
    monkeypatch.setenv("OTHER_TOKEN", "S3CRET-other")
    source = write(expression)
    result = cwsauth(
        "explain", "-p", source, "--token-env", "USER_TOKEN", "--token-env", "OTHER_TOKEN", "GET", "/product/1"
    )
    lines = result.out.splitlines()
    if "by_token" in expression:
        assert lines[0] == "USER_TOKEN: allowed: GET /product/1 matches rule 'product/*'"
    assert "OTHER_TOKEN: denied: GET /product/1: the policy grants nothing at all" in lines
    assert ("route: GET /product/{id} (id = 1)" in lines) is ("routes=" in expression)
    assert "S3CRET" not in result.out + result.err
    for missing, error in [([], "depends on a token"), (["--token-env", "NONE_SET"], "'NONE_SET' is not set")]:
        result = cwsauth("explain", "-p", source, *missing, "GET", "/product/1")
        assert result.code == 4
        assert error in result.err


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("5", "'things:Space.THING' is a int, which holds neither rules nor routes"),
        ("'product/*'", "is a str, which holds neither"),
        ("{'a': 'product/*'}", "'a' has a str, which is no rules"),
        ("['product/{id']", "invalid route pattern 'product/{id'"),
    ],
)
def test_other_objects_are_refused(expression: str, error: str, write: Write, cwsauth: Cwsauth) -> None:
    """With what is there and what could be."""
    result = cwsauth("explain", "-p", write(expression), "GET", "/")
    assert result.code == 4
    assert error in result.err


def test_a_module_with_a_wrong_line_is_said_so(write: Write, cwsauth: Cwsauth) -> None:
    """File and line, as Python would name them, and no traceback."""
    result = cwsauth("explain", "-p", write("]"), "GET", "/")
    assert result.code == 4
    assert "error: cannot import 'things': things.py line " in result.err
    assert "help: correct the line" in result.err
