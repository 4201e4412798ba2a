"""Routes from method names, `entries`, `url_prefix`: COWORKS' naming, with helpers that do not become routes."""

from __future__ import annotations

from typing import Any

import pytest

from coworks_compat import TechMicroService, entry, public
from coworks_compat.naming import endpoints
from cwsauth.errors import ConfigError

from .services import Simple


def routes_of(**methods: Any) -> set[str]:
    """The routes of a class with these methods, as `VERB /path`."""
    service = type("Service", (TechMicroService,), methods)()
    return set(service.cwsauth_routes()) | {
        f"{verb} {path}" for path, views in service.routes.items() for verb in views if "//" in path
    }


def view(self: object) -> str:
    return "x"


@pytest.mark.parametrize(
    ("name", "route"),
    [
        ("get", "GET /"),
        ("get_", "GET /"),
        ("get_a", "GET /a"),
        ("get_a_b", "GET /a/b"),
        ("get__a", "GET /a"),
        ("get_a__", "GET /a"),
        ("get_a__b", "GET /a//b"),
        ("post", "POST /"),
        ("post_a", "POST /a"),
        ("put_a_b", "PUT /a/b"),
        ("delete_a", "DELETE /a"),
        ("patch_a", "PATCH /a"),
    ],
)
def test_a_method_name_is_a_verb_and_a_path(name: str, route: str) -> None:
    """The rest of the name is the path: outer underscores are trimmed, the others are slashes."""
    assert routes_of(**{name: view}) == {route}


@pytest.mark.parametrize("name", ["get1", "getx", "head_a", "options_a", "_get_a", "helper"])
def test_other_names_are_no_routes(name: str) -> None:
    """`get` stands alone or with an underscore; HEAD, OPTIONS and private names never were routes."""
    assert routes_of(**{name: view}) == set()


@pytest.mark.parametrize(
    ("name", "route"), [("postal_code", "POST /l/code"), ("putter", "PUT /er"), ("deleted_items", "DELETE /_items")]
)
def test_a_helper_that_begins_with_a_verb_is_refused(name: str, route: str) -> None:
    """It would be a public route by accident: construction fails, and says how to name it."""
    with pytest.raises(ConfigError, match=f"'{name}' of Service merely begins with") as raised:
        routes_of(**{name: view})
    assert f"'_{name}'" in raised.value.help
    assert "@entry" in raised.value.help


def test_an_entry_opens_such_a_name() -> None:
    """`@entry` says that the method is a route: the one that its name always meant."""
    assert routes_of(postal_code=entry(lambda self: "x")) == {"POST /l/code"}


def test_the_error_names_the_route_that_it_would_be() -> None:
    """The message shows the route, so that one sees what would have been served."""
    with pytest.raises(ConfigError, match="POST /l/code"):
        routes_of(postal_code=view)


def test_inherited_methods_are_routes() -> None:
    """A subclass serves what its bases do, mixins too, and an override counts once."""

    class Mixin:
        def get_mixed(self) -> str:
            return "mixed"

    class Special(Mixin, Simple):
        def get(self) -> str:
            return "special"

    service = Special()
    assert "GET /mixed" in service.cwsauth_routes()
    assert service.entries["/"] == ("GET", Special.get)


def test_only_plain_functions_are_routes() -> None:
    """Static methods, class methods, properties and nested values are helpers, whatever they are called."""

    class Helpers(TechMicroService):
        @staticmethod
        def get_static() -> str:
            return ""

        @classmethod
        def get_class(cls) -> str:
            return ""

        @property
        def get_property(self) -> str:
            return ""

        get_value = 5

    assert Helpers().cwsauth_routes() == []


def test_a_name_that_a_subclass_takes_away_is_no_route() -> None:
    """`get_content = None` in a subclass removes the route of its base."""
    service = type("Less", (Simple,), {"get_extended_content": None})()
    assert "GET /extended/content" not in service.cwsauth_routes()


