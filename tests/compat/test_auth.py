"""Where `auth` may stand and what it may return, behind the local API Gateway and as a Lambda."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from chalice.app import AuthResponse, AuthRoute
from chalice.app import Blueprint as ChaliceBlueprint

from coworks_compat import Blueprint, TechMicroService, entry, public, requires
from coworks_compat.blueprint import Admin
from coworks_compat.pytest.client import ServiceClient
from cwsauth import Forbidden, Grant, Policy, Rule, Unauthenticated, evaluate
from cwsauth import authorizer as lambda_authorizer
from cwsauth.authorizer import Authorizer
from cwsauth.errors import AuthorizerFailure, ConfigError
from cwsauth.policy.evaluate import Verdict

from .services import API, Pages, Simple, http_event, request_event, token_event

Gateway = Callable[..., ServiceClient]


def guarded(auth: Any, base: type[TechMicroService] = Simple, **members: Any) -> TechMicroService:
    """A service whose class has this `auth`."""
    service: TechMicroService = type("Guarded", (base,), {"auth": auth, **members})()
    return service


def statuses(client: ServiceClient, *calls: str, token: str = "secret") -> list[int]:
    return [client.call(*call.split(" "), token=token).status for call in calls]


# where it may stand


def test_a_method(gateway: Gateway) -> None:
    """`auth(self, auth_request)` sees its service and the token."""

    class Service(Simple):
        word = "secret"

        def auth(self, auth_request: Any) -> bool:
            return bool(auth_request.token == self.word)

    client = gateway(Service())
    assert statuses(client, "GET /", "GET /content/3") == [200, 200]
    assert statuses(client, "GET /", token="other") == [403]
    assert client.get("/").status == 401


def test_an_inherited_method(gateway: Gateway) -> None:
    """A base class or a mixin may have it."""

    class Mixin:
        def auth(self, auth_request: Any) -> list[str]:
            return ["/"]

    client = gateway(type("Service", (Mixin, Simple), {})())
    assert statuses(client, "GET /", "GET /content") == [200, 403]


def test_a_class_method_and_a_static_method(gateway: Gateway) -> None:
    """Both were overlooked once, and everything was open."""

    class OfClass(Simple):
        @classmethod
        def auth(cls, auth_request: Any) -> bool:
            return bool(auth_request.token == cls.__name__)

    class Static(Simple):
        @staticmethod
        def auth(auth_request: Any) -> bool:
            return bool(auth_request.token == "secret")

    assert statuses(gateway(OfClass()), "GET /", token="OfClass") == [200]
    assert statuses(gateway(OfClass()), "GET /") == [403]
    assert statuses(gateway(Static()), "GET /") == [200]
    assert gateway(Static()).get("/").status == 401


def test_an_async_method(gateway: Gateway) -> None:
    """It is awaited."""

    class Service(Simple):
        async def auth(self, auth_request: Any) -> bool:
            return bool(auth_request.token == "secret")

    assert statuses(gateway(Service()), "GET /") == [200]
    assert statuses(gateway(Service()), "GET /", token="other") == [403]


def test_a_callable_object(gateway: Gateway) -> None:
    """An object with `__call__` in the class."""

    class Known:
        def __call__(self, auth_request: Any) -> bool:
            return bool(auth_request.token == "secret")

    assert statuses(gateway(guarded(Known())), "GET /") == [200]
    assert statuses(gateway(guarded(Known())), "GET /", token="other") == [403]


def test_an_authorizer_of_the_library(gateway: Gateway) -> None:
    """`@authorizer` with its options; it sees the request as cwsauth has it, the token without its scheme."""

    @lambda_authorizer(principal_id="someone")
    def auth(request: Any) -> bool:
        return bool(request.token == "secret")

    service = guarded(auth)
    answer = service(token_event("GET", "/", "secret"), None)
    assert answer["principalId"] == "someone"


def test_the_authorizer_argument(gateway: Gateway) -> None:
    """`authorizer=f(self, auth_request)` guards every route, alone and in the place of the class's auth."""

    def known(self: Simple, auth_request: Any) -> bool:
        return bool(auth_request.token == self.app_name)

    class Denying(Simple):
        def auth(self, auth_request: Any) -> bool:
            return False

    for service in (Simple(authorizer=known), Denying("Simple", authorizer=known)):
        client = gateway(service)
        assert statuses(client, "GET /", "GET /content", token="Simple") == [200, 200]
        assert statuses(client, "GET /") == [403]
        assert client.get("/").status == 401


