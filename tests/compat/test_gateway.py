"""A service behind the local gateway: what is emulated, and what says that it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from chalice.app import CognitoUserPoolAuthorizer, CORSConfig, IAMAuthorizer

from coworks_compat import TechMicroService
from coworks_compat.pytest.client import ServiceClient
from cwsauth.errors import ConfigError

from .services import Simple

Gateway = Callable[..., ServiceClient]


class Guarded(Simple):
    def auth(self, auth_request: Any) -> bool:
        return bool(auth_request.token == "secret")

    def get_stage(self) -> Any:
        request = self.current_request
        assert request is not None
        return {"stage": request.context["stage"], "variables": request.stage_vars}


def test_a_wrong_verb_is_403_as_on_aws(gateway: Gateway) -> None:
    """API Gateway knows the methods: the service is not asked, and it answers as for an unknown path."""
    client = gateway(Guarded())
    assert client.delete("/content", token="secret").status == 403
    assert client.delete("/content", token="secret").json() == {"message": "Missing Authentication Token"}


def test_answers_of_auth_are_cached(gateway: Gateway) -> None:
    """For the same token, 300 seconds; ttl=0 asks each time."""
    client = gateway(Guarded())
    assert [client.get("/", token="secret").status for _ in range(2)] == [200, 200]
    assert [record.cached for record in client.records] == [False, True]
    client = gateway(Guarded(), ttl=0)
    assert [client.get("/", token="secret").status for _ in range(2)] == [200, 200]
    assert [record.cached for record in client.records] == [False, False]


def test_stage_and_variables_reach_the_view(gateway: Gateway) -> None:
    """The stage's name at API Gateway and its variables."""
    answer = gateway(Guarded(), stage="prod", variables={"mode": "live"}).get("/stage", token="secret")
    assert answer.json() == {"stage": "prod", "variables": {"mode": "live"}}


def test_preflight_of_a_route_with_cors(gateway: Gateway) -> None:
    """Chalice deploys an open OPTIONS method for it; the other routes have none."""
    service = Guarded()

    @service.route("/shared", methods=["GET", "PUT"], cors=CORSConfig(allow_origin="https://example.org"))
    def shared() -> str:
        return "shared"

    client = gateway(service)
    answer = client.call("OPTIONS", "/shared")
    assert answer.status == 200
    assert answer.header("Access-Control-Allow-Origin") == "https://example.org"
    assert answer.header("Access-Control-Allow-Methods") == "GET,PUT,OPTIONS"
    assert client.call("OPTIONS", "/content").status == 403
    assert client.get("/shared").status == 401


@pytest.mark.parametrize("authorizer", [IAMAuthorizer(), CognitoUserPoolAuthorizer("pool", ["arn"])])
def test_what_is_not_emulated_is_an_error(authorizer: Any) -> None:
    """A route with an IAM or Cognito authorizer is not served as if it were open."""
    service = TechMicroService("service")
    service.route("/x", authorizer=authorizer)(lambda: "x")
    with pytest.raises(ConfigError, match=r"'GET /x' has a .*Authorizer, which is not emulated"):
        ServiceClient(service)


def test_an_authorizer_of_chalice_is_asked(gateway: Gateway) -> None:
    """`@app.authorizer()` beside the service's auth: a Lambda of its own, for its routes."""
    from chalice.app import AuthResponse

    service = Guarded()

    @service.authorizer()
    def other(auth_request: Any) -> Any:
        return AuthResponse(routes=["/other"] if auth_request.token == "other" else ["/none"], principal_id="user")

    @service.route("/other", authorizer=other)
    def view() -> str:
        return "other"

    client = gateway(service)
    assert [client.get("/other", token=token).status for token in ("other", "secret")] == [200, 403]
    assert client.get("/", token="secret").status == 200
