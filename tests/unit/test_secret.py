"""Comparing secrets, and finding them in what is about to be logged."""

from __future__ import annotations

import pytest

from cwsauth import AuthRequest, secret_equals
from cwsauth.events import decode
from cwsauth.redaction import holds_secret


class Text(str):
    """A string that claims to equal everything."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


@pytest.mark.parametrize(
    ("given", "expected", "equal"),
    [
        ("s3cret", "s3cret", True),
        (b"s3cret", "s3cret", True),
        ("s3cret", b"s3cret", True),
        ("pässwörd", "pässwörd", True),
        ("pässwörd", "pässwörd".encode(), True),
        ("\ud800", "\ud800", True),
        ("s3cret", "s3cre", False),
        ("s3cret", "S3cret", False),
        ("s3cret", "s3cret\n", False),
        ("s3cret", "s3cret\0", False),
        ("", "", False),
        (b"", b"", False),
        (None, None, False),
        ("", None, False),
        (None, "", False),
        ("s3cret", None, False),
        (None, "s3cret", False),
        (True, True, False),
        (1, 1, False),
        (["s3cret"], ["s3cret"], False),
        (bytearray(b"x"), b"x", False),
        (Text("x"), "y", False),
        ("é", "e\u0301", False),
    ],
)
def test_secrets_are_equal_as_bytes(given: object, expected: object, equal: bool) -> None:
    """Nothing that is not set equals anything, and no type is taken for a string that is none."""
    assert secret_equals(given, expected) is equal
    assert secret_equals(expected, given) is equal


TOKEN = "Bearer abcd-efgh"
EVENT = {
    "type": "REQUEST",
    "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/orders/of-alice",
    "headers": {"Authorization": TOKEN, "X-Api-Key": "key-12345678", "Accept": "*/*", "Cookie": "sid=session-1234"},
    "multiValueHeaders": {"X-Other": ["first-one", "second-one"]},
    "queryStringParameters": {"code": "query-secret", "page": "2"},
    "stageVariables": {"db": "stage-secret"},
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("invalid route pattern 'abcd-efgh'", True),
        ("invalid route pattern 'Bearer abcd-efgh'", True),
        ("'Bearer' is not a list of methods", True),
        (r"invalid 'abcd\-efgh'", True),
        ("key-12345678 was withdrawn", True),
        ("sid=session-1234", True),
        ("second-one", True),
        ("query-secret", True),
        ("stage-secret", True),
        ("abcd", False),
        ("page 2 of */*", False),
        ("IAM cannot say 'product/*' exactly", False),
        ("", False),
    ],
)
def test_what_came_with_a_request_is_found(text: str, found: bool) -> None:
    """Credentials and their words, headers, cookies, query and stage variables; short common values are not."""
    assert holds_secret(text, decode(EVENT)) is found


def test_a_request_without_an_event_is_searched_too() -> None:
    """As tests and guards make them."""
    request = AuthRequest(token="s3cret-token", headers={"X-Key": "header-secret"}, cookies={"a": "cookie-secret"})
    for text in ("s3cret-token", "header-secret", "cookie-secret"):
        assert holds_secret(f"bad {text}", request)
    assert not holds_secret("bad rule", request)


def test_contradictory_credentials_are_found() -> None:
    """Where the request has no one token, all that could be it are searched for."""
    event = {**EVENT, "headers": {"Authorization": "first-token", "authorization": "second-token"}}
    for text in ("first-token", "second-token"):
        assert holds_secret(f"bad {text}", decode(event))


def test_a_control_character_is_found_as_it_is_shown() -> None:
    """`repr` writes it escaped, and so do messages."""
    request = AuthRequest(token="ab\ncd'ef")
    assert holds_secret(f"invalid route pattern {request.token!r}", request)
    assert holds_secret("ab\ncd'ef", request)
