"""The same application under Chalice's own tools: its test client, `chalice local`, `chalice package`."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from chalice.test import Client

from coworks_compat import Blueprint, TechMicroService, public
from cwsauth import Forbidden, Unauthenticated

from .project import environment, python, running, write_project
from .services import Simple


class Guarded(Simple):
    """Grants what the token says, as a list of rules."""

    def auth(self, auth_request: Any) -> Any:
        if auth_request.token == "nobody":
            raise Unauthenticated("nobody")
        if auth_request.token == "never":
            raise Forbidden("never")
        if auth_request.token == "broken":
            raise ValueError("broken")
        return str(auth_request.token).split(",")

    @public
    def get_health(self) -> str:
        return "up"


@pytest.fixture
def call() -> Any:
    client = Client(Guarded(configure_logs=False))

    def ask(method: str, path: str, token: str | None = None) -> int:
        headers = {} if token is None else {"authorization": token}
        status: int = client.http.request(method, path, headers=headers).status_code
        return status

    return ask


@pytest.mark.parametrize(
    ("token", "allowed"),
    [
        ("*", {"/", "/content", "/content/3", "/content/3/4"}),
        ("/", {"/"}),
        ("content", {"/content"}),
        ("content/*", {"/content/3"}),
        ("**,!content/**", {"/", "/content"}),
        ("!content", set()),
    ],
)
def test_the_test_client_decides_as_the_gateway(call: Any, token: str, allowed: set[str]) -> None:
    """Deny counts, `*` is one segment, and the root, which Chalice writes `GET//`, is the root."""
    paths = ["/", "/content", "/content/3", "/content/3/4"]
    assert {path for path in paths if call("GET", path, token) == 200} == allowed


def test_refusals_are_chalices(call: Any) -> None:
    """401 without a header and for Unauthenticated, 403 for Forbidden, 500 for an error; open routes are open."""
    assert [call("GET", "/"), call("GET", "/", "nobody"), call("GET", "/", "never")] == [401, 401, 403]
    assert call("GET", "/", "broken") == 500
    assert [call("GET", "/health"), call("GET", "/unknown"), call("POST", "/")] == [200, 403, 405]


def test_a_blueprints_own_auth_under_the_test_client() -> None:
    """Chalice asks the route's own authorizer."""

    class Inner(Blueprint):
        def auth(self, auth_request: Any) -> bool:
            return bool(auth_request.token == "inner")

        def get_inner(self) -> str:
            return "inner"

    service = Guarded()
    service.register_blueprint(Inner())
    client = Client(service)
    statuses = [client.http.get("/inner", headers={"authorization": token}).status_code for token in ("inner", "*")]
    assert statuses == [200, 403]


def test_chalice_invokes_the_authorizer_as_a_function() -> None:
    """The authorizer is in Chalice's map of handlers, under its name."""
    client = Client(Guarded())
    event = {
        "type": "TOKEN",
        "authorizationToken": "content",
        "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/content",
    }
    payload = client.lambda_.invoke("auth", event).payload
    assert payload["policyDocument"]["Statement"][0]["Effect"] == "Allow"


@pytest.mark.slow
def test_chalice_local_serves_the_service(tmp_path: Path) -> None:
    """The real `chalice local`, over HTTP."""
    from coworks_compat.pytest.local_server import ThreadedLocalServer

    project = write_project(tmp_path / "shop")
    port = ThreadedLocalServer.unused_tcp_port()
    command = [python(), "-c", "from chalice.cli import main; main()", "local", "--no-autoreload", "--port", str(port)]

    def get(path: str, token: str | None = None) -> int:
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
        if token is not None:
            request.add_header("authorization", token)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    with running(command, project, f"http://127.0.0.1:{port}/health"):
        assert [get("/"), get("/", "admin"), get("/", "user"), get("/product/1", "user")] == [401, 200, 403, 200]
        assert [get("/product/1", "other"), get("/health"), get("/roduct/1", "user")] == [403, 200, 403]


@pytest.mark.slow
def test_chalice_package_has_the_authorizer(tmp_path: Path) -> None:
    """The real `chalice package`: every guarded method has the authorizer, whose function is the service itself."""
    project = write_project(tmp_path / "shop")
    done = subprocess.run(
        [python(), "-c", "from chalice.cli import main; main()", "package", "--stage", "dev", str(tmp_path / "out")],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    template = json.loads((tmp_path / "out" / "sam.json").read_text())
    functions = {name: item for name, item in template["Resources"].items() if item["Type"].endswith("::Function")}
    assert {item["Properties"]["Handler"] for item in functions.values()} == {"app.app"}
    assert len(functions) == 2
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    secured = {f"{verb} {path}": "security" in view for path, views in paths.items() for verb, view in views.items()}
    assert secured == {
        "get /": True,
        "get /product/{_0}": True,
        "post /product": True,
        "get /health": False,
    }


def test_a_service_has_one_lambda_for_each_authorizer() -> None:
    """Chalice makes a function of each, all with the handler of the service."""
    service = type("Service", (TechMicroService,), {"auth": lambda self, request: True})()
    assert [(config.name, config.handler_string) for config in service.builtin_auth_handlers] == [("auth", "app.app")]
    assert service.routes == {}
