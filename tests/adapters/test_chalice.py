"""Chalice: authorizers under its test client and `chalice local`, results of its own, views, packaging."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cwsauth import AuthRequest, Grant, RouteTable, Unauthenticated, evaluate, secret_equals
from cwsauth.errors import ConfigError
from cwsauth.gateway import events
from cwsauth.guard import current_access
from cwsauth.policy.evaluate import Verdict

pytest.importorskip("chalice", reason="needs the extra chalice")

from chalice.app import AuthResponse, AuthRoute, Blueprint, Chalice, CORSConfig
from chalice.test import Client

from cwsauth.adapters.chalice import answers, middleware, protect

TOKEN = {"authorization": "Bearer user"}


def auth(request: AuthRequest) -> object:
    """A user of the catalogue, an administrator, and strangers."""
    if secret_equals(request.token, "user"):
        return Grant(["product/*", "!product/internal", "GET /"], principal_id="user1", context={"tenant": "t1"})
    if secret_equals(request.token, "broken"):
        raise ValueError
    if secret_equals(request.token, "admin"):
        return True
    raise Unauthenticated


def shop(function: Any = auth, **options: Any) -> Chalice:
    """An app whose views say who called."""
    app = Chalice("shop")

    @app.authorizer()
    @answers(app, **options)
    def checked(request: AuthRequest) -> object:
        return function(request)

    def view(**names: str) -> dict[str, Any]:
        request: Any = app.current_request
        return {"names": names, "authorizer": request.context.get("authorizer")}

    for path in ("/", "/product/{id}", "/product/internal", "/product/{id}/reviews", "/admin"):
        app.route(path, methods=["GET", "PUT"], authorizer=checked, name="view")(view)
    return app


CALLS = [
    ("GET", "/", "user", 200),
    ("PUT", "/", "user", 403),
    ("GET", "/product/1", "user", 200),
    ("PUT", "/product/1?a=b", "user", 200),
    ("GET", "/product/internal", "user", 403),
    ("GET", "/product/1/reviews", "user", 403),
    ("GET", "/admin", "user", 403),
    ("GET", "/admin", "admin", 200),
    ("GET", "/product/internal", "admin", 200),
    ("GET", "/", "nobody", 401),
    ("GET", "/", None, 401),
    ("GET", "/", "broken", 500),
]


@pytest.mark.parametrize(("method", "path", "token", "status"), CALLS)
def test_the_test_client_answers_as_api_gateway_would(method: str, path: str, token: str | None, status: int) -> None:
    """Deny, the root, 401 and 500 included, which Chalice's local gateway does not know from a document."""
    with Client(shop()) as client:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        assert client.http.request(method, path, headers=headers).status_code == status


def test_a_view_gets_principal_and_context() -> None:
    """As behind API Gateway."""
    with Client(shop()) as client:
        body = client.http.get("/product/1", headers=TOKEN).json_body
    assert body["authorizer"] == {"principalId": "user1", "tenant": "t1"}


def answer(app: Chalice, call: str = "GET/product/1", token: str = "Bearer user") -> dict[str, Any]:
    """What the authorizer's Lambda returns to API Gateway."""
    event = events.rest_token(token)
    event["methodArn"] = f"arn:aws-cn:execute-api:cn-north-1:123456789012:abc123/dev/{call}"
    found = app.builtin_auth_handlers[0]
    assert found.handler_string == "app.checked"
    authorizer: Any = next(
        entry.authorizer for methods in app.routes.values() for entry in methods.values() if entry.authorizer
    )
    return dict(authorizer(event, None))


def test_the_document_is_for_the_routes_of_the_app() -> None:
    """They are read at the first call, when all of them are declared; partition and stage are those of the call."""
    found = answer(shop())
    prefix = "arn:aws-cn:execute-api:cn-north-1:123456789012:abc123/dev/"
    for method, path, token, status in CALLS:
        if token in ("user", "admin") and not path.endswith(("/", "b")):
            answered = answer(shop(), token=f"Bearer {token}")["policyDocument"]
            verdict = evaluate(answered, f"{prefix}{method}{path}")
            assert (verdict is Verdict.ALLOW) is (status == 200), (method, path)
    assert found["context"] == {"tenant": "t1"}
    assert found["principalId"] == "user1"


