"""Authorizers made with cwsauth behind the local gateway: what the policy says is what a client gets."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwsauth import AuthRequest, Forbidden, Policy, RouteTable, Unauthenticated, authorizer
from cwsauth.authorizer import Authorizer as Handler
from cwsauth.errors import ConfigError
from cwsauth.gateway import (
    Authorizer,
    ConnectAuthorizer,
    Gateway,
    HttpAuthorizer,
    HttpGateway,
    HttpRoute,
    Route,
    WebSocketGateway,
)
from tests.gateway.lambdas import TOKEN, Backend

TABLE = [
    "GET /",
    "GET,POST /product",
    "GET,PUT,DELETE /product/{id}",
    "GET /product/{id}/reviews",
    "GET,DELETE /product/{id}/reviews/{review}",
    "GET /product/{id}/reviews/{review}/{proxy+}",
    "GET /admin",
    "ANY /admin/{proxy+}",
]
CALLS = [
    ("GET", "/"),
    ("GET", "/product"),
    ("POST", "/product"),
    ("GET", "/product/1"),
    ("PUT", "/product/a:b"),
    ("DELETE", "/product/reviews"),
    ("GET", "/product/1/reviews"),
    ("GET", "/product/1/reviews/2"),
    ("DELETE", "/product/product/reviews/admin"),
    ("GET", "/product/1/reviews/2/x/y"),
    ("GET", "/admin"),
    ("GET", "/admin/product/1"),
    ("DELETE", "/admin/x"),
]
RULES = [
    "product/*",
    "GET product/*",
    "GET,PUT product/{id}",
    "product",
    "/",
    "product/**",
    "admin/**",
    "GET admin",
    "product/*/reviews",
    "*/reviews/**",
    "**/reviews/2",
    "!admin/**",
    "!DELETE product/*",
    "!product/1",
    "*",
]


def gateway(handler: Handler, **options: object) -> Gateway:
    """The table behind one authorizer."""
    guard = Authorizer(handler, **options)  # type: ignore[arg-type]
    backend = Backend()
    return Gateway([Route.parse(route, backend, authorizer=guard) for route in TABLE])


def saying(result: object, **options: object) -> Handler:
    """An authorizer whose function answers this, or raises it."""

    @authorizer(routes=TABLE, **options)  # type: ignore[call-overload, untyped-decorator]
    def auth(request: AuthRequest) -> object:
        if isinstance(result, Exception):
            raise result
        return result

    assert isinstance(auth, Handler)
    return auth


@given(st.lists(st.sampled_from(RULES), max_size=4), st.permutations(CALLS))
def test_the_gateway_never_serves_what_the_policy_denies(rules: list[str], calls: list[tuple[str, str]]) -> None:
    """Whatever call comes first and fills the cache; and what an exact document says is served, every call of it."""
    policy = Policy.of(rules, routes=RouteTable.of(TABLE))
    document = policy.document("arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/")
    api = gateway(saying(rules))
    for method, path in calls:
        status = api.call(method, path, headers=TOKEN).status
        if policy.allows(method, path):
            assert status == 200 or not document.exact
        else:
            assert status == 403


@given(
    st.sampled_from(["GET", "PUT", "DELETE"]),
    st.text(string.ascii_letters + "/*?$%{}:.~", max_size=12).map(lambda rest: f"/product/{rest.replace('%', '%25')}"),
)
def test_no_path_gets_around_a_policy(method: str, path: str) -> None:
    """Stars, slashes, dots, braces in the request: 200 only where the policy allows the very path."""
    rules = ["product/*", "!DELETE product/*"]
    policy = Policy.of(rules, routes=RouteTable.of(TABLE))
    status = (
        gateway(saying(rules), ttl=0).call(method, path.replace("?", "%3F").replace("{", "%7B"), headers=TOKEN).status
    )
    if status == 200:
        assert policy.allows(method, path.replace("?", "%3F").replace("{", "%7B"))


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (True, 200),
        (False, 403),
        ([], 403),
        (None, 403),
        (1, 403),
        ("*", 403),
        (["*"], 200),
        (Unauthenticated("expired"), 401),
        (Forbidden(), 403),
        (ValueError("secret"), 500),
        (["product/{id"], 403),
    ],
)
def test_results_of_an_auth_function(result: object, status: int) -> None:
    """Only True and rules allow, `Unauthenticated` is 401, any other error 500."""
    answer = gateway(saying(result)).call("GET", "/product/1", headers=TOKEN)
    assert answer.status == status
    assert b"secret" not in answer.body


def test_a_denial_is_explicit() -> None:
    """So that no resource policy can overrule it."""
    answer = gateway(saying(False)).call("GET", "/", headers=TOKEN)
    assert "with an explicit deny" in answer.text


def test_a_request_authorizer_sees_the_request() -> None:
    """Headers, query, path parameters and source address, as REST API hands them over."""
    seen: list[AuthRequest] = []

    @authorizer(routes=TABLE)
    def auth(request: AuthRequest) -> object:
        seen.append(request)
        return request.headers["x-token"] == "good" and ["product/*"]

    api = gateway(auth, type="REQUEST", identity="method.request.header.X-Token")
    assert api.call("GET", "/product/1?a=b", headers={"X-Token": "good"}, source_ip="192.0.2.1").status == 200
    assert (seen[0].method, seen[0].path, seen[0].source_ip) == ("GET", "/product/1", "192.0.2.1")
    assert (seen[0].path_parameters, seen[0].query["a"]) == ({"id": "1"}, "b")


def test_the_declared_ttl_is_the_gateways() -> None:
    """`@authorizer(ttl=60)` is cached for 60 seconds here too, unless the gateway is told otherwise."""
    auth = saying(True, ttl=60)
    assert (Authorizer(auth).ttl, Authorizer(auth, ttl=5).ttl, Authorizer(saying(True)).ttl) == (60, 5, 300)


def test_on_error_deny_is_403() -> None:
    """A denial in place of a failure, and it is cached."""
    calls: list[object] = []

    @authorizer(on_error="deny")
    def auth(request: AuthRequest) -> bool:
        calls.append(request)
        raise ValueError

    api = gateway(auth)
    assert [api.call("GET", "/", headers=TOKEN).status for _ in range(2)] == [403, 403]
    assert len(calls) == 1


def test_the_route_table_of_a_gateway() -> None:
    """A gateway is a source of routes."""
    assert RouteTable.of(gateway(saying(True))) == RouteTable.of(TABLE)


@pytest.mark.parametrize("payload", ["1.0", "2.0"])
def test_an_http_api_with_policies(payload: str) -> None:
    """Both payload formats, cached: the same answers as the policy in process."""
    rules = ["product/*", "!DELETE product/*"]
    guard = HttpAuthorizer(saying(rules), payload=payload)
    backend = Backend()
    keys = [f"{verb} {path}" for verbs, path in map(str.split, TABLE) for verb in verbs.split(",")]
    api = HttpGateway([HttpRoute(key, backend, authorizer=guard) for key in keys])
    policy = Policy.of(rules, routes=RouteTable.of(TABLE))
    for method, path in CALLS:
        expected = 200 if policy.allows(method, path) else 403
        assert api.call(method, path, headers=TOKEN).status == expected


@pytest.mark.parametrize(("result", "statuses"), [(True, [200, 200]), (False, [403, 403]), (["/a"], [500, 500])])
def test_an_http_api_with_simple_answers(result: object, statuses: list[int]) -> None:
    """A list that differs by route has no simple answer: 500, and never a yes for the other route."""

    @authorizer(routes=["GET /a", "GET /b"], simple=True)
    def auth(request: AuthRequest) -> object:
        return result

    guard = HttpAuthorizer(auth)
    assert guard.simple
    api = HttpGateway([HttpRoute(f"GET /{name}", Backend(), authorizer=guard) for name in "ab"])
    assert [api.call("GET", path, headers=TOKEN).status for path in ("/a", "/b")] == statuses


def test_simple_answers_by_route_key() -> None:
    """With the route key among the declared identity sources a list may differ by route."""

    @authorizer(
        routes=["GET /a", "GET /b"], simple=True, identity_source=["$request.header.Authorization", "$context.routeKey"]
    )
    def auth(request: AuthRequest) -> object:
        return ["/a"]

    api = HttpGateway([HttpRoute(f"GET /{name}", Backend(), authorizer=HttpAuthorizer(auth)) for name in "ab"])
    assert [api.call("GET", path, headers=TOKEN).status for path in ("/a", "/b", "/a")] == [200, 403, 200]


@pytest.mark.parametrize(("token", "status"), [("good", 101), ("bad", 403), ("", 401)])
def test_a_websocket_api(token: str, status: int) -> None:
    """The token is in the query, where the authorizer was declared to look for it."""

    @authorizer(identity_source="route.request.querystring.token")
    def auth(request: AuthRequest) -> object:
        return request.token == "good"

    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    api = WebSocketGateway(ConnectAuthorizer(auth))
    assert api.call("GET", f"/?token={token}", headers=headers).status == status


def test_a_declared_identity_source_is_the_gateways() -> None:
    """And one in another API's notation is refused."""
    auth = saying(True, identity_source="method.request.header.X-Api-Key")
    api = gateway(auth)
    assert [api.call("GET", "/", headers=headers).status for headers in (TOKEN, {"X-Api-Key": "k"})] == [401, 200]
    with pytest.raises(ConfigError, match="invalid identity source"):
        HttpAuthorizer(auth)
