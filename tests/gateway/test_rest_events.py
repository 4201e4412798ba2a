"""The events of a REST API: what an authorizer and a backend are told."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cwsauth.gateway import Address, Authorizer, Gateway, Route, Stage
from tests.gateway.lambdas import ARN, TOKEN, Authorizing, Backend


def ask(target: str, template: str = "/{proxy+}", **call: Any) -> dict[str, Any]:
    """The event that a REQUEST authorizer gets."""
    auth = Authorizing()
    authorizer = Authorizer(auth, type="REQUEST", ttl=0)
    Gateway([Route("ANY", template, Backend(), authorizer=authorizer)]).call("GET", target, **call)
    return auth.events[0]


def proxy(method: str, target: str, template: str = "/{proxy+}", **call: Any) -> dict[str, Any]:
    """The event that a backend gets."""
    backend = Backend()
    options = {key: call.pop(key) for key in ("stage", "address", "binary_media_types") if key in call}
    Gateway([Route("ANY", template, backend)], **options).call(method, target, **call)
    return backend.event


def test_a_token_event_has_three_keys() -> None:
    """No path, no headers, no requestContext."""
    auth = Authorizing()
    api = Gateway([Route("GET", "/product/{id}", Backend(), authorizer=Authorizer(auth))])
    api.call("GET", "/product/1?x=2", headers=TOKEN)
    assert auth.events == [{"type": "TOKEN", "authorizationToken": "token-1", "methodArn": f"{ARN}/GET/product/1"}]


def test_a_request_event_has_neither_version_nor_identity_source_nor_body() -> None:
    """Its keys are REST API's, maps included where they are empty."""
    event = ask("/a", headers=TOKEN, body="secret")
    assert set(event) == {
        "type",
        "methodArn",
        "resource",
        "path",
        "httpMethod",
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "requestContext",
    }
    assert (event["type"], event["methodArn"]) == ("REQUEST", f"{ARN}/GET/a")
    assert (event["resource"], event["pathParameters"]) == ("/{proxy+}", {"proxy": "a"})
    assert (event["queryStringParameters"], event["stageVariables"]) == ({}, {})
    assert "authorizer" not in event["requestContext"]


def test_the_root_has_an_arn_that_ends_with_a_slash() -> None:
    """`.../GET/`."""
    assert ask("/", "/")["methodArn"] == f"{ARN}/GET/"


def test_an_arn_has_the_real_verb_and_the_real_path() -> None:
    """Not ANY and not the template; colons stay."""
    assert ask("/t/2021-08-01T00:00:00Z")["methodArn"] == f"{ARN}/GET/t/2021-08-01T00:00:00Z"


@pytest.mark.parametrize(
    ("target", "path", "greedy"),
    [
        ("/value", "/value", "value"),
        ("/value/", "/value/", "value"),
        ("/value//double-slash", "/value//double-slash", "value//double-slash"),
        ("//value", "/value", "value"),
        (
            "/user/test%2Balias@b.c/plus/a+b",
            "/user/test%2Balias@b.c/plus/a+b",
            "user/test%2Balias@b.c/plus/a+b",
        ),
        ("/space%20value", "/space%20value", "space%20value"),
    ],
)
def test_paths_are_raw(target: str, path: str, greedy: str) -> None:
    """Recorded on AWS: encoded text stays, a trailing slash leaves the greedy parameter, inner ones stay."""
    event = proxy("GET", target)
    assert (event["path"], event["pathParameters"]) == (path, {"proxy": greedy})


def test_leading_slashes_stay_in_the_request_context() -> None:
    """Recorded on AWS: one in `path`, all of them in `requestContext.path`."""
    address = Address(stage_in_path=True)
    event = proxy("GET", "/dev//value", address=address)
    assert (event["path"], event["requestContext"]["path"]) == ("/value", "/dev//value")
    event = proxy("GET", "//dev/value", address=address)
    assert (event["path"], event["requestContext"]["path"]) == ("/value", "/dev/value")


def test_the_stage_in_the_path_is_not_part_of_the_events_path() -> None:
    """`path` is `/value`, `requestContext.path` is `/dev/value`; another stage is an unknown path."""
    api = Gateway([Route("GET", "/value", Backend())], address=Address(stage_in_path=True))
    assert api.call("GET", "/dev/value").status == 200
    assert [api.call("GET", path).status for path in ("/value", "/prod/value", "/devvalue", "/dev")] == [403] * 4


def test_a_base_path_is_in_path_and_not_in_the_arn_or_the_parameters() -> None:
    """Recorded on AWS for custom domain names, but for the ARN, of which there is no record."""
    auth, backend = Authorizing(), Backend()
    api = Gateway([Route("GET", "/{proxy+}", backend, authorizer=Authorizer(auth))], address=Address(base_path="/v1"))
    assert api.call("GET", "/v1/a/b", headers=TOKEN).status == 200
    assert backend.event["path"] == "/v1/a/b"
    assert backend.event["pathParameters"] == {"proxy": "a/b"}
    assert auth.events[0]["methodArn"] == f"{ARN}/GET/a/b"
    assert api.call("GET", "/a/b", headers=TOKEN).status == 403


@pytest.mark.parametrize(
    ("fold", "target", "arn"),
    [
        (False, "/a/", "GET/a/"),
        (True, "/a/", "GET/a"),
        (False, "//a", "GET//a"),
        (True, "//a", "GET/a"),
        (True, "/a//b", "GET/a//b"),
        (True, "/", "GET/"),
    ],
)
def test_both_readings_of_slashes_in_an_arn_can_be_tried(fold: bool, target: str, arn: str) -> None:
    """Whether methodArn keeps them is not established, so a test may have it either way."""
    auth = Authorizing()
    authorizer = Authorizer(auth)
    backend = Backend()
    api = Gateway(
        [Route("GET", template, backend, authorizer=authorizer) for template in ("/", "/{proxy+}")],
        address=Address(fold_slashes=fold),
    )
    api.call("GET", target, headers=TOKEN)
    assert auth.events[0]["methodArn"] == f"{ARN}/{arn}"