def test_the_authorizer_argument_with_one_parameter(gateway: Gateway) -> None:
    """`authorizer=f(auth_request)` is taken too."""
    client = gateway(Simple(authorizer=lambda auth_request: auth_request.token == "secret"))
    assert statuses(client, "GET /") == [200]


two_arguments: Any = lambda self, auth_request: True  # noqa: E731 - a function, made by hand


@pytest.mark.parametrize(
    "wrong",
    [lambda self: True, lambda self, one, two: True, 5, Authorizer(two_arguments)],
)
def test_an_auth_that_cannot_be_called_is_an_error(wrong: Any) -> None:
    """At construction, with what would be right."""
    with pytest.raises(ConfigError, match=r"Guarded\.auth") as raised:
        guarded(wrong)
    assert "auth(self, auth_request)" in raised.value.help


def test_a_service_without_auth_is_open_and_refuses_authorizer_events(gateway: Gateway) -> None:
    """Its routes have no authorizer; whoever wires one to it gets 401."""
    assert gateway(Simple()).get("/").status == 200
    with pytest.raises(Unauthenticated) as raised:
        Simple(configure_logs=False)(token_event("GET", "/"), None)
    assert str(raised.value) == "Unauthorized"


# what it may return


@pytest.mark.parametrize(
    ("result", "allowed"),
    [
        (True, {"GET /", "GET /content", "POST /content", "GET /content/3"}),
        (False, set()),
        ([], set()),
        (["/"], {"GET /"}),
        (["content"], {"GET /content", "POST /content"}),
        (["/content/*"], {"GET /content/3"}),
        (["GET content", "content/*"], {"GET /content", "GET /content/3"}),
        (("content/*",), {"GET /content/3"}),
        (["*", "!content/**"], {"GET /", "GET /content", "POST /content"}),
        ([AuthRoute("/content", ["POST"])], {"POST /content"}),
        (AuthResponse(routes=["/content/*"], principal_id="me"), {"GET /content/3"}),
        (Grant(["GET content"]), {"GET /content"}),
        (Policy.of(["GET content"]), {"GET /content"}),
        ([Rule("GET content")], {"GET /content"}),
    ],
)
def test_results_grant_what_they_say(gateway: Gateway, result: Any, allowed: set[str]) -> None:
    """Every form of a result, for every route, through the gateway; with and without the leading slash."""
    client = gateway(guarded(lambda self, auth_request: result), ttl=0)
    calls = ["GET /", "GET /content", "POST /content", "GET /content/3"]
    assert {call for call, status in zip(calls, statuses(client, *calls), strict=True) if status == 200} == allowed


def test_identity_and_context_reach_the_view(gateway: Gateway) -> None:
    """A Grant says who the caller is."""

    def get_who(self: Any) -> Any:
        return self.current_request.context["authorizer"]["principalId"], 200

    def auth(self: Any, auth_request: Any) -> Grant:
        return Grant(True, principal_id="ada", context={"team": "tools"})

    client = gateway(guarded(auth, get_who=get_who))
    assert client.get("/who", token="x").text == "ada"


def test_refusals_by_raising(gateway: Gateway) -> None:
    """`Unauthenticated` is 401, `Forbidden` 403, anything else 500 without its text."""

    def raising(error: Exception) -> ServiceClient:
        def auth(self: Any, auth_request: Any) -> bool:
            raise error

        return gateway(guarded(auth))

    assert raising(Unauthenticated("expired")).get("/", token="x").status == 401
    assert raising(Forbidden("not you")).get("/", token="x").status == 403
    answer = raising(ValueError("a secret thing")).get("/", token="x")
    assert answer.status == 500
    assert "secret" not in answer.text


# open routes


def test_marked_routes_are_open_and_no_others(gateway: Gateway) -> None:
    """`@entry(no_auth=True)` and `@public`; the rest of a service with auth is guarded."""

    class Service(Simple):
        def auth(self, auth_request: Any) -> bool:
            return False

        @entry(no_auth=True)
        def get_open(self) -> str:
            return "open"

        @public
        def get_health(self) -> str:
            return "up"

        @entry
        def get_closed(self) -> str:
            return "closed"

    client = gateway(Service())
    assert [client.get(path).status for path in ("/open", "/health", "/closed", "/")] == [200, 200, 401, 401]


def test_routes_by_decorator_are_guarded_too(gateway: Gateway) -> None:
    """`@app.route` of Chalice on a service with auth: no route is open by omission."""
    service = guarded(lambda self, auth_request: False)

    @service.route("/plain")
    def plain() -> str:
        return "plain"

    assert gateway(service).get("/plain").status == 401


