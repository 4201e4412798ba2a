"""The handshake of a WebSocket API: what the authorizer of `$connect` decides."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from cwsauth.errors import ConfigError
from cwsauth.gateway import CallRecord, ConnectAuthorizer, Stage, WebSocketGateway, serve
from tests.gateway.lambdas import ALLOW_ALL, ARN, Authorizing, Backend, response, statement

HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}
QUERY = "route.request.querystring.token"


def gateway(auth: Authorizing, connect: Backend | None = None, **options: Any) -> WebSocketGateway:
    """A WebSocket API whose token is in the query."""
    return WebSocketGateway(ConnectAuthorizer(auth, **{"identity": QUERY, **options}), connect)


def test_an_allowed_handshake_is_101() -> None:
    """With the accept key of RFC 6455's example."""
    answer = gateway(Authorizing()).call("GET", "/?token=t", headers=HANDSHAKE)
    assert answer.status == 101
    assert answer.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_the_authorizers_event_has_no_verb_and_no_path() -> None:
    """`methodArn` ends with `$connect`."""
    auth = Authorizing()
    gateway(auth).call("GET", "/?token=t", headers=HANDSHAKE)
    event = auth.events[0]
    assert (event["type"], event["methodArn"]) == ("REQUEST", f"{ARN}/$connect")
    assert event["queryStringParameters"] == {"token": "t"}
    assert not {"path", "httpMethod", "resource"} & set(event)


@pytest.mark.parametrize(
    ("resource", "status"), [("*", 101), ("$connect", 101), ("*/*", 403), ("GET/*", 403), ("connect", 403)]
)
def test_a_verb_and_a_path_do_not_cover_connect(resource: str, status: int) -> None:
    """Measured: `{api}/{stage}/*/*` does not match `$connect`, `{api}/{stage}/*` does."""
    statements = statement("Allow", resource)
    statements["Resource"] = [f"{ARN}/{resource}"]
    assert gateway(Authorizing(response(statements))).call("GET", "/?token=t", headers=HANDSHAKE).status == status


@pytest.mark.parametrize(
    ("answer", "target", "status"),
    [
        (ALLOW_ALL, "/", 401),
        (ALLOW_ALL, "/?token=", 401),
        (ALLOW_ALL, "/?TOKEN=t", 401),
        (response(statement("Deny", "*")), "/?token=t", 403),
        (Exception("Unauthorized"), "/?token=t", 401),
        (ValueError("x"), "/?token=t", 500),
        (None, "/?token=t", 500),
        ({**ALLOW_ALL, "context": {"a": {}}}, "/?token=t", 500),
        ({**ALLOW_ALL, "context": {"a": "x" * 8192}}, "/?token=t", 500),
        ({**ALLOW_ALL, "context": {"a": "x" * 7500}}, "/?token=t", 101),
    ],
)
def test_refusals_of_a_handshake(answer: object, target: str, status: int) -> None:
    """401 without an identity or by raising, 403 for a denial, 500 for the rest; 8 KB of an answer and no more."""
    assert gateway(Authorizing(answer)).call("GET", target, headers=HANDSHAKE).status == status


def test_answers_are_cached_by_identity() -> None:
    """As elsewhere."""
    auth = Authorizing()
    api = gateway(auth)
    for token in ("a", "a", "b"):
        api.call("GET", f"/?token={token}", headers=HANDSHAKE)
    assert len(auth.events) == 2
    api.flush_authorizer_cache()
    api.call("GET", "/?token=a", headers=HANDSHAKE)
    assert len(auth.events) == 3


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"statusCode": 200}, 101),
        ({}, 101),
        ({"statusCode": 403}, 403),
        ({"statusCode": 500}, 500),
        ({"statusCode": "x"}, 500),
        ("yes", 500),
        (ValueError("x"), 500),
    ],
)
def test_the_integration_of_connect_has_its_say(said: object, status: int) -> None:
    """It sees the authorizer's context as text, and refuses the handshake by another status than 2xx."""
    connect = Backend(said)
    api = gateway(Authorizing({**ALLOW_ALL, "context": {"n": 1}}), connect)
    assert api.call("GET", "/?token=t", headers=HANDSHAKE).status == status
    authorizer = connect.event["requestContext"]["authorizer"]
    assert (authorizer["n"], authorizer["principalId"]) == ("1", "user")


def test_without_an_authorizer_everybody_connects() -> None:
    """And the integration sees no authorizer."""
    connect = Backend()
    assert WebSocketGateway(connect=connect).call("GET", "/", headers=HANDSHAKE).status == 101
    assert "authorizer" not in connect.event["requestContext"]


@pytest.mark.parametrize(
    ("method", "target", "drop"),
    [
        ("POST", "/?token=t", ""),
        ("GET", "/other?token=t", ""),
        *(("GET", "/?token=t", name) for name in list(HANDSHAKE)[:3]),
    ],
)
def test_what_is_no_handshake_is_not_emulated(method: str, target: str, drop: str) -> None:
    """501, and nobody is asked."""
    auth = Authorizing()
    headers = {name: value for name, value in HANDSHAKE.items() if name != drop}
    assert gateway(auth).call(method, target, headers=headers).status == 501
    assert not auth.events


def test_the_stage_may_be_in_the_path() -> None:
    """As API Gateway addresses it."""
    assert gateway(Authorizing()).call("GET", "/dev?token=t", headers=HANDSHAKE).status == 101


def test_configurations_that_are_refused() -> None:
    """No identity source where answers are cached; no `$default` stage; REST's notation."""
    with pytest.raises(ConfigError, match="needs an identity source"):
        ConnectAuthorizer(Authorizing(), identity=())
    with pytest.raises(ConfigError, match="no stage"):
        WebSocketGateway(stage=Stage("$default"))
    with pytest.raises(ConfigError, match="invalid identity source"):
        ConnectAuthorizer(Authorizing(), identity="method.request.header.A")


def test_a_record_of_a_handshake_holds_no_token() -> None:
    """The route is `$connect`."""
    records: list[CallRecord] = []
    api = gateway(Authorizing())
    api.on_call = records.append
    api.call("GET", "/?token=canary-9c1d", headers=HANDSHAKE)
    api.call("GET", "/", headers=HANDSHAKE)
    assert (records[0].route, records[0].status, records[1].status) == ("$connect", 101, 401)
    assert "canary" not in repr(records)


def test_a_handshake_over_a_socket() -> None:
    """101, and the connection ends there."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in HANDSHAKE.items())
    with serve(gateway(Authorizing())) as server, socket.create_connection(("127.0.0.1", server.port), 5) as connection:
        connection.sendall(f"GET /?token=t HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())
        data = b""
        while chunk := connection.recv(4096):
            data += chunk
    assert data.startswith(b"HTTP/1.1 101 ")
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in data
