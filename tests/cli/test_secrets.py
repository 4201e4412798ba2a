"""The command line shows no secret, wherever one comes in."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cwsauth
from tests.cli.test_app import python

AUTH = """
import logging, os
from cwsauth import Forbidden, Unauthenticated, authorizer

@authorizer(routes=["GET /product/{id}", "GET /admin"])
def auth(auth_request):
    if os.environ["MOOD"] == "unauthenticated":
        raise Unauthenticated(f"unknown token {auth_request.token}")
    if os.environ["MOOD"] == "forbidden":
        raise Forbidden(f"blocked token {auth_request.token}")
    if os.environ["MOOD"] == "nonsense":
        return auth_request.token
    if os.environ["MOOD"] == "broken":
        raise RuntimeError(f"no such token: {auth_request.token}")
    return ["product/*"]
"""


@pytest.mark.parametrize("mood", ["fine", "unauthenticated", "forbidden", "nonsense"])
@pytest.mark.parametrize(
    "command", [["explain", "GET", "/product/1", "-p"], ["routes"], ["routes", "--json"], ["document"]]
)
def test_a_token_of_an_authorizer(
    mood: str, command: list[str], canary: str, cwsauth: Cwsauth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in no output, whatever the authorizer makes of it."""
    (tmp_path / "moody_auth.py").write_text(AUTH)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("MOOD", mood)
    monkeypatch.setenv("USER_TOKEN", f"Bearer {canary}")
    result = cwsauth(*command, "moody_auth:auth", "--token-env", "USER_TOKEN")
    assert result.code in (0, 3)
    assert result.out
    monkeypatch.delitem(sys.modules, "moody_auth")


def test_an_authorizer_that_breaks(canary: str, tmp_path: Path) -> None:
    """Its error is named, and what it says is not shown."""
    (tmp_path / "moody_auth.py").write_text(AUTH)
    done = python(
        *["-m", "cwsauth", "explain", "-p", "moody_auth:auth", "--token-env", "TOKEN", "GET", "/"],
        cwd=tmp_path,
        MOOD="broken",
        TOKEN=canary,
    )
    assert done.returncode == 1
    assert canary not in done.stdout + done.stderr
    assert done.stderr.startswith("error: unexpected RuntimeError in moody_auth.py line 14\n")


def test_condition_values(canary: str, cwsauth: Cwsauth, tmp_path: Path) -> None:
    """Some people keep a secret in `aws:Referer`; neither side of the comparison is shown."""
    statement = {
        "Effect": "Allow",
        "Action": "execute-api:Invoke",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:Referer": canary}, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    }
    path = tmp_path / "document.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    arn = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/x"
    for referer, address, code in [(canary, "203.0.113.1", 0), ("other", "203.0.113.1", 3), (canary, canary, 4)]:
        context = ["--context", f"aws:Referer={referer}", "--context", f"aws:SourceIp={address}"]
        for option in ([], ["--json"]):
            assert cwsauth("evaluate", str(path), arn, *context, *option).code == code
