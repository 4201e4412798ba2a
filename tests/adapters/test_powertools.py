"""Powertools: per-route requirements, hooks, preflights, prefixes, routes of a resolver, its results."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from cwsauth import AuthRequest, Grant, Policy, RouteTable, authorizer, evaluate, secret_equals
from cwsauth.errors import ConfigError, RouteError
from cwsauth.gateway import events
from cwsauth.policy.evaluate import Verdict
from tests.adapters.doors import LambdaContext
from tests.adapters.kinds import always
from tests.canary import CANARY

pytest.importorskip("aws_lambda_powertools", reason="needs the extra powertools")

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import (
    ALBResolver,
    APIGatewayHttpResolver,
    APIGatewayRestResolver,
    CORSConfig,
)
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.metrics import Metrics
from aws_lambda_powertools.utilities.data_classes.api_gateway_authorizer_event import (
    DENY_ALL_RESPONSE,
    APIGatewayAuthorizerResponse,
    APIGatewayAuthorizerResponseV2,
)
from aws_lambda_powertools.utilities.data_classes.appsync_authorizer_event import AppSyncAuthorizerResponse

from cwsauth.adapters.powertools import access_of, authorize, require

CONTEXT: Any = LambdaContext()
HEADERS = {"Authorization": "Bearer t"}


def auth(request: AuthRequest) -> object:
    """A caller with two scopes."""
    if not secret_equals(request.token, "t"):
        return False
    return Grant(True, principal_id="user1", context={"scope": "orders:read orders:list"})


def ask(app: Any, method: str, path: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """What a resolver answers to a REST API event."""
    event = events.rest_proxy(method, path, headers=HEADERS if headers is None else headers)
    return dict(app.resolve(event, CONTEXT))


def shop(**options: Any) -> Any:
    """A resolver with a route for readers, one for writers, and one for a principal."""
    app = APIGatewayRestResolver(cors=options.pop("cors", None))
    app.use(middlewares=[authorize(auth, **options)])

    @app.get("/orders", middlewares=[require("orders:read")])
    def orders() -> dict[str, str]:
        return {"principal": access_of(app).principal_id}

    @app.post("/orders", middlewares=[require("orders:read", "orders:write")])
    def order() -> dict[str, str]:
        return {"done": "yes"}

    @app.get("/mine", middlewares=[require(when=lambda access: access.principal_id == "user2")])
    def mine() -> dict[str, str]:
        return {"done": "yes"}

    return app


def test_a_route_wants_its_scopes() -> None:
    """All of them; the 403 says which (RFC 6750)."""
    app = shop()
    assert json.loads(ask(app, "GET", "/orders")["body"]) == {"principal": "user1"}
    refused = ask(app, "POST", "/orders")
    assert refused["statusCode"] == 403
    lines = {name: values[0] for name, values in refused["multiValueHeaders"].items()}
    assert lines["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="orders:read orders:write"'
    assert ask(app, "GET", "/mine")["statusCode"] == 403


@pytest.mark.parametrize(
    "claims",
    [{"scope": "orders:read"}, {"scp": ["orders:read"]}, {"scope": ["orders:read", "x"]}, {"scp": "x orders:read"}],
)
def test_scopes_are_those_of_the_claims(claims: dict[str, Any]) -> None:
    """In each form that issuers write."""
    app = shop(claims=lambda _: claims)
    assert ask(app, "GET", "/orders")["statusCode"] == 200
    assert ask(shop(claims=lambda _: {"scope": {"orders:read": 1}}), "POST", "/orders")["statusCode"] == 403


def test_require_without_authorize_refuses() -> None:
    """Nobody was asked who is calling."""
    app = APIGatewayRestResolver()

    @app.get("/orders", middlewares=[require("orders:read")])
    def orders() -> dict[str, str]:
        raise AssertionError

    assert ask(app, "GET", "/orders")["statusCode"] == 403
    with pytest.raises(ConfigError, match="nothing was decided"):
        access_of(app)


def test_require_asks_who_sent_nothing_for_a_credential() -> None:
    """401 without an error code (RFC 6750, 3.1); a known caller without the scope is a 403."""
    app = APIGatewayRestResolver()
    app.use(middlewares=[authorize(lambda _: True)])

    @app.get("/orders", middlewares=[require("orders:read")])
    def orders() -> dict[str, str]:
        raise AssertionError

    nobody = ask(app, "GET", "/orders", {})
    assert nobody["statusCode"] == 401
    assert nobody["multiValueHeaders"]["WWW-Authenticate"] == ['Bearer scope="orders:read"']
    assert ask(app, "GET", "/orders", {"Authorization": "Bearer k"})["statusCode"] == 403


@pytest.mark.parametrize("wrong", [(), ("",), ("a b",), ('a"b',), ("ä",), (1,)])
def test_require_wants_scopes_that_are_words(wrong: Any) -> None:
    """They stand in a header."""
    with pytest.raises(ConfigError):
        require(*wrong)


def test_an_unknown_route_is_refused_before_it_is_not_found() -> None:
    """A stranger does not learn which routes there are, and a handler for 404 is a handler."""
    app = shop()
    called: list[Exception] = []

    @app.not_found  # type: ignore[untyped-decorator]
    def missing(error: Exception) -> dict[str, str]:
        called.append(error)
        return {"done": "yes"}

    assert ask(app, "GET", "/nothing", {})["statusCode"] == 401
    assert not called
    ask(app, "GET", "/nothing")
    assert called


def test_a_preflight_is_answered_by_the_resolver() -> None:
    """Only one that no handler sees, and only where CORS is configured; refusals have its headers."""
    app: Any = shop(cors=CORSConfig(allow_origin="https://app.example"))
    origin = {"Origin": "https://app.example"}
    asked = ask(app, "OPTIONS", "/orders", {**origin, "Access-Control-Request-Method": "POST"})
    assert asked["statusCode"] == 204
    assert ask(app, "OPTIONS", "/orders", origin)["statusCode"] == 401
    refused = ask(app, "GET", "/orders", origin)
    assert refused["statusCode"] == 401
    assert refused["multiValueHeaders"]["Access-Control-Allow-Origin"] == ["https://app.example"]
    asked = ask(shop(), "OPTIONS", "/orders", {**origin, "Access-Control-Request-Method": "POST"})
    assert asked["statusCode"] == 401

    @app.route("/own", method=["OPTIONS"])  # type: ignore[untyped-decorator]
    def own() -> dict[str, str]:
        raise AssertionError

    asked = ask(app, "OPTIONS", "/own", {**origin, "Access-Control-Request-Method": "POST"})
    assert asked["statusCode"] == 401


def test_the_path_that_is_decided_is_the_one_that_is_routed() -> None:
    """Without the prefixes that the resolver strips, whatever the event's own path."""
    app = ALBResolver(strip_prefixes=["/shop"])
    app.use(middlewares=[authorize(lambda _: ["orders"])])

    @app.get("/orders")
    @app.get("/shop/orders")
    def orders() -> dict[str, str]:
        return {"done": "yes"}

    for path, status in (("/shop/orders", 200), ("/orders", 200), ("/shop/shop/orders", 401)):
        assert app.resolve(events.alb("GET", path), CONTEXT)["statusCode"] == status


