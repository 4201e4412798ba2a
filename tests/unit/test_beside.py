"""What stands beside the routes: `@requires` and `@public`, and the policy that they make."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from chalice.app import Chalice
from chalice.test import Client

import coworks_compat
from coworks_compat import TechMicroService
from cwsauth import AuthRequest, Grant, Unauthenticated
from cwsauth.adapters.chalice import protect as protect_view
from cwsauth.adapters.powertools import authorize
from cwsauth.adapters.protect import protect
from cwsauth.authorizer import Authorizer
from cwsauth.beside import Marks, beside
from cwsauth.cli.objects import policies_of
from cwsauth.errors import ConfigError
from cwsauth.gateway.events import rest_proxy
from cwsauth.guard import Access
from cwsauth.policy.evaluate import Verdict, evaluate
from cwsauth.requires import Needs, is_public, needs_of, public, requires
from cwsauth.tokens import JWT
from tests import oidc

ROUTES = ("GET /orders", "POST /orders", "GET /health", "GET /secret")


def list_orders(*_: Any) -> dict[str, Any]:
    return {"statusCode": 200}


def handlers() -> dict[str, Callable[..., Any]]:
    """Handlers of the routes: a scope, a role and a scope, public, and one that says nothing."""

    @requires("orders:read")
    def read(*_: Any, **__: Any) -> dict[str, Any]:
        return {"statusCode": 200}

    @requires("orders:write", role=["clerk", "admin"])
    def write(*_: Any, **__: Any) -> dict[str, Any]:
        return {"statusCode": 200}

    @public
    def health(*_: Any, **__: Any) -> dict[str, Any]:
        return {"statusCode": 200}

    def secret(*_: Any, **__: Any) -> dict[str, Any]:
        return {"statusCode": 200}

    return dict(zip(ROUTES, (read, write, health, secret), strict=True))


def powertools() -> APIGatewayRestResolver:
    app = APIGatewayRestResolver()
    for text, function in handlers().items():
        method, _, path = text.partition(" ")
        app.route(path, method=method)(function)
    return app


def chalice() -> Chalice:
    app = Chalice("shop")
    for text, function in handlers().items():
        method, _, path = text.partition(" ")
        app.route(path, methods=[method], name=text)(function)
    return app


def service() -> TechMicroService:
    class Shop(TechMicroService):
        @requires("orders:read")
        def get_orders(self) -> str:
            return "orders"

        @requires("orders:write", role=["clerk", "admin"])
        def post_orders(self) -> str:
            return "ordered"

        @public
        def get_health(self) -> str:
            return "well"

        def get_secret(self) -> str:
            return "secret"

        def auth(self, auth_request: Any) -> Any:
            return Grant(True, context={"roles": "clerk"})

    return Shop()


APPS: dict[str, Callable[[], object]] = {
    "handlers": handlers,
    "powertools": powertools,
    "chalice": chalice,
    "service": service,
}
VERIFIER = partial(JWT, issuer=oidc.ISSUER, audience=oidc.AUDIENCE, algorithms="HS256", secret=oidc.SECRET)
CALLERS: list[tuple[dict[str, Any], tuple[bool, ...]]] = [
    ({"scope": "orders:read"}, (True, False, True, False)),
    ({"scope": "orders:read orders:write"}, (True, False, True, False)),
    ({"scope": "orders:read orders:write", "groups": ["clerk"]}, (True, True, True, False)),
    ({"scp": ["orders:write"], "roles": ["admin"]}, (False, True, True, False)),
    ({"scope": ["orders:read", 5], "groups": {"clerk": True}}, (False, False, True, False)),
    ({}, (False, False, True, False)),
]


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize(("claims", "expected"), CALLERS)
def test_a_caller_may_what_the_routes_say(app: str, claims: dict[str, Any], expected: tuple[bool, ...]) -> None:
    """Scopes and roles of the token; a route that says nothing is denied. In one document that may be cached."""
    auth = beside(APPS[app](), VERIFIER())
    token = f"Bearer {oidc.forge(oidc.claims(**claims))}"
    head = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"
    answers = []
    for text in ROUTES:
        arn = f"{head}/{text.replace(' ', '')}"
        event = {"type": "TOKEN", "authorizationToken": token, "methodArn": arn}
        document = auth(event, None)["policyDocument"]
        answers.append(evaluate(document, arn) is Verdict.ALLOW)
    assert tuple(answers) == expected
    policy = auth.policy(AuthRequest(authorization=token))
    assert tuple(policy.allows(*text.split(" ")) for text in ROUTES) == expected
    assert policy.document(f"{head}/GET/orders").cacheable


@pytest.mark.parametrize("app", APPS)
def test_the_marks_of_an_app(app: str) -> None:
    """Which routes need what, which are public, and which say nothing."""
    marks = Marks(APPS[app]())
    assert {str(route): str(needs) for route, needs in marks.needs.items()} == {
        "GET /orders": "scope orders:read",
        "POST /orders": "role admin or clerk with scope orders:write",
    }
    assert [str(route) for route in marks.public] == ["GET /health"]
    assert [str(route) for route in marks.silent] == ["GET /secret"]


def test_nobody_is_known_without_a_token() -> None:
    """Public routes are declared without an authorizer; who comes through one has to be somebody."""
    with pytest.raises(Unauthenticated):
        beside(handlers(), VERIFIER())({"type": "TOKEN", "methodArn": "arn:aws:execute-api:a:1:b/dev/GET/health"}, None)


def test_roles_may_come_from_elsewhere() -> None:
    """A function of the identity."""
    auth = beside(handlers(), VERIFIER(), roles=lambda identity: frozenset({identity.claims["job"]}))
    token = oidc.forge(oidc.claims(job="clerk", scope="orders:write"))
    assert auth.policy(AuthRequest(authorization=f"Bearer {token}")).allows("POST", "/orders")


def test_lint_names_the_silent_routes() -> None:
    """The command line sees what each scope and role opens, and so which route nobody may call."""
    policies, routes = policies_of(powertools(), "app:app", ())
    assert list(policies) == ["scope orders:read", "role admin or clerk with scope orders:write", "public"]
    assert routes is not None
    reached = {str(route) for route in routes if any(p.allows(route.method, route.template) for p in policies.values())}
    assert {str(route) for route in routes} - reached == {"GET /secret"}


def in_process(claims: dict[str, str]) -> Authorizer:
    """Everything is granted, so that only what stands beside the routes refuses."""
    return Authorizer(lambda request: Grant(True, principal_id="ann", context=claims))


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"scope": "orders:read"}, [200, 403, 200, 200]),
        ({"scope": "orders:write", "roles": "clerk"}, [403, 200, 200, 200]),
        ({}, [403, 403, 200, 200]),
    ],
)
def test_powertools_asks_in_process(context: dict[str, str], expected: list[int]) -> None:
    """The middleware reads the marks of the route that it is at."""
    app = powertools()
    app.use(middlewares=[authorize(in_process(context))])
    found = []
    for text in ROUTES:
        method, _, path = text.partition(" ")
        found.append(app.resolve(rest_proxy(method, path, headers={"Authorization": "x"}), None)["statusCode"])  # type: ignore[arg-type]
    assert found == expected


def test_a_public_route_asks_nobody() -> None:
    """Not even where the auth function refuses or fails; the other routes do."""

    def failing(request: AuthRequest) -> object:
        raise Unauthenticated

    app = powertools()
    app.use(middlewares=[authorize(failing)])
    assert app.resolve(rest_proxy("GET", "/health"), None)["statusCode"] == 200  # type: ignore[arg-type]
    assert app.resolve(rest_proxy("GET", "/secret"), None)["statusCode"] == 401  # type: ignore[arg-type]


def test_a_public_route_knows_nothing_of_the_call_before() -> None:
    """Should the resolver keep the context of a call, its caller does not pass for the next one."""
    app = powertools()
    app.context["access"] = Access(200, principal_id="ada")
    seen: list[object] = []

    def look(app: Any, following: Callable[[Any], Any]) -> Any:
        seen.append(app.context.get("access"))
        return following(app)

    app.use(middlewares=[authorize(in_process({})), look])
    assert app.resolve(rest_proxy("GET", "/health"), None)["statusCode"] == 200  # type: ignore[arg-type]
    assert seen == [None]


def test_protect_asks_what_stands_beside_its_handler() -> None:
    """A plain handler, with the decorator between."""
    for scope, status in (("orders:read", 200), ("other", 403)):
        handler = protect(in_process({"scope": scope}))(handlers()["GET /orders"])
        assert handler(rest_proxy("GET", "/orders", headers={"Authorization": "x"}), None)["statusCode"] == status
    with pytest.raises(ConfigError, match="public, and protected"):
        protect(in_process({}))(handlers()["GET /health"])


def test_protect_asks_what_stands_above_it() -> None:
    """`@requires` above `@protect` says the same as below it."""

    def handler(event: object, context: object) -> dict[str, int]:
        return {"statusCode": 200}

    for scope, status in (("orders:read", 200), ("other", 403)):
        guarded = requires("orders:read")(protect(in_process({"scope": scope}))(handler))
        assert guarded(rest_proxy("GET", "/orders", headers={"Authorization": "x"}), None)["statusCode"] == status
    with pytest.raises(ConfigError, match="says twice"):
        requires("orders:write")(protect(in_process({}))(requires("orders:read")(handler)))


@pytest.mark.parametrize("above", [False, True])
def test_a_protected_view_of_chalice_asks_what_stands_beside_it(above: bool) -> None:
    """Above or below `protect`; a public view cannot be protected."""
    for scope, status in (("orders:read", 200), ("other", 403)):
        app = Chalice("shop")
        guard = protect_view(app, in_process({"scope": scope}))
        needs = requires("orders:read")

        def view() -> dict[str, str]:
            return {}

        app.route("/orders")(needs(guard(view)) if above else guard(needs(view)))
        with Client(app) as client:
            assert client.http.get("/orders", headers={"Authorization": "x"}).status_code == status
    with pytest.raises(ConfigError, match="public, and protected"):
        protect_view(Chalice("shop"), in_process({}))(public(lambda: {}))


def test_marks_stay_on_a_function_that_is_wrapped() -> None:
    """`functools.wraps` takes them along."""
    marked = handlers()["GET /orders"]

    @wraps(marked)
    def wrapped(*given: Any) -> Any:
        return marked(*given)

    assert needs_of(wrapped) == Needs(frozenset(), frozenset({"orders:read"}))
    assert not is_public(wrapped)


def test_one_registry() -> None:
    """The decorators of coworks_compat are the same."""
    assert coworks_compat.requires is requires
    assert is_public(coworks_compat.public(lambda self: None))


@pytest.mark.parametrize(
    "mark",
    [
        requires,
        lambda: requires(list_orders),  # type: ignore[arg-type]
        lambda: requires("two words"),
        lambda: requires(role=["a,b"]),
        lambda: requires(""),
        lambda: requires(role=[5]),  # type: ignore[list-item]
        lambda: requires("a")("not a function"),  # type: ignore[type-var]
        lambda: requires("a")(handlers()["GET /orders"]),
        lambda: public(handlers()["GET /orders"]),
        lambda: requires("a")(handlers()["GET /health"]),
        lambda: beside({"GET /": list_orders}, VERIFIER()),
        lambda: beside([], VERIFIER()),
        lambda: beside({}, VERIFIER()),
    ],
)
def test_marks_that_say_nothing(mark: Callable[[], object]) -> None:
    """They are errors where they stand, and not at the first request."""
    with pytest.raises(ConfigError):
        mark()


def test_a_requirement_asks_who_sent_nothing_for_a_credential() -> None:
    """401 where nobody is known, 403 where somebody is and has not what `@requires` wants."""
    handler = protect(lambda _: True)(handlers()["GET /orders"])
    assert handler(rest_proxy("GET", "/orders"), None)["statusCode"] == 401
    sent = rest_proxy("GET", "/orders", headers={"Authorization": "Bearer k"})
    assert handler(sent, None)["statusCode"] == 403
    known = protect(lambda _: Grant(True, context={"tenant": "t1"}))(handlers()["GET /orders"])
    assert known(rest_proxy("GET", "/orders"), None)["statusCode"] == 403
