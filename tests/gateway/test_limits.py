"""Sizes, and requests of which nobody knows what AWS does."""

from __future__ import annotations

import pytest

from cwsauth.gateway import ApiKeys, Authorizer, CallRecord, Gateway, Route
from cwsauth.gateway.incoming import Incoming
from tests.gateway.lambdas import ALLOW_ALL, TOKEN, Authorizing, Backend, response, statement


def test_a_payload_over_ten_megabytes_is_413() -> None:
    """Ten are taken by the gateway; what Lambda does not take is 413 as well."""
    api = Gateway([Route("POST", "/", Backend())])
    answer = api.call("POST", "/", body=b"x" * (10 * 1024 * 1024 + 1))
    assert (answer.status, answer.json()) == (413, {"message": "Request Too Long"})
    assert api.call("POST", "/", body=b"x" * (7 * 1024 * 1024)).status == 413
    assert api.call("POST", "/", body=b"x" * (5 * 1024 * 1024)).status == 200


def test_headers_over_10240_bytes_are_refused() -> None:
    """Request line and headers together."""
    api = Gateway([Route("GET", "/", Backend())])
    assert api.call("GET", "/", headers={"X": "x" * 10_000}).status == 200
    assert api.call("GET", "/", headers={"X": "x" * 10_240}).status == 431
    assert api.call("GET", "/?" + "x" * 10_240).status == 431


def test_an_arn_over_1600_bytes_is_414() -> None:
    """Where a method has authorization; an open one has no such limit."""
    auth = Authorizing()
    api = Gateway(
        [
            Route("GET", "/closed/{proxy+}", Backend(), authorizer=Authorizer(auth)),
            Route("GET", "/open/{proxy+}", Backend()),
        ]
    )
    head = len("arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/closed/")
    assert api.call("GET", "/closed/" + "x" * (1600 - head), headers=TOKEN).status == 200
    answer = api.call("GET", "/closed/" + "x" * (1601 - head), headers=TOKEN)
    assert (answer.status, answer.json()) == (414, {"message": "Request URI too long"})
    assert api.call("GET", "/open/" + "x" * 1600).status == 200
    assert len(auth.events) == 1


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        ("POST", "/a", {"X-HTTP-Method-Override": "DELETE"}),
        ("GET", "/a/../b", {}),
        ("GET", "/a/./b", {}),
        ("GET", "/a/%2e%2E/b", {}),
        ("GET", "/..", {}),
        ("GET", "/a/.%2e", {}),
    ],
)
def test_what_aws_does_with_it_is_not_established_so_it_is_refused(
    method: str, target: str, headers: dict[str, str]
) -> None:
    """501 that says so: such a request passes nowhere, and nobody is asked."""
    auth, backend = Authorizing(), Backend()
    api = Gateway([Route("ANY", "/{proxy+}", backend, authorizer=Authorizer(auth))])
    answer = api.call(method, target, headers={**TOKEN, **headers})
    assert answer.status == 501
    assert "not emulated" in answer.text
    assert not auth.events
    assert not backend.events


@pytest.mark.parametrize("target", ["/a..b", "/...", "/.well-known/x", "/a/..b"])
def test_dots_that_are_no_dot_segment_are_ordinary(target: str) -> None:
    """Only whole segments of one or two dots are in doubt."""
    api = Gateway([Route("ANY", "/{proxy+}", Backend())])
    assert api.call("GET", target).status == 200


@pytest.mark.parametrize("target", ["", "a", "/a b", "/a\n", "/ä", "/a#b", "http://x/"])
def test_a_target_that_cannot_stand_in_a_request_line_is_an_error(target: str) -> None:
    """A test that forgot to encode should not pass by luck."""
    with pytest.raises(ValueError, match="invalid request target"):
        Gateway([Route("GET", "/", Backend())]).call("GET", target)


@pytest.mark.parametrize(
    "request_",
    [
        Incoming("GET", "/a\x1b[2Jb"),
        Incoming("GET", "/a\nb"),
        Incoming("GET", "/a b"),
        Incoming("G T", "/a"),
        Incoming("GET", "/a", "q=\x00"),
        Incoming("GET", "/a", headers=(("Authorization", "x\ny"),)),
        Incoming("GET", "/a", headers=(("Au th", "x"),)),
        Incoming("POST", "/a", headers=(("content-length", "-5"),)),
        Incoming("POST", "/a", headers=(("Content-Length", "five"),)),
    ],
)
def test_what_is_not_http_is_400_and_prints_as_one_line(request_: Incoming) -> None:
    """Whatever a socket lets through; the record of it is safe to show."""
    auth, records = Authorizing(), list[CallRecord]()
    api = Gateway([Route("ANY", "/{proxy+}", Backend(), authorizer=Authorizer(auth))], on_call=records.append)
    assert api.handle(request_).status == 400
    assert not auth.events
    assert str(records[0]).isprintable()