def test_an_answer_without_context_has_an_empty_one() -> None:
    """Chalice's own answers have one, and its local gateway wants it."""
    assert answer(shop(lambda _: True))["context"] == {}


@pytest.mark.parametrize(
    ("routes", "allowed", "refused"),
    [
        (["product/*"], ["GET/product/1"], ["GET/product/1/reviews", "GET/roduct/1"]),
        (["/product/*"], ["GET/product/1", "PUT/product/1"], ["GET/product/1/reviews", "GET/x/product/1"]),
        (["*"], ["GET/product/1", "GET/", "GET/admin"], []),
        (["/"], ["GET/"], ["GET/admin", "GET/product/1"]),
        ([], [], ["GET/", "GET/product/1"]),
        ([AuthRoute("/product/*", ["GET"])], ["GET/product/1"], ["PUT/product/1"]),
        ([AuthRoute("product/{id}", ["GET", "PUT"]), "/admin"], ["PUT/product/1", "GET/admin"], ["GET/"]),
        ([AuthRoute("*", ["GET"])], ["GET/admin"], ["PUT/admin"]),
    ],
)
def test_chalices_own_results_are_repaired(routes: list[Any], allowed: list[str], refused: list[str]) -> None:
    """The first character is not cut, the verb does not un-anchor the path, `*` does not cross a slash."""
    found = answer(shop(lambda _: AuthResponse(routes=routes, principal_id="u", context={"a": "b"})))
    prefix = "arn:aws-cn:execute-api:cn-north-1:123456789012:abc123/dev/"
    for call in allowed:
        assert evaluate(found["policyDocument"], prefix + call) is Verdict.ALLOW, call
    for call in refused:
        assert evaluate(found["policyDocument"], prefix + call) is not Verdict.ALLOW, call
    assert (found["principalId"], found["context"]) == ("u", {"a": "b"})


def test_routes_of_an_app_are_a_route_table() -> None:
    """Those of a blueprint too, with its prefix."""
    app = shop()
    blueprint = Blueprint("more")
    blueprint.route("/{id}", methods=["POST"])(lambda id: {})
    app.register_blueprint(blueprint, url_prefix="/more")
    assert "POST /more/{id}" in {str(route) for route in RouteTable.of(app)}


def test_a_protected_view_decides_in_process() -> None:
    """Without an authorizer in front; who is calling is in the request's context and in a context variable."""
    app = Chalice("shop")

    @app.route("/product/{id}", cors=CORSConfig(allow_origin="https://app.example"))
    @protect(app, auth, realm="shop")
    def product(id: str) -> dict[str, Any]:
        access = current_access()
        assert access is not None
        request: Any = app.current_request
        return {"id": id, "principal": access.principal_id, "rule": request.context["authorizer"]["cwsauth"]["rule"]}

    with Client(app) as client:
        found = client.http.get("/product/1", headers=TOKEN)
        assert found.json_body == {"id": "1", "principal": "user1", "rule": "product/*"}
        refused = client.http.get("/product/internal", headers=TOKEN)
        assert (refused.status_code, refused.json_body) == (403, {"message": "Forbidden"})
        assert refused.headers["Access-Control-Allow-Origin"] == "https://app.example"
        asked = client.http.get("/product/1")
        assert asked.status_code == 401
        assert asked.headers["WWW-Authenticate"] == 'Bearer realm="shop"'


def test_a_middleware_guards_every_view_and_no_other_event() -> None:
    """Views of blueprints, too; a scheduled function is none."""
    app = Chalice("shop")
    app.register_middleware(middleware(auth), "http")
    blueprint = Blueprint("more")
    blueprint.route("/product/{id}")(lambda id: {"id": id})
    app.register_blueprint(blueprint)

    @app.lambda_function()
    def plain(event: Any, context: Any) -> str:
        return "done"

    with Client(app) as client:
        assert client.http.get("/product/1", headers=TOKEN).status_code == 200
        assert client.http.get("/product/internal", headers=TOKEN).status_code == 403
        assert client.http.get("/product/1").status_code == 401
        assert client.lambda_.invoke("plain").payload == "done"