def test_an_entry_with_a_wrong_flag_is_an_error() -> None:
    """`no_auth` is True or False, not something true."""
    with pytest.raises(ConfigError, match="no_auth"):
        entry(no_auth="yes")  # type: ignore[call-overload]


# blueprints


class Own(Blueprint):
    """A blueprint that knows its own callers."""

    def auth(self, auth_request: Any) -> bool:
        return bool(auth_request.token == "blueprint")

    def get_own(self, number: str) -> str:
        return f"own {number}"


def mixed(app_auth: Any) -> TechMicroService:
    service = guarded(app_auth) if app_auth is not None else Simple()
    service.register_blueprint(Own(), url_prefix="/own")
    service.register_blueprint(Pages(), url_prefix="/pages")
    return service


def test_a_blueprint_without_auth_has_the_services(gateway: Gateway) -> None:
    """It is guarded like the rest."""
    client = gateway(mixed(lambda self, auth_request: auth_request.token == "app"))
    assert client.get("/pages/test/1").status == 401
    assert client.get("/pages/test/1", token="blueprint").status == 403
    assert client.get("/pages/test/1", token="app").status == 200


def test_a_blueprints_own_auth_guards_it(gateway: Gateway) -> None:
    """And nothing else, whatever the cache holds for the same token."""
    client = gateway(mixed(lambda self, auth_request: auth_request.token == "app"))
    for _ in range(2):
        assert client.get("/own/own/1", token="blueprint").status == 200
        assert client.get("/", token="blueprint").status == 403
        assert client.get("/", token="app").status == 200
        assert client.get("/own/own/1", token="app").status == 403
        assert client.get("/own/own/1").status == 401


def test_a_blueprints_own_auth_on_an_open_service(gateway: Gateway) -> None:
    """The service stays open, the blueprint is not."""
    client = gateway(mixed(None))
    assert client.get("/").status == 200
    assert client.get("/pages/test/1").status == 200
    assert client.get("/own/own/1").status == 401
    assert client.get("/own/own/1", token="blueprint").status == 200


@pytest.mark.parametrize("answer", [True, ["**"], ["own/**", "content"]])
def test_one_guards_answer_opens_nothing_of_another(answer: Any) -> None:
    """Also where both are wired to one authorizer: the service's document does not name the blueprint's routes."""
    service = mixed(lambda self, auth_request: answer)
    document = service(token_event("GET", "/", "x"), None)["policyDocument"]
    assert evaluate(document, f"{API}/GET/content") is Verdict.ALLOW
    assert evaluate(document, f"{API}/GET/own/own/1") is not Verdict.ALLOW
    document = service(token_event("GET", "/own/own/1", "blueprint"), None)["policyDocument"]
    assert evaluate(document, f"{API}/GET/own/own/1") is Verdict.ALLOW
    assert evaluate(document, f"{API}/GET/content") is not Verdict.ALLOW
    assert evaluate(document, f"{API}/GET/") is not Verdict.ALLOW


def test_a_blueprints_route_inside_a_template_of_the_service(gateway: Gateway) -> None:
    """`/{_0}` of the service and `/admin` of a blueprint: each call is decided by the route it falls on."""

    class Root(TechMicroService):
        def get(self, name: str) -> str:
            return name

        def auth(self, auth_request: Any) -> bool:
            return bool(auth_request.token == "app")

    class Inner(Blueprint):
        def get_admin(self) -> str:
            return "admin"

        def auth(self, auth_request: Any) -> bool:
            return bool(auth_request.token == "blueprint")

    service = Root()
    service.register_blueprint(Inner())
    client = gateway(service)
    assert [client.get("/x", token=token).status for token in ("app", "blueprint")] == [200, 403]
    assert [client.get("/admin", token=token).status for token in ("app", "blueprint")] == [403, 200]


def test_an_authorizer_for_a_blueprint(gateway: Gateway) -> None:
    """Given to the blueprint, or where it is registered: also to one of Chalice."""
    plain = ChaliceBlueprint("plain")

    @plain.route("/status")
    def status() -> str:
        return "up"

    service = Simple()
    service.register_blueprint(
        Pages(authorizer=lambda self, auth_request: auth_request.token == "one"), url_prefix="/pages"
    )
    service.register_blueprint(plain, url_prefix="/plain", authorizer=lambda request: request.token == "two")
    client = gateway(service)
    assert [client.get("/pages/test/1", token=token).status for token in ("one", "two")] == [200, 403]
    assert [client.get("/plain/status", token=token).status for token in ("one", "two")] == [403, 200]
    assert [guard.name for guard in service.guards] == ["auth_Pages", "auth_plain"]


