"""From a request to 200, 401, 403 or 500: REST API's authorization, fact by fact."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth.gateway import Authorizer, Gateway, Route
from cwsauth.policy.evaluate import Verdict
from tests.gateway.lambdas import ALLOW_ALL, ARN, TOKEN, Authorizing, Backend, response, statement


def gateway(auth: Authorizing, backend: Backend | None = None, **options: Any) -> Gateway:
    """`/product/{id}` and `/admin` behind one authorizer."""
    authorizer = Authorizer(auth, **options)
    serve = backend or Backend()
    return Gateway(
        [
            Route(methods, path, serve, authorizer=authorizer)
            for methods, path in [("GET,PUT", "/product/{id}"), ("ANY", "/admin"), ("GET", "/")]
        ]
    )


def test_an_allowed_call_reaches_the_backend() -> None:
    """200, with what the backend said."""
    backend = Backend({"statusCode": 201, "body": "made"})
    answer = gateway(Authorizing(), backend).call("GET", "/product/1", headers=TOKEN)
    assert (answer.status, answer.text, len(backend.events)) == (201, "made", 1)


@pytest.mark.parametrize("path", ["/nothing", "/product", "/product/1/2"])
def test_an_unknown_path_is_403_missing_authentication_token(path: str) -> None:
    """Unknown path: 403, and nobody is asked, not even without a token: routing comes first."""
    auth = Authorizing()
    answer = gateway(auth).call("GET", path)
    assert answer.status == 403
    assert answer.json() == {"message": "Missing Authentication Token"}
    assert answer.header("x-amzn-ErrorType") == "MissingAuthenticationTokenException"
    assert not auth.events


def test_an_unknown_verb_is_403_missing_authentication_token() -> None:
    """A verb that a path does not declare is answered like an unknown path."""
    answer = gateway(Authorizing()).call("DELETE", "/product/1", headers=TOKEN)
    assert (answer.status, answer.json()) == (403, {"message": "Missing Authentication Token"})


def test_an_undeclared_verb_reaches_an_open_proxy_without_any_authorization() -> None:
    """Measured on AWS: `/admin` is guarded for GET, and POST falls through to an open `{proxy+}`."""
    auth, guarded, open_backend = (
        Authorizing(response(statement("Deny", "*"))),
        Backend(),
        Backend(name="open"),
    )
    api = Gateway(
        [
            Route("GET", "/admin", guarded, authorizer=Authorizer(auth)),
            Route("ANY", "/{proxy+}", open_backend),
        ]
    )
    assert api.call("GET", "/admin", headers=TOKEN).status == 403
    assert api.call("POST", "/admin").status == 200
    assert open_backend.event["pathParameters"] == {"proxy": "admin"}


def test_a_verb_that_another_resource_may_serve_is_not_emulated() -> None:
    """501, and nobody is asked: nobody measured where it goes."""
    auth, backend = Authorizing(), Backend()
    guard = Authorizer(auth)
    api = Gateway([Route("GET", "/order/latest", backend, authorizer=guard), Route("PUT", "/order/{id}", backend)])
    answer = api.call("PUT", "/order/latest")
    assert answer.status == 501
    assert "'/order/{id}'" in answer.text
    assert not auth.events + backend.events
    assert api.call("PUT", "/order/7").status == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}, {"X-Other": "token-1"}])
def test_a_missing_or_empty_token_is_401_without_a_call(headers: dict[str, str]) -> None:
    """The identity source decides before the authorizer is asked."""
    auth = Authorizing()
    answer = gateway(auth).call("GET", "/product/1", headers=headers)
    assert (answer.status, answer.json()) == (401, {"message": "Unauthorized"})
    assert answer.header("x-amzn-ErrorType") == "UnauthorizedException"
    assert not auth.events


@pytest.mark.parametrize(
    ("token", "status"),
    [("Bearer abc", 200), ("bearer abc", 401), ("Bearer ", 401), ("xBearer abc", 401), ("Bearer abc x", 401)],
)
def test_a_token_must_match_the_validation_expression_as_a_whole(token: str, status: int) -> None:
    """Else 401, and the authorizer is not called."""
    auth = Authorizing()
    api = gateway(auth, validation=r"^Bearer [a-z]+$")
    assert api.call("GET", "/", headers={"Authorization": token}).status == status
    assert len(auth.events) == (1 if status == 200 else 0)


def test_a_validation_expression_needs_no_anchors() -> None:
    """What is matched is the token as a whole, not its beginning."""
    api = gateway(Authorizing(), validation="[a-z]+")
    assert [api.call("GET", "/", headers={"Authorization": token}).status for token in ("abc", "abc1")] == [200, 401]


def test_another_header_can_be_the_token_source() -> None:
    """Its name is looked up whatever its case."""
    auth = Authorizing()
    api = gateway(auth, identity="method.request.header.X-Token")
    assert api.call("GET", "/", headers={"x-tOKEN": "secret"}).status == 200
    assert auth.events[0]["authorizationToken"] == "secret"


def test_of_several_authorization_headers_the_last_is_the_token() -> None:
    """REST API keeps the last of duplicated headers."""
    auth = Authorizing()
    gateway(auth).call("GET", "/", headers=[("Authorization", "first"), ("authorization", "second")])
    assert auth.events[0]["authorizationToken"] == "second"


@pytest.mark.parametrize(
    ("statements", "status", "verdict", "message"),
    [
        ([statement("Allow", "GET/product/*")], 200, Verdict.ALLOW, None),
        (
            [statement("Allow", "GET/product/2")],
            403,
            Verdict.IMPLICIT_DENY,
            "User is not authorized to access this resource",
        ),
        (
            [statement("Allow", "*"), statement("Deny", "GET/product/*")],
            403,
            Verdict.EXPLICIT_DENY,
            "User is not authorized to access this resource with an explicit deny",
        ),
    ],
)
def test_denials_tell_an_explicit_one_from_silence(
    statements: list[dict[str, Any]], status: int, verdict: Verdict, message: str | None
) -> None:
    """Both are 403, with different texts, and the decision trail knows which."""
    records: list[Any] = []
    api = gateway(Authorizing(response(*statements)))
    api.on_call = records.append
    answer = api.call("GET", "/product/1", headers=TOKEN)
    assert answer.status == status
    assert records[0].verdict is verdict
    if message:
        assert answer.json() == {"Message": message}
        assert answer.header("x-amzn-ErrorType") == "AccessDeniedException"


def test_a_star_in_the_place_of_the_verb_reaches_across_slashes_here_too() -> None:
    """`dev/*/product/*` also allows `GET /admin/product/1`: the emulator is as generous as IAM is."""
    auth = Authorizing(response(statement("Allow", "*/product/*")))
    authorizer = Authorizer(auth)
    api = Gateway([Route("GET", "/admin/product/{id}", Backend(), authorizer=authorizer)])
    assert api.call("GET", "/admin/product/1", headers=TOKEN).status == 200


def test_the_policy_is_evaluated_on_the_raw_path() -> None:
    """REST API hands over and compares percent-encoded text."""
    auth = Authorizing(response(statement("Allow", "GET/product/a b", "GET/product/a/b")))
    assert gateway(auth).call("GET", "/product/a%20b", headers=TOKEN).status == 403
    assert auth.events[0]["methodArn"] == f"{ARN}/GET/product/a%20b"
    assert gateway(auth).call("GET", "/product/a%2Fb", headers=TOKEN).status == 403


def test_conditions_see_the_request() -> None:
    """Source address, time and user agent are there for a policy's conditions."""
    auth = Authorizing(
        response(
            statement(
                "Allow",
                "*",
                Condition={
                    "IpAddress": {"aws:SourceIp": "192.0.2.0/24"},
                    "DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"},
                    "StringLike": {"aws:UserAgent": "curl/*"},
                    "Bool": {"aws:SecureTransport": "true"},
                },
            )
        )
    )
    api = gateway(auth)
    api.now = lambda: 1_700_000_000.0
    headers = {**TOKEN, "User-Agent": "curl/8"}
    assert api.call("GET", "/", headers=headers, source_ip="192.0.2.9").status == 200
    assert api.call("GET", "/", headers=headers, source_ip="198.51.100.9").status == 403
    assert api.call("GET", "/", headers={**TOKEN, "User-Agent": "wget"}, source_ip="192.0.2.9").status == 403
    api.now = lambda: 1_900_000_000.0
    assert api.call("GET", "/", headers=headers, source_ip="192.0.2.9").status == 403


