"""The request that `auth` is asked about: its fields, its copies, and what it does not show."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from cwsauth import AuthRequest
from cwsauth.errors import EventError
from cwsauth.events import decode
from cwsauth.headers import Headers
from cwsauth.request import credentials

ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/product/1"


@pytest.mark.parametrize(
    ("authorization", "scheme", "token"),
    [
        ("Bearer abc", "Bearer", "abc"),
        ("bearer abc", "Bearer", "abc"),
        ("BEARER  abc ", "Bearer", "abc"),
        ("Bearer a b", "Bearer", "a b"),
        ("Basic dXNlcg==", "Basic", "dXNlcg=="),
        ("Bearer", "Bearer", None),
        ("Bearer ", "Bearer", None),
        ("abc", "", "abc"),
        ("Token abc", "", "Token abc"),
        ("Bearerabc", "", "Bearerabc"),
        ("", "", None),
        (None, "", None),
        (1, "", None),
        (b"Bearer abc", "", None),
    ],
)
def test_the_scheme_is_parted_from_the_token(authorization: object, scheme: str, token: str | None) -> None:
    """Bearer and Basic, in any case; what is not one of them stays with the token."""
    assert credentials(authorization) == (scheme, token)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"token": "abc"}, ("", "abc", "abc")),
        ({"token": "abc", "scheme": "Bearer"}, ("Bearer", "abc", "Bearer abc")),
        ({"authorization": "Bearer abc"}, ("Bearer", "abc", "Bearer abc")),
        ({"authorization": "abc", "token": "x", "scheme": "Basic"}, ("Basic", "x", "abc")),
        ({}, ("", None, None)),
        ({"token": None}, ("", None, None)),
    ],
)
def test_a_request_can_be_made_by_hand(fields: dict[str, Any], expected: tuple[str, str | None, str | None]) -> None:
    """With a token or with a whole Authorization value; the other follows."""
    request = AuthRequest(**fields)
    assert (request.scheme, request.token, request.authorization) == expected
    assert request.kind == "rest.request"


def test_an_unknown_field_is_named() -> None:
    """A misspelt field is an error, not a field."""
    with pytest.raises(TypeError, match="AuthRequest has no field 'tokem'"):
        AuthRequest(tokem="x")
    with pytest.raises(AttributeError, match="no attribute 'tokem'"):
        _ = AuthRequest().tokem  # type: ignore[attr-defined]


def test_a_request_cannot_be_changed() -> None:
    """Neither its fields nor the mappings in them."""
    request = AuthRequest(token="x", claims={"sub": "alice"}, query={"a": "b"}, headers={"A": "b"})
    for name in ("token", "claims", "raw", "other"):
        with pytest.raises(AttributeError, match="a request cannot be changed"):
            setattr(request, name, "y")
    for mapping in (request.claims, request.query, request.headers, request.cookies):
        with pytest.raises(TypeError):
            mapping["sub"] = "mallory"  # type: ignore[index]


def test_headers_ignore_case() -> None:
    """A header is found however it is written, and its value is not shown."""
    request = AuthRequest(headers={"X-Api-Key": "s3cret", "accept": "x"})
    assert request.headers["x-api-key"] == request.headers.get("X-API-KEY") == "s3cret"
    assert "x-Api-kEy" in request.headers
    assert "other" not in request.headers
    assert sorted(request.headers) == ["accept", "x-api-key"]
    assert len(request.headers) == 2
    assert repr(request.headers) == "Headers(['accept', 'x-api-key'])"
    assert Headers({"A": "1"}) == Headers({"a": "1"})


def test_a_request_shows_only_what_a_log_may_hold() -> None:
    """Kind, method and stage; no path, token, header, claim."""
    request = AuthRequest(
        "rest.token", token="s3cret", method="GET", path="/reset/s3cret", stage="dev", claims={"a": "b"}
    )
    assert repr(request) == "AuthRequest(kind='rest.token', method='GET', stage='dev')"


def test_names_of_chalice() -> None:
    """`auth_type` and `method_arn`, as Chalice's AuthRequest has them."""
    assert (AuthRequest("rest.token", arn=ARN).auth_type, AuthRequest(arn=ARN).auth_type) == ("TOKEN", "REQUEST")
    assert AuthRequest(arn=ARN).method_arn == ARN


def test_claims_make_another_request() -> None:
    """The first one is left as it was; a field of a view is read once more for the copy."""
    event = {"type": "TOKEN", "authorizationToken": "Bearer x", "methodArn": ARN}
    first = decode(event)
    second = first.with_claims({"sub": "alice"})
    assert dict(first.claims) == {}
    assert second.claims["sub"] == "alice"
    assert (second.token, second.path, second.kind, second.raw) == ("x", "/product/1", "rest.token", event)
    assert second.replace(method="PUT").method == "PUT"


def test_a_view_reads_what_is_asked_for() -> None:
    """What nobody asks for is not decoded, so that its faults cost nobody anything; what is asked for is read once."""
    event = {"type": "REQUEST", "methodArn": ARN, "headers": {"Authorization": "x"}, "queryStringParameters": 7}
    request = decode(event)
    assert request.token == "x"
    assert request.headers is request.headers
    with pytest.raises(EventError, match="'queryStringParameters' is not an object"):
        _ = request.query


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda request: pickle.loads(pickle.dumps(request))])
def test_a_request_can_be_copied(again: Any) -> None:
    """Copies hold what the request holds, also one that was never read."""
    event = {"type": "REQUEST", "methodArn": ARN, "headers": {"Authorization": "Bearer x"}}
    for request in (decode(event), AuthRequest(token="x", claims={"a": [1]}, headers={"A": "b"})):
        other = again(request)
        for name in ("kind", "token", "scheme", "method", "path", "stage", "arn"):
            assert getattr(other, name) == getattr(request, name)
        assert dict(other.headers) == dict(request.headers)
        assert dict(other.claims) == dict(request.claims)