def test_admin_on_a_guarded_service_is_guarded(gateway: Gateway) -> None:
    """The ready-made blueprint is no hole."""
    service = guarded(lambda self, auth_request: ["content"])
    service.register_blueprint(Admin(), url_prefix="/admin")
    client = gateway(service)
    assert client.get("/admin/routes").status == 401
    assert client.get("/admin/routes", token="x").status == 403


# requires


class Shop(TechMicroService):
    """Roles come from the context that auth gives."""

    def auth(self, auth_request: Any) -> Any:
        roles = str(auth_request.token)
        return Grant(True, principal_id="user", context={"roles": roles, "scope": "read write"})

    def get(self) -> str:
        return "anyone"

    @requires(role="admin")
    def delete(self) -> str:
        return "gone"

    @requires("write", role=["admin", "editor"])
    def put(self, name: str = "") -> str:
        return "put"

    @requires("erase")
    def post(self) -> str:
        return "never"


def test_requires_narrows_a_route(gateway: Gateway) -> None:
    """One of the roles and all of the scopes, of what auth says of the caller."""
    client = gateway(Shop())
    calls = ("GET /", "DELETE /", "PUT /", "POST /")
    assert statuses(client, *calls, token="admin") == [200, 200, 200, 403]
    assert statuses(client, *calls, token="guest, editor") == [200, 403, 200, 403]
    assert statuses(client, *calls, token="guest") == [200, 403, 403, 403]


def test_requires_holds_without_an_authorizer_in_front() -> None:
    """In process too: a call that came without the authorizer's context is refused, headers do not help."""
    from .services import api_event

    response = Shop()(api_event("DELETE", "/", headers={"roles": "admin", "x-authorizer": "admin"}), None)
    assert response["statusCode"] == 403


def test_requires_needs_an_auth() -> None:
    """Without one nobody could say who the caller is: an error at construction."""
    with pytest.raises(ConfigError, match="'get_x' has @requires, but no auth guards it"):
        type("Service", (TechMicroService,), {"get_x": requires(role="admin")(lambda self: "x")})()


def test_requires_of_nothing_is_an_error() -> None:
    """A bare `@requires` or an empty one."""
    with pytest.raises(ConfigError, match="names no scope and no role"):
        requires()
    with pytest.raises(ConfigError, match="names no scope and no role"):
        requires(lambda self: None)  # type: ignore[arg-type]


def test_a_finished_response_cannot_be_narrowed(gateway: Gateway) -> None:
    """It would grant what `@requires` refuses: 500 instead."""

    class Finished(Shop):
        def auth(self, auth_request: Any) -> Any:
            return {
                "principalId": "user",
                "policyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": [f"{API}/*"]}],
                },
            }

    with pytest.raises(AuthorizerFailure):
        Finished(configure_logs=False)(token_event("GET", "/"), None)


# kinds of events


def test_request_events_are_understood() -> None:
    """A REST API's REQUEST authorizer: the token is the Authorization header, whatever its case."""
    service = guarded(lambda self, auth_request: auth_request.token == "secret")
    for headers, verdict in (
        ({"Authorization": "secret"}, Verdict.ALLOW),
        ({"authorization": "secret"}, Verdict.ALLOW),
        ({"Authorization": "other"}, Verdict.EXPLICIT_DENY),
        ({}, Verdict.EXPLICIT_DENY),
    ):
        answer = service(request_event("GET", "/content", headers), None)
        assert evaluate(answer["policyDocument"], f"{API}/GET/content") is verdict


def test_auth_sees_more_of_a_request_event() -> None:
    """Headers, path, source address: what an AuthRequest has."""

    def auth(self: Any, auth_request: Any) -> bool:
        assert auth_request.auth_type == "REQUEST"
        return bool(auth_request.headers["X-Key"] == "k" and auth_request.source_ip == "127.0.0.1")

    answer = guarded(auth)(request_event("GET", "/content", {"x-key": "k"}), None)
    assert evaluate(answer["policyDocument"], f"{API}/GET/content") is Verdict.ALLOW


def test_http_api_events_are_understood() -> None:
    """An HTTP API's authorizer, payload 2.0."""
    service = guarded(lambda self, auth_request: ["content"] if auth_request.token == "secret" else False)
    answer = service(http_event("GET", "/content", {"authorization": "secret"}), None)
    assert evaluate(answer["policyDocument"], f"{API}/GET/content") is Verdict.ALLOW
    assert evaluate(answer["policyDocument"], f"{API}/GET/content/3") is not Verdict.ALLOW
    answer = service(http_event("GET", "/content", {}), None)
    assert evaluate(answer["policyDocument"], f"{API}/GET/content") is not Verdict.ALLOW


