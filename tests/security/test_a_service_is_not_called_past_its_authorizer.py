"""The Lambda function of a service can have other doors than its API, and an API other paths than the service's routes."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from coworks_compat import TechMicroService, public
from cwsauth import Grant
from cwsauth.gateway import HttpAuthorizer, HttpGateway, HttpRoute, events
from cwsauth.gateway.stage import Stage
from cwsauth.policy.evaluate import Verdict, evaluate


class Shop(TechMicroService):
    """A guarded service with an open route."""

    def auth(self, auth_request: Any) -> list[str]:
        return ["**", "!admin"] if auth_request.token == "secret" else []

    def get_admin(self) -> str:
        return "admin"

    def get_product(self, ref: str) -> str:
        return f"product {ref}"

    def get_of(self, one: str, two: str) -> str:
        return f"of {one} {two}"

    @public
    def get_health(self) -> str:
        return "up"


class Everything(TechMicroService):
    """A service whose routes overlap with what a base path makes of another."""

    def auth(self, auth_request: Any) -> list[str]:
        return ["product"]

    def get_product(self) -> str:
        return "product"

    def get(self, one: str, two: str) -> str:
        return f"{one} {two}"


class Named(Shop):
    """A service that says who is calling."""

    def auth(self, auth_request: Any) -> Grant:  # type: ignore[override]
        return Grant(True, principal_id="ada", context={"tenant": "t1"})


@pytest.fixture
def shop() -> Shop:
    return Shop(configure_logs=False)


@pytest.mark.parametrize("authorizer", [None, {}, {"iam": {"userId": "x"}}, {"lambda": {}}, {"jwt": {}}])
def test_a_function_url_opens_no_guarded_route(shop: Shop, authorizer: dict[str, Any] | None) -> None:
    """Nobody has asked `auth`: a function URL has no authorizer. Open routes are answered."""
    event = events.function_url("GET", "/admin")
    if authorizer is not None:
        event["requestContext"]["authorizer"] = authorizer
    assert shop(event, None)["statusCode"] == 403
    assert shop(events.function_url("GET", "/health"), None)["body"] == "up"
    assert shop(events.function_url("GET", "/nothing"), None)["statusCode"] == 404


@pytest.mark.parametrize("mark", [None, {}, {"jwt": {"claims": {}}}, "lambda", ["lambda"]])
def test_an_http_api_without_the_authorizer_opens_no_guarded_route(shop: Shop, mark: object) -> None:
    """A route that was deployed without it; with it the view is called."""
    event = events.http_proxy("GET", "/product/1", authorizer={"principalId": "user"})
    assert shop(copy.deepcopy(event), None)["body"] == "product 1"
    event["requestContext"]["authorizer"] = mark
    assert shop(event, None)["statusCode"] == 403
    del event["requestContext"]["authorizer"]
    assert shop(event, None)["statusCode"] == 403


@pytest.mark.parametrize("mark", [None, {}, {"claims": None, "scopes": None}, "principalId"])
def test_format_1_of_an_http_api_wants_the_mark_as_well(shop: Shop, mark: object) -> None:
    """There the context of the authorizer stands in `requestContext.authorizer` itself."""
    event = events.http_proxy_v1("GET", "/product/1", route_key="$default", authorizer={"principalId": "user"})
    assert shop(copy.deepcopy(event), None)["body"] == "product 1"
    event["requestContext"]["authorizer"] = mark
    assert shop(event, None)["statusCode"] == 403
    del event["requestContext"]["authorizer"]
    assert shop(event, None)["statusCode"] == 403


def test_the_answer_to_an_http_api_leaves_a_mark(shop: Shop) -> None:
    """An empty context might not be handed over; so it is never empty there. Elsewhere it is as it was."""
    for build in (events.http_v1, events.http_v2):
        event = build("GET", "/product/1", headers={"authorization": "secret"})
        assert shop(event, None)["context"] == {"principalId": "user"}
        answer = Named(configure_logs=False)(event, None)
        assert answer["context"] == {"principalId": "ada", "tenant": "t1"}
    event = events.rest_token("secret", "GET", "/product/1")
    assert shop(event, None)["context"] == {}


def test_a_stage_name_on_a_custom_domain_is_not_cut_off(shop: Shop) -> None:
    """`/dev/admin` is decided as such, and would be `/admin` without the stage: it is neither here."""
    event = events.http_proxy(
        "GET", "/dev/admin", stage=Stage("dev"), route_key="$default", authorizer={"principalId": "user"}
    )
    event["requestContext"]["domainName"] = "api.example.com"
    event["rawPath"] = event["requestContext"]["http"]["path"] = "/dev/admin"
    assert shop(event, None)["statusCode"] == 404


@pytest.mark.parametrize("path", ["/of/a/../admin", "/admin;x", "/admin%2e", "/ad\\min"])
def test_a_path_with_two_readings_is_no_route_of_an_http_api(shop: Shop, path: str) -> None:
    """Its paths come decoded, and what the authorizer's ARN held is not known to be the same text."""
    event = events.http_proxy("GET", "/x", authorizer={"principalId": "user"})
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    assert shop(event, None)["statusCode"] == 404


@pytest.mark.parametrize("parameters", [None, {}, {"proxy": ""}, {"proxy": 1}, {"other": "product"}])
def test_a_catch_all_route_routes_by_what_it_caught(parameters: dict[str, Any] | None) -> None:
    """The base path of a custom domain stands in `path`: with it, `/product` would be the route `/{_0}/{_1}`."""
    service = Everything(configure_logs=False)
    event = events.rest_proxy("GET", "/product", template="/{proxy+}", path_parameters={"proxy": "product"})
    event["path"] = "/v1/product"
    assert service(event, None)["body"] == "product"
    event["pathParameters"] = parameters
    assert service(event, None)["statusCode"] == 404


def test_what_a_catch_all_route_caught_is_what_the_authorizer_decided() -> None:
    """Below a literal and a parameter, too; escapes stay escapes, as in the ARN."""
    service = Shop(configure_logs=False)
    event = events.rest_proxy(
        "GET", "/of/a/b", template="/of/{x}/{rest+}", path_parameters={"x": "%61", "rest": "b%2Fc"}
    )
    assert service(event, None)["body"] == "of %61 b%2Fc"
    arn = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/of/%61/b%2Fc"
    answer = service({"type": "TOKEN", "authorizationToken": "secret", "methodArn": arn}, None)
    assert evaluate(answer["policyDocument"], arn) is Verdict.ALLOW


@pytest.mark.parametrize("payload", ["1.0", "2.0"])
@pytest.mark.parametrize("backend", ["1.0", "2.0"])
@pytest.mark.parametrize("key", ["$default", "ANY /{proxy+}", "GET /product/{id}"])
def test_behind_an_http_api_with_its_authorizer_a_service_is_called(
    shop: Shop, payload: str, backend: str, key: str
) -> None:
    """The local HTTP API in front, whatever the formats of the events."""
    authorizer = HttpAuthorizer(shop, payload=payload, identity="$request.header.Authorization", ttl=0)
    api = HttpGateway([HttpRoute(key, shop, authorizer=authorizer, payload=backend)])
    sent = {"Authorization": "secret"}
    assert api.call("GET", "/product/1", headers=sent).text == "product 1"
    assert api.call("GET", "/product/1", headers={"Authorization": "other"}).status == 403
    open_api = HttpGateway([HttpRoute(key, shop, payload=backend)])
    assert open_api.call("GET", "/product/1", headers=sent).status == 403