def test_an_escape_does_not_lead_to_another_route_than_the_one_decided() -> None:
    """Powertools routes by the raw path, and rules are about the decoded one: where these are two routes, neither is called."""
    app = ALBResolver()
    app.use(middlewares=[authorize(lambda _: ["items/*", "a:b/*", "**/open"])])
    called: list[str] = []

    @app.get("/a:b/<id>")
    @app.get("/items/<id>")
    def item(**_: str) -> dict[str, str]:
        called.append("item")
        return {}

    @app.get("/<tenant>/<id>")
    def of_tenant(**_: str) -> dict[str, str]:
        called.append("tenant")
        return {}

    for path in ("/it%65ms/1", "/a%3Ab/1", "/a%3ab/1"):
        assert app.resolve(events.alb("GET", path, headers=HEADERS), CONTEXT)["statusCode"] == 403
    assert not called
    for path in ("/items/a%20b", "/items/a%22b", "/a:b/x%3Ay", "/t%3A1/open"):
        assert app.resolve(events.alb("GET", path, headers=HEADERS), CONTEXT)["statusCode"] == 200
    assert called == ["item", "item", "item", "tenant"]


def test_a_resolver_that_does_not_tell_its_route_is_an_error() -> None:
    """Otherwise what `@requires` says beside the route would not be asked."""
    app: Any = APIGatewayRestResolver()
    app.current_event = app._to_proxy_event(events.rest_proxy("GET", "/a"))
    with pytest.raises(ConfigError, match="which route"):
        authorize(lambda _: True)(app, lambda _: None)