def test_calls_of_an_http_api_reach_the_views() -> None:
    """Payload 2.0: path parameters, query, cookies, body; the answer in its format."""
    event = http_event("GET", "/dev/one", {"content-type": "application/json"})
    del event["type"], event["routeArn"]
    event["rawQueryString"] = "value=5"
    event["routeKey"] = "GET /one"
    response = Simple()(event, None)
    assert (response["statusCode"], response["body"]) == (200, "only 5")
    assert "multiValueHeaders" not in response
    event.update(rawPath="/dev/content/3/x", rawQueryString="", routeKey="$default")
    assert Simple()(event, None)["body"] == "get content with 3 and x"
    event.update(rawPath="/dev/unknown")
    assert Simple()(event, None)["statusCode"] == 404


def test_calls_of_a_catch_all_route_reach_the_views() -> None:
    """`{proxy+}` in front of the service: the path decides; an unknown one is 404, an unknown verb 405."""
    from .services import api_event

    def call(method: str, path: str) -> tuple[int, str]:
        response = Simple()(api_event(method, "/{proxy+}", path=path, pathParameters={"proxy": path[1:]}), None)
        return response["statusCode"], response["body"]

    assert call("GET", "/content/3/x") == (200, "get content with 3 and x")
    assert call("GET", "/unknown")[0] == 404
    assert call("DELETE", "/content")[0] == 405


def test_the_documents_context_is_there_as_it_was() -> None:
    """principalId 'user' and an empty context, where auth says nothing else."""
    answer = guarded(lambda self, auth_request: True)(token_event("GET", "/"), None)
    assert (answer["principalId"], answer["context"]) == ("user", {})
    assert json.dumps(answer)


# verifiers of the library, and authorizers of the other kind


def test_a_verifier_in_the_place_of_auth(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """`auth = StaticTokens({...})`: it sees the token without its scheme."""
    from cwsauth.tokens import StaticTokens

    monkeypatch.setenv("USER_TOKEN", "u1")
    client = gateway(guarded(StaticTokens({"USER_TOKEN": ["content"]})))
    assert [client.get(path, token=token).status for path in ("/content", "/") for token in ("u1", "Bearer u1")] == [
        200,
        200,
        403,
        403,
    ]
    assert client.get("/content", token="other").status == 401


def test_a_verifier_asked_in_auth(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """`auth_request.native` is the request as verifiers know it."""
    from cwsauth.tokens import StaticTokens

    monkeypatch.setenv("USER_TOKEN", "u1")
    tokens = StaticTokens({"USER_TOKEN": ["content"]})
    client = gateway(guarded(lambda self, auth_request: tokens(auth_request.native)))
    assert [client.get("/content", token=token).status for token in ("u1", "Bearer u1", "other")] == [200, 200, 401]


def test_a_request_authorizer_behind_the_gateway(gateway: Gateway) -> None:
    """As a stage configures it: other headers are seen, and are what answers are cached by."""

    def auth(self: Any, auth_request: Any) -> bool:
        return bool(auth_request.auth_type == "REQUEST" and auth_request.headers["X-Key"] == "k")

    client = gateway(guarded(auth), authorizer_type="REQUEST", identity_sources=["method.request.header.X-Key"])
    assert client.get("/content", headers={"X-Key": "k"}).status == 200
    assert client.get("/content", headers={"X-Key": "other"}).status == 403
    assert client.get("/content", token="k").status == 401


def test_the_request_of_a_service_is_immutable_and_hides_its_token() -> None:
    """It is an AuthRequest, with Chalice's names; a copy keeps the token."""
    import pickle

    from coworks_compat.auth_request import ServiceRequest
    from cwsauth import AuthRequest

    native = AuthRequest("rest.token", authorization="Bearer canary", arn=f"{API}/GET/", method="GET")
    request = ServiceRequest(native)
    assert isinstance(request, AuthRequest)
    assert (request.token, request.native.token, request.method_arn) == ("Bearer canary", "canary", f"{API}/GET/")
    assert "canary" not in repr(request) + repr(request.token)
    with pytest.raises(AttributeError):
        request.token = "other"
    assert request.with_claims({"sub": "ada"}).claims["sub"] == "ada"
    assert pickle.loads(pickle.dumps(request)).token == "Bearer canary"