def test_parameters_are_numbered() -> None:
    """Parameters without a default stand in the path as {_0}, {_1}; those with one, **kw and keyword-only do not."""

    def get_a(self: object, one: str, two: str, three: str = "", *, four: str = "", **five: str) -> str:
        return ""

    assert routes_of(get_a=get_a) == {"GET /a/{_0}/{_1}"}


def test_annotations_do_not_matter() -> None:
    """Values come as strings whatever the annotation says; the path is the same."""
    assert "GET /content/{_0}" in Simple().cwsauth_routes()
    found = {
        endpoint.name: endpoint for endpoint in endpoints(Simple, "", (TechMicroService, *TechMicroService.__mro__))
    }
    assert found["get_one"].keywords == ("value",)
    assert found["get_any"].any_keyword


def test_the_same_route_twice_is_an_error() -> None:
    """Two methods of one path and verb: Chalice's ValueError."""
    with pytest.raises(ValueError, match="Duplicate method"):
        routes_of(get_a=view, get__a=view)


def test_the_url_prefix_comes_first() -> None:
    """`url_prefix = 'prefix'` of the class; the root is then the prefix itself."""

    class Prefixed(Simple):
        url_prefix = "prefix"

    service = Prefixed()
    assert service.component_name == "prefix"
    assert {"GET /prefix", "GET /prefix/content", "GET /prefix/content/{_0}"} <= set(service.cwsauth_routes())


def test_without_a_prefix_the_component_has_no_name() -> None:
    """`component_name` is empty then."""
    assert Simple().component_name == ""


def test_entries_map_paths_to_verb_and_function() -> None:
    """One item a path; of GET and POST the last by method name stays, as it was."""
    entries = Simple().entries
    assert entries["/content/{_0}/{_1}"] == ("GET", Simple.get_content__)
    assert entries["/content"] == ("POST", Simple.post_content)
    assert entries["/"] == ("GET", Simple.get)


def test_routes_take_json_and_forms() -> None:
    """The content types are multipart/form-data and application/json, without CORS."""
    route = Simple().routes["/content"]["GET"]
    assert route.content_types == ["multipart/form-data", "application/json"]
    assert route.cors is None


def test_a_route_with_an_empty_segment_stays_out_of_the_table() -> None:
    """API Gateway has no `/a//b`: Chalice's local server still serves it, the documents do not name it."""
    service = type("Service", (TechMicroService,), {"get_a__b": view, "get_c": view})()
    assert [str(route) for route in service.route_table] == ["GET /c"]
    assert "/a//b" in service.routes


def test_marks_survive_decorators() -> None:
    """A decorator below or above `@public` that copies attributes keeps the mark."""
    from functools import wraps

    def logged(function: Any) -> Any:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return call

    service = type(
        "Service", (TechMicroService,), {"get_a": logged(public(lambda self: "x")), "auth": lambda self, request: True}
    )()
    assert service.routes["/a"]["GET"].authorizer is None


def test_the_application_is_constructed_as_it_was() -> None:
    """The name is the class's or the first argument; an unknown keyword is a TypeError; `env` goes to the environment."""
    import os

    assert Simple().app_name == "Simple"
    assert Simple("named").app_name == "named"
    assert Simple(app_name="named", debug=True, configure_logs=False).debug is True
    with pytest.raises(TypeError, match="cors"):
        Simple(cors=True)  # type: ignore[call-arg]
    try:
        Simple(env={"CWS_TEST_VARIABLE": "set"})
        assert os.environ["CWS_TEST_VARIABLE"] == "set"
    finally:
        os.environ.pop("CWS_TEST_VARIABLE", None)


def test_the_attributes_of_a_service() -> None:
    """entries, routes, blueprints, extensions, component_name, __auth__, sfn_call, current_request are there."""
    service = Simple()
    assert (service.blueprints, service.extensions, service.sfn_call) == ({}, {}, False)
    assert service.current_request is None
    assert service.__auth__ is None

    class Guarded(Simple):
        def auth(self, auth_request: Any) -> bool:
            return True

    guard = Guarded().__auth__
    assert guard is not None
    assert (guard.name, guard.config.name, guard.config.handler_string) == ("auth", "auth", "app.app")
    assert guard.config.ttl_seconds is None