def test_the_last_of_duplicated_headers_and_all_of_them() -> None:
    """`headers` keeps the last, `multiValueHeaders` every one, names as the client spelled them."""
    event = proxy("GET", "/a", headers=[("x-pRoBe", "first"), ("X-Probe", "second"), ("Accept", "*/*")])
    assert event["headers"]["x-pRoBe"] == "second"
    assert event["multiValueHeaders"]["x-pRoBe"] == ["first", "second"]
    assert event["headers"]["Accept"] == "*/*"


def test_headers_that_api_gateway_adds_and_keeps() -> None:
    """Forwarded-headers are added, those of the connection are not handed on."""
    headers = {"Connection": "close", "Content-Length": "0", "X-Forwarded-For": "203.0.113.7"}
    event = proxy("GET", "/a", headers=headers, source_ip="192.0.2.1")
    assert not {"Connection", "Content-Length"} & set(event["headers"])
    assert event["headers"]["X-Forwarded-For"] == "203.0.113.7, 192.0.2.1"
    assert event["multiValueHeaders"]["X-Forwarded-For"] == ["203.0.113.7, 192.0.2.1"]
    assert event["headers"]["X-Amzn-Trace-Id"].startswith("Root=1-")


def test_the_query_is_decoded() -> None:
    """`+` is a blank, the last of repeated names stands in the single map; recorded on AWS."""
    target = "/a?repeat=one&repeat=two&u=https%3A%2F%2Fa.b%2Fc&plus=a+b&enc=a%2Bb&empty="
    event = proxy("GET", target)
    assert event["queryStringParameters"] == {
        "repeat": "two",
        "u": "https://a.b/c",
        "plus": "a b",
        "enc": "a+b",
        "empty": "",
    }
    assert event["multiValueQueryStringParameters"]["repeat"] == ["one", "two"]


def test_a_semicolon_splits_the_query() -> None:
    """Official: a semicolon results in the data being split."""
    assert proxy("GET", "/a?x=1;y=2")["queryStringParameters"] == {"x": "1", "y": "2"}


def test_what_is_absent_is_null_for_a_backend() -> None:
    """Query, path parameters, stage variables and body."""
    event = proxy("GET", "/a", template="/a")
    for key in (
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "body",
    ):
        assert event[key] is None
    assert event["isBase64Encoded"] is False


def test_the_stage_is_in_the_event() -> None:
    """Variables, name, API id, account, domain, partition."""
    stage = Stage("prod", "xyz789", "cn-north-1", "210987654321", "aws-cn", {"env": "blue"})
    event = proxy("GET", "/a", stage=stage)
    context = event["requestContext"]
    assert event["stageVariables"] == {"env": "blue"}
    assert (context["stage"], context["apiId"], context["accountId"]) == ("prod", "xyz789", "210987654321")
    assert context["domainName"] == "xyz789.execute-api.cn-north-1.amazonaws.com.cn"
    assert stage.arn("GET", "/a") == "arn:aws-cn:execute-api:cn-north-1:210987654321:xyz789/prod/GET/a"


def test_the_request_context_names_the_caller_and_the_time() -> None:
    """Source address, user agent, and the time in both forms."""
    backend = Backend()
    api = Gateway([Route("GET", "/a", backend)], now=lambda: 1783711144.836)
    api.call("GET", "/a", headers={"User-Agent": "curl/8"}, source_ip="192.0.2.1")
    context = backend.event["requestContext"]
    assert context["identity"]["sourceIp"] == "192.0.2.1"
    assert context["identity"]["userAgent"] == "curl/8"
    assert context["requestTime"] == "10/Jul/2026:19:19:04 +0000"
    assert context["requestTimeEpoch"] == 1783711144836
    assert (context["httpMethod"], context["resourcePath"]) == ("GET", "/a")


@pytest.mark.parametrize(
    ("binary", "content_type", "encoded"),
    [
        ((), "image/png", False),
        (("image/png",), "image/png", True),
        (("image/*",), "image/png; q=1", True),
        (("*/*",), "text/plain", True),
        (("image/png",), "text/plain", False),
        (("image/png",), "*/*", False),
    ],
)
def test_a_body_of_a_binary_media_type_is_base64(
    binary: tuple[str, ...], content_type: str | None, encoded: bool
) -> None:
    """Only where the Content-Type is one of the API's binary media types."""
    headers = {"Content-Type": content_type} if content_type else {}
    event = proxy("POST", "/a", body=b"data", headers=headers, binary_media_types=binary)
    assert event["isBase64Encoded"] is encoded
    assert event["body"] == (base64.b64encode(b"data").decode() if encoded else "data")


def test_a_body_of_another_type_is_text() -> None:
    """UTF-8, with replacement characters for what is none."""
    assert proxy("POST", "/a", body="λ")["body"] == "λ"
    assert proxy("POST", "/a", body=b"\xff\xfe")["body"] == "\ufffd\ufffd"


def test_a_handler_gets_an_event_of_its_own() -> None:
    """What an authorizer changes in its event, the backend does not see."""
    backend = Backend()

    def auth(event: Any, context: object) -> object:
        event["headers"]["X-User"] = "admin"
        return Authorizing().answer

    authorizer = Authorizer(auth, type="REQUEST", ttl=0)
    Gateway([Route("GET", "/a", backend, authorizer=authorizer)]).call("GET", "/a")
    assert "X-User" not in backend.event["headers"]