def test_the_logger_gets_one_line_a_decision(capsys: pytest.CaptureFixture[str], canary: str) -> None:
    """JSON, without the token."""
    app = shop(logger=Logger(service="shop", level="INFO"))
    ask(app, "GET", "/orders")
    ask(app, "GET", "/orders", {"Authorization": f"Bearer {CANARY}"})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["access"]["status"] for line in lines] == [200, 403]
    assert lines[0]["access"]["principalId"] == "user1"
    assert "context" not in lines[0]["access"]
    assert canary not in json.dumps(lines)


def test_a_logger_of_the_standard_library_will_do(caplog: pytest.LogCaptureFixture) -> None:
    """It has the same call."""
    with caplog.at_level(logging.INFO):
        ask(shop(logger=logging.getLogger("tests.powertools.decisions")), "GET", "/orders")
    assert [record.message for record in caplog.records] == ["access decided"]


def test_metrics_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """One count a decision, in CloudWatch's embedded format."""
    metrics = Metrics(namespace="shop", service="shop")
    app = shop(metrics=metrics)
    ask(app, "GET", "/orders")
    ask(app, "GET", "/orders", {})
    ask(app, "GET", "/orders", {"Authorization": "Bearer wrong"})
    metrics.flush_metrics()
    found = json.loads(capsys.readouterr().out)
    assert found["AccessAllowed"] == [1.0]
    assert found["Unauthenticated"] == [1.0]
    assert found["AccessDenied"] == [1.0]


def test_the_routes_of_a_resolver_are_a_route_table() -> None:
    """`<id>` is `{id}`; those of an included router are there with its prefix."""
    app = shop()
    router: Any = Router()  # type: ignore[no-untyped-call]

    @router.get("/<item_id>/notes")  # type: ignore[untyped-decorator]
    def notes(item_id: str) -> dict[str, str]:
        return {}

    @router.route("/", method=["PUT", "DELETE"])  # type: ignore[untyped-decorator]
    def root() -> dict[str, str]:
        return {}

    app.include_router(router, prefix="/items")
    assert {str(route) for route in RouteTable.of(app)} == {
        *("GET /orders", "POST /orders", "GET /mine", "GET /items/{item_id}/notes", "PUT /items", "DELETE /items"),
    }
    handler = authorizer(routes=app)(lambda _: ["GET items/*/notes"])
    event = events.rest_token("t", "GET", "/items/1/notes")
    answer = handler(event, None)
    assert evaluate(answer["policyDocument"], event["methodArn"]) is Verdict.ALLOW


@pytest.mark.parametrize("rule", ["/files/.+", "/a/<b>x", "/<a>.<b>", "/a|b"])
def test_a_rule_that_is_a_regular_expression_is_no_route(rule: str) -> None:
    """API Gateway could not declare it, and a document for it would be a guess."""
    app = APIGatewayHttpResolver()
    app.get(rule)(lambda **_: {})
    with pytest.raises(RouteError):
        RouteTable.of(app)


def powertools(*allow: tuple[str, str], deny: tuple[tuple[str, str], ...] = ()) -> APIGatewayAuthorizerResponse:
    """A response as people write it with Powertools."""
    response = APIGatewayAuthorizerResponse("user1", "eu-west-1", "123456789012", "abc123", "dev", {"a": "b"}, "key")
    for method, path in allow:
        response.allow_route(method, path)
    for method, path in deny:
        response.deny_route(method, path)
    return response


def test_an_authorizer_response_of_powertools_is_a_result() -> None:
    """Its routes get our meaning: a `*` is one segment, and the leading slash is optional."""
    response = powertools(("GET", "product/*"), ("*", "/orders/{id}"), deny=(("GET", "product/internal"),))
    event = events.rest_token("t", "GET", "/product/1")
    handler = authorizer(lambda _: response)
    answer = handler(event, None)
    assert (answer["principalId"], answer["context"], answer["usageIdentifierKey"]) == ("user1", {"a": "b"}, "key")
    prefix = event["methodArn"].removesuffix("GET/product/1")
    for call, verdict in (
        ("GET/product/1", Verdict.ALLOW),
        ("GET/product/internal", Verdict.EXPLICIT_DENY),
        ("GET/product/1/2", None),
        ("PUT/orders/7", Verdict.ALLOW),
        ("PUT/x/orders/7", None),
    ):
        found = evaluate(answer["policyDocument"], prefix + call)
        assert found is verdict or (verdict is None and found is not Verdict.ALLOW)


