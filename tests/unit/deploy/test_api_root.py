"""The API root: every method guarded, every field that needs a redeployment in the fingerprint, nothing interpolated."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coworks_compat.config.model import Cors
from coworks_compat.config.stage import Stage
from coworks_compat.deploy.generate.api import api_root, fingerprint, unguarded_neighbours
from coworks_compat.deploy.generate.names import method_name, resource_name
from coworks_compat.deploy.service import Authorizer, Route, Service

AUTH = Authorizer("auth", "app.app", ttl=300)
CORS = (("Access-Control-Allow-Headers", "Authorization"), ("Access-Control-Allow-Origin", "https://shop.example"))


def stage(**values: Any) -> Stage:
    return Stage(name="dev", app_name="shop", api_gateway_stage="dev", **values)


def service(*routes: Route, **values: Any) -> Service:
    return Service("shop", "app.app", routes, values.pop("authorizers", (AUTH,)), **values)


SHOP = service(
    Route("GET", "/", "auth"),
    Route("GET", "/product/{id}", "auth", cors=CORS),
    Route("PUT", "/product/{id}", "auth"),
    Route("GET", "/files/{proxy+}", "auth"),
    Route("GET", "/health"),
)


def resources(made: Service, **values: Any) -> dict[str, dict[str, Any]]:
    found: Any = api_root(made, stage(**values))["resource"]
    return dict(found)


def test_every_method_has_the_authorizer_unless_it_is_public() -> None:
    """Each declared method is CUSTOM with the authorizer's id, or NONE where the route is public; the greedy one too."""
    methods = resources(SHOP)["aws_api_gateway_method"]
    for route in SHOP.routes:
        body = methods[method_name(route.method, route.template)]
        expected = "NONE" if route.public else "CUSTOM"
        assert body["authorization"] == expected
        assert ("authorizer_id" in body) is not route.public
        assert body["http_method"] == route.method
    assert {name for name, body in methods.items() if body["authorization"] == "NONE"} == {
        "get__health",
        "options__product___vid",
    }


def test_every_method_has_an_integration() -> None:
    """A method without an integration cannot be deployed; each refers to its method, so that it is made after it."""
    made = resources(SHOP)
    for name in made["aws_api_gateway_method"]:
        assert f"aws_api_gateway_method.{name}.http_method" in made["aws_api_gateway_integration"][name]["http_method"]


def test_integration_and_authorizer_point_to_the_stage() -> None:
    """Both URIs hold `${stageVariables.cws_function}:live`, escaped for terraform."""
    made = resources(SHOP)
    uris = [made["aws_api_gateway_authorizer"]["authorizer__auth"]["authorizer_uri"]]
    uris += [b["uri"] for b in made["aws_api_gateway_integration"].values() if b["type"] == "AWS_PROXY"]
    assert len(set(uris)) == 1
    assert uris[0].endswith(":function:$${stageVariables.cws_function}:live/invocations")


def test_resources_hang_together() -> None:
    """Every path has its parents, each once, and the last part of it."""
    made = resources(SHOP)["aws_api_gateway_resource"]
    assert {name: body["path_part"] for name, body in made.items()} == {
        "path__files": "files",
        "path__files___gproxy": "{proxy+}",
        "path__health": "health",
        "path__product": "product",
        "path__product___vid": "{id}",
    }
    assert made["path__product___vid"]["parent_id"] == "${aws_api_gateway_resource.path__product.id}"
    assert made["path__product"]["parent_id"] == "${aws_api_gateway_rest_api.api.root_resource_id}"


def test_preflight() -> None:
    """A path with CORS answers OPTIONS by itself, with the verbs that cross; one that declares OPTIONS is left alone."""
    made = resources(SHOP)
    response = made["aws_api_gateway_integration_response"]["options__product___vid"]["response_parameters"]
    assert response["method.response.header.Access-Control-Allow-Methods"] == "'GET,OPTIONS'"
    assert response["method.response.header.Access-Control-Allow-Origin"] == "'https://shop.example'"
    own = service(Route("OPTIONS", "/a", "auth"), Route("GET", "/a", "auth", cors=CORS))
    assert set(resources(own)["aws_api_gateway_method"]) == {"options__a", "get__a"}


def test_refusals_have_cors_headers() -> None:
    """401, 403 and the rest carry the origin of the routes, or of the configuration; `cors: false` leaves them as they are."""
    kinds = {"unauthorized", "access_denied", "missing_authentication_token", "default_4xx", "default_5xx"}
    made = resources(SHOP)["aws_api_gateway_gateway_response"]
    assert set(made) == kinds
    for body in made.values():
        parameters = body["response_parameters"]
        assert parameters["gatewayresponse.header.Access-Control-Allow-Origin"] == "'https://shop.example'"
        assert parameters["gatewayresponse.header.Vary"] == "'Origin'"
    own = resources(SHOP, cors=Cors(allow_origin="*", allow_headers=["X-A"]))["aws_api_gateway_gateway_response"]
    assert own["unauthorized"]["response_parameters"] == {
        "gatewayresponse.header.Access-Control-Allow-Headers": "'X-A'",
        "gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
    }
    assert "aws_api_gateway_gateway_response" not in resources(SHOP, cors=False)
    assert "aws_api_gateway_gateway_response" not in resources(service(Route("GET", "/a", "auth")))