class _OwnError(Exception):
    """An error of another class with a text."""


@pytest.mark.parametrize("error", [Exception("Unauthorized"), _OwnError("Unauthorized")])
def test_an_error_that_says_exactly_unauthorized_is_401(error: Exception) -> None:
    """What counts is the message, whatever the class."""
    answer = gateway(Authorizing(error)).call("GET", "/", headers=TOKEN)
    assert (answer.status, answer.json()) == (401, {"message": "Unauthorized"})


@pytest.mark.parametrize(
    "error",
    [
        Exception("Unauthorized: expired"),
        Exception("unauthorized"),
        Exception(" Unauthorized"),
        Exception("Unauthorized\n"),
        Exception(),
        KeyError("Unauthorized"),
        ValueError("no"),
        SystemExit(1),
        RecursionError("deep"),
    ],
)
def test_any_other_error_is_500(error: BaseException) -> None:
    """500 with a null message; and the text of the error goes nowhere."""
    answer = gateway(Authorizing(error)).call("GET", "/", headers=TOKEN)
    assert (answer.status, answer.body) == (500, b'{"message":null}')
    assert answer.header("x-amzn-ErrorType") == "AuthorizerConfigurationException"


def test_an_authorizer_that_takes_too_long_is_500() -> None:
    """A time-out is a failure of the authorizer."""
    clock = [0.0]

    def slow(event: object, context: Any) -> object:
        assert context.get_remaining_time_in_millis() == 900_000
        clock[0] += 30
        return ALLOW_ALL

    api = Gateway([Route("GET", "/", Backend(), authorizer=Authorizer(slow))], clock=lambda: clock[0])
    assert api.call("GET", "/", headers=TOKEN).status == 500


