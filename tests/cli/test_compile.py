"""`cwsauth compile`: the file of an authorizer, and whether it is up to date."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.cli.conftest import Cwsauth

MODULE = """\
from cwsauth import Rule, authorizer
from cwsauth.policy.conditions import scope
from cwsauth.tokens import StaticTokens
ROUTES = ["GET /a/{id}/b/{x}", "GET,PUT /a/{id}", "GET /a/{id}/c"]
auth = authorizer(
    StaticTokens({"USER_TOKEN": RULES, "ADMIN_TOKEN": True, "OTHER_TOKEN": [Rule("a/*", when=scope("x"))]}),
    routes=ROUTES,
    compiled="auth.compiled.json",
)
READER = ["GET a/*"]
@authorizer(routes=ROUTES)
def function(request):
    return READER
class App:
    def cwsauth_authorizer(self):
        return auth
app = App()
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module `compiled_app` with an authorizer, in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = tmp_path / "compiled_app.py"
    write(path, ["a/*/b/**"])
    yield path
    sys.modules.pop("compiled_app", None)


def write(path: Path, rules: list[str]) -> None:
    """The module with other rules, to be imported anew."""
    sys.modules.pop("compiled_app", None)
    path.write_text(f"RULES = {rules!r}\n{MODULE}")


def test_it_writes_the_file_that_the_authorizer_reads(module: Path, cwsauth: Cwsauth) -> None:
    """Without --output; it says which policies are in it, and which cannot be."""
    result = cwsauth("compile", "compiled_app:auth")
    assert result.code == 0
    assert result.out == ""
    assert result.err.splitlines()[-3:] == [
        "wrote auth.compiled.json",
        "1 policy: USER_TOKEN",
        "left out, since they depend on the request: OTHER_TOKEN",
    ]
    sys.modules.pop("compiled_app")
    assert import_module("compiled_app").auth.compiled
    text = Path("auth.compiled.json").read_text()
    assert cwsauth("compile", "compiled_app:app").code == 0, "an app has its authorizer"
    assert Path("auth.compiled.json").read_text() == text, "the same bytes each time"


def test_check(module: Path, cwsauth: Cwsauth) -> None:
    """0 when the file is up to date; 4 when it is missing, stale, or no such file."""
    missing = cwsauth("compile", "compiled_app:auth", "--check")
    assert missing.code == 4
    assert "error: 'auth.compiled.json' is not what would be written now" in missing.err
    assert not Path("auth.compiled.json").exists()
    cwsauth("compile", "compiled_app:auth")
    fresh = cwsauth("compile", "compiled_app:auth", "--check")
    assert (fresh.code, fresh.out) == (0, "auth.compiled.json is up to date\n")
    before = Path("auth.compiled.json").read_text()
    write(module, ["a/*/c"])
    stale = cwsauth("compile", "compiled_app:auth", "--check", "--json")
    assert stale.code == 4
    assert json.loads(stale.out)["fresh"] is False
    assert Path("auth.compiled.json").read_text() == before
    sys.modules.pop("compiled_app")
    Path("auth.compiled.json").write_text("{}")
    broken = cwsauth("compile", "compiled_app:auth", "--check")
    assert broken.code == 4
    assert "delete it, and write it anew" in broken.err


def test_policies_that_a_function_returns_are_named(module: Path, cwsauth: Cwsauth) -> None:
    """The file goes to the standard output stream where nobody says otherwise, or to --output."""
    unnamed = cwsauth("compile", "compiled_app:function")
    assert unnamed.code == 4
    assert "help: name the policies that its function returns" in unnamed.err
    named = cwsauth("compile", "compiled_app:function", "compiled_app:READER")
    assert named.code == 0
    data = json.loads(named.out)
    assert [plan["allow"] for plan in data["plans"].values()] == [["GET/a/?*"]]
    assert [plan["deny"] for plan in data["plans"].values()] == [["GET/a/?*/?*"]]
    as_json = cwsauth("compile", "compiled_app:function", "compiled_app:READER", "-o", "f.json", "--json")
    assert json.loads(Path("f.json").read_text()) == data
    (policy,) = json.loads(as_json.out)["policies"]
    assert policy == {"name": "READER", "key": next(iter(data["plans"])), "exact": True, "allow": 1, "deny": 1}


def test_wrong_usage(module: Path, cwsauth: Cwsauth) -> None:
    """What is no authorizer, no policy, no file, no directory."""
    assert cwsauth("compile", "compiled_app:READER").code == 4
    assert "is a list, not an authorizer" in cwsauth("compile", "compiled_app:READER").err
    assert "is a App, which has no rules in it" in cwsauth("compile", "compiled_app:auth", "compiled_app:app").err
    assert cwsauth("compile", "compiled_app:function", "compiled_app:READER", "--check").code == 2
    assert cwsauth("compile", "compiled_app:auth", "-o", "no/such/file.json").code == 4
    assert cwsauth("compile").code == 2
