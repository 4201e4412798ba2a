"""Where the token is taken from, and what makes it ambiguous."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth import Unauthenticated, authorizer, secret_equals
from cwsauth.errors import AuthorizerFailure, ConfigError, EventError
from cwsauth.events import decode
from cwsauth.events.identity import IdentitySource
from cwsauth.gateway import events


def token_of(event: dict[str, Any], *sources: str) -> str | None:
    """The token of a request, with these identity sources."""
    return decode(event, IdentitySource(list(sources)) if sources else None).token


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION", "aUTHORIZATION"])
@pytest.mark.parametrize("build", [events.rest_request, events.http_v1, events.http_v2])
def test_the_name_of_the_header_has_no_case(build: Any, name: str) -> None:
    """REST API keeps the case that the client chose."""
    assert token_of(build("GET", "/a", headers={name: "Bearer x"})) == "x"


@pytest.mark.parametrize(
    ("source", "build"),
    [
        ("method.request.header.X-Token", events.rest_request),
        ("$request.header.x-token", events.http_v1),
        ("$request.header.X-TOKEN", events.http_v2),
    ],
)
def test_the_token_is_in_the_header_that_is_named(source: str, build: Any) -> None:
    """And only there: an Authorization header beside it is not the token."""
    event = build("GET", "/a", headers={"x-ToKen": "abc", "Authorization": "other"})
    assert token_of(event, source) == "abc"
    assert token_of(event) == "other"
    assert token_of(build("GET", "/a", headers={"Authorization": "other"}), source) is None


@pytest.mark.parametrize(
    ("source", "event"),
    [
        ("method.request.querystring.t", events.rest_request("GET", "/a?t=x%2By&u=1")),
        ("method.request.multivaluequerystring.t", events.rest_request("GET", "/a?t=x%2By&u=1")),
        ("$request.querystring.t", events.http_v1("GET", "/a?t=x%2By&u=1")),
        ("$request.querystring.t", events.http_v2("GET", "/a?t=x%2By&u=1")),
        ("route.request.querystring.t", events.websocket_connect("t=x%2By&u=1")),
    ],
)
def test_the_token_is_in_the_query_parameter_that_is_named(source: str, event: dict[str, Any]) -> None:
    """Decoded once; the name has a case."""
    assert token_of(event, source) == "x+y"
    assert token_of(event, source.replace(".t", ".T")) is None


@pytest.mark.parametrize(
    ("source", "event"),
    [
        ("method.request.querystring.t", events.rest_request("GET", "/a?t=x&t=y")),
        ("$request.querystring.t", events.http_v1("GET", "/a?t=x&t=y")),
        ("$request.querystring.t", events.http_v2("GET", "/a?t=x&t=y")),
        ("route.request.querystring.t", events.websocket_connect("t=x&t=y")),
    ],
)
def test_two_tokens_in_the_query_are_refused(source: str, event: dict[str, Any]) -> None:
    """Which of them counts would depend on who reads them."""
    with pytest.raises(EventError, match="more than one"):
        token_of(event, source)


def test_a_comma_in_one_query_value_is_not_two_values() -> None:
    """The raw query string of payload 2.0 tells them apart."""
    assert token_of(events.http_v2("GET", "/a?t=x%2Cy"), "$request.querystring.t") == "x,y"


DUPLICATES = [
    events.rest_request("GET", "/a") | {"multiValueHeaders": {"Authorization": ["a", "b"]}},
    events.rest_request("GET", "/a") | {"multiValueHeaders": {"Authorization": ["a"], "authorization": ["b"]}},
    events.rest_request("GET", "/a")
    | {"multiValueHeaders": None, "headers": {"Authorization": "a", "AUTHORIZATION": "b"}},
    events.rest_request("GET", "/a")
    | {"multiValueHeaders": {"Authorization": ["a"]}, "headers": {"Authorization": "b"}},
    events.http_v1("GET", "/a") | {"multiValueHeaders": {"authorization": ["a", "b"]}},
    events.http_v1("GET", "/a") | {"multiValueHeaders": None, "headers": {"Authorization": "Bearer a,Bearer b"}},
    events.http_v2("GET", "/a") | {"headers": {"authorization": "Bearer a,Bearer b"}},
    events.http_v2("GET", "/a") | {"headers": {"authorization": "a,b"}},
    events.http_v2("GET", "/a") | {"headers": {"authorization": "a", "Authorization": "b"}},
]


@pytest.mark.parametrize("event", DUPLICATES)
def test_two_authorization_headers_are_refused(event: dict[str, Any]) -> None:
    """REST API shows the last, HTTP API joins them, a backend may read the first: nobody gets in by that."""
    with pytest.raises(EventError, match="more than one Authorization header"):
        token_of(event)
    with pytest.raises(AuthorizerFailure):
        authorizer(lambda request: secret_equals(request.token, "a"))(event)


def test_a_credential_with_parameters_may_have_commas() -> None:
    """One Digest or Signature header is one header."""
    value = 'Digest username="u", realm="r", uri="/a"'
    assert token_of(events.http_v2("GET", "/a") | {"headers": {"authorization": value}}) == value


def test_the_first_source_that_a_caller_sends_has_the_token() -> None:
    """Others of them only have to be there, and are in headers and query."""
    event = events.http_v2("GET", "/a?t=q", headers={"x-a": "h"})
    assert token_of(event, "$context.routeKey", "$request.querystring.t", "$request.header.x-a") == "q"
    assert IdentitySource(["$request.header.x-a", "$context.routeKey"]).by_route is True
    assert IdentitySource("$request.header.x-a, $stageVariables.v").by_route is False


@pytest.mark.parametrize(
    "source",
    [
        *("Authorization", "method.request.path.id", "request.header.x", "$request.body.x", "method.request.header."),
        *("$context.routeKey", ["stageVariables.v"], [], 1, [None], ["$request.header.x", "nothing"]),
    ],
)
def test_a_wrong_identity_source_is_refused_at_once(source: Any) -> None:
    """So is one that names nothing of the caller: its cached answer would be everybody's."""
    with pytest.raises(ConfigError) as raised:
        authorizer(identity_source=source)(lambda _: True)
    assert raised.value.help