def test_behind_the_authorizer_a_view_checks_twice() -> None:
    """A view that was declared without its authorizer is not open."""
    app = shop()
    function = next(entry.authorizer for methods in app.routes.values() for entry in methods.values())
    guarded = protect(app, None, behind_authorizer=True)(lambda: {"done": "yes"})
    app.route("/closed", authorizer=function, name="closed")(guarded)
    app.route("/forgotten", name="forgotten")(guarded)
    with Client(app) as client:
        assert client.http.get("/closed", headers={"authorization": "Bearer admin"}).status_code == 200
        assert client.http.get("/forgotten", headers={"authorization": "Bearer admin"}).status_code == 403


def test_a_wrong_option_is_refused_at_once() -> None:
    """When the app is imported."""
    with pytest.raises(ConfigError):
        answers(inexact="widen")(auth)
    with pytest.raises(ConfigError):
        protect(Chalice("shop"), None)


APP = """
from chalice import Chalice
from cwsauth import secret_equals
from cwsauth.adapters.chalice import answers, protect

app = Chalice(app_name="shop")

@app.authorizer(ttl_seconds=60)
@answers(app)
def auth(auth_request):
    return ["product/*", "!product/internal"] if secret_equals(auth_request.token, "user") else False

@app.route("/product/{id}", authorizer=auth)
@protect(app, None, behind_authorizer=True)
def product(id):
    return {"id": id}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Chalice project with this cwsauth in its vendor directory."""
    import shutil

    import wcmatch

    import cwsauth

    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / ".chalice").mkdir()
    (tmp_path / ".chalice" / "config.json").write_text(
        json.dumps({"version": "2.0", "app_name": "shop", "stages": {"dev": {"api_gateway_stage": "dev"}}})
    )
    for package in (cwsauth, wcmatch):
        source = Path(str(package.__file__)).parent
        shutil.copytree(source, tmp_path / "vendor" / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def chalice(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command of Chalice, in a project."""
    environ = {
        **os.environ,
        "PYTHONPATH": str(project / "vendor"),
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    command = [sys.executable, "-W", "ignore", "-c", "from chalice.cli import main; main()", *arguments]
    return subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_chalice_package_makes_an_authorizer_that_answers(project: Path, tmp_path_factory: Any) -> None:
    """The template declares it, and the handler in the zip answers a TOKEN event out of an empty directory."""
    out = tmp_path_factory.mktemp("package")
    run = chalice(project, "package", "--stage", "dev", str(out))
    assert run.returncode == 0, run.stderr
    template = (out / "sam.json").read_text()
    assert '"app.auth"' in template
    assert '"authorizerResultTtlInSeconds": 60' in template
    unpacked = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(out / "deployment.zip") as package:
        package.extractall(unpacked)
    code = (
        "import sys, json; sys.path.insert(0, sys.argv[1]); import app, cwsauth\n"
        "assert cwsauth.__file__.startswith(sys.argv[1])\n"
        "print(json.dumps(app.auth(json.load(sys.stdin), None)))"
    )
    event = events.rest_token("Bearer user", "GET", "/product/1")
    ran = subprocess.run(
        [sys.executable, "-I", "-c", code, str(unpacked)],
        input=json.dumps(event),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)["policyDocument"]
    assert evaluate(document, event["methodArn"]) is Verdict.ALLOW
    assert evaluate(document, event["methodArn"].replace("product/1", "product/internal")) is not Verdict.ALLOW


@pytest.mark.slow
def test_chalice_local_serves_it(project: Path) -> None:
    """Over HTTP, through Chalice's own server: 200, 403 by a deny, 403, 401."""
    import socket
    import time

    import requests

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {**os.environ, "PYTHONPATH": str(project / "vendor"), "AWS_DEFAULT_REGION": "eu-west-1"}
    command = [sys.executable, "-W", "ignore", "-c", "from chalice.cli import main; main()"]
    process = subprocess.Popen(
        [*command, "local", "--host", "127.0.0.1", "--port", str(port), "--no-autoreload"],
        cwd=project,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                requests.get(base + "/product/1", timeout=5)
                break
            except requests.ConnectionError:
                assert time.monotonic() < deadline
                assert process.poll() is None
                time.sleep(0.2)
        for path, token, status in (
            ("/product/1", "Bearer user", 200),
            ("/product/internal", "Bearer user", 403),
            ("/product/1", "Bearer other", 403),
            ("/product/1", None, 401),
        ):
            headers = {} if token is None else {"Authorization": token}
            assert requests.get(base + path, headers=headers, timeout=10).status_code == status, path
    finally:
        process.terminate()
        process.wait(20)
