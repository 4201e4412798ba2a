"""The local HTTP API: routing, authorization, caching and answers, where they differ from REST API."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from cwsauth import protect
from cwsauth.errors import ConfigError, CwsAuthError, RouteError
from cwsauth.gateway import (
    Address,
    CallRecord,
    HttpAuthorizer,
    HttpCors,
    HttpGateway,
    HttpRoute,
    Stage,
    serve,
)
from cwsauth.guard import Access
from tests.gateway.lambdas import ALLOW_ALL, TOKEN, Authorizing, Backend, Clock, response

ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/$default"
YES, NO = {"isAuthorized": True}, {"isAuthorized": False}


def policy(effect: str, *paths: str) -> dict[str, Any]:
    """An authorizer's answer about paths of the default stage."""
    resources = [path if path == "*" else f"{ARN}/{path}" for path in paths]
    return response({"Effect": effect, "Action": "execute-api:Invoke", "Resource": resources})


def gateway(auth: Authorizing, *keys: str, backend: Backend | None = None, **options: Any) -> HttpGateway:
    """Routes behind one authorizer."""
    authorizer = HttpAuthorizer(auth, **options)
    serving = backend or Backend()
    return HttpGateway([HttpRoute(key, serving, authorizer=authorizer) for key in keys or ("GET /a", "GET /b")])


ROUTES = (
    "GET /pets/dog/1",
    "GET /pets/dog/{id}",
    "ANY /pets/dog/{id}",
    "GET /pets/{proxy+}",
    "ANY /pets/{proxy+}",
    "GET /{kind}/list",
    "ANY /{proxy+}",
    "$default",
)


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1"),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
        ("PUT", "/pets/dog/1", "ANY /pets/dog/{id}"),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}"),
        ("PUT", "/pets/cat/1", "ANY /pets/{proxy+}"),
        ("GET", "/pets/list", "GET /{kind}/list"),
        ("GET", "/test/5", "ANY /{proxy+}"),
        ("GET", "/pets", "ANY /{proxy+}"),
        ("GET", "/", "$default"),
    ],
)
def test_full_matches_before_greedy_ones_before_the_default(method: str, path: str, key: str) -> None:
    """The priorities of the developer guide."""
    for routes in (ROUTES, ROUTES[::-1]):
        backend = Backend()
        HttpGateway([HttpRoute(each, backend) for each in routes]).call(method, path)
        assert backend.event["routeKey"] == key


def test_what_no_route_takes_is_404() -> None:
    """Not 403 as on REST API; and nobody is asked."""
    auth = Authorizing()
    api = gateway(auth)
    for method, path in (("GET", "/c"), ("POST", "/a")):
        answer = api.call(method, path)
        assert (answer.status, answer.json()) == (404, {"message": "Not Found"})
    assert not auth.events


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("get /a", "invalid route key 'get /a'"),
        ("GET a", "invalid route key 'GET a'"),
        ("/a", "invalid route key '/a'"),
        ("GET /a*", "segment 'a*'"),
        ("GET /{x+}/b", "'{x+}' is not the last segment"),
        ("TRACE /a", "invalid route key 'TRACE /a'"),
        ("$connect", "invalid route key '$connect'"),
    ],
)
def test_route_keys_that_api_gateway_refuses(key: str, message: str) -> None:
    """Refused where the route is made."""
    with pytest.raises(RouteError, match="invalid route key") as error:
        HttpRoute(key, Backend())
    assert message in str(error.value)


