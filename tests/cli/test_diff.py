"""What changed, as a reader, a program and a pipeline get it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Cwsauth

OLD = """\
routes: [GET /product, "GET,PUT /product/{id}", GET /user]
roles:
  editor: [GET product, "GET,PUT product/*"]
  customer: [GET product]
  old: [user]
"""
NEW = """\
routes: [GET /product, "GET,PUT /product/{id}", GET /order]
roles:
  editor: [GET product, "GET,PUT product/*", "!product/internal"]
  customer: [GET product, "GET product/{id}"]
  new: [order]
"""


@pytest.fixture
def files(shop: Path) -> Path:
    (shop / "old.yaml").write_text(OLD)
    (shop / "new.yaml").write_text(NEW)
    return shop


def test_two_files(cwsauth: Cwsauth, files: Path) -> None:
    """Each role with what became allowed and denied, by which rule, on which routes; exit code 3 as something did."""
    result = cwsauth("diff", "old.yaml", "new.yaml")
    assert result.code == 3
    assert result.out.splitlines() == [
        "editor",
        "  - GET /product/internal is denied now by '!product/internal' (GET /product/{id}, PUT /product/{id})",
        "customer",
        "  + GET /product/x is allowed now by 'GET product/{id}' (GET /product/{id})",
        "old (removed)",
        "  - GET /user is no longer allowed by 'user' (GET /user)",
        "new (new)",
        "  + GET /order is allowed now by 'order' (GET /order)",
        "new route: GET /order",
        "removed route: GET /user",
        "2 became allowed, 2 became denied",
    ]


def test_json(cwsauth: Cwsauth, files: Path) -> None:
    """The same as data."""
    data = json.loads(cwsauth("diff", "old.yaml", "new.yaml", "--json").out)
    assert data["widened"] is True
    assert (data["added_roles"], data["removed_roles"]) == (["new"], ["old"])
    assert (data["added_routes"], data["removed_routes"]) == (["GET /order"], ["GET /user"])
    assert data["roles"]["customer"]["allowed"] == [
        {"request": "GET /product/x", "rule": "GET product/{id}", "routes": ["GET /product/{id}"]}
    ]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["old.yaml", "new.yaml", "--allow-widening"], 0),
        (["old.yaml", "new.yaml", "--role", "editor"], 0),
        (["new.yaml", "old.yaml", "--role", "editor"], 3),
        (["old.yaml", "new.yaml", "--role", "new"], 3),
        (["old.yaml", "new.yaml", "--role", "old"], 0),
        (["old.yaml", "old.yaml"], 0),
        (["new.yaml", "old.yaml", "--role", "customer", "--route", "GET /user"], 0),
    ],
)
def test_the_exit_code_tells_a_widening(arguments: list[str], code: int, cwsauth: Cwsauth, files: Path) -> None:
    """3 when something became allowed to a role that is looked at, on a route that is looked at; else 0."""
    assert cwsauth("diff", *arguments).code == code


def test_no_change(cwsauth: Cwsauth, files: Path) -> None:
    """Another text with the same meaning is no difference."""
    (files / "same.yaml").write_text(OLD.replace('"GET,PUT product/*"', '"GET product/{id}", "PUT /product/{name}"'))
    assert cwsauth("diff", "old.yaml", "same.yaml").out == "every role may do what it could do before\n"


def test_a_deny_that_went(cwsauth: Cwsauth, files: Path) -> None:
    """What no deny holds back any more became allowed, by the rule that allows it now."""
    out = cwsauth("diff", "new.yaml", "old.yaml", "--role", "editor").out
    assert "  + GET /product/internal is allowed now by 'GET,PUT product/*'" in out


def test_objects_without_routes(cwsauth: Cwsauth, files: Path) -> None:
    """Without routes every path is looked at; policies of programs are compared, too."""
    (files / "before_and_after.py").write_text("BEFORE = {'a': ['product/*']}\nAFTER = {'a': ['product/**']}\n")
    result = cwsauth("diff", "before_and_after:BEFORE", "before_and_after:AFTER")
    assert result.code == 3
    assert "  + GET /product/x/x is allowed now by 'product/**'" in result.out.splitlines()


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")
def test_revisions(cwsauth: Cwsauth, files: Path) -> None:
    """One file as two revisions of git have it, or one and the disk."""
    policy = files / "policy.yaml"
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    for commands, text in [(["init -q -b main"], OLD), ([], NEW)]:
        policy.write_text(text)
        for command in [*commands, "add policy.yaml", "commit -q -m change"]:
            subprocess.run([*git, *command.split()], cwd=files, check=True)
    assert cwsauth("diff", "policy.yaml", "--git", "HEAD~1..HEAD").out == cwsauth("diff", "old.yaml", "new.yaml").out
    assert cwsauth("diff", "policy.yaml", "--git", "HEAD~1..").code == 3
    assert cwsauth("diff", "policy.yaml", "--git", "HEAD").code == 0
    policy.write_text(OLD)
    assert cwsauth("diff", "policy.yaml", "--git", "HEAD", "--role", "editor").code == 3
    missing = cwsauth("diff", "policy.yaml", "--git", "HEAD~5..HEAD")
    assert (missing.code, missing.err.splitlines()[0]) == (4, "error: there is no revision 'HEAD~5'")


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["old.yaml"], 2, "give OLD and NEW, or one policy file and --git"),
        (["old.yaml", "new.yaml", "--git", "HEAD"], 2, "give OLD and NEW"),
        (["old.yaml", "new.yaml", "--role", "none"], 4, "there is no role 'none'"),
        (["old.yaml", "new.yaml", "--route", "GET /", "--routes", "x"], 2, "give either --route or --routes"),
        (["old.yaml", "none.yaml"], 4, "cannot read 'none.yaml'"),
        (["old.yaml", "--git", "a...b"], 4, "invalid range of revisions 'a...b'"),
    ],
)
def test_failures(arguments: list[str], code: int, error: str, cwsauth: Cwsauth, files: Path) -> None:
    """What cannot be compared is said."""
    result = cwsauth("diff", *arguments)
    assert (result.code, result.out) == (code, "")
    assert error in result.err


def test_too_much_to_look_at_is_a_failure(cwsauth: Cwsauth, files: Path) -> None:
    """Rules that tell too many calls apart end with exit code 1: it is not the policy that is wrong."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    rules = [f"**/{letters[n]}*/**/*{letters[n + 1]}/**/?{letters[n + 2]}*/**" for n in range(24)]
    (files / "wild.yaml").write_text(f"roles: {{a: {json.dumps(rules)}}}\n")
    result = cwsauth("diff", "wild.yaml", "wild.yaml")
    assert result.code == 1
    assert result.err.startswith("error: ")
