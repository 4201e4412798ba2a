"""What a gateway refuses to be built with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cwsauth.errors import ConfigError, CwsAuthError
from cwsauth.gateway import Address, ApiKeys, Authorizer, Cors, Function, Gateway, Route, Stage
from cwsauth.gateway.identity import IdentitySource
from tests.gateway.lambdas import Authorizing, Backend

AUTH = Authorizing()
BACKEND = Backend()


def request_authorizer(identity: str) -> Authorizer:
    """A REQUEST authorizer with this identity source."""
    return Authorizer(AUTH, type="REQUEST", identity=identity)


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: Authorizer(AUTH, type="COGNITO_USER_POOLS"), "authorizer type 'COGNITO_USER_POOLS' is not emulated"),
    (lambda: Authorizer(AUTH, type="JWT"), "authorizer type 'JWT' is not emulated"),
    (lambda: Authorizer("auth"), "a Lambda handler must be callable"),  # type: ignore[arg-type]
    (lambda: Authorizer(AUTH, ttl=3601), "invalid ttl 3601"),
    (lambda: Authorizer(AUTH, ttl=-1), "invalid ttl -1"),
    (lambda: Authorizer(AUTH, ttl=True), "invalid ttl True"),
    (lambda: Authorizer(AUTH, ttl=1.5), "invalid ttl 1.5"),  # type: ignore[arg-type]
    (lambda: Authorizer(AUTH, validation="("), "invalid validation expression '('"),
    (lambda: Authorizer(AUTH, identity="method.request.querystring.t"), "a TOKEN authorizer has one header"),
    (
        lambda: Authorizer(AUTH, identity=["method.request.header.A", "method.request.header.B"]),
        "a TOKEN authorizer has one header",
    ),
    (lambda: Authorizer(AUTH, type="REQUEST"), "needs an identity source"),
    (
        lambda: Authorizer(AUTH, type="REQUEST", ttl=0, validation="x"),
        "an identity validation expression is for TOKEN authorizers only",
    ),
    (lambda: request_authorizer("method.request.path.id"), "invalid identity source 'method.request.path.id'"),
    (lambda: request_authorizer("$request.header.X"), "invalid identity source '$request.header.X'"),
    (lambda: request_authorizer("Authorization"), "invalid identity source 'Authorization'"),
    (lambda: request_authorizer("method.request.header."), "invalid identity source"),
    (lambda: Route("GET", "/a", BACKEND, authorizer=AUTH), "the authorizer is not an Authorizer of cwsauth.gateway"),  # type: ignore[arg-type]
    (lambda: Route("GET", "/a", "backend"), "a Lambda handler must be callable"),  # type: ignore[arg-type]
    (lambda: Function(BACKEND, timeout=901), "invalid time-out 901"),
    (lambda: Function(BACKEND, timeout=0), "invalid time-out 0"),
    (lambda: Stage("a/b"), "invalid stage name 'a/b'"),
    (lambda: Stage("*"), "invalid stage name '*'"),
    (lambda: Stage("dev\n"), "invalid stage name"),
    (lambda: Stage(api_id="*"), "invalid API id '*'"),
    (lambda: Stage(region="eu west"), "invalid region"),
    (lambda: Stage(account="12"), "invalid account '12'"),
    (lambda: Stage(partition="aws-iso"), "unknown partition 'aws-iso'"),
    (lambda: Stage(variables={"a-b": "c"}), "invalid stage variable 'a-b'"),
    (lambda: Stage(variables={"a": "b c"}), "stage variable 'a' has a value"),
    (lambda: Address(base_path="v1"), "invalid base path 'v1'"),
    (lambda: Address(base_path="/v1/"), "invalid base path '/v1/'"),
    (lambda: Address(base_path="/v1", stage_in_path=True), "a base path belongs to a custom domain"),
    (lambda: Cors(credentials=True), "CORS with credentials needs one origin"),
    (lambda: Cors(origin="a\r\nb"), "line break"),
    (lambda: ApiKeys(frozenset({""})), "an API key is empty"),
    (lambda: ApiKeys(frozenset(), source="QUERY"), "invalid API key source 'QUERY'"),
    (lambda: Gateway([], stage=Stage("$default")), "a REST API has no stage '$default'"),
    (lambda: Gateway([], binary_media_types=["png"]), "invalid binary media type 'png'"),
    (lambda: Gateway([Route("GET", "/", BACKEND, api_key_required=True)]), "requires an API key"),
    (lambda: Gateway([Route("GET", "/a", BACKEND)] * 2), "'GET /a' is declared twice"),
    (
        lambda: Gateway(
            [
                Route("GET", "/a", BACKEND, authorizer=Authorizer(AUTH)),
                Route("GET", "/b", BACKEND, authorizer=Authorizer(AUTH, ttl=0)),
            ]
        ),
        "two authorizers are called 'auth'",
    ),
]


@pytest.mark.parametrize(("build", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_a_configuration_that_api_gateway_would_not_take(build: Callable[[], object], message: str) -> None:
    """Refused where it is made, in words that name it."""
    with pytest.raises(CwsAuthError) as error:
        build()
    assert message in str(error.value)
    assert "\n" not in error.value.help


def test_configuration_is_frozen_and_comparable() -> None:
    """Two authorizers of one handler that say the same are the same."""
    auth = Function(AUTH)
    one, two = Authorizer(auth), Authorizer(auth)
    assert one == two
    with pytest.raises(AttributeError):
        one.ttl = 0  # type: ignore[misc]


def test_identity_sources_may_stand_in_one_text() -> None:
    """Separated by commas, as AWS writes them."""
    authorizer = request_authorizer("method.request.header.A, context.identity.sourceIp")
    assert [source.text for source in authorizer.identity] == [
        "method.request.header.A",
        "context.identity.sourceIp",
    ]


@pytest.mark.parametrize(
    ("text", "front"),
    [
        ("$request.header.X", "http"),
        ("$context.routeKey", "http"),
        ("$stageVariables.env", "http"),
        ("route.request.querystring.token", "websocket"),
        ("method.request.multivaluequerystring.t", "rest"),
    ],
)
def test_each_front_has_its_notation(text: str, front: str) -> None:
    """And takes no other's."""
    assert IdentitySource.parse(text, front).text == text
    for other in {"rest", "http", "websocket"} - {front}:
        with pytest.raises(ConfigError):
            IdentitySource.parse(text, other)


def test_every_kind_of_identity_source_can_be_missing() -> None:
    """Header, query string (case-sensitive), multi-value query string, stage variable, context."""
    stage = Stage(variables={"env": "prod"})

    def status(source: str, target: str = "/?q=1&m=1&m=2", header: str = "X-A") -> int:
        api = Gateway([Route("GET", "/", BACKEND, authorizer=request_authorizer(source))], stage=stage)
        return api.call("GET", target, headers={header: "a"}).status

    assert status("method.request.header.x-a") == 200
    assert status("method.request.header.x-b") == 401
    assert status("method.request.querystring.q") == 200
    assert status("method.request.querystring.Q") == 401
    assert status("method.request.querystring.q", "/?q=") == 401
    assert status("method.request.multivaluequerystring.m") == 200
    assert status("method.request.multivaluequerystring.n") == 401
    assert status("stageVariables.env") == 200
    assert status("stageVariables.other") == 401
    assert status("context.identity.sourceIp") == 200
    assert status("context.identity.userAgent") == 401
