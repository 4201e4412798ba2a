"""What an HTTP API makes of a backend's answer, and of CORS."""

from __future__ import annotations

import pytest

from cwsauth.gateway import Answer, HttpAuthorizer, HttpCors, HttpGateway, HttpRoute
from tests.gateway.lambdas import Authorizing, Backend


def answer(returned: object, payload: str = "2.0") -> Answer:
    """What a client gets when the backend returns this."""
    return HttpGateway([HttpRoute("GET /", Backend(returned), payload=payload)]).call("GET", "/")


@pytest.mark.parametrize(
    ("returned", "status", "body", "content_type"),
    [
        ({"hello": "world"}, 200, b'{"hello": "world"}', "application/json"),
        ("plain", 200, b"plain", "application/json"),
        ([1, 2], 200, b"[1, 2]", "application/json"),
        (7, 200, b"7", "application/json"),
        ({"statusCode": 201, "body": "x"}, 201, b"x", "text/plain;charset=UTF-8"),
        (
            {"statusCode": 200, "headers": {"Content-Type": "image/png"}, "body": "/w==", "isBase64Encoded": True},
            200,
            b"\xff",
            "image/png",
        ),
    ],
)
def test_answers_of_format_2_may_be_inferred(returned: object, status: int, body: bytes, content_type: str) -> None:
    """Without a statusCode the whole is the body; base64 is always decoded."""
    got = answer(returned)
    assert (got.status, got.body, got.header("content-type")) == (status, body, content_type)


def test_cookies_are_header_lines() -> None:
    """One `set-cookie` each."""
    got = answer({"statusCode": 200, "cookies": ["a=1", "b=2"], "headers": {"X-A": "b"}})
    assert (got.header_values("set-cookie"), got.header("x-a")) == (["a=1", "b=2"], "b")


def test_answers_of_format_1_are_not_inferred() -> None:
    """A statusCode is needed, and headers may repeat."""
    got = answer({"statusCode": 200, "multiValueHeaders": {"X-A": ["1", "2"]}}, "1.0")
    assert (got.status, got.header_values("x-a")) == (200, ["1", "2"])
    assert answer({"hello": "world"}, "1.0").status == 500


@pytest.mark.parametrize(
    "returned",
    [
        {"statusCode": "x"},
        {"statusCode": 200, "body": 7},
        {"statusCode": 200, "body": "!", "isBase64Encoded": True},
        {"statusCode": 200, "isBase64Encoded": "yes"},
        {"statusCode": 200, "headers": []},
        {"statusCode": 200, "headers": {"a": "b\r\nc: d"}},
        {"statusCode": 200, "cookies": "a=1"},
        {"statusCode": 200, "cookies": ["a=1\r\nx: y"]},
        {"statusCode": 200, "cookies": ["a=λ"]},
        {"statusCode": 200, "headers": {"a": "λ"}},
        ValueError("secret"),
    ],
)
def test_a_malformed_answer_or_an_error_is_500(returned: object) -> None:
    """Internal Server Error, and nothing of what the backend said."""
    got = answer(returned)
    assert (got.status, got.json()) == (500, {"message": "Internal Server Error"})


def test_a_backend_has_thirty_seconds() -> None:
    """After them it is 503 Service Unavailable."""
    clock = [0.0]

    def slow(event: object, context: object) -> object:
        clock[0] += 30.1
        return "late"

    got = HttpGateway([HttpRoute("GET /", slow)], clock=lambda: clock[0]).call("GET", "/")
    assert (got.status, got.json()) == (503, {"message": "Service Unavailable"})


def test_a_payload_over_ten_megabytes_is_413() -> None:
    """Request Entity Too Large."""
    got = HttpGateway([HttpRoute("POST /", Backend())]).call("POST", "/", body=b"x" * (10 * 1024 * 1024 + 1))
    assert (got.status, got.json()) == (413, {"message": "Request Entity Too Large"})


ORIGIN = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}


def test_preflight_is_answered_by_the_api() -> None:
    """204 with the configured headers, also where no route has OPTIONS; nothing for another origin."""
    auth = Authorizing()
    api = HttpGateway([HttpRoute("GET /a", Backend(), authorizer=HttpAuthorizer(auth))])
    api.cors = HttpCors(
        ("https://shop.example",), ("authorization",), ("GET", "PUT"), ("x-total",), 60, credentials=True
    )
    got = api.call("OPTIONS", "/a", headers=ORIGIN)
    assert got.status == 204
    assert dict(got.headers) == {
        "access-control-allow-origin": "https://shop.example",
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "x-total",
        "access-control-allow-methods": "GET,PUT",
        "access-control-allow-headers": "authorization",
        "access-control-max-age": "60",
    }
    assert api.call("OPTIONS", "/a", headers={**ORIGIN, "Origin": "https://other"}).headers == ()
    assert not auth.events


def test_an_authorizer_on_the_default_route_catches_preflight() -> None:
    """Official: give `OPTIONS /{proxy+}` a route without one."""
    authorizer = HttpAuthorizer(Authorizing())
    guarded = HttpRoute("$default", Backend(), authorizer=authorizer)
    assert HttpGateway([guarded], cors=HttpCors()).call("OPTIONS", "/a", headers=ORIGIN).status == 401
    opened = HttpRoute("OPTIONS /{proxy+}", Backend())
    assert HttpGateway([guarded, opened], cors=HttpCors()).call("OPTIONS", "/a", headers=ORIGIN).status == 204


def test_cors_headers_of_the_backend_are_replaced() -> None:
    """Also on refusals of the API."""
    backend = Backend({"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "https://evil", "X-A": "b"}})
    api = HttpGateway([HttpRoute("GET /", backend)], cors=HttpCors())
    got = api.call("GET", "/", headers={"Origin": "https://any"})
    assert (got.header_values("access-control-allow-origin"), got.header("x-a")) == (["*"], "b")
    assert api.call("GET", "/x", headers={"Origin": "https://any"}).header("access-control-allow-origin") == "*"
    assert api.call("GET", "/").header("access-control-allow-origin") is None
