"""Gateway responses: customised by type, with what API Gateway falls back to."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cwsauth.errors import ConfigError
from cwsauth.gateway import Authorizer, Cors, Gateway, GatewayResponse, Route
from tests.gateway.lambdas import TOKEN, Authorizing, Backend, response, statement

DENY = response(statement("Deny", "*"), context={"why": "not today"})


def gateway(custom: Mapping[str, GatewayResponse], answer: object = DENY, cors: Cors | None = None) -> Gateway:
    """One guarded route with customised responses."""
    authorizer = Authorizer(Authorizing(answer))
    return Gateway([Route("GET", "/", Backend(), authorizer=authorizer)], responses=custom, cors=cors)


def test_status_headers_and_body_can_be_set() -> None:
    """Each on its own, the rest stays."""
    api = gateway({"ACCESS_DENIED": GatewayResponse(404, {"X-Why": "hidden"}, '{"error":"none"}')})
    answer = api.call("GET", "/", headers=TOKEN)
    assert (answer.status, answer.json(), answer.header("x-why")) == (404, {"error": "none"}, "hidden")
    assert api.call("GET", "/").status == 401


@pytest.mark.parametrize(
    ("kind", "answer", "headers", "target"),
    [
        ("UNAUTHORIZED", DENY, {}, "/"),
        ("UNAUTHORIZED", Exception("Unauthorized"), TOKEN, "/"),
        ("ACCESS_DENIED", DENY, TOKEN, "/"),
        ("AUTHORIZER_FAILURE", ValueError(), TOKEN, "/"),
        ("AUTHORIZER_CONFIGURATION_ERROR", None, TOKEN, "/"),
        ("MISSING_AUTHENTICATION_TOKEN", DENY, TOKEN, "/unknown"),
    ],
)
def test_each_refusal_has_its_type(kind: str, answer: object, headers: dict[str, str], target: str) -> None:
    """The type that is customised is the one that answers."""
    api = gateway({kind: GatewayResponse(418)}, answer)
    assert api.call("GET", target, headers=headers).status == 418


def test_the_defaults_catch_what_has_no_customisation() -> None:
    """DEFAULT_4XX and DEFAULT_5XX; a status there changes all of that class."""
    custom = {"DEFAULT_4XX": GatewayResponse(400, {"X-All": "4"}), "DEFAULT_5XX": GatewayResponse(None, {"X-All": "5"})}
    denied = gateway(custom).call("GET", "/", headers=TOKEN)
    failed = gateway(custom, ValueError()).call("GET", "/", headers=TOKEN)
    assert (denied.status, denied.header("x-all")) == (400, "4")
    assert (failed.status, failed.header("x-all")) == (500, "5")


def test_a_body_can_name_the_context() -> None:
    """The message, quoted or not, and what the authorizer put into its context."""
    body = '{"m":$context.error.messageString,"t":"$context.error.responseType","w":"$context.authorizer.why"}'
    answer = gateway({"ACCESS_DENIED": GatewayResponse(body=body)}).call("GET", "/", headers=TOKEN)
    assert answer.json() == {
        "m": "User is not authorized to access this resource with an explicit deny",
        "t": "ACCESS_DENIED",
        "w": "not today",
    }


def test_a_variable_without_a_value_is_empty() -> None:
    """As in API Gateway's templates."""
    custom = {"UNAUTHORIZED": GatewayResponse(body="[$context.authorizer.why][$context.resourcePath]")}
    assert gateway(custom).call("GET", "/").text == "[][/]"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: GatewayResponse(body="$context.identity.caller"), "'$context.identity.caller'"),
        (lambda: GatewayResponse(body="$input.body"), "'$input.body'"),
        (lambda: GatewayResponse(status=99), "invalid status 99"),
        (lambda: GatewayResponse(headers={"a": "b\r\nc: d"}), "line break"),
        (lambda: gateway({"THROTTLED": GatewayResponse()}), "'THROTTLED' is not emulated"),
    ],
)
def test_what_is_not_emulated_is_refused(build: object, message: str) -> None:
    """At construction, never at the first request."""
    with pytest.raises(ConfigError) as error:
        build()  # type: ignore[operator]
    assert message in str(error.value)


def test_preflight_is_answered_without_an_authorizer() -> None:
    """Every resource has an OPTIONS method then, with the verbs it declares."""
    auth = Authorizing()
    api = Gateway(
        [
            Route("GET,PUT", "/a", Backend(), authorizer=Authorizer(auth)),
            Route("ANY", "/b", Backend(), authorizer=Authorizer(auth)),
        ],
        cors=Cors(origin="https://shop.example", max_age=600, credentials=True),
    )
    answer = api.call("OPTIONS", "/a", headers={"Origin": "https://shop.example"})
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("Access-Control-Allow-Origin") == "https://shop.example"
    assert answer.header("Access-Control-Allow-Methods") == "GET,PUT,OPTIONS"
    assert answer.header("Access-Control-Allow-Headers") == (
        "Authorization,Content-Type,X-Amz-Date,X-Api-Key,X-Amz-Security-Token"
    )
    assert answer.header("Access-Control-Max-Age") == "600"
    assert answer.header("Access-Control-Allow-Credentials") == "true"
    methods = api.call("OPTIONS", "/b").header("Access-Control-Allow-Methods")
    assert methods == "DELETE,GET,HEAD,PATCH,POST,PUT,OPTIONS"
    assert not auth.events


def test_an_options_method_of_ones_own_is_kept() -> None:
    """CORS adds none beside it, and its authorizer stands."""
    api = Gateway([Route("OPTIONS", "/a", Backend(), authorizer=Authorizer(Authorizing()))], cors=Cors())
    assert api.call("OPTIONS", "/a").status == 401


def test_without_cors_an_authorizer_on_any_catches_preflight() -> None:
    """The usual surprise: a browser sends no token with preflight."""
    api = Gateway([Route("ANY", "/a", Backend(), authorizer=Authorizer(Authorizing()))])
    assert api.call("OPTIONS", "/a").status == 401


def test_refusals_carry_the_origin_only_when_asked() -> None:
    """API Gateway's own answers have no CORS headers unless they are customised."""
    name = "Access-Control-Allow-Origin"
    assert gateway({}, cors=Cors()).call("GET", "/").header(name) is None
    api = gateway({"ACCESS_DENIED": GatewayResponse(404)}, cors=Cors(refusals=True))
    assert api.call("GET", "/").header(name) == "*"
    denied = api.call("GET", "/", headers=TOKEN)
    assert (denied.status, denied.header(name)) == (404, "*")