def without(key: str) -> dict[str, Any]:
    """A good response less one key."""
    return {name: value for name, value in ALLOW_ALL.items() if name != key}


@pytest.mark.parametrize(
    "result",
    [
        None,
        True,
        "Allow",
        [],
        {},
        {"statusCode": 401},
        {"isAuthorized": True},
        without("principalId"),
        without("policyDocument"),
        {**ALLOW_ALL, "principalId": ""},
        {**ALLOW_ALL, "principalId": None},
        {**ALLOW_ALL, "principalId": 7},
        {**ALLOW_ALL, "policyDocument": None},
        {**ALLOW_ALL, "policyDocument": "{}"},
        {**ALLOW_ALL, "policyDocument": []},
        {**ALLOW_ALL, "policyDocument": {"Version": "2012-10-17"}},
        {**ALLOW_ALL, "policyDocument": {"Version": "2012-10-17", "Statement": []}},
        response(statement("allow", "*")),
        response({**statement("Allow", "*"), "Resource": []}),
        response({"Effect": "Allow", "Action": "execute-api:Invoke"}),
        response(statement("Allow", "GET/" + "a" * 512)),
        {**ALLOW_ALL, "context": []},
        {**ALLOW_ALL, "context": "x"},
        {**ALLOW_ALL, "context": {"a": {}}},
        {**ALLOW_ALL, "context": {"a": ["b"]}},
        {**ALLOW_ALL, "context": {"claims": "x"}},
        {**ALLOW_ALL, "usageIdentifierKey": 7},
        {**ALLOW_ALL, "context": {"a": float("nan")}},
        {**ALLOW_ALL, "context": {"a": object()}},
        {**ALLOW_ALL, "context": {"a": {1, 2}}},
    ],
)
def test_a_malformed_result_is_500(result: object) -> None:
    """Whatever API Gateway cannot read is 500 and never a yes."""
    backend = Backend()
    answer = gateway(Authorizing(result), backend).call("GET", "/", headers=TOKEN)
    assert (answer.status, answer.body) == (500, b'{"message":null}')
    assert answer.header("x-amzn-ErrorType") == "AuthorizerConfigurationException"
    assert not backend.events


def test_a_coroutine_is_no_result() -> None:
    """Lambda cannot serialize what an `async def` handler returns."""

    async def auth(event: object, context: object) -> object:
        return ALLOW_ALL

    api = Gateway([Route("GET", "/", Backend(), authorizer=Authorizer(auth))])
    assert api.call("GET", "/", headers=TOKEN).status == 500


def test_the_context_reaches_the_backend_as_text() -> None:
    """Numbers and booleans become text, null stays null, principalId and latency are added."""
    backend = Backend()
    context = {"text": "a", "number": 123, "part": 1.5, "yes": True, "no": False, "none": None}
    gateway(Authorizing({**ALLOW_ALL, "context": context}), backend).call("GET", "/", headers=TOKEN)
    authorizer = backend.event["requestContext"]["authorizer"]
    assert isinstance(authorizer.pop("integrationLatency"), int)
    assert authorizer == {
        "text": "a",
        "number": "123",
        "part": "1.5",
        "yes": "true",
        "no": "false",
        "none": None,
        "principalId": "user",
    }


def test_own_keys_named_as_the_gateways_are_overwritten() -> None:
    """A context cannot claim another principal."""
    backend = Backend()
    context = {"principalId": "admin", "integrationLatency": "x"}
    gateway(Authorizing({**ALLOW_ALL, "context": context}), backend).call("GET", "/", headers=TOKEN)
    authorizer = backend.event["requestContext"]["authorizer"]
    assert authorizer["principalId"] == "user"
    assert isinstance(authorizer["integrationLatency"], int)


def test_an_open_route_has_no_authorizer_in_its_event() -> None:
    """Nothing there can be mistaken for an identity."""
    backend = Backend()
    Gateway([Route("GET", "/", backend)]).call("GET", "/", headers=TOKEN)
    assert "authorizer" not in backend.event["requestContext"]
