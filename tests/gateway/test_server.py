"""The gateway over real HTTP, and as a WSGI application."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest
import requests

from cwsauth.errors import ConfigError
from cwsauth.gateway import Authorizer, Function, Gateway, Route, serve
from cwsauth.gateway.wsgi import read_request
from tests.gateway.lambdas import TOKEN, Authorizing, Backend


def test_a_served_gateway_answers_over_http() -> None:
    """On a free port of 127.0.0.1; 200 with a token, 401 without, 403 for an unknown path."""
    backend = Backend({"statusCode": 201, "body": "made", "multiValueHeaders": {"X-A": ["1", "2"]}})
    api = Gateway([Route("ANY", "/a/{id}", backend, authorizer=Authorizer(Authorizing()))])
    with serve(api) as server:
        assert server.host == "127.0.0.1"
        answer = requests.post(f"{server.url}/a/1?x=y", data=b"body", headers=TOKEN, timeout=5)
        assert (answer.status_code, answer.text, answer.headers["x-a"]) == (201, "made", "1, 2")
        assert requests.get(f"{server.url}/a/1", timeout=5).status_code == 401
        assert requests.get(f"{server.url}/b", timeout=5).status_code == 403
    assert (backend.event["body"], backend.event["queryStringParameters"]) == ("body", {"x": "y"})


def raw(port: int, request: bytes) -> bytes:
    """What the server says to these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request)
        chunks = []
        while chunk := connection.recv(65536):
            chunks.append(chunk)
        return b"".join(chunks)


def test_raw_paths_and_header_lines_survive_the_socket() -> None:
    """`%2F` stays, doubled slashes stay, header names keep their case, duplicates stay apart."""
    backend = Backend()
    with serve(Gateway([Route("GET", "/{proxy+}", backend)])) as server:
        raw(
            server.port,
            b"GET //a%2Fb//c%20d?q=1 HTTP/1.1\r\nHost: x\r\ntEsT-HEADeR: aValUE\r\n"
            b"X-P: first\r\nX-P: second\r\nX_Under: z\r\nConnection: close\r\n\r\n",
        )
    assert backend.event["path"] == "/a%2Fb//c%20d"
    assert backend.event["requestContext"]["path"] == "//a%2Fb//c%20d"
    assert backend.event["headers"]["tEsT-HEADeR"] == "aValUE"
    assert backend.event["multiValueHeaders"]["X-P"] == ["first", "second"]


def test_a_head_request_gets_no_body() -> None:
    """The length is told, the body is not sent."""
    backend = Backend({"statusCode": 200, "body": "four"})
    with serve(Gateway([Route("HEAD", "/", backend)])) as server:
        answer = raw(server.port, b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"Content-Length: 4" in answer
    assert answer.endswith(b"\r\n\r\n")


def test_a_chunked_body_arrives() -> None:
    """Whatever way it is sent."""
    backend = Backend()
    with serve(Gateway([Route("POST", "/", backend)])) as server:
        requests.post(server.url, data=iter([b"one", b"two"]), timeout=5)
    assert backend.event["body"] == "onetwo"


def test_a_body_that_is_too_large_is_413_over_http() -> None:
    """Read no further than the limit."""
    with serve(Gateway([Route("POST", "/", Backend())])) as server:
        headers = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n"
        assert raw(server.port, headers).startswith(b"HTTP/1.1 413")


def test_a_client_that_goes_away_calls_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """With half of its body sent: no function gets that half, and no traceback is logged."""
    backend = Backend()
    with (
        serve(Gateway([Route("POST", "/", backend)])) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection,
    ):
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhalf")
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400")
    assert not backend.events
    assert "Traceback" not in caplog.text


def test_a_target_that_is_no_address_is_400(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """As anything else that is not HTTP."""
    with serve(Gateway([Route("GET", "/{proxy+}", Backend())])) as server:
        for target in (b"http://[/a", b"http://[x]y/a", b"*", b"a"):
            answer = raw(server.port, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 400"), target
    assert "Traceback" not in caplog.text + capfd.readouterr().err


def test_the_server_takes_calls_side_by_side_and_a_function_one_at_a_time() -> None:
    """Two functions overlap, two calls of one do not: one warm environment each."""
    both = threading.Barrier(2, timeout=5)
    running: list[str] = []
    overlaps: list[bool] = []

    def meeting(event: object, context: object) -> dict[str, Any]:
        both.wait()
        return {"statusCode": 200}

    def alone(event: object, context: object) -> dict[str, Any]:
        overlaps.append(bool(running))
        running.append("x")
        time.sleep(0.02)
        running.pop()
        return {"statusCode": 200}

    other = Function(meeting, name="other")
    routes = [Route("GET", "/a", meeting), Route("GET", "/b", other), Route("GET,PUT", "/c", alone)]
    with serve(Gateway([*routes, Route("GET", "/d", alone)])) as server:
        statuses: list[int] = []

        def call(path: str) -> None:
            statuses.append(requests.get(server.url + path, timeout=5).status_code)

        threads = [threading.Thread(target=call, args=(path,)) for path in ("/a", "/b", "/c", "/d", "/c", "/d")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [200] * 6
    assert not any(overlaps)


def test_a_concurrent_function_may_call_its_own_api() -> None:
    """With `concurrent=True`; otherwise it would wait for itself."""
    inner: list[int] = []

    def backend(event: Any, context: object) -> dict[str, Any]:
        if event["path"] == "/outer":
            inner.append(requests.get(f"{server.url}/inner", timeout=5).status_code)
        return {"statusCode": 200}

    function = Function(backend, concurrent=True)
    with serve(Gateway([Route("GET", "/outer", function), Route("GET", "/inner", function)])) as server:
        assert requests.get(f"{server.url}/outer", timeout=5).status_code == 200
    assert inner == [200]


def test_shutdown_frees_the_port() -> None:
    """Nothing listens any more, and shutting down twice is harmless."""
    server = serve(Gateway([Route("GET", "/", Backend())]))
    with server:
        requests.get(server.url, timeout=5)
    server.shutdown()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)


def test_a_server_that_was_never_started_can_be_shut_down() -> None:
    """Its port is free again."""
    server = serve(Gateway([Route("GET", "/", Backend())]))
    server.shutdown()
    again = serve(Gateway([Route("GET", "/", Backend())]), port=server.port)
    again.shutdown()


def test_a_port_that_is_taken_is_an_os_error() -> None:
    """And not the end of the process."""
    with serve(Gateway([Route("GET", "/", Backend())])) as server, pytest.raises(OSError, match="in use"):
        serve(Gateway([Route("GET", "/", Backend())]), port=server.port)


def test_werkzeugs_test_client_works() -> None:
    """`gateway.test_client()`, for those who know it."""
    backend = Backend()
    client = Gateway([Route("POST", "/a/{id}", backend)]).test_client()
    answer = client.post("/a/b%2Fc?x=1", data="body", headers={"X-A": "b"})
    assert (answer.status_code, answer.text) == (200, "ok")
    assert backend.event["pathParameters"] == {"id": "b%2Fc"}
    assert backend.event["headers"]["X-A"] == "b"


def test_a_wsgi_server_without_the_raw_path_is_refused() -> None:
    """Guessing it from the decoded one would turn `%2F` into a slash."""
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/a/b", "wsgi.url_scheme": "http", "SERVER_PORT": "80"}
    with pytest.raises(ConfigError, match="no raw path"):
        read_request(environ)
