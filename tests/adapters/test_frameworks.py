"""ASGI and WSGI: real frameworks, in a Lambda function and outside of one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from cwsauth import AuthRequest, Grant, Unauthenticated, protect, secret_equals
from cwsauth.adapters import asgi, wsgi
from cwsauth.events.plain import mounted
from cwsauth.gateway import events
from cwsauth.guard import current_access
from tests.adapters.doors import EVENTS, LambdaContext, rest_greedy

TOKEN = {"Authorization": "Bearer user"}


def auth(request: AuthRequest) -> object:
    """One user of the catalogue."""
    if not secret_equals(request.token, "user"):
        raise Unauthenticated
    return Grant(["product/*", "!product/internal"], principal_id="user1")


@pytest.fixture
def event_loop() -> Iterator[None]:
    """The loop of the thread, which Mangum takes and a Lambda has."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


CALLS = [
    ("/product/1", TOKEN, 200),
    ("/product/internal", TOKEN, 403),
    ("/admin", TOKEN, 403),
    ("/product/1", {}, 401),
    ("/product/%252e", TOKEN, 403),
]


def starlette() -> Any:
    """A Starlette app that says who called."""
    applications = pytest.importorskip("starlette.applications")
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def view(request: Any) -> Any:
        access = current_access()
        assert access is request.scope["cwsauth"]
        return JSONResponse({"principal": access.principal_id})

    app = applications.Starlette(routes=[Route("/{path:path}", view)])
    app.add_middleware(asgi.Protect, auth=auth)
    return app