def test_two_routes_of_one_shape_are_refused() -> None:
    """The names of parameters do not tell routes apart."""
    with pytest.raises(RouteError, match=r"'GET /\{b\}' is 'GET /\{a\}' again"):
        HttpGateway([HttpRoute("GET /{a}", Backend()), HttpRoute("GET /{b}", Backend())])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: HttpAuthorizer(Authorizing(), simple=True, payload="1.0"), "simple answers need payload format 2.0"),
        (lambda: HttpAuthorizer(Authorizing(), identity=()), "needs an identity source"),
        (lambda: HttpAuthorizer(Authorizing(), ttl=9999), "invalid ttl 9999"),
        (lambda: HttpAuthorizer(Authorizing(), payload="3.0"), "invalid payload format '3.0'"),
        (lambda: HttpAuthorizer(Authorizing(), identity="$context.foo"), "'$context.foo' is not emulated"),
        (lambda: HttpAuthorizer(Authorizing(), identity="method.request.header.A"), "invalid identity source"),
        (lambda: HttpRoute("GET /", Backend(), payload="3.0"), "invalid payload format '3.0'"),
        (
            lambda: HttpRoute("GET /", Backend(), authorizer=Authorizing()),  # type: ignore[arg-type]
            "is not an HttpAuthorizer of cwsauth.gateway",
        ),
        (lambda: HttpGateway([], address=Address(base_path="/v1")), "base path are not emulated"),
        (lambda: HttpGateway([], address=Address(stage_in_path=True)), "'$default' is not in the path"),
        (lambda: HttpCors(credentials=True), "CORS with credentials needs origins by name"),
        (
            lambda: HttpGateway(
                [
                    HttpRoute("GET /a", Backend(), authorizer=HttpAuthorizer(Authorizing())),
                    HttpRoute("GET /b", Backend(), authorizer=HttpAuthorizer(Authorizing())),
                ]
            ),
            "two authorizers are called 'auth'",
        ),
    ],
)
def test_a_configuration_that_is_refused(build: Any, message: str) -> None:
    """In words that name it."""
    with pytest.raises(CwsAuthError) as error:
        build()
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("answer", "options", "headers", "status", "message"),
    [
        (policy("Allow", "GET/a"), {}, TOKEN, 200, None),
        (policy("Allow", "GET/b"), {}, TOKEN, 403, "Forbidden"),
        (policy("Deny", "*"), {}, TOKEN, 403, "Forbidden"),
        (policy("Allow", "GET/a"), {}, {}, 401, "Unauthorized"),
        (policy("Allow", "GET/a"), {}, {"Authorization": ""}, 401, "Unauthorized"),
        (policy("Allow", "GET/a"), {"payload": "1.0"}, TOKEN, 200, None),
        (YES, {"simple": True}, TOKEN, 200, None),
        (NO, {"simple": True}, TOKEN, 403, "Forbidden"),
        (NO, {"simple": True}, {}, 401, "Unauthorized"),
        (ValueError("x"), {}, TOKEN, 500, "Internal Server Error"),
        (Exception("Unauthorized"), {}, TOKEN, 500, "Internal Server Error"),
        (None, {}, TOKEN, 500, "Internal Server Error"),
        (YES, {}, TOKEN, 500, "Internal Server Error"),
        (ALLOW_ALL, {"simple": True}, TOKEN, 500, "Internal Server Error"),
        ({"isAuthorized": "false"}, {"simple": True}, TOKEN, 500, "Internal Server Error"),
        ({"isAuthorized": 1}, {"simple": True}, TOKEN, 500, "Internal Server Error"),
        ({"isAuthorized": None}, {"simple": True}, TOKEN, 500, "Internal Server Error"),
        (True, {"simple": True}, TOKEN, 500, "Internal Server Error"),
        ({**YES, "context": []}, {"simple": True}, TOKEN, 500, "Internal Server Error"),
        ({**YES, "context": {"claims": 1}}, {"simple": True}, TOKEN, 500, "Internal Server Error"),
    ],
)
def test_answers_of_an_authorizer(
    answer: object, options: dict[str, Any], headers: dict[str, str], status: int, message: str | None
) -> None:
    """200, 401 without a call, 403 Forbidden, 500; a boolean is one, and a policy only where one is expected."""
    auth = Authorizing(answer)
    got = gateway(auth, **options).call("GET", "/a", headers=headers)
    assert got.status == status
    if message:
        assert got.json() == {"message": message}
    if status == 401:
        assert not auth.events


def test_an_authorizer_has_ten_seconds() -> None:
    """After them it is 500."""
    clock = [0.0]

    def slow(event: object, context: object) -> object:
        clock[0] += 10.1
        return ALLOW_ALL

    routes = [HttpRoute("GET /a", Backend(), authorizer=HttpAuthorizer(slow))]
    assert HttpGateway(routes, clock=lambda: clock[0]).call("GET", "/a", headers=TOKEN).status == 500


def test_the_authorizers_event_of_format_2() -> None:
    """Its identity sources as a list, the route key, and the ARN of the decoded path."""
    auth = Authorizing()
    api = gateway(auth, "GET /p/{id}", identity=["$request.header.authorization", "$request.querystring.q"])
    api.call("GET", "/p/a%20b?q=1", headers=TOKEN)
    event = auth.events[0]
    assert (event["version"], event["type"]) == ("2.0", "REQUEST")
    assert event["identitySource"] == ["token-1", "1"]
    assert (event["routeKey"], event["rawPath"]) == ("GET /p/{id}", "/p/a b")
    assert event["routeArn"] == f"{ARN}/GET/p/a b"
    assert event["pathParameters"] == {"id": "a b"}
    assert "body" not in event


def test_an_authorizer_without_identity_sources_gets_null() -> None:
    """Captured; and it is asked whatever the client sends."""
    auth = Authorizing()
    assert gateway(auth, identity=(), ttl=0).call("GET", "/a").status == 200
    assert auth.events[0]["identitySource"] is None


