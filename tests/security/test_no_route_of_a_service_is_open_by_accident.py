"""What leaves a route of a service open, or without what `@requires` says, without anybody having said so."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any

import pytest
from chalice.app import Blueprint as ChaliceBlueprint

from coworks_compat import Blueprint, TechMicroService, entry, public, requires
from cwsauth.errors import ConfigError
from tests.compat.services import api_event


class Base(TechMicroService):
    """A guarded service."""

    def __init__(self, **options: Any) -> None:
        super().__init__(configure_logs=False, **options)

    def auth(self, auth_request: Any) -> bool:
        return True

    def get_a(self) -> str:
        return "a"


def is_guarded(service: TechMicroService) -> bool:
    """Whether every route has an authorizer."""
    return all(entry.authorizer is not None for views in service.routes.values() for entry in views.values())


def without_wraps(function: Callable[..., Any]) -> Callable[..., Any]:
    def inner(*given: Any) -> Any:
        return function(*given)

    return inner


def with_wraps(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def inner(*given: Any) -> Any:
        return function(*given)

    return inner


def test_an_auth_that_is_none_is_refused() -> None:
    """As in `auth = AUTHS.get("shop")`; in a subclass it would open what the base class guards."""

    class Opened(Base):
        auth = None  # type: ignore[assignment]

    with pytest.raises(ConfigError, match="would open every route") as raised:
        Opened()
    assert raised.value.help


def test_an_auth_that_comes_late_is_refused() -> None:
    """The routes were made without it, and would stay open."""

    class Open(TechMicroService):
        def get(self) -> str:
            return "open"

    service = Open(configure_logs=False)
    with pytest.raises(ConfigError, match="made already"):
        service.auth = lambda request: False


def test_an_auth_that_is_no_plain_attribute_guards() -> None:
    """A property, a cached one, one of `__getattr__`, and one that was set before the service was made."""

    class Property(TechMicroService):
        @property
        def auth(self) -> Callable[[Any], bool]:
            return lambda request: False

        def get(self) -> str:
            return "guarded"

    class Cached(Property):
        @cached_property
        def auth(self) -> Callable[[Any], bool]:
            return lambda request: False

    class Dynamic(TechMicroService):
        def __getattr__(self, name: str) -> Any:
            if name == "auth":
                return lambda request: False
            raise AttributeError(name)

        def get(self) -> str:
            return "guarded"

    class Early(TechMicroService):
        def __init__(self, **options: Any) -> None:
            self.auth = lambda request: False
            super().__init__(**options)

        def get(self) -> str:
            return "guarded"

    for kind in (Property, Cached, Dynamic, Early):
        assert is_guarded(kind(configure_logs=False))


def test_routes_that_come_late_are_guarded() -> None:
    """Views of Chalice, blueprints of both kinds, in whatever order."""
    service = Base()
    service.route("/late")(lambda: "late")

    class Part(Blueprint):
        auth = None

        def get_part(self) -> str:
            return "part"

    plain = ChaliceBlueprint("plain")
    plain.route("/view")(lambda: "view")
    service.register_blueprint(Part(), url_prefix="/p")
    service.register_blueprint(plain, url_prefix="/c")
    service.route("/later")(lambda: "later")
    assert {"/late", "/p/part", "/c/view", "/later"} <= service.routes.keys()
    assert is_guarded(service)


def test_a_mark_of_a_base_class_does_not_open_what_replaces_it() -> None:
    """`@public` stands beside a function, not beside a name."""

    class Open(Base):
        @public
        def get_b(self) -> str:
            return "b"

    class Closed(Open):
        def get_b(self) -> str:
            return "secret"

    assert Open().routes["/b"]["GET"].authorizer is None
    assert Closed().routes["/b"]["GET"].authorizer is not None


def test_a_public_view_with_an_authorizer_is_refused() -> None:
    """One of the two is a mistake, and the open one would win."""
    service = Base()
    with pytest.raises(ConfigError, match="public, and has an authorizer"):
        service.route("/b", authorizer=service.__auth__)(public(lambda: "b"))


def test_a_decorator_does_not_hide_what_a_route_requires() -> None:
    """Without `functools.wraps` the mark is lost, and everybody with a token could call the route."""

    class Hidden(Base):
        @without_wraps
        @without_wraps
        @requires("orders:write")
        def post_order(self) -> str:
            return "written"

    with pytest.raises(ConfigError, match="hides its @requires"):
        Hidden()

    class Kept(Base):
        @with_wraps
        @requires("orders:write")
        def post_order(self) -> str:
            return "written"

        @requires("orders:write")
        @without_wraps
        def put_order(self) -> str:
            return "written"

        @without_wraps
        def get_plain(self) -> str:
            return "plain"

    service = Kept()
    assert is_guarded(service)
    for verb in ("POST", "PUT"):
        assert service(api_event(verb, "/order"), None)["statusCode"] == 403
    assert service(api_event("GET", "/plain"), None)["statusCode"] == 200


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        *((name, mark) for name in ("health", "_get_health", "fetch_one") for mark in (entry, public, requires("a"))),
        ("gettt", requires("a")),
    ],
)
def test_a_mark_on_what_is_no_route_is_refused(name: str, mark: Any) -> None:
    """Whoever wrote it believes that it is one."""

    def method(self: Any) -> str:
        return "here"

    with pytest.raises(ConfigError, match=f"'{name}'"):
        type("Shop", (Base,), {name: mark(method)})()


def test_an_async_method_is_run() -> None:
    """And not answered as a coroutine; `auth` and `@requires` count as for others."""

    class Async(Base):
        async def get_b(self, name: str) -> tuple[str, int]:
            return f"b {name}", 201

    service = Async()
    assert is_guarded(service)
    answer = service(api_event("GET", "/b/{_0}", pathParameters={"_0": "1"}), None)
    assert (answer["statusCode"], answer["body"]) == (201, "b 1")