@pytest.mark.usefixtures("event_loop")
@pytest.mark.parametrize("name", ["rest", "http", "http, $default stage", "alb", "function url"])
@pytest.mark.parametrize(("path", "headers", "status"), CALLS)
def test_starlette_behind_mangum(name: str, path: str, headers: dict[str, str], status: int) -> None:
    """The event of each door, through the adapter that people use."""
    mangum = pytest.importorskip("mangum")
    # Mangum leaves a named stage of an HTTP API on the path: the application would route by it, so it is decided with it.
    base = {"api_gateway_base_path": "/dev"} if name == "http" else {}
    handler = mangum.Mangum(starlette(), lifespan="off", **base)
    event = EVENTS[name]("GET", path, headers)
    answer = handler(event, LambdaContext())
    assert answer["statusCode"] == status
    if status == 200:
        assert json.loads(answer["body"]) == {"principal": "user1"}
    if status == 401:
        lines = answer.get("headers") or {k: v[0] for k, v in answer["multiValueHeaders"].items()}
        assert lines["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("path", "headers", "status"), CALLS)
def test_flask_behind_apig_wsgi(path: str, headers: dict[str, str], status: int) -> None:
    """As with `app.wsgi_app = Protect(app.wsgi_app, auth)`."""
    flask = pytest.importorskip("flask")
    apig_wsgi = pytest.importorskip("apig_wsgi")
    app = flask.Flask("shop")

    @app.route("/<path:path>")  # type: ignore[untyped-decorator]
    def view(path: str) -> dict[str, str]:
        access = current_access()
        assert access is not None
        return {"principal": access.principal_id}

    app.wsgi_app = wsgi.Protect(app.wsgi_app, auth)
    handler = apig_wsgi.make_lambda_handler(app)
    answer = handler(rest_greedy("GET", path, headers), LambdaContext())
    assert answer["statusCode"] == status
    if status == 200:
        assert json.loads(answer["body"]) == {"principal": "user1"}


@pytest.mark.usefixtures("event_loop")
def test_behind_an_authorizer_its_mark_is_wanted_of_the_event() -> None:
    """Mangum and apig-wsgi hand the event on."""
    mangum = pytest.importorskip("mangum")
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    app = Starlette(routes=[Route("/a", lambda _: PlainTextResponse("done"))])
    app.add_middleware(asgi.Protect, auth=None, behind_authorizer=True)  # type: ignore[arg-type]
    handler = mangum.Mangum(app, lifespan="off")
    marked = events.rest_proxy("GET", "/a", authorizer={"principalId": "u"})
    assert handler(marked, LambdaContext())["statusCode"] == 200
    assert handler(events.rest_proxy("GET", "/a"), LambdaContext())["statusCode"] == 403


def run(scope: dict[str, Any], function: Any = auth, **options: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """What is sent for a scope, and the paths that the application was called for."""
    sent: list[dict[str, Any]] = []
    called: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        called.append(scope.get("path", ""))

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(asgi.Protect(app, function, **options)(scope, receive, send))
    return sent, called


def http(path: str = "/product/1", **more: Any) -> dict[str, Any]:
    """A scope of a user."""
    headers = [(b"authorization", b"Bearer user")]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers}
    return {**scope, **more}


def test_a_websocket_is_closed_before_it_is_accepted() -> None:
    """Its handshake is a GET."""
    scope = http(type="websocket")
    del scope["method"]
    assert run(scope)[1] == ["/product/1"]
    scope["headers"] = []
    assert run(scope) == ([{"type": "websocket.close", "code": 1008}], [])


def test_the_lifespan_is_passed_on_and_nothing_else() -> None:
    """A scope of a kind that is not known is refused."""
    assert run({"type": "lifespan"})[1] == [""]
    sent, called = run({"type": "other", "headers": []})
    assert not called
    assert sent[0]["type"] == "websocket.close"


@pytest.mark.parametrize(
    ("path", "root", "within"),
    [
        ("/v1/product/1", "/v1", "/product/1"),
        ("/product/1", "/v1", "/product/1"),
        ("/v1", "/v1", "/"),
        ("/v12/a", "/v1", "/v12/a"),
        ("/a", "/", "/a"),
        ("/a", "", "/a"),
    ],
)
def test_the_path_within_a_mounted_application_is_decided(path: str, root: str, within: str) -> None:
    """Servers differ in whether they cut the root off; frameworks route by what is left."""
    assert mounted(path, root) == within
    seen: list[str] = []

    def asked(request: AuthRequest) -> bool:
        seen.append(request.path)
        return True

    run(http(path, root_path=root, raw_path=path.encode()), asked)
    assert seen == [within]


def test_a_root_that_ends_with_a_slash_is_refused() -> None:
    """Frameworks cut it off in front of a second slash only, so it is not clear where the application begins."""
    sent, called = run(http("/v1/a", root_path="/v1/", raw_path=b"/v1/a"), lambda _: True)
    assert not called
    assert sent[0]["status"] == 403


def test_the_root_that_an_application_says_of_itself_counts() -> None:
    """FastAPI's `root_path`, with the middleware around it: it cuts that off, whatever the server says."""
    reached: list[str] = []

    class Mounted:
        """Routes as FastAPI and Starlette do."""

        root_path = "/v1"

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            reached.append(scope["path"].removeprefix(self.root_path))

    class Between:
        """Another middleware."""

        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    for app in (Mounted(), Between(Mounted()), Between(Between(Mounted()))):
        guarded = asgi.Protect(app, lambda _: ["**", "!admin"])
        for path in ("/v1/admin", "/admin", "/v1/admin/"):
            sent: list[Any] = []
            asyncio.run(guarded(http(path), receive, send))
            assert sent[0]["status"] == 403
        asyncio.run(guarded(http("/v1/product"), receive, send))
    assert reached == ["/product"] * 3


@pytest.mark.parametrize(
    ("rules", "status"), [(["**", "!GET admin"], 403), (["**", "!admin"], 403), (["**"], 200), (["HEAD admin"], 200)]
)
def test_a_head_is_refused_where_the_get_is_denied(rules: list[str], status: int) -> None:
    """Frameworks call the function of a GET for it; so a rule that denies the one denies the other. Elsewhere they are two verbs."""
    from flask import Flask
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    starlette = Starlette(routes=[Route("/admin", lambda _: Response("admin"))])
    asyncio.run(asgi.Protect(starlette, lambda _: rules)(http("/admin", method="HEAD"), receive, send))
    assert sent[0]["status"] == status
    flask = Flask("shop")
    flask.route("/admin")(lambda: "admin")
    flask.wsgi_app = wsgi.Protect(flask.wsgi_app, lambda _: rules)  # type: ignore[method-assign]
    headers = {"Authorization": "Bearer t"}
    assert flask.test_client().head("/admin", headers=headers).status_code == status
    lone = protect(lambda _: ["**", "!GET admin"])(lambda event, context: {"statusCode": 200})
    assert lone(events.function_url("HEAD", "/admin", headers=headers), None)["statusCode"] == 200


@pytest.mark.parametrize(
    ("path", "raw"),
    [("/admin", b"/product/1"), ("/product/1", b"/admin"), ("/a/b", b"/a%2Fb"), ("/a/b", b"/a/%2e%2e/b")],
)
def test_two_paths_that_differ_are_refused(path: str, raw: bytes) -> None:
    """The one that we decide and the one that somebody else reads."""
    sent, called = run(http(path, raw_path=raw), lambda _: True)
    assert not called
    assert sent[0]["status"] == 403


def test_two_authorization_headers_are_refused() -> None:
    """In ASGI they are two lines, in WSGI one with a comma."""
    twice = [(b"authorization", b"Bearer user"), (b"Authorization", b"Bearer other")]
    assert run(http(headers=twice))[0][0]["status"] == 403
    started: list[str] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/product/1", "HTTP_AUTHORIZATION": "Bearer user,Bearer other"}
    wsgi.Protect(lambda *_: [], auth)(environ, lambda status, headers: started.append(status))
    assert started == ["403 Forbidden"]


def test_a_token_elsewhere_is_found() -> None:
    """The identity source in API Gateway's notation."""
    source = {"identity_source": "$request.header.X-Key"}
    assert run(http(headers=[(b"x-key", b"user")]), **source)[1]
    assert run(http(), **source)[0][0]["status"] == 401
    query = {"identity_source": "$request.querystring.token"}
    assert run(http(headers=[], query_string=b"token=user"), **query)[1]
    assert run(http(headers=[], query_string=b"token=user&token=user"), **query)[0][0]["status"] == 403
    started: list[str] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/product/1", "HTTP_X_KEY": "user"}
    app = wsgi.Protect(lambda environ, start: start("200 OK", []) or [], auth, **source)
    app(dict(environ), lambda status, headers: started.append(status))
    app({**environ, "HTTP_X_KEY": "user,user"}, lambda status, headers: started.append(status))
    assert started == ["200 OK", "403 Forbidden"]


def test_a_wsgi_path_that_is_no_utf_8_is_refused() -> None:
    """PEP 3333 hands over bytes as Latin-1."""
    started: list[str] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/product/\xff"}
    wsgi.Protect(lambda *_: [], lambda _: True)(environ, lambda status, headers: started.append(status))
    assert started == ["403 Forbidden"]


def test_a_wsgi_answer_that_is_made_while_it_is_sent_has_its_access() -> None:
    """And it is closed."""
    closed: list[str] = []

    class Body:
        def __iter__(self) -> Any:
            access = current_access()
            assert access is not None
            yield access.principal_id.encode()

        def close(self) -> None:
            closed.append("yes")

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        return Body()

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/product/1", "HTTP_AUTHORIZATION": "Bearer user"}
    body: Any = wsgi.Protect(app, auth)(environ, lambda status, headers: None)
    assert list(body) == [b"user1"]
    body.close()
    assert closed == ["yes"]
    assert current_access() is None
