"""What deployment reads out of an app, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

chalice = pytest.importorskip("chalice", reason="chalice apps are what is read here")

from coworks_compat.config.stage import Stage  # noqa: E402
from coworks_compat.deploy.service import HEADER, Authorizer, Route, Service, refuse_shared_answers  # noqa: E402
from cwsauth.errors import ConfigError, RouteError  # noqa: E402


def app() -> Any:
    made = chalice.Chalice(app_name="shop")

    @made.authorizer(ttl_seconds=60, header="X-Token")  # type: ignore[untyped-decorator, unused-ignore]
    def auth(request: object) -> None:
        """Nobody calls it here."""

    made.route("/product", authorizer=auth, cors=True)(lambda: {})
    made.route("/product", methods=["POST"], authorizer=auth, api_key_required=True, name="add")(lambda: {})
    made.route("/health", name="health")(lambda: {})
    return made


def stage(**values: Any) -> Stage:
    return Stage(name="dev", app_name="shop", api_gateway_stage="dev", **values)


def test_a_chalice_app() -> None:
    """Routes with their authorizer, keys and CORS; the authorizer with handler, header and ttl."""
    service = Service.of(app(), module="src.app")
    assert service.name == "shop"
    assert service.handler == "src.app.app"
    assert [str(route) for route in service.routes] == ["GET /health", "GET /product", "POST /product"]
    health, get, post = service.routes
    assert health.public
    assert (get.authorizer, post.authorizer, post.api_key) == ("auth", "auth", True)
    assert dict(get.cors)["Access-Control-Allow-Origin"] == "*"
    assert service.authorizers == (Authorizer("auth", "src.app.auth", ttl=60, identity_sources=(HEADER + "X-Token",)),)


def test_order_does_not_matter() -> None:
    """The same routes declared in another order are the same service."""
    first, second = chalice.Chalice("a"), chalice.Chalice("a")
    for made, paths in ((first, ("/a", "/b")), (second, ("/b", "/a"))):
        for path in paths:
            made.route(path, name=path)(lambda: {})
    assert Service.of(first) == Service.of(second)


def test_a_techmicroservice() -> None:
    """A TechMicroService is read as it is: its own handler answers authorizer events."""
    from coworks_compat import TechMicroService

    class Shop(TechMicroService):
        def auth(self, auth_request: Any) -> bool:
            return False

        def get_product(self, ref: str) -> str:
            return ref

    service = Service.of(Shop(), module="shop", attribute="app")
    assert [str(route) for route in service.routes] == ["GET /product/{_0}"]
    assert {authorizer.handler for authorizer in service.authorizers} == {"shop.app"}
    assert not service.routes[0].public


def test_the_stage_says_more() -> None:
    """Kind, identity sources and ttl come from the stage where it says them; else 300 s."""
    service = Service.of(app())
    assert service.configured(stage()).authorizers[0].ttl == 60
    changed = service.configured(
        stage(
            authorizer_ttl=0, authorizer_type="REQUEST", authorizer_identity_sources=("method.request.querystring.k",)
        )
    ).authorizers[0]
    assert (changed.kind, changed.ttl, changed.identity_sources) == ("REQUEST", 0, ("method.request.querystring.k",))


@pytest.mark.parametrize(
    ("authorizer", "message"),
    [
        (Authorizer("a", "h", "REQUEST", ("stageVariables.x",), 300), "no identity source tells callers apart"),
        (Authorizer("a", "h", "REQUEST", ("context.stage", "stageVariables.x"), None), "cached for 300 s"),
        (Authorizer("a", "h", "REQUEST", (), 1), "no identity source tells callers apart"),
        (Authorizer("a", "h", "TOKEN", ("method.request.querystring.k",), 300), "a TOKEN authorizer reads one header"),
        (Authorizer("a", "h", "TOKEN", (HEADER + "A", HEADER + "B"), 300), "a TOKEN authorizer reads one header"),
        (Authorizer("a", "h", "REQUEST", ("method.request.path.id",), 0), "is no identity source"),
        (Authorizer("a", "h", "REQUEST", (HEADER,), 0), "is no identity source"),
    ],
)
def test_answers_that_must_not_be_cached(authorizer: Authorizer, message: str) -> None:
    """An authorizer whose cached answers would serve another caller is refused, before anything is deployed."""
    with pytest.raises(ConfigError, match=message):
        refuse_shared_answers(authorizer)


@pytest.mark.parametrize(
    "authorizer",
    [
        Authorizer("a", "h"),
        Authorizer("a", "h", "REQUEST", (HEADER + "A", "stageVariables.x"), 300),
        Authorizer("a", "h", "REQUEST", ("stageVariables.x",), 0),
    ],
)
def test_answers_that_may_be_cached(authorizer: Authorizer) -> None:
    """A header, or no cache, is enough."""
    refuse_shared_answers(authorizer)


def _event(made: Any) -> None:
    made.schedule("rate(1 minute)", name="tick")(lambda event: None)


def _function(made: Any) -> None:
    made.lambda_function(name="other")(lambda event, context: None)


@pytest.mark.parametrize(("add", "message"), [(_event, "event sources"), (_function, "further Lambda functions")])
def test_what_this_engine_does_not_deploy(add: Any, message: str) -> None:
    """Parts of an app that would silently be missing are refused; the help names the other engine."""
    made = app()
    add(made)
    with pytest.raises(ConfigError, match=message) as caught:
        Service.of(made)
    assert "--engine chalice" in caught.value.help


def test_an_authorizer_of_another_kind() -> None:
    """IAM, Cognito and foreign authorizers are no function of the app: refused with the route's name."""
    made = chalice.Chalice("a")
    made.route("/a", authorizer=chalice.IAMAuthorizer())(lambda: {})
    with pytest.raises(ConfigError, match=r"route 'GET /a' has an authorizer of type IAMAuthorizer"):
        Service.of(made)


def test_two_authorizer_functions() -> None:
    """One function stands behind the API: authorizers in several functions are refused."""
    made = app()

    @made.authorizer(name="other")  # type: ignore[untyped-decorator, unused-ignore]
    def other(request: object) -> None:
        """Nobody calls it here."""

    made.route("/other", authorizer=other, name="other_view")(lambda: {})
    with pytest.raises(ConfigError, match="authorizers in several functions"):
        Service.of(made)


@pytest.mark.parametrize("thing", [object(), None, 3, "app"])
def test_no_app(thing: object) -> None:
    """Something without routes is no app."""
    with pytest.raises(ConfigError, match=r"'app\.app' is no app"):
        Service.of(thing)


def test_no_route() -> None:
    """An API without a method cannot be deployed."""
    with pytest.raises(ConfigError, match="has no route"):
        Service.of(chalice.Chalice("a"))


@pytest.mark.parametrize("path", ["/a*b", "/a b", "/{a}/x", "/é"])
def test_routes_that_rest_api_refuses(path: str) -> None:
    """What API Gateway would refuse after a minute is refused at once."""
    made = chalice.Chalice("a")
    made.route(path)(lambda **values: {})
    made.route("/{b}/y", name="other")(lambda **values: {})
    with pytest.raises(RouteError):
        Service.of(made)


def test_empty_segments() -> None:
    """A route with an empty segment cannot be declared, and is not left out silently."""
    made = chalice.Chalice("a")
    made.routes["/a//b"] = {"GET": next(iter(app().routes["/health"].values()))}
    with pytest.raises(ConfigError, match="empty segment"):
        Service.of(made)


def test_a_route_says_itself() -> None:
    """A route reads as it is declared."""
    assert str(Route("GET", "/product/{id}")) == "GET /product/{id}"
