"""Bad events: what each is refused with. None of the messages holds a value of the event."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth.errors import EventError
from cwsauth.events import decode
from tests.canary import CANARY

ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/product/1"
REST: dict[str, Any] = {"type": "REQUEST", "methodArn": ARN, "headers": {"Authorization": CANARY}}
HTTP: dict[str, Any] = {"type": "REQUEST", "version": "2.0", "routeArn": ARN, "headers": {"authorization": CANARY}}
UNKNOWN = "not an event of a Lambda authorizer that is known here"
TOKEN = "a TOKEN event needs 'methodArn' and 'authorizationToken' as strings"
NO_ARN = "a REQUEST event needs 'methodArn' as a string"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (None, "an event is a JSON object, not NoneType"),
        ([REST], "an event is a JSON object, not list"),
        (CANARY, "an event is a JSON object, not str"),
        (7, "an event is a JSON object, not int"),
        ({}, UNKNOWN),
        ({"type": CANARY}, UNKNOWN),
        ({"type": ["TOKEN"]}, UNKNOWN),
        ({"type": "token", "methodArn": ARN}, UNKNOWN),
        ({"type": "TOKEN"}, TOKEN),
        ({"type": "TOKEN", "methodArn": None, "authorizationToken": CANARY}, TOKEN),
        ({"type": "TOKEN", "methodArn": [ARN], "authorizationToken": CANARY}, TOKEN),
        ({"type": "TOKEN", "methodArn": ARN, "authorizationToken": {"a": CANARY}}, TOKEN),
        ({"type": "REQUEST"}, NO_ARN),
        ({"type": "REQUEST", "methodArn": 7}, NO_ARN),
        ({**REST, "version": "3.0"}, "a REQUEST event of a version that is not known here"),
        ({**HTTP, "routeArn": None}, "a REQUEST event of version 2.0 needs 'routeArn' as a string"),
        ({**REST, "requestContext": {"eventType": "CONNECT"}}, "a '$connect' event has the ARN of a method"),
        (
            {"httpMethod": "GET", "path": "/", "requestContext": {}},
            "the event is that of a request behind the front door, not of a Lambda authorizer",
        ),
    ],
)
def test_what_is_no_event(event: object, message: str) -> None:
    """Refused at once, with what was expected."""
    with pytest.raises(EventError) as raised:
        decode(event)
    assert str(raised.value) == message
    assert raised.value.help
    assert CANARY not in str(raised.value) + raised.value.help


TWO = "the request has more than one Authorization header"


@pytest.mark.parametrize(
    ("event", "field", "message"),
    [
        ({**REST, "methodArn": "arn"}, "method", "the event has an invalid method ARN: it does not begin with"),
        ({**REST, "methodArn": f"{ARN[:-20]}{CANARY}"}, "path", "the event has an invalid method ARN: "),
        ({**REST, "headers": [CANARY]}, "token", "'headers' is not an object"),
        ({**REST, "headers": {"Authorization": [CANARY]}}, "token", "'headers' holds something else than strings"),
        ({**REST, "headers": {"Authorization": CANARY, "authorization": CANARY}}, "token", TWO),
        ({**REST, "multiValueHeaders": {"Authorization": [CANARY, "x"]}}, "token", TWO),
        (
            {**REST, "multiValueHeaders": {"Authorization": CANARY}},
            "token",
            "'multiValueHeaders' holds something else than lists of strings",
        ),
        (
            {**REST, "multiValueHeaders": {"A": CANARY}},
            "headers",
            "'multiValueHeaders' holds something else than lists of strings",
        ),
        (
            {**REST, "multiValueHeaders": {"A": [7]}},
            "headers",
            "'multiValueHeaders' holds something else than lists of strings",
        ),
        ({**REST, "queryStringParameters": CANARY}, "query", "'queryStringParameters' is not an object"),
        (
            {**REST, "queryStringParameters": {"a": 7}},
            "query",
            "'queryStringParameters' holds something else than strings",
        ),
        (
            {**REST, "pathParameters": {"a": None}},
            "path_parameters",
            "'pathParameters' holds something else than strings",
        ),
        ({**REST, "stageVariables": []}, "stage_variables", "'stageVariables' is not an object"),
        ({**REST, "requestContext": CANARY}, "source_ip", "'requestContext' is not an object"),
        ({**HTTP, "headers": {"authorization": f"{CANARY}, other"}}, "token", TWO),
        ({**HTTP, "cookies": CANARY}, "cookies", "'cookies' is not a list of strings"),
        ({**HTTP, "cookies": [7]}, "cookies", "'cookies' is not a list of strings"),
    ],
)
def test_an_event_that_contradicts_its_kind(event: dict[str, Any], field: str, message: str) -> None:
    """Refused when the part is read, by its name and without its value."""
    request = decode(event)
    with pytest.raises(EventError) as raised:
        getattr(request, field)
    assert str(raised.value).startswith(message)
    assert CANARY not in str(raised.value) + raised.value.help
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None or CANARY not in repr(raised.value.__context__)


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION", "aUTHORIZATION"])
def test_a_header_is_found_in_any_case(name: str) -> None:
    """REST API keeps the caller's spelling."""
    assert decode({**REST, "headers": {name: "Bearer x"}}).token == "x"
    assert decode({**REST, "headers": None, "multiValueHeaders": {name: ["Bearer x"]}}).token == "x"
    assert decode({**REST, "headers": {name: "Bearer x"}, "multiValueHeaders": {name: ["Bearer x"]}}).token == "x"


def test_what_is_absent_is_empty() -> None:
    """A request without the optional parts has empty ones, and no token."""
    request = decode({"type": "REQUEST", "methodArn": ARN})
    assert (request.token, request.authorization, request.scheme, request.source_ip) == (None, None, "", None)
    for part in (request.headers, request.query, request.cookies, request.path_parameters, request.claims):
        assert dict(part) == {}


def test_decisions_use_the_arn_and_never_the_path() -> None:
    """What API Gateway evaluates is the ARN: other fields may say what they like."""
    request = decode({**REST, "path": "/admin", "httpMethod": "DELETE", "resource": "/{proxy+}"})
    assert (request.method, request.path, request.stage, request.arn) == ("GET", "/product/1", "dev", ARN)
