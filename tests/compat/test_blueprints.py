"""Blueprints: routes, prefixes, entries, the Admin blueprint."""

from __future__ import annotations

import json
from typing import Any

import chalice
import pytest
from chalice.app import Blueprint as ChaliceBlueprint

from coworks_compat import Blueprint
from coworks_compat.blueprint import Admin
from cwsauth.errors import ConfigError

from .services import Pages, Simple, api_event


def test_routes_come_with_the_prefix() -> None:
    """`url_prefix` stands before the blueprint's routes, in `routes` and in `entries`."""
    service = Simple()
    service.register_blueprint(Pages(), url_prefix="/prefix")
    assert "GET" in service.routes["/prefix/test/{_0}"]
    assert service.entries["/prefix/test/{_0}"] == ("GET", Pages.get_test)
    response = service(api_event("GET", "/prefix/extended/test/{_0}", pathParameters={"_0": "3"}), None)
    assert response["body"] == "extended test 3"


def test_without_a_prefix_routes_are_the_services() -> None:
    """The default is the root."""
    service = Simple()
    service.register_blueprint(Pages(import_name="pages"))
    assert "/test/{_0}" in service.routes
    assert service.entries["/test/{_0}"] == ("GET", Pages.get_test)


def test_the_root_of_a_blueprint_is_its_prefix() -> None:
    """`get` of a blueprint below /admin is GET /admin."""

    class Root(Blueprint):
        def get(self) -> str:
            return "root"

    service = Simple()
    service.register_blueprint(Root(), url_prefix="/admin")
    assert service(api_event("GET", "/admin"), None)["body"] == "root"


def test_blueprints_are_kept_by_their_names() -> None:
    """The name of the class, or `import_name`; other keywords are taken and dropped, as they were."""
    service = Simple()
    pages, named = Pages(), Pages(import_name="named", whatever=1)
    service.register_blueprint(pages, url_prefix="/a")
    service.register_blueprint(named, url_prefix="/b", name_prefix="b_")
    assert service.blueprints == {"Pages": pages, "named": named}
    assert (pages.import_name, named.import_name, pages.component_name) == ("Pages", "named", "")
    assert service.routes["/b/test/{_0}"]["GET"].view_name == "b_get_test"


def test_a_blueprint_knows_its_service_and_the_request() -> None:
    """`current_app` and `current_request`, once it is registered."""

    class Echo(Blueprint):
        def get_echo(self) -> Any:
            return [self.current_app.app_name, self.current_request.method]

    service = Simple()
    blueprint = Echo()
    service.register_blueprint(blueprint)
    assert json.loads(service(api_event("GET", "/echo"), None)["body"]) == ["Simple", "GET"]
    assert blueprint.current_app is service


def test_a_blueprints_helpers_are_refused_too() -> None:
    """The same rule for names as in a service."""

    class Helping(Blueprint):
        def postal_code(self) -> str:
            return ""

    with pytest.raises(ConfigError, match="'postal_code' of Helping"):
        Simple().register_blueprint(Helping())


def test_a_blueprint_of_chalice_can_be_registered() -> None:
    """With its own decorators; its routes get the service's prefix."""
    plain = ChaliceBlueprint("plain")

    @plain.route("/status")
    def status() -> str:
        return "up"

    service = Simple()
    service.register_blueprint(plain, url_prefix="/plain")
    assert service(api_event("GET", "/plain/status"), None)["body"] == "up"


def test_admin_lists_the_routes() -> None:
    """Path, verb, documentation and the signature of the class's function."""

    class Documented(Simple):
        def get_typed(self, value: int, other: str = "none") -> str:
            """Something typed."""
            return f"{value}{other}"

    service = Documented()
    service.register_blueprint(Admin(), url_prefix="/admin")
    routes = json.loads(service(api_event("GET", "/admin/routes"), None)["body"])
    assert routes["/"] == {"GET": {"doc": "Root access.", "signature": "(self) -> 'str'"}}
    assert routes["/typed/{_0}"]["GET"] == {
        "doc": "Something typed.",
        "signature": "(self, value: 'int', other: 'str' = 'none') -> 'str'",
    }
    assert routes["/admin/routes"]["GET"]["doc"] == "Returns the list of entrypoints with signature."


def test_admin_shows_the_context_of_a_call() -> None:
    """What `current_request.to_dict()` has."""
    service = Simple()
    service.register_blueprint(Admin(), url_prefix="/admin")
    context = json.loads(service(api_event("GET", "/admin/context"), None)["body"])
    assert context["method"] == "GET"
    assert context["path"] == "/admin/context"


def test_the_names_of_chalice_are_chalices() -> None:
    """AuthResponse, AuthRoute and Response come from chalice, where tests always took them from."""
    assert {chalice.AuthResponse, chalice.AuthRoute, chalice.Response}  # type: ignore[attr-defined]
