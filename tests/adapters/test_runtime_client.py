"""Each packaged example in Lambda's own runtime client, in a process that sees nothing but the package."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cwsauth import evaluate
from cwsauth.gateway import events
from cwsauth.policy.evaluate import Verdict
from tests.support.packages import EXAMPLES, TOKENS, package, zipped
from tests.support.runtime_api import InvocationError, Runtime

pytest.importorskip("awslambdaric", reason="the runtime client is made for Linux")
pytestmark = pytest.mark.slow

LIBRARIES: dict[str, tuple[str, ...]] = {"raw": (), "powertools": ("aws_lambda_powertools",)}
Build = Callable[[str, str, str], dict[str, Any]]


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The zip of each example, unpacked into an empty directory."""
    made = {}
    for name, libraries in LIBRARIES.items():
        directory = package(EXAMPLES / name, tmp_path_factory.mktemp(f"{name}-build"), *libraries)
        made[name] = unpacked(zipped(directory), tmp_path_factory.mktemp(name))
    chalice = tmp_path_factory.mktemp("chalice-build")
    made["chalice"] = unpacked(chalice_package(chalice), tmp_path_factory.mktemp("chalice"))
    return made


def unpacked(archive: bytes, target: Path) -> Path:
    """The files of a zip."""
    import io

    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        opened.extractall(target)
    return target


def chalice_package(directory: Path) -> bytes:
    """What `chalice package` makes of its example, with this cwsauth in the vendor directory."""
    shutil.copy(EXAMPLES / "chalice" / "app.py", directory)
    (directory / "requirements.txt").write_text("")
    (directory / ".chalice").mkdir()
    (directory / ".chalice" / "config.json").write_text(
        json.dumps({"version": "2.0", "app_name": "shop", "stages": {"dev": {"api_gateway_stage": "dev"}}})
    )
    package(EXAMPLES / "chalice", directory / "vendor")
    (directory / "vendor" / "app.py").unlink()
    command = [sys.executable, "-W", "ignore", "-c", "from chalice.cli import main; main()", "package", "out"]
    environ = {"PYTHONPATH": str(directory / "vendor"), "PATH": "/usr/bin:/bin", "AWS_DEFAULT_REGION": "eu-west-1"}
    run = subprocess.run(command, cwd=directory, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr
    return (directory / "out" / "deployment.zip").read_bytes()


def rest_request(token: str, method: str, path: str) -> dict[str, Any]:
    """A REQUEST event of a REST API."""
    return events.rest_request(method, path, headers={"Authorization": token})


def http_v2(token: str, method: str, path: str) -> dict[str, Any]:
    """An event of an HTTP API."""
    return events.http_v2(method, path, headers={"Authorization": token})


KINDS: list[tuple[str, Build]] = [
    *(("raw", build) for build in (events.rest_token, rest_request, http_v2)),
    *(("powertools", build) for build in (events.rest_token, rest_request, http_v2)),
    ("chalice", events.rest_token),
]
CALLS = [
    ("USER_TOKEN", "GET", "/product/1", True),
    ("USER_TOKEN", "GET", "/product/internal", False),
    ("USER_TOKEN", "POST", "/orders", True),
    ("READER_TOKEN", "GET", "/product/1", True),
    ("READER_TOKEN", "POST", "/orders", False),
    ("ADMIN_TOKEN", "GET", "/admin", True),
]


@pytest.mark.parametrize(("name", "build"), KINDS)
def test_the_authorizer_of_a_package_answers(name: str, build: Build, packages: dict[str, Path]) -> None:
    """Its document allows what its rules say; a stranger is a 401, or a denial where the example says False."""
    with Runtime(packages[name], "app.auth", TOKENS) as runtime:
        for variable, method, path, allowed in CALLS:
            event = build(TOKENS[variable], method, path)
            answer = runtime.invoke(event)
            verdict = evaluate(answer["policyDocument"], event.get("methodArn") or event["routeArn"])
            assert (verdict is Verdict.ALLOW) is allowed, (variable, method, path)
        stranger = build("nobody", "GET", "/product/1")
        if name == "raw":
            with pytest.raises(InvocationError, match=r"\AUnauthorized\Z"):
                runtime.invoke(stranger)
        else:
            assert "Allow" not in str(runtime.invoke(stranger))
        with pytest.raises(InvocationError) as raised:
            runtime.invoke({"type": "TOKEN", "methodArn": 1})
        assert "nobody" not in str(raised.value.error)
    assert not [value for value in (*TOKENS.values(), "nobody") if value in runtime.log]


@pytest.mark.parametrize(
    ("name", "handler"), [("raw", "app.handler"), ("powertools", "app.handler"), ("chalice", "app.app")]
)
def test_the_backend_of_a_package_wants_its_authorizer(name: str, handler: str, packages: dict[str, Path]) -> None:
    """With the authorizer's context it answers, without it nobody gets in."""
    context = {"principalId": "u", "shop": name, "scope": "orders:write"}
    more: dict[str, Any] = {"template": "/product/{id}", "path_parameters": {"id": "1"}}
    with Runtime(packages[name], handler, TOKENS) as runtime:
        answer = runtime.invoke(events.rest_proxy("GET", "/product/1", authorizer=context, **more))
        assert answer["statusCode"] == 200
        assert json.loads(answer["body"]) == {"parameters": {"id": "1"}, "shop": name}
        assert runtime.invoke(events.rest_proxy("GET", "/product/1", **more))["statusCode"] == 403
