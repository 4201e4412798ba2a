"""The events for tests: each kind's own keys, and what each decodes, joins or leaves out."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from cwsauth.gateway import Stage, events

ALL: list[tuple[str, Callable[[], dict[str, Any]]]] = [
    ("rest_token", lambda: events.rest_token("t")),
    ("rest_request", events.rest_request),
    ("rest_proxy", events.rest_proxy),
    ("http_v1", events.http_v1),
    ("http_v2", events.http_v2),
    ("http_proxy", events.http_proxy),
    ("http_proxy_v1", events.http_proxy_v1),
    ("websocket_connect", events.websocket_connect),
    ("appsync", lambda: events.appsync("t")),
    ("iot", events.iot),
    ("alb", events.alb),
    ("alb multi", lambda: events.alb(multi_value=True)),
    ("function_url", events.function_url),
    ("lattice", events.lattice),
    ("lattice_v1", events.lattice_v1),
]


@pytest.mark.parametrize("build", [build for _, build in ALL], ids=[name for name, _ in ALL])
def test_an_event_is_json_and_its_own(build: Callable[[], dict[str, Any]]) -> None:
    """It survives JSON unchanged, and two calls share nothing."""
    event = build()
    assert json.loads(json.dumps(event)) == event
    again = build()
    event.clear()
    assert again


def kind(event: dict[str, Any]) -> str:
    """The kind of an event, told by its shape alone."""
    if event.get("type") == "TOKEN":
        return "rest_token"
    if event.get("type") == "REQUEST":
        version = event.get("version")
        if version is not None:
            return {"1.0": "http_v1", "2.0": "http_v2"}[version]
        is_connect = event["requestContext"].get("eventType") == "CONNECT"
        return "websocket_connect" if is_connect else "rest_request"
    if "protocolData" in event:
        return "iot"
    if "authorizationToken" in event:
        return "appsync"
    context = event.get("requestContext", {})
    if "elb" in context:
        return "alb"
    if "raw_path" in event:
        return "lattice_v1"
    if "serviceNetworkArn" in context:
        return "lattice"
    if event.get("version") == "2.0":
        return "function_url" if ".lambda-url." in context["domainName"] else "http_proxy"
    return "http_proxy_v1" if event.get("version") == "1.0" else "rest_proxy"


@pytest.mark.parametrize(("name", "build"), ALL, ids=[name for name, _ in ALL])
def test_an_event_is_told_by_its_shape(name: str, build: Callable[[], dict[str, Any]]) -> None:
    """No discriminator is common to all; these rules tell every kind from every other."""
    assert kind(build()) == name.split()[0]


def test_a_rest_token_event_has_three_keys() -> None:
    """The whole header value, and the ARN of the call."""
    event = events.rest_token("Bearer t", "PUT", "/product/1", stage=Stage("prod"))
    arn = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/PUT/product/1"
    assert event == {"type": "TOKEN", "authorizationToken": "Bearer t", "methodArn": arn}


def test_rest_events_are_raw_and_keep_duplicates() -> None:
    """Path encoded, last header in one map, every one in the other; query decoded."""
    event = events.rest_request(
        "GET",
        "/a%20b/?q=1&q=a+b",
        headers={"X-P": ["first", "second"]},
        template="/{proxy+}",
        path_parameters={"proxy": "a%20b"},
    )
    assert (event["path"], event["resource"]) == ("/a%20b/", "/{proxy+}")
    assert event["methodArn"].endswith("/dev/GET/a%20b/")
    assert (event["headers"]["X-P"], event["multiValueHeaders"]["X-P"]) == ("second", ["first", "second"])
    assert event["multiValueQueryStringParameters"] == {"q": ["1", "a b"]}
    assert event["requestContext"]["path"] == "/dev/a%20b/"


def test_a_rest_proxy_event_carries_the_authorizers_context() -> None:
    """And base64 where the media type is binary."""
    event = events.rest_proxy(
        "POST",
        "/a",
        body=b"\xff",
        headers={"Content-Type": "image/png"},
        binary_media_types=["image/*"],
        authorizer={"principalId": "u"},
    )
    assert event["requestContext"]["authorizer"] == {"principalId": "u"}
    assert (event["body"], event["isBase64Encoded"]) == (base64.b64encode(b"\xff").decode(), True)


def test_http_events_of_format_2_leave_out_what_is_not_there() -> None:
    """No cookies, no pathParameters, no queryStringParameters, no stageVariables; identitySource null."""
    event = events.http_v2("GET", "/products")
    assert set(event) == {
        "version",
        "type",
        "routeArn",
        "identitySource",
        "routeKey",
        "rawPath",
        "rawQueryString",
        "headers",
        "requestContext",
    }
    assert event["identitySource"] is None
    assert event["routeArn"].endswith("abc123/$default/GET/products")
    assert (event["routeKey"], event["rawPath"]) == ("GET /products", "/products")


def test_a_named_stage_is_in_the_path_of_http_events_and_once_in_the_arn() -> None:
    """Captured: rawPath and http.path have it, routeArn does not repeat it."""
    event = events.http_v2("GET", "/applications", identity=["t"], stage=Stage("dev"))
    assert event["rawPath"] == event["requestContext"]["http"]["path"] == "/dev/applications"
    assert event["routeArn"].endswith("abc123/dev/GET/applications")
    assert event["identitySource"] == ["t"]


def test_http_events_are_decoded_and_joined() -> None:
    """Path decoded, header names in lower case, duplicates joined, cookies apart."""
    event = events.http_proxy(
        "GET", "/space%20value?r=1&r=2", headers={"X-P": ["first", "second"], "Cookie": "a=1; b=2"}
    )
    assert event["rawPath"] == event["requestContext"]["http"]["path"] == "/space value"
    assert event["headers"]["x-p"] == "first,second"
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert (event["rawQueryString"], event["queryStringParameters"]) == ("r=1&r=2", {"r": "1,2"})


def test_http_events_of_format_1_join_their_identity_sources() -> None:
    """`identitySource` and `authorizationToken` are the same text."""
    event = events.http_v1("GET", "/request", identity=["user1", "123"], stage=Stage("test"))
    assert event["identitySource"] == event["authorizationToken"] == "user1,123"
    assert event["methodArn"].endswith("/test/GET/request")


@pytest.mark.parametrize(
    ("content_type", "encoded"),
    [
        ("application/json", False),
        ("text/plain; charset=utf-8", False),
        ("application/problem+json", False),
        ("image/png", True),
        ("application/octet-stream", True),
    ],
)
def test_http_bodies_are_text_or_base64(content_type: str, encoded: bool) -> None:
    """By the media type."""
    event = events.http_proxy("POST", "/", body=b"{}", headers={"Content-Type": content_type})
    assert event["isBase64Encoded"] is encoded
    assert event["body"] == (base64.b64encode(b"{}").decode() if encoded else "{}")


def test_an_http_authorizers_context_is_below_lambda() -> None:
    """Format 2.0; in 1.0 it stands by itself."""
    context = {"user": {"id": 1}}
    assert events.http_proxy(authorizer=context)["requestContext"]["authorizer"] == {"lambda": context}
    assert events.http_proxy_v1(authorizer=context)["requestContext"]["authorizer"] == context


def test_a_websocket_arn_has_no_verb() -> None:
    """It ends with the route key, and there is no path anywhere."""
    event = events.websocket_connect("token=t")
    assert event["methodArn"] == "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/$connect"
    assert not {"path", "httpMethod", "resource", "pathParameters"} & set(event)
    assert event["queryStringParameters"] == {"token": "t"}
    assert event["requestContext"]["eventType"] == "CONNECT"


def test_a_load_balancer_leaves_path_and_query_encoded() -> None:
    """In both settings of multi-value headers."""
    target = "/space%20value?r=1&r=a%2Bb"
    single, multi = events.alb("GET", target), events.alb("GET", target, multi_value=True)
    assert single["path"] == multi["path"] == "/space%20value"
    assert single["queryStringParameters"] == {"r": "a%2Bb"}
    assert multi["multiValueQueryStringParameters"] == {"r": ["1", "a%2Bb"]}
    assert (multi["headers"], "multiValueHeaders" in single) == (None, False)


def test_a_function_url_has_the_path_both_ways() -> None:
    """`rawPath` encoded, `http.path` decoded; cookies in the list and in the header."""
    event = events.function_url("GET", "/space%20value", headers={"cookie": "a=1; b=2"})
    assert (event["rawPath"], event["requestContext"]["http"]["path"]) == ("/space%20value", "/space value")
    assert (event["cookies"], event["headers"]["cookie"]) == (["a=1", "b=2"], "a=1; b=2")


def test_lattice_events_have_lists_or_snake_case() -> None:
    """Version 2.0 has lists of values, version 1.0 other names."""
    headers = {"powertools": ["a", "b"]}
    two, one = events.lattice("GET", "/a?x=1", headers=headers), events.lattice_v1("GET", "/a?x=1", headers=headers)
    assert two["headers"]["powertools"] == ["a", "b"]
    assert two["queryStringParameters"] == {"x": ["1"]}
    assert one["headers"]["powertools"] == "a,b"
    assert (one["raw_path"], one["query_string_parameters"]) == ("/a", {"x": "1"})


def test_an_appsync_event_has_no_arn() -> None:
    """A token and the operation."""
    event = events.appsync("t", "query Q { a }", operation="Q", variables={"x": 1})
    assert set(event) == {"authorizationToken", "requestContext"}
    assert event["requestContext"]["variables"] == {"x": 1}


def test_an_iot_event_leaves_out_the_protocols_that_were_not_used() -> None:
    """The MQTT password is base64."""
    assert set(events.iot("t")["protocolData"]) == {"tls"}
    event = events.iot(username="u", password="secret", query="token=x")
    assert event["protocols"] == ["tls", "http", "mqtt"]
    assert event["protocolData"]["mqtt"] == {"username": "u", "password": "c2VjcmV0"}
    assert event["protocolData"]["http"]["queryString"] == "?token=x"
    assert "token" not in event