def test_the_authorizers_event_of_format_1() -> None:
    """`methodArn`, and the identity sources joined by a comma."""
    auth = Authorizing()
    api = gateway(auth, payload="1.0", identity=["$request.header.authorization", "$context.routeKey"])
    api.call("GET", "/a", headers=TOKEN)
    event = auth.events[0]
    assert event["identitySource"] == event["authorizationToken"] == "token-1,GET /a"
    assert (event["methodArn"], event["resource"]) == (f"{ARN}/GET/a", "/a")


def test_duplicated_headers_are_one_identity() -> None:
    """Joined by a comma: two tokens are not the last of them, as on REST API."""
    auth = Authorizing()
    gateway(auth).call("GET", "/a", headers=[("Authorization", "a"), ("authorization", "b")])
    assert auth.events[0]["identitySource"] == ["a,b"]


def test_a_cached_policy_is_evaluated_for_each_route() -> None:
    """As on REST API."""
    auth = Authorizing(policy("Allow", "GET/a"))
    api = gateway(auth)
    assert [api.call("GET", path, headers=TOKEN).status for path in ("/a", "/b", "/a")] == [200, 403, 200]
    assert len(auth.events) == 1


class ByPath(Authorizing):
    """A simple answer that depends on the path, which it must not."""

    def __call__(self, event: Any, context: object) -> Any:
        self.events.append(event)
        return {"isAuthorized": event["rawPath"] == "/a"}


def test_a_cached_simple_verdict_counts_for_every_route() -> None:
    """The bypass of the developer guide: an answer for one path opens, or closes, all of them."""
    opened, closed = gateway(ByPath(), simple=True), gateway(ByPath(), simple=True)
    assert [opened.call("GET", path, headers=TOKEN).status for path in ("/a", "/b")] == [200, 200]
    assert [closed.call("GET", path, headers=TOKEN).status for path in ("/b", "/a")] == [403, 403]


def test_the_route_key_as_an_identity_source_keeps_verdicts_apart() -> None:
    """The remedy of the developer guide."""
    auth = ByPath()
    sources = ["$request.header.Authorization", "$context.routeKey"]
    api = gateway(auth, simple=True, identity=sources)
    assert [api.call("GET", path, headers=TOKEN).status for path in ("/a", "/b", "/a", "/b")] == [200, 403] * 2
    assert len(auth.events) == 2


def test_the_route_key_does_not_tell_apart_what_one_greedy_route_takes() -> None:
    """For `{proxy+}` and `{id}` the key needs more than the route."""
    sources = ["$request.header.Authorization", "$context.routeKey"]
    api = gateway(ByPath(), "GET /{proxy+}", simple=True, identity=sources)
    assert [api.call("GET", path, headers=TOKEN).status for path in ("/a", "/b")] == [200, 200]


def test_denials_are_cached_and_errors_are_not() -> None:
    """And after its time an answer is asked for again."""
    clock = Clock()
    for answer, options, calls in (
        (NO, {"simple": True}, 1),
        (ValueError(), {}, 2),
        (NO, {"simple": True, "ttl": 0}, 2),
    ):
        auth = Authorizing(answer)
        routes = [HttpRoute("GET /a", Backend(), authorizer=HttpAuthorizer(auth, **options))]
        api = HttpGateway(routes, clock=clock)
        api.call("GET", "/a", headers=TOKEN)
        api.call("GET", "/a", headers=TOKEN)
        assert len(auth.events) == calls
        api.flush_authorizer_cache()
        clock.pass_seconds(300)
        api.call("GET", "/a", headers=TOKEN)
        assert len(auth.events) == calls + 1


def test_a_nested_context_reaches_the_backend_as_it_is() -> None:
    """Below `authorizer.lambda` in format 2.0, by itself in 1.0."""
    context = {"user": {"id": 1}, "roles": ["a"], "n": 1, "b": True, "x": None}
    auth = Authorizing({**ALLOW_ALL, "context": context})
    authorizer = HttpAuthorizer(auth)
    two, one = Backend(name="two"), Backend(name="one")
    api = HttpGateway(
        [
            HttpRoute("GET /two", two, authorizer=authorizer),
            HttpRoute("GET /one", one, authorizer=authorizer, payload="1.0"),
        ]
    )
    api.call("GET", "/two", headers=TOKEN)
    api.call("GET", "/one", headers=TOKEN)
    assert two.event["requestContext"]["authorizer"] == {"lambda": context}
    assert one.event["requestContext"]["authorizer"] == {**context, "principalId": "user"}
    assert (one.event["version"], one.event["path"], one.event["requestContext"]["resourceId"]) == (
        "1.0",
        "/one",
        "GET /one",
    )


