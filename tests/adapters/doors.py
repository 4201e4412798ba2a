"""Every adapter as a door: a request in over the wire's form, a status and the handler's view out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from cwsauth import protect
from cwsauth.gateway import events
from cwsauth.gateway.stage import Stage
from cwsauth.guard import current_access

Event = dict[str, Any]
Build = Callable[[str, str, Mapping[str, str]], Event]


class LambdaContext:
    """What Lambda calls a handler with."""

    function_name = "shop"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:shop"
    memory_limit_in_mb = 128
    aws_request_id = "1"


@dataclass
class Seen:
    """What came back, and what the handler was told; `called` is whether it was."""

    status: int
    headers: dict[str, str]
    body: str
    called: bool = False
    told: dict[str, Any] = field(default_factory=dict)


def http(method: str, target: str, headers: Mapping[str, str]) -> Event:
    """An HTTP API event with a named stage and `$default` as its route."""
    return events.http_proxy(method, target, headers=dict(headers), stage=Stage("dev"), route_key="$default")


def rest_base_path(method: str, target: str, headers: Mapping[str, str]) -> Event:
    """A REST API event through a custom domain, whose base path is part of `path` but of nothing else."""
    event = rest_greedy(method, target, headers)
    event["path"] = "/shop" + event["path"]
    return event


def rest_greedy(method: str, target: str, headers: Mapping[str, str]) -> Event:
    """A REST API event of a function behind `/{proxy+}`."""
    path = target.partition("?")[0].strip("/")
    template = "/{proxy+}" if path else "/"
    parameters = {"proxy": path} if path else None
    return events.rest_proxy(method, target, headers=dict(headers), template=template, path_parameters=parameters)


EVENTS: dict[str, Build] = {
    "rest": rest_greedy,
    "rest, base path": rest_base_path,
    "http": http,
    "http, $default stage": lambda m, t, h: events.http_proxy(m, t, headers=dict(h)),
    "http 1.0": lambda m, t, h: events.http_proxy_v1(m, t, headers=dict(h)),
    "alb": lambda m, t, h: events.alb(m, t, headers=dict(h)),
    "alb, multi-value": lambda m, t, h: events.alb(m, t, headers=dict(h), multi_value=True),
    "function url": lambda m, t, h: events.function_url(m, t, headers=dict(h)),
    "lattice": lambda m, t, h: events.lattice(m, t, headers=dict(h)),
    "lattice 1.0": lambda m, t, h: events.lattice_v1(m, t, headers=dict(h)),
}
# Doors whose events do not tell an escape from what it stands for: there it is refused.
DECODED = {"http", "http, $default stage", "http 1.0"}


def seen(answer: Mapping[str, Any], calls: list[dict[str, Any]]) -> Seen:
    """A Lambda proxy answer, with what the handler was told if it was called."""
    headers = {name: values[0] for name, values in (answer.get("multiValueHeaders") or {}).items()}
    headers |= answer.get("headers") or {}
    lower = {name.lower(): value for name, value in headers.items()}
    return Seen(answer["statusCode"], lower, answer.get("body") or "", bool(calls), calls[-1] if calls else {})


@dataclass(frozen=True)
class Door:
    """One adapter at one kind of event. `ask(auth, method, target, headers, **options)`."""

    name: str
    ask: Callable[..., Seen]
    decoded: bool = False

    def __str__(self) -> str:
        return self.name


def _protected(build: Build) -> Callable[..., Seen]:
    def ask(auth: Any, method: str, target: str, headers: Mapping[str, str] | None = None, **options: Any) -> Seen:
        calls: list[dict[str, Any]] = []

        @protect(auth, **options)
        def handler(event: Event, context: object) -> Event:
            calls.append(event["requestContext"]["authorizer"]["cwsauth"])
            return {"statusCode": 200, "body": "done"}

        event = build(method, target, headers or {})
        before = json.dumps(event)
        answer = handler(event, None)
        assert json.dumps(event) == before, "the caller's event is not touched"
        return seen(answer, calls)

    return ask


def _powertools(resolver: str, build: Build) -> Callable[..., Seen]:
    def ask(auth: Any, method: str, target: str, headers: Mapping[str, str] | None = None, **options: Any) -> Seen:
        from aws_lambda_powertools import event_handler

        from cwsauth.adapters.powertools import access_of, authorize

        # Powertools has no configuration that takes the stage off the path of payload 1.0 but this one.
        prefixes = {"strip_prefixes": ["/shop"]} if "base path" in resolver else {}
        app = getattr(event_handler, resolver.partition(",")[0])(**prefixes)
        app.use(middlewares=[authorize(auth, **options)])
        calls: list[dict[str, Any]] = []

        def everything(**_: str) -> dict[str, str]:
            access = current_access()
            assert access is access_of(app)
            event = app.current_event.raw_event
            calls.append(event["requestContext"]["authorizer"]["cwsauth"])
            return {"done": "yes"}

        for path in ("/", "/.*"):
            app.route(path, method=[method])(everything)
        return seen(app.resolve(build(method, target, headers or {}), LambdaContext()), calls)

    return ask


def _asgi(auth: Any, method: str, target: str, headers: Mapping[str, str] | None = None, **options: Any) -> Seen:
    from cwsauth.adapters.asgi import Protect

    calls: list[dict[str, Any]] = []
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        access = current_access()
        assert access is scope["cwsauth"]
        calls.append(access.as_dict())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": ("192.0.2.7", 1234),
    }
    asyncio.run(Protect(app, auth, **options)(scope, receive, send))
    lines = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Seen(sent[0]["status"], lines, sent[1]["body"].decode(), bool(calls), calls[-1] if calls else {})


def _wsgi(auth: Any, method: str, target: str, headers: Mapping[str, str] | None = None, **options: Any) -> Seen:
    from werkzeug.test import Client

    from cwsauth.adapters.wsgi import Protect

    calls: list[dict[str, Any]] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        access = current_access()
        assert access is environ["cwsauth.access"]
        calls.append(access.as_dict())
        start_response("200 OK", [])
        return [b"done"]

    response = Client(Protect(app, auth, **options)).open(target, method=method, headers=dict(headers or {}))
    lines = {name.lower(): value for name, value in response.headers.items()}
    return Seen(response.status_code, lines, response.get_data(as_text=True), bool(calls), calls[-1] if calls else {})


def _chalice(place: str) -> Callable[..., Seen]:
    """A Chalice app behind its test client; views for what the suite calls, as Chalice has no route for every path."""

    def ask(auth: Any, method: str, target: str, headers: Mapping[str, str] | None = None, **options: Any) -> Seen:
        from chalice.app import Chalice
        from chalice.test import Client

        from cwsauth.adapters.chalice import middleware, protect

        app = Chalice("shop")
        calls: list[dict[str, Any]] = []

        def view(**_: str) -> dict[str, str]:
            request: Any = app.current_request
            calls.append(request.context["authorizer"]["cwsauth"])
            assert current_access() is not None
            return {"done": "yes"}

        if place == "middleware":
            app.register_middleware(middleware(auth, **options), "http")
        else:
            view = protect(app, auth, **options)(view)
        parts = [f"{{a{number}}}" for number, part in enumerate(target.partition("?")[0].strip("/").split("/")) if part]
        app.route("/" + "/".join(parts), methods=[method], name="view")(view)
        with Client(app) as client:
            response = client.http.request(method, target, headers=dict(headers or {}))
        lines = {name.lower(): value for name, value in response.headers.items()}
        body = response.body.decode() if isinstance(response.body, bytes) else response.body
        return Seen(response.status_code, lines, body, bool(calls), calls[-1] if calls else {})

    return ask


RESOLVERS = {
    "APIGatewayRestResolver": rest_greedy,
    "APIGatewayRestResolver, base path": rest_base_path,
    "APIGatewayHttpResolver": http,
    "ALBResolver": EVENTS["alb"],
    "ALBResolver, multi-value": EVENTS["alb, multi-value"],
    "LambdaFunctionUrlResolver": EVENTS["function url"],
    "VPCLatticeResolver": EVENTS["lattice 1.0"],
    "VPCLatticeV2Resolver": EVENTS["lattice"],
}
FRAMEWORKS = [
    *(
        Door(f"powertools, {name}", _powertools(name, build), name == "APIGatewayHttpResolver")
        for name, build in RESOLVERS.items()
    ),
    Door("chalice, protect", _chalice("protect")),
    Door("chalice, middleware", _chalice("middleware")),
    Door("asgi", _asgi),
    Door("wsgi", _wsgi, decoded=True),
]
PROTECTED = [Door(f"protect, {name}", _protected(build), name in DECODED) for name, build in EVENTS.items()]
ALL = [*PROTECTED, *FRAMEWORKS]


def decoded(path: str) -> str:
    """A path as a handler reads it."""
    return unquote(path)
