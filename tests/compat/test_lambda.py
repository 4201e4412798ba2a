"""The service as Lambda runs it: packed, in a directory of its own, under the real runtime client."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cwsauth import evaluate
from cwsauth.policy.evaluate import Verdict

from .project import RuntimeApi, environment, python, unpacked_function, write_project
from .services import API, api_event, request_event, token_event

pytest.importorskip("awslambdaric")
pytestmark = pytest.mark.slow

# The runtime client comes from the interpreter's own packages; the code of the function from the zip only.
START = "import sys; sys.path.insert(0, sys.argv[1]); sys.argv = ['bootstrap', 'app.app']; " + (
    "from awslambdaric.__main__ import main; main(sys.argv)"
)


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RuntimeApi]:
    """The example service behind a runtime API on loopback."""
    root = tmp_path_factory.mktemp("function")
    packed = unpacked_function(write_project(root / "build"), "chalice", "six", "wcmatch", "bracex")
    archive = root / "function.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in sorted(packed.rglob("*")):
            zipped.write(path, path.relative_to(packed))
    task = root / "task"
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(task)
    api = RuntimeApi()
    variables = environment(
        AWS_LAMBDA_RUNTIME_API=api.address,
        LAMBDA_TASK_ROOT=str(task),
        AWS_LAMBDA_FUNCTION_NAME="shop",
        ADMIN_TOKEN="admin",
        USER_TOKEN="user",
    )
    del variables["PYTHONPATH"]
    empty = root / "empty"
    empty.mkdir()
    process = subprocess.Popen(
        [python(), "-I", "-c", START, str(task)],
        cwd=empty,
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield api
    finally:
        process.kill()
        process.communicate()
        api.close()


def verdict(answer: tuple[str, Any], call: str) -> Verdict:
    kind, value = answer
    assert kind == "response", value
    return evaluate(value["policyDocument"], f"{API}/{call}")


def test_it_answers_token_events(function: RuntimeApi) -> None:
    """The documented example: admin everything, user product/*, others nothing."""
    answer = function.invoke(token_event("GET", "/product/1", "user"))
    assert verdict(answer, "GET/product/1") is Verdict.ALLOW
    assert verdict(answer, "GET/") is not Verdict.ALLOW
    answer = function.invoke(token_event("GET", "/", "admin"))
    assert verdict(answer, "POST/product") is Verdict.ALLOW
    answer = function.invoke(token_event("GET", "/", "other"))
    assert verdict(answer, "GET/product/1") is Verdict.EXPLICIT_DENY


def test_it_answers_request_events(function: RuntimeApi) -> None:
    """With the same function."""
    answer = function.invoke(request_event("GET", "/product/1", {"Authorization": "user"}))
    assert verdict(answer, "GET/product/1") is Verdict.ALLOW


def test_no_token_is_the_error_that_becomes_401(function: RuntimeApi) -> None:
    """`errorMessage` is exactly 'Unauthorized'."""
    kind, value = function.invoke(token_event("GET", "/", ""))
    assert (kind, value["errorMessage"]) == ("error", "Unauthorized")


def test_a_broken_event_is_an_error_without_text(function: RuntimeApi) -> None:
    """API Gateway answers 500, and nothing of the event stands in the error."""
    kind, value = function.invoke({"type": "TOKEN", "authorizationToken": "admin", "methodArn": "garbage"})
    assert (kind, value["errorMessage"]) == ("error", "the authorizer failed")
    assert "garbage" not in str(value)


def test_it_answers_calls(function: RuntimeApi) -> None:
    """And the views, with the same handler."""
    kind, value = function.invoke(api_event("GET", "/product/{_0}", pathParameters={"_0": "7"}))
    assert (kind, value["statusCode"], value["body"]) == ("response", 200, "product 7")


def test_a_function_loads_what_it_needs(tmp_path: Path) -> None:
    """Neither the local gateway nor the command line, their libraries, nor what only some services need."""
    write_project(tmp_path / "shop")
    code = "import sys, app; print(*sys.modules)"
    done = subprocess.run(
        [python(), "-c", code],
        cwd=tmp_path / "shop",
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "chalice.app" in loaded
    roots = {name.partition(".")[0] for name in loaded}
    assert not roots & {
        "werkzeug",
        "pydantic",
        "click",
        "rich",
        "jwt",
        "watchfiles",
        "yaml",
        "boto3",
        "asyncio",
        "pytest",
    }
    assert not any(name.startswith(("cwsauth.gateway", "cwsauth.cli", "coworks_compat.cli")) for name in loaded)
    assert not loaded & {"chalice.local", "email.message", "cwsauth.policy.evaluate"}