def test_a_named_stage_that_is_not_in_the_path_is_behind_another_domain() -> None:
    """API Gateway's own host name has it in every path; so `protect` reads what the gateway sends."""
    for stage, address, path, domain in (
        (Stage("dev"), Address(), "/a", "api.example.com"),
        (Stage("dev"), Address(stage_in_path=True), "/dev/a", "abc123.execute-api.eu-west-1.amazonaws.com"),
        (Stage("$default"), Address(), "/a", "abc123.execute-api.eu-west-1.amazonaws.com"),
    ):
        seen: list[Access] = []

        @protect(lambda _: ["a"], observers=[seen.append])
        def backend(event: Any, context: object) -> dict[str, Any]:
            return {"statusCode": 200}

        for payload in ("1.0", "2.0"):
            front = HttpGateway([HttpRoute("$default", backend, payload=payload)], stage=stage, address=address)
            assert front.call("GET", path).status == 200
            request = seen[-1].request
            assert request is not None
            assert request.raw["requestContext"]["domainName"] == domain


def test_a_named_stage_in_the_path() -> None:
    """rawPath has it, the ARN does not repeat it, and another path is another stage's."""
    auth, backend = Authorizing(), Backend()
    api = HttpGateway(
        [HttpRoute("GET /applications", backend, authorizer=HttpAuthorizer(auth))],
        stage=Stage("dev"),
        address=Address(stage_in_path=True),
    )
    assert api.call("GET", "/dev/applications", headers=TOKEN).status == 200
    assert backend.event["rawPath"] == "/dev/applications"
    assert auth.events[0]["routeArn"].endswith("abc123/dev/GET/applications")
    assert api.call("GET", "/applications", headers=TOKEN).status == 404


@pytest.mark.parametrize(
    "target",
    ["/p/a%2Fb", "/p/a%2fb", "/p/a%3Fb", "/p/a%23b", "/p/a%25b", "/p/a%00b", "/p/%ff", "/p/%zz", "/p/../x", "/p/1/"],
)
def test_paths_that_may_be_read_in_two_ways_are_refused(target: str) -> None:
    """501: what HTTP API makes of them is not established, so they pass nowhere."""
    auth, backend = Authorizing(), Backend()
    api = gateway(auth, "GET /p/{id}", "$default", backend=backend)
    answer = api.call("GET", target, headers=TOKEN)
    assert (answer.status, answer.header("x-cwsauth-not-emulated")) == (501, "true")
    assert not auth.events + backend.events


@pytest.mark.parametrize(
    ("target", "path"), [("/files/a/", "/files/a/"), ("/files/a//b", "/files/a//b"), ("/p/%2a", "/p/*")]
)
def test_slashes_that_change_no_route_are_ordinary(target: str, path: str) -> None:
    """A greedy route takes them either way; an encoded star is a star."""
    backend = Backend()
    HttpGateway([HttpRoute("GET /files/{proxy+}", backend), HttpRoute("GET /p/{id}", backend)]).call("GET", target)
    assert backend.event["rawPath"] == path


def test_a_record_of_an_http_api() -> None:
    """The route key, the verdict of a simple answer."""
    records: list[CallRecord] = []
    api = gateway(Authorizing(NO), simple=True)
    api.on_call = records.append
    api.clock = lambda: 0.0
    api.call("GET", "/a", headers=TOKEN)
    assert str(records[0]) == "GET /a 403 explicitDeny GET /a auth 0.0 ms: isAuthorized is false"


def test_an_http_api_is_served() -> None:
    """Over real HTTP."""
    api = gateway(Authorizing(YES), simple=True, backend=Backend({"hello": "world"}))
    with serve(api) as server:
        assert requests.get(f"{server.url}/a", headers=TOKEN, timeout=5).json() == {"hello": "world"}
        assert requests.get(f"{server.url}/a", timeout=5).status_code == 401


def test_the_route_table_of_an_http_api() -> None:
    """`$default` declares no route."""
    assert gateway(Authorizing(), "GET /a", "$default").cwsauth_routes() == ["GET /a"]


def test_no_secret_in_answers_or_records() -> None:
    """Whatever fails."""
    secret = "canary-51aa"
    records: list[CallRecord] = []
    for said in (ValueError(secret), {"isAuthorized": secret}, {**YES, "context": secret}):
        api = gateway(Authorizing(said), simple=True)
        api.on_call = records.append
        got = api.call("GET", f"/a?t={secret}", headers={"Authorization": secret})
        assert secret not in got.text + json.dumps(got.headers)
    assert secret not in repr(records)
    with pytest.raises(ConfigError):
        HttpAuthorizer(Authorizing(), ttl=-1)
