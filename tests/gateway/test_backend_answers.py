"""What a REST API makes of a backend's answer."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cwsauth.gateway import Answer, Function, Gateway, Route
from tests.gateway.lambdas import Backend

PNG = base64.b64encode(b"\x89PNG\xff").decode()


def answer(returned: object, *, headers: dict[str, str] | None = None, binary: tuple[str, ...] = ()) -> Answer:
    """What a client gets when the backend returns this."""
    api = Gateway([Route("GET", "/", Backend(returned))], binary_media_types=binary)
    return api.call("GET", "/", headers=headers)


@pytest.mark.parametrize(
    ("returned", "status", "body"),
    [
        ({"statusCode": 200, "body": "hello"}, 200, b"hello"),
        ({"statusCode": "404", "body": "λ"}, 404, "λ".encode()),
        ({"statusCode": 204}, 204, b""),
        ({"statusCode": 200, "body": None, "headers": None, "multiValueHeaders": None}, 200, b""),
        ({}, 200, b""),
        ({"headers": {"test-header": "value"}}, 200, b""),
    ],
)
def test_an_answer_in_the_format_of_proxy_integrations(returned: dict[str, Any], status: int, body: bytes) -> None:
    """Recorded on AWS: without a status it is 200, without a body it is empty."""
    got = answer(returned)
    assert (got.status, got.body) == (status, body)


@pytest.mark.parametrize(
    "returned",
    [
        "text",
        ["a"],
        7,
        True,
        {"statusCode": 200, "wrongValue": "value"},
        {"statusCode": "abc"},
        {"statusCode": True},
        {"statusCode": 99},
        {"statusCode": 600},
        {"statusCode": 200.5},
        {"statusCode": None},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": 7},
        {"statusCode": 200, "headers": []},
        {"statusCode": 200, "headers": {"a": {"b": 1}}},
        {"statusCode": 200, "headers": {"a": "b\r\nset-cookie: c=d"}},
        {"statusCode": 200, "headers": {"a b": "c"}},
        {"statusCode": 200, "multiValueHeaders": {"a": "b"}},
        {"statusCode": 200, "isBase64Encoded": "true"},
        {"statusCode": 200, "body": object()},
        {"statusCode": 200, "body": "x" * (6 * 1024 * 1024)},
    ],
)
def test_a_malformed_answer_is_502(returned: object) -> None:
    """502 Internal server error, and nothing of what the backend said."""
    got = answer(returned)
    assert (got.status, got.json()) == (502, {"message": "Internal server error"})
    assert got.header("x-amzn-ErrorType") == "InternalServerErrorException"


@pytest.mark.parametrize("error", [ValueError("secret"), SystemExit("secret")])
def test_a_backend_that_raises_is_502(error: BaseException) -> None:
    """502, without a word of the error."""
    got = answer(error)
    assert got.status == 502
    assert b"secret" not in got.body


def test_ctrl_c_in_a_backend_stops_the_process() -> None:
    """A stop of the process is nobody's failure."""
    with pytest.raises(KeyboardInterrupt):
        answer(KeyboardInterrupt())


def test_an_error_that_cannot_be_told_is_still_an_error() -> None:
    """An exception whose text raises is a failure like any other."""

    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    assert answer(MuteError()).status == 502


def test_repeated_headers_are_sent_in_lines_of_their_own() -> None:
    """`multiValueHeaders` repeats a header; where both maps have a name, it wins."""
    got = answer(
        {
            "statusCode": 200,
            "headers": {"X-One": "1", "set-cookie": "lost=1"},
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
        }
    )
    assert got.header_values("set-cookie") == ["a=1", "b=2"]
    assert got.header("x-one") == "1"


def test_header_values_that_are_no_text_are_written_as_json() -> None:
    """Numbers and booleans."""
    got = answer({"statusCode": 200, "headers": {"n": 1, "b": True, "x": None}})
    assert [got.header(name) for name in ("n", "b", "x")] == ["1", "true", ""]


def test_headers_that_rest_api_keeps_for_itself_are_renamed() -> None:
    """Official: `WWW-Authenticate` of a backend arrives as `x-amzn-Remapped-WWW-Authenticate`."""
    got = answer({"statusCode": 401, "headers": {"WWW-Authenticate": "Bearer", "Content-Length": "99"}})
    assert got.header("WWW-Authenticate") is None
    assert got.header("x-amzn-remapped-www-authenticate") == "Bearer"
    assert got.header("Content-Length") is None


def test_the_content_type_is_json_where_the_backend_names_none() -> None:
    """And the backend's own where it does."""
    assert answer({"statusCode": 200, "body": "x"}).header("Content-Type") == "application/json"
    html = {"statusCode": 200, "headers": {"content-type": "text/html"}}
    assert answer(html).header_values("Content-Type") == ["text/html"]


@pytest.mark.parametrize(
    ("binary", "accept", "body"),
    [
        (("image/png",), "image/png", b"\x89PNG\xff"),
        (("image/*",), "image/png", b"\x89PNG\xff"),
        (("*/*",), "text/html", b"\x89PNG\xff"),
        (("image/png",), "image/png, text/html", b"\x89PNG\xff"),
        (("image/png",), "text/html, image/png", PNG.encode()),
        (("image/png",), "*/*", PNG.encode()),
        (("image/png",), None, PNG.encode()),
        ((), "image/png", PNG.encode()),
    ],
)
def test_base64_is_decoded_where_the_first_accepted_type_is_binary(
    binary: tuple[str, ...], accept: str | None, body: bytes
) -> None:
    """Otherwise the text is passed on as it is; verified on AWS."""
    headers = {"Accept": accept} if accept else {}
    got = answer({"statusCode": 200, "body": PNG, "isBase64Encoded": True}, headers=headers, binary=binary)
    assert got.body == body


def test_what_is_not_base64_is_a_configuration_error() -> None:
    """API_CONFIGURATION_ERROR, 500."""
    got = answer(
        {"statusCode": 200, "body": "no base64!", "isBase64Encoded": True},
        headers={"Accept": "image/png"},
        binary=("image/png",),
    )
    assert got.status == 500


def test_a_backend_that_takes_more_than_29_seconds_is_504() -> None:
    """What it says then is thrown away."""
    clock = [0.0]

    def slow(event: object, context: object) -> object:
        clock[0] += 29.1
        return {"statusCode": 200}

    got = Gateway([Route("GET", "/", slow)], clock=lambda: clock[0]).call("GET", "/")
    assert (got.status, got.json()) == (504, {"message": "Endpoint request timed out"})


def test_a_functions_own_time_out_counts_too() -> None:
    """A Lambda with three seconds fails after them, which is 504 here as well."""
    clock = [0.0]

    def slow(event: object, context: Any) -> object:
        assert context.get_remaining_time_in_millis() == 3000
        clock[0] += 4
        return {"statusCode": 200}

    api = Gateway([Route("GET", "/", Function(slow, timeout=3))], clock=lambda: clock[0])
    assert api.call("GET", "/").status == 504
