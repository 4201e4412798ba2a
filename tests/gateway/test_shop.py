"""The shop of `examples/shop`: every call of the demo over real HTTP, and what it prints."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """This environment, with the shop's tokens only as given."""
    kept = {name: value for name, value in os.environ.items() if name not in ("ADMIN_TOKEN", "USER_TOKEN")}
    return {**kept, **more, "PYTHONUNBUFFERED": "1"}


def shop(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The demo, run to its end."""
    command = [sys.executable, "-m", "examples.shop", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(more), capture_output=True, text=True, timeout=60, check=False
    )


def test_every_answer_of_the_shop_is_the_expected_one() -> None:
    """`--once` calls every route as admin, as user, with a wrong token and with none, and exits 0."""
    done = shop("--once")
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"^(\d+) of (\d+) answers as expected$", done.stdout, re.MULTILINE)
    assert found is not None
    assert found[1] == found[2]
    assert int(found[1]) > 80


def test_a_wrong_answer_makes_it_exit_1() -> None:
    """With one token for both, a user may do what an admin may: the calls notice."""
    done = shop("--once", ADMIN_TOKEN="same", USER_TOKEN="same")
    assert done.returncode == 1
    assert "<-- not as expected" in done.stdout


def test_tokens_of_ones_own_are_not_printed() -> None:
    """Only those that the demo made itself are."""
    done = shop("--once", ADMIN_TOKEN="canary-admin-1", USER_TOKEN="canary-user-1")
    assert done.returncode == 0
    assert "canary" not in done.stdout + done.stderr


def test_the_matrix_shows_who_may_call_what() -> None:
    """`product/*` is one segment below product, whatever the verb."""
    lines = {
        line[:40].strip(): line[40:].split() for line in shop("--once").stdout.splitlines() if line.startswith("GET ")
    }
    assert lines["GET /product/{id}"] == ["yes", "yes", "-"]
    assert lines["GET /product/{id}/reviews"] == ["yes", "-", "-"]
    assert lines["GET /health"] == ["open", "open", "open"]


def test_the_shop_is_served_until_it_is_stopped() -> None:
    """It prints where, and curl lines that say what they will get; Ctrl-C ends it with 0."""
    command = [sys.executable, "-m", "examples.shop", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment({}), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        printed = ""
        while "# stranger: 403" not in printed:
            printed += process.stdout.readline()
        for line in re.findall(r"^  curl .*$", printed, re.MULTILINE):
            found = re.fullmatch(r'  curl -i -H "Authorization: (\S+)" (\S+)    # \w+: (\d+)', line)
            assert found is not None
            assert status(found[2], found[1]) == int(found[3])
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "GET /product/1 200 allowed /product/{id} auth" in rest


def status(url: str, token: str) -> int:
    """The status of a call."""
    request = urllib.request.Request(url, headers={"Authorization": token})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_a_port_that_is_taken_is_said_so() -> None:
    """Exit 2, with what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = shop("--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "error: cannot serve on" in done.stderr
    assert "--port" in done.stderr


def test_a_port_that_is_none_is_said_so() -> None:
    """Exit 2, without a traceback."""
    done = shop("--port", "65536")
    assert done.returncode == 2
    assert done.stderr.endswith("error: --port is a number from 0 to 65535, not 65536\n")


@pytest.mark.parametrize("product", ["1", "2"])
def test_the_backend_is_an_ordinary_lambda_function(product: str) -> None:
    """Called with a proxy event, by hand."""
    from cwsauth.gateway.events import rest_proxy
    from examples.shop.backend import handler

    event = rest_proxy("GET", f"/product/{product}", template="/product/{id}", path_parameters={"id": product})
    assert handler(event, None)["statusCode"] == 200