def test_a_token_event_brings_its_token_whatever_the_source() -> None:
    """API Gateway has read the header already."""
    handler = authorizer(identity_source="method.request.header.X-Key")(lambda request: request.token == "k")
    assert "Allow" in str(handler(events.rest_token("k", "GET", "/a")))


def test_nothing_sent_is_none_and_never_the_secret_that_is_not_set() -> None:
    """A missing header and a missing environment variable are not equal."""
    handler = authorizer(lambda request: secret_equals(request.token, None) or secret_equals(request.token, ""))
    for event in (events.rest_request("GET", "/a"), events.http_v2("GET", "/a"), events.websocket_connect()):
        assert decode(event).token is None
        assert decode(event).authorization is None
        assert "Allow" not in str(handler(event))


def test_cookies_are_read_where_each_kind_has_them() -> None:
    """A header in format 1.0, a list of its own in 2.0; of two with one name the first counts."""
    headers = {"Cookie": "a=1; b=x=y; a=2; bad"}
    for build in (events.rest_request, events.http_v1, events.http_v2):
        assert dict(decode(build("GET", "/", headers=headers)).cookies) == {"a": "1", "b": "x=y"}


def test_a_header_with_commas_is_handed_over_as_it_came() -> None:
    """Only where one value makes sense is a comma the sign of two."""
    value = "Thu, 01 Jan 1970 00:00:00 GMT"
    for build in (events.http_v1, events.http_v2, events.rest_request):
        assert decode(build("GET", "/", headers={"If-Modified-Since": value})).headers["if-modified-since"] == value


def test_source_ip_stage_variables_and_parameters_are_there() -> None:
    """What rules may depend on, of every kind that has it."""
    builds: list[tuple[Any, dict[str, str]]] = [
        (events.rest_request, {"template": "/a/{id}"}),
        (events.http_v2, {"route_key": "GET /a/{id}"}),
    ]
    for build, more in builds:
        request = decode(build("GET", "/a/1", path_parameters={"id": "1"}, source_ip="192.0.2.7", **more))
        assert request.source_ip == "192.0.2.7"
        assert dict(request.path_parameters) == {"id": "1"}
        assert request.request_id


def test_unauthenticated_is_raised_where_an_error_is_the_401() -> None:
    """AppSync and IoT have an answer for it."""

    def auth(request: object) -> object:
        raise Unauthenticated

    for event in (events.rest_token("t"), events.http_v2("GET", "/"), events.websocket_connect()):
        with pytest.raises(Unauthenticated):
            authorizer(auth)(event)
    assert authorizer(auth)(events.appsync("t"))["isAuthorized"] is False
    assert authorizer(auth)(events.iot("t"))["isAuthenticated"] is False
