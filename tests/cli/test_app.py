"""The frame of the command line: what it imports, how it fails, what it answers with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cwsauth import __version__
from cwsauth.cli.app import COMMANDS, cli
from tests.cli.conftest import Cwsauth

ROOT = Path(__file__).parents[2]


def python(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A Python process that can import this checkout."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_command_exists() -> None:
    """The table of commands and their modules agree, and each is documented."""
    for name in COMMANDS:
        command = cli.get_command(cli.make_context("cwsauth", ["explain"], resilient_parsing=True), name)
        assert command is not None
        assert command.name == name
        assert command.help


def test_help_imports_no_command(tmp_path: Path) -> None:
    """`cwsauth --help` needs click, and neither the files' libraries nor rich."""
    program = (
        "import sys, cwsauth.cli.app as app; app.run(['--help']);"
        "sys.exit(str([name for name in ('pydantic', 'yaml', 'rich', 'cwsauth.files') if name in sys.modules]))"
    )
    done = python("-c", program, cwd=tmp_path)
    assert "Commands:" in done.stdout
    assert done.stderr.strip() == "[]"


def test_the_module_runs(tmp_path: Path) -> None:
    """`python -m cwsauth` is the command line; the exit code is that of the process."""
    allowed = ["-m", "cwsauth", "explain", "--rule", "product/*", "--route", "GET /product/{id}", "GET", "/product/1"]
    done = python(*allowed, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "allowed: GET /product/1 matches rule 'product/*'\nroute: GET /product/{id} (id = 1)\n"
    assert python(*allowed[:-1], "/admin", cwd=tmp_path).returncode == 3


@pytest.mark.parametrize(
    ("arguments", "code", "error", "help"),
    [
        (["explain", "GET"], 2, "missing argument 'PATH'", "see 'cwsauth explain --help'"),
        (["explane"], 2, "no such command 'explane'; did you mean 'explain'?", "see 'cwsauth --help'"),
        (["zzz"], 2, "no such command 'zzz'", "see 'cwsauth --help'"),
        (["explain", "--rules", "x", "GET", "/"], 2, "no such option '--rules'", "see 'cwsauth explain --help'"),
        (["explain", "GET", "/"], 2, "there is no policy to ask", "see 'cwsauth explain --help'"),
        (["explain", "--rule", "x", "FETCH", "/"], 2, "'FETCH' is not one of GET, HEAD", "--help"),
        (["explain", "-p", "a.yaml", "--rule", "x", "GET", "/"], 2, "give either POLICY or --rule", "--help"),
        (
            ["explain", "--rule", "x", "--role", "y", "GET", "/"],
            2,
            "--role and --token-env are about a POLICY",
            "--help",
        ),
        (["routes", "--route", "GET /", "--routes", "x"], 2, "give either --route or --routes", "--help"),
        (["explain", "--rule", "a{", "GET", "/"], 4, "invalid route pattern 'a{'", "write '\\{'"),
        (["explain", "-p", "none.yaml", "GET", "/"], 4, "cannot read 'none.yaml': no such file", "YAML or JSON"),
        (["explain", "-p", "none", "GET", "/"], 4, "'none' is neither a file nor MODULE:OBJECT", "'app:auth'"),
        (["explain", "-p", "no_such:x", "GET", "/"], 4, "cannot import 'no_such'", "directory of the module"),
        (["explain", "-p", "json:nothing", "GET", "/"], 4, "'json' has no 'nothing'", "variable of the module"),
        (["explain", "-p", "json.py:decoder", "GET", "/"], 4, "cannot import 'json.py'", "write 'json:decoder'"),
        (["explain", "-p", "./app/auth.py", "GET", "/"], 4, "'./app/auth.py' is a module", "as 'app.auth:auth'"),
        (["explain", "-p", "json:decoder", "GET", "/"], 4, "holds neither rules nor routes", "a list of rules"),
        (["explain", "-p", "policy.yaml", "--role", "x", "GET", "/"], 4, "no role 'x'", "admin, editor, customer"),
        (
            ["explain", "-p", "policy.yaml", "--token-env", "X", "GET", "/"],
            4,
            "--token-env is for an authorizer",
            "--role",
        ),
        (["routes", "--routes", "policy.json"], 4, "cannot read 'policy.json'", "YAML or JSON"),
        (["document"], 2, "there is no policy to write", "see 'cwsauth document --help'"),
        (["document", "policy.yaml"], 4, "one policy is needed, and here are admin, editor", "--role"),
        (["document", "--rule", "x", "--arn", "y"], 4, "invalid method ARN", "arn:aws:execute-api"),
        (
            ["document", "--rule", "a/*/b/**", "--inexact", "refuse"],
            1,
            "IAM cannot say this policy exactly",
            "route table",
        ),
        (["test"], 2, "there is no policy to test", "--help"),
        (["test", "policy.yaml", "policy.yaml", "--role", "admin"], 4, "names the role 'customer'", "'role:'"),
    ],
)
def test_failures(arguments: list[str], code: int, error: str, help: str, cwsauth: Cwsauth, shop: Path) -> None:
    """Two lines on the standard error stream, nothing on the other, and an exit code that says which kind it is."""
    result = cwsauth(*arguments)
    first, second = result.err.splitlines()
    assert first.startswith("error: ")
    assert error in first
    assert second.startswith("help: ")
    assert help in second
    assert (result.code, result.out) == (code, "")


def test_version(cwsauth: Cwsauth) -> None:
    """The version of the package that runs, installed or not."""
    assert cwsauth("--version").out == f"cwsauth {__version__}\n"


def test_no_arguments_print_the_help(cwsauth: Cwsauth) -> None:
    """As usage goes wrong, on the standard error stream."""
    result = cwsauth()
    assert result.code == 2
    assert result.err.startswith("Usage: cwsauth [OPTIONS] COMMAND")


def test_an_unexpected_error_shows_no_text(tmp_path: Path) -> None:
    """A module that fails may have a secret in its message: only type and place are shown."""
    (tmp_path / "broken.py").write_text("raise RuntimeError('S3CRET')\n")
    done = python("-m", "cwsauth", "explain", "-p", "broken:auth", "GET", "/", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error: unexpected RuntimeError in broken.py line 1",
        "help: run it again with --debug for the traceback",
    ]


@pytest.mark.parametrize("place", [2, 5])
def test_debug_shows_the_traceback(place: int, tmp_path: Path) -> None:
    """Before or behind the command; for errors of ours as well."""
    (tmp_path / "broken.py").write_text("raise RuntimeError('text')\n")
    for source, text in [
        ("broken:auth", "RuntimeError: (its text is not shown"),
        ("none.yaml", "ConfigError: cannot read"),
    ]:
        arguments = ["-m", "cwsauth", "explain", "-p", source, "GET", "/"]
        arguments.insert(place, "--debug")
        done = python(*arguments, cwd=tmp_path)
        assert done.returncode == 1
        assert "Traceback (most recent call last)" in done.stderr
        assert text in done.stderr


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    """`cwsauth schema | head -1` says nothing on the standard error stream."""
    command = f"{sys.executable} -m cwsauth schema | head -1"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("{\n", "")


def test_missing_packages_are_named(tmp_path: Path) -> None:
    """Without click the script says what to install."""
    program = "import sys; sys.modules['click'] = None; from cwsauth.__main__ import main; sys.exit(main())"
    done = python("-c", program, cwd=tmp_path)
    assert done.returncode == 4
    assert done.stderr.splitlines() == [
        "error: the command line needs the package 'click'",
        "help: pip install 'cwsauth[cli]'",
    ]


def test_colour_is_for_terminals(cwsauth: Cwsauth, monkeypatch: pytest.MonkeyPatch) -> None:
    """Into a pipe goes plain text."""
    assert "\x1b" not in cwsauth("explain", "--rule", "x", "GET", "/x").out


def test_debug_keeps_the_text_of_a_foreign_error(tmp_path: Path) -> None:
    """A traceback says where an error came from; what another exception says may be the token, so it stays out."""
    (tmp_path / "bad.py").write_text(
        "from cwsauth import authorizer\n\n@authorizer\ndef auth(request):\n    raise ValueError(request.token)\n"
    )
    asked = ["-m", "cwsauth", "--debug", "explain", "-p", "bad:auth", "--token-env", "T", "GET", "/x"]
    done = python(*asked, cwd=tmp_path, T="a-canary-in-the-coal-mine")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "a-canary-in-the-coal-mine" not in done.stderr + done.stdout