def test_an_undeclared_verb_does_not_fall_through_to_an_open_route() -> None:
    """Under a public `{proxy+}` every guarded path gets a guarded ANY, which answers as if nothing were there."""
    open_proxy = service(
        Route("ANY", "/{proxy+}"),
        Route("GET", "/admin", "auth"),
        Route("GET", "/admin/{id}", "auth"),
        Route("GET", "/free"),
    )
    assert [route.template for route in unguarded_neighbours(open_proxy)] == ["/admin", "/admin/{id}"]
    made = resources(open_proxy)
    for name in ("any__admin", "any__admin___vid"):
        assert made["aws_api_gateway_method"][name]["authorization"] == "CUSTOM"
        assert made["aws_api_gateway_integration"][name]["type"] == "MOCK"
        assert made["aws_api_gateway_integration_response"][name]["status_code"] == "403"
    assert "any__free" not in made["aws_api_gateway_method"]


@pytest.mark.parametrize(
    "routes",
    [
        (Route("ANY", "/{proxy+}", "auth"), Route("GET", "/admin", "auth")),
        (Route("GET", "/{proxy+}"), Route("GET", "/admin", "auth")),
        (Route("ANY", "/x/{proxy+}"), Route("GET", "/admin", "auth")),
    ],
)
def test_no_refusal_where_nothing_falls_through(routes: tuple[Route, ...]) -> None:
    """A guarded proxy, one with the same verb, or one elsewhere needs no ANY."""
    assert unguarded_neighbours(service(*routes)) == ()


def changed_fields() -> list[tuple[str, Service, dict[str, Any]]]:
    get = SHOP.routes[1]
    rest = tuple(route for route in SHOP.routes if route is not get)
    return [
        ("a route more", service(*SHOP.routes, Route("GET", "/new", "auth")), {}),
        ("a route less", service(*rest), {}),
        ("a verb", service(*rest, replace(get, method="POST")), {}),
        ("a template", service(*rest, replace(get, template="/product/{name}")), {}),
        ("a route opened", service(*rest, replace(get, authorizer=None)), {}),
        ("an api key", service(*rest, replace(get, api_key=True)), {}),
        ("cors of a route", service(*rest, replace(get, cors=())), {}),
        ("the ttl", replace(SHOP, authorizers=(replace(AUTH, ttl=0),)), {}),
        ("the kind", replace(SHOP, authorizers=(replace(AUTH, kind="REQUEST"),)), {}),
        (
            "the identity source",
            replace(SHOP, authorizers=(replace(AUTH, identity_sources=("method.request.header.X",)),)),
            {},
        ),
        ("binary types", replace(SHOP, binary_types=("image/png",)), {}),
        ("cors of refusals", SHOP, {"cors": Cors(allow_origin="https://other.example")}),
        ("compression", SHOP, {"minimum_compression_size": 1000}),
        ("the endpoint", SHOP, {"endpoint_type": "REGIONAL"}),
    ]


@pytest.mark.parametrize(("what", "made", "values"), changed_fields(), ids=lambda v: v if isinstance(v, str) else "")
def test_what_needs_a_redeployment_changes_the_fingerprint(what: str, made: Service, values: dict[str, Any]) -> None:
    """Each field that a deployment shows is in the trigger: without it the stage would stay as it was."""
    assert fingerprint(resources(made, **values)) != fingerprint(resources(SHOP)), what


def test_what_needs_none_does_not() -> None:
    """Tags, the API's name, a policy of the same text and the order of routes make no new deployment."""
    same = fingerprint(resources(SHOP))
    assert fingerprint(resources(replace(SHOP, name="other"))) == same
    assert fingerprint(resources(SHOP, tags={"a": "b"})) == same
    assert fingerprint(resources(replace(SHOP, routes=SHOP.routes[::-1]))) == same


def test_a_policy_is_part_of_it() -> None:
    """The API's resource policy is in the API and in the fingerprint."""
    with_policy: Any = api_root(SHOP, stage(), policy='{"Statement": "${aws:SourceIp}"}')["resource"]
    assert with_policy["aws_api_gateway_rest_api"]["api"]["policy"] == '{"Statement": "$${aws:SourceIp}"}'
    assert fingerprint(with_policy) != fingerprint(resources(SHOP))


def test_text_of_the_configuration_is_no_expression() -> None:
    """`${` and `%{` in tags and names reach AWS as they stand, and are never terraform's."""
    made = json.dumps(api_root(replace(SHOP, name="a"), stage(tags={"t": "${file(1)} %{if}"})))
    assert "$${file(1)} %%{if}" in made


SEGMENTS = st.one_of(
    st.text("abAB09_.-,:", min_size=1, max_size=6),
    st.builds("{{{}}}".format, st.text("ab_.-", min_size=1, max_size=4)),
    st.builds("{{{}+}}".format, st.text("ab_.-", min_size=1, max_size=4)),
)
TEMPLATES = st.lists(SEGMENTS, max_size=4).map(lambda parts: "/" + "/".join(parts))


@given(st.lists(TEMPLATES, min_size=2, max_size=12, unique=True))
def test_no_two_paths_share_a_name(templates: list[str]) -> None:
    """Names are terraform identifiers, and different for different templates."""
    names = [resource_name(template) for template in templates]
    assert len(set(names)) == len(templates)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name) for name in names)