def test_all_routes_of_powertools_are_everything() -> None:
    """And none is nothing, not an exception and not an empty list."""
    everything = APIGatewayAuthorizerResponse("u", "eu-west-1", "123456789012", "abc123", "dev")
    everything.allow_all_routes()
    event = events.rest_token("t", "GET", "/a")
    assert authorizer(lambda _: everything)(event, None)["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    nothing = APIGatewayAuthorizerResponse("u", "eu-west-1", "123456789012", "abc123", "dev")
    assert authorizer(lambda _: nothing)(event, None)["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    nothing.deny_all_routes()
    assert authorizer(lambda _: nothing)(event, None)["policyDocument"]["Statement"][0]["Effect"] == "Deny"


def test_a_route_with_conditions_grants_nothing_at_all(caplog: pytest.LogCaptureFixture) -> None:
    """They are not read, and to leave them out would be to widen."""
    response = powertools(("GET", "a"))
    response.allow_route("GET", "b", conditions=[{"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}])
    answer = authorizer(lambda _: response)(events.rest_token("t", "GET", "/a"), None)
    assert "Allow" not in str(answer)
    assert "auth returned" in caplog.text


def test_deny_all_response_is_a_finished_response() -> None:
    """Powertools' constant denies with a bare `*`, which is no harm in a denial."""
    answer = authorizer(lambda _: DENY_ALL_RESPONSE)(events.rest_token("t", "GET", "/a"), None)
    assert answer == DENY_ALL_RESPONSE


@pytest.mark.parametrize("event", [events.http_v2("GET", "/a"), events.rest_token("t", "GET", "/a")])
@pytest.mark.parametrize("simple", [False, True])
def test_a_simple_response_of_powertools_is_a_result(event: dict[str, Any], simple: bool) -> None:
    """True is everything, with its context; anything but True is nothing."""
    for value in (True, False, 1, "false", None):
        response = APIGatewayAuthorizerResponseV2(authorize=value, context={"a": "b"})  # type: ignore[arg-type]
        answer = authorizer(simple=simple)(always(response))(event, None)
        assert (answer.get("isAuthorized") is True or "'Allow'" in str(answer)) is (value is True)
        assert value is not True or answer["context"] == {"a": "b"}


def test_an_appsync_response_of_powertools_is_a_result() -> None:
    """Its denied fields are denied; one that is an ARN is none that can be said as a rule."""
    event = events.appsync("t")
    response = AppSyncAuthorizerResponse(
        authorize=True, deny_fields=["Query.a"], resolver_context={"k": "v"}, max_age=9
    )
    answer = authorizer(lambda _: response)(event, None)
    assert answer["isAuthorized"] is True
    assert answer["deniedFields"] == ["Query.a"]
    assert answer["resolverContext"] == {"k": "v"}
    assert authorizer(lambda _: AppSyncAuthorizerResponse(authorize=False))(event, None)["isAuthorized"] is False
    arn = "arn:aws:appsync:eu-west-1:123456789012:apis/abc/types/Query/fields/b"
    response = AppSyncAuthorizerResponse(authorize=True, deny_fields=[arn])
    assert authorizer(lambda _: response)(event, None)["deniedFields"] == ["Query.b"]
    wrong = AppSyncAuthorizerResponse(authorize=True, deny_fields=["arn:aws:appsync:x"])
    assert authorizer(lambda _: wrong)(event, None)["isAuthorized"] is False


def test_policy_of_a_response_is_readable() -> None:
    """In process the same result decides the same way."""
    made = authorizer(lambda _: powertools(("GET", "product/*")))
    policy = made.policy(AuthRequest(token="t"))
    assert isinstance(policy, Policy)
    assert policy.allows("GET", "/product/1")
    assert not policy.allows("GET", "/product/1/2")