@pytest.mark.parametrize(("key", "status"), [("good", 200), ("bad", 403), (None, 403)])
def test_an_api_key_in_its_header(key: str | None, status: int) -> None:
    """403 Forbidden without one of the usage plan's keys, where the route asks for it."""
    backend = Backend()
    keys = ApiKeys(frozenset({"good"}))
    api = Gateway([Route("GET", "/a", backend, api_key_required=True), Route("GET", "/b", backend)], api_keys=keys)
    answer = api.call("GET", "/a", headers={"x-api-key": key} if key else {})
    assert answer.status == status
    if status == 403:
        assert answer.json() == {"message": "Forbidden"}
        assert answer.header("x-amzn-ErrorType") == "ForbiddenException"
    else:
        assert backend.event["requestContext"]["identity"]["apiKey"] == "good"
    assert api.call("GET", "/b").status == 200


@pytest.mark.parametrize(("key", "status"), [("good", 200), ("bad", 403), (None, 403)])
def test_an_api_key_from_the_authorizer(key: str | None, status: int) -> None:
    """`usageIdentifierKey` has to be one of the usage plan's keys; the header does not count then."""
    auth = Authorizing(ALLOW_ALL if key is None else {**ALLOW_ALL, "usageIdentifierKey": key})
    api = Gateway(
        [Route("GET", "/a", Backend(), authorizer=Authorizer(auth), api_key_required=True)],
        api_keys=ApiKeys(frozenset({"good"}), source="AUTHORIZER"),
    )
    headers = {**TOKEN, "x-api-key": "good"}
    assert [api.call("GET", "/a", headers=headers).status for _ in range(2)] == [status, status]


def test_keys_are_in_no_repr() -> None:
    """Nor in the one of a gateway."""
    keys = ApiKeys(frozenset({"top-secret"}))
    api = Gateway([Route("GET", "/a", Backend(), api_key_required=True)], api_keys=keys)
    assert "top-secret" not in repr(keys) + repr(api) + repr(api.routes)


def test_the_decision_trail_holds_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Not the token, a header, the query, the body, the context, nor what an error said."""
    secret = "canary-7f3a"
    records: list[CallRecord] = []
    answers: list[object] = [
        ALLOW_ALL,
        ValueError(secret),
        Exception(f"Unauthorized {secret}"),
        {**ALLOW_ALL, "context": {"a": {"b": secret}}},
        {"principalId": secret, "policyDocument": secret},
        {**ALLOW_ALL, "principalId": secret},
    ]
    for answer in answers:
        backends = (Backend(), Backend(ValueError(secret)), Backend({"statusCode": secret}))
        for backend in backends:
            auth = Authorizing(answer)
            api = Gateway([Route("POST", "/a", backend, authorizer=Authorizer(auth))], on_call=records.append)
            headers = {"Authorization": secret, "X-Other": secret}
            api.call("POST", f"/a?q={secret}", headers=headers, body=secret)
    api.call("POST", "/a", headers={"Authorization": ""})
    assert len(records) == 19
    assert secret not in repr(records)
    assert secret not in caplog.text


def test_a_record_tells_what_happened() -> None:
    """Verb, raw path, template, authorizer, verdict, the statement that decided, status, milliseconds."""
    records: list[CallRecord] = []
    clock = [0.0]

    def slow(event: object, context: object) -> object:
        clock[0] += 0.5
        return {"statusCode": 200}

    api = Gateway(
        [Route("GET", "/p/{id}", slow, authorizer=Authorizer(Authorizing()))],
        on_call=records.append,
        clock=lambda: clock[0],
    )
    api.call("GET", "/p/a%20b", headers=TOKEN)
    api.call("GET", "/unknown")
    known, unknown = records
    assert (known.front, known.method, known.path, known.route) == ("rest", "GET", "/p/a%20b", "/p/{id}")
    assert (known.authorizer, known.cached, known.status, known.milliseconds) == ("auth", False, 200, 500.0)
    assert known.judgement is not None
    assert (known.judgement.statement_index, known.judgement.resource) == (0, "*")
    assert (unknown.route, unknown.authorizer, unknown.verdict, unknown.status) == (None, None, None, 403)
    assert unknown.reason == "no route has this path and verb"


def test_a_record_is_one_line() -> None:
    """Verb, path, status, verdict, route, authorizer, time, and why."""
    records: list[CallRecord] = []
    authorizer = Authorizer(Authorizing(response(statement("Deny", "*"))))
    api = Gateway([Route("GET", "/a", Backend(), authorizer=authorizer)], on_call=records.append, clock=lambda: 0.0)
    for target, headers in (("/a", TOKEN), ("/a", TOKEN), ("/a", {}), ("/b", {})):
        api.call("GET", target, headers=headers)
    assert [str(record) for record in records] == [
        "GET /a 403 explicitDeny /a auth 0.0 ms: Statement[0] denies '*'",
        "GET /a 403 explicitDeny /a auth (cached) 0.0 ms: Statement[0] denies '*'",
        "GET /a 401 /a auth 0.0 ms: the identity source method.request.header.Authorization is missing or empty",
        "GET /b 403 0.0 ms: no route has this path and verb",
    ]
