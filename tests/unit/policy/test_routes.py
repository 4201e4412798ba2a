"""Route tables: what may be declared, and which route API Gateway sends a call to."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth import RouteTable
from cwsauth.errors import PatternError, RouteError
from cwsauth.policy.rule import VERBS

SHOP = [
    "GET /",
    "GET /product",
    "POST /product",
    "GET /product/{id}",
    "GET /product/{id}/review",
    "GET /product/new",
    "PUT /product/{id}",
    "GET,PUT /admin/{proxy+}",
    "ANY /any",
    "GET /any",
    "DELETE /{proxy+}",
]


@pytest.mark.parametrize(
    ("method", "path", "route", "parameters"),
    [
        ("GET", "/", "GET /", {}),
        ("GET", "", "GET /", {}),
        ("GET", "//", "GET /", {}),
        ("GET", "/product", "GET /product", {}),
        ("GET", "/product/", "GET /product", {}),
        ("GET", "/product/1", "GET /product/{id}", {"id": "1"}),
        ("GET", "/product/new", "GET /product/new", {}),
        ("PUT", "/product/new", "PUT /product/{id}", {"id": "new"}),
        ("DELETE", "/product/new", "DELETE /{proxy+}", {"proxy": "product/new"}),
        ("GET", "/product/1/review", "GET /product/{id}/review", {"id": "1"}),
        ("GET", "/product/new/review", "GET /product/{id}/review", {"id": "new"}),
        ("GET", "/product/1/other", None, {}),
        ("GET", "/admin", None, {}),
        ("DELETE", "/admin", "DELETE /{proxy+}", {"proxy": "admin"}),
        ("GET", "/admin/a/b", "GET /admin/{proxy+}", {"proxy": "a/b"}),
        ("PUT", "/admin/a", "PUT /admin/{proxy+}", {"proxy": "a"}),
        ("POST", "/admin/a", None, {}),
        ("PATCH", "/any", "PATCH /any", {}),
        ("GET", "/any", "GET /any", {}),
        ("DELETE", "/", None, {}),
        ("GET", "/{id}", None, {}),
        ("GET", "/product/{id}", "GET /product/{id}", {"id": "{id}"}),
        ("get", "/product", None, {}),
    ],
)
def test_the_route_that_a_call_falls_on(method: str, path: str, route: str | None, parameters: dict[str, str]) -> None:
    """Literal before `{name}` before `{name+}` on each level; an undeclared verb falls through to a worse template."""
    found = RouteTable.of(SHOP).match(method, path)
    assert (found and str(found.route)) == route
    assert (found.path_parameters if found else {}) == parameters


def test_precedence_is_by_level_and_backs_out() -> None:
    """A better first segment that leads nowhere is left again."""
    table = RouteTable.of(["GET /a/b/c", "GET /a/{x}/d", "GET /{y}/b/e", "GET /{z+}"])
    for path, template in (
        ("/a/b/c", "/a/b/c"),
        ("/a/b/d", "/a/{x}/d"),
        ("/a/b/e", "/{y}/b/e"),
        ("/a/b/f", "/{z+}"),
        ("/a", "/{z+}"),
    ):
        found = table.match("GET", path)
        assert found is not None
        assert found.route.template == template


def test_any_is_every_verb_that_is_not_declared_on_its_own() -> None:
    """`ANY`, `*` and no method at all are the same; a declared verb beats them, wherever it stands."""
    for spelling in ("ANY /a", "* /a", "/a", "a"):
        table = RouteTable.of([spelling, "GET /a"])
        assert sorted(str(route) for route in table) == sorted(f"{verb} /a" for verb in VERBS)
    assert RouteTable.of(["GET /a", "POST /b"]).verbs == ("GET", "POST")


def test_the_templates_of_a_verb() -> None:
    """Each once, in the order of declaration, parameters without their names."""
    table = RouteTable.of(["GET,PUT /a/{x}", "PUT /b", "ANY /a/{y}/{z+}"])
    assert table.for_verb("PUT") == (table.routes[0].segments, ("b",), table.routes[-1].segments)
    assert len(table.for_verb("DELETE")) == 1


REST_OR_NOT = "a declared path has letters, digits and '_.,:-' and '{name}' as a whole segment; '*' belongs in rules"


@pytest.mark.parametrize(
    ("routes", "message", "column"),
    [
        (["FOO /a"], "invalid route 'FOO /a': 'FOO' is not a list of methods", 1),
        (["GET,  /a"], "invalid route 'GET,  /a': 'GET,' is not a list of methods", 1),
        (["GET /a/*"], "invalid route 'GET /a/*': '*' has a character that no declared path may have", 8),
        (["GET /a?b"], "invalid route 'GET /a?b': 'a?b' has a character that no declared path may have", 6),
        (["GET /a b"], "invalid route 'GET /a b': 'a b' has a character that no declared path may have", 6),
        (["GET /ä"], "invalid route 'GET /ä': 'ä' has a character that no declared path may have", 6),
        (["GET /a\n"], "invalid route 'GET /a\\n': 'a\\n' has a character that no declared path may have", 6),
        (["GET /${x}"], "invalid route 'GET /${x}': '${x}' has a character that no declared path may have", 6),
        (["GET /x{id}"], "invalid route 'GET /x{id}': 'x{id}' has a character that no declared path may have", 6),
        (["GET /{id}.html"], "invalid route 'GET /{id}.html': a parameter is a whole segment at column 10", 10),
        (["GET /{id"], "invalid route 'GET /{id': '{' at column 6 is not closed", 6),
        (["GET /{}"], "invalid route 'GET /{}': '{' at column 6 does not hold a name", 6),
        (["GET /{x+}/a"], "invalid route 'GET /{x+}/a': '{x+}' is not the last segment", 6),
        (["GET /{x}/{x}"], "invalid route 'GET /{x}/{x}': the parameter '{x}' stands twice", 6),
        (["GET /a//b"], "invalid route 'GET /a//b': an empty segment at column 8", 8),
        (["GET a//b"], "invalid route 'GET a//b': an empty segment at column 7", 7),
        (["GET /a/"], "invalid route 'GET /a/': a trailing '/' at column 7", 7),
        (
            ["GET /a/.."],
            "invalid route 'GET /a/..': '..' is never a segment of a request that is served at column 8",
            8,
        ),
        (["GET /a", "GET /a"], "invalid route 'GET /a': 'GET /a' is declared already", 0),
        (["GET /{a}", "GET /{b}"], "invalid route 'GET /{b}': 'GET /{a}' is declared already", 0),
        (["GET,PUT /a", "PUT /a"], "invalid route 'PUT /a': 'PUT /a' is declared already", 0),
        (["ANY /a", "/a"], "invalid route 'ANY /a': it is declared already", 0),
    ],
)
def test_a_wrong_route_table_says_what_is_wrong(routes: list[str], message: str, column: int) -> None:
    """The route, the column in what was written where there is one, and a remedy."""
    with pytest.raises(RouteError) as raised:
        RouteTable.of(routes)
    assert str(raised.value) == message
    assert raised.value.column == column
    assert raised.value.help
    assert isinstance(raised.value, PatternError)


@pytest.mark.parametrize(
    ("routes", "message"),
    [
        (["GET /a~b"], "invalid route 'GET /a~b': 'a~b' has a character that no declared path may have"),
        (["GET /a@b"], "invalid route 'GET /a@b': 'a@b' has a character that no declared path may have"),
        (
            ["GET /x/{a}", "GET /x/{b}/y"],
            "invalid route '/x/{b}/y': its sibling '{a}' already has a variable path part",
        ),
    ],
)
def test_rest_api_refuses_more(routes: list[str], message: str) -> None:
    """`rest=True` is for a REST API; other doors take the same routes."""
    RouteTable.of(routes)
    with pytest.raises(RouteError) as raised:
        RouteTable.of(routes, rest=True)
    assert str(raised.value) == message


@pytest.mark.parametrize("routes", [None, 1, {"a": 1}, [1], [b"GET /a"], [None], object()])
def test_what_declares_no_routes(routes: object) -> None:
    """Something else is named by its type."""
    with pytest.raises(RouteError, match=f"{type(routes).__name__} declares none"):
        RouteTable.of(routes)


def test_a_table_of_a_set_is_the_same_in_every_process() -> None:
    """A set of texts has another order in each process, its table has not."""
    names = {f"GET /{name}" for name in "abcdefghijk"}
    assert [str(route) for route in RouteTable.of(names)] == sorted(names)
    assert RouteTable.of(frozenset(names)) == RouteTable.of(sorted(names))


def test_one_route_is_a_table() -> None:
    """A single string stands for a list of one."""
    assert RouteTable.of("GET /a") == RouteTable.of(["GET /a"]) == RouteTable.of(("GET /a",))
    assert len(RouteTable.of([])) == 0
    assert RouteTable.of([]).match("GET", "/") is None


def test_routes_of_an_openapi_document() -> None:
    """Every operation of every path, API Gateway's any-method as `ANY`; parameters and extensions are none."""
    document = {
        "openapi": "3.0.1",
        "paths": {
            "/product/{id}": {"get": {}, "put": {}, "parameters": [], "summary": "x"},
            "/admin/{proxy+}": {"x-amazon-apigateway-any-method": {}},
            "/broken": None,
        },
    }
    table = RouteTable.of(document)
    assert [str(route) for route in table][:2] == ["GET /product/{id}", "PUT /product/{id}"]
    assert len(table) == 2 + len(VERBS)


@pytest.mark.parametrize(
    ("paths", "message", "help"),
    [
        (
            {"/a": {"$ref": "#/components/pathItems/a"}},
            "what '/a' declares stands elsewhere, under its '$ref'",
            "pass a list",
        ),
        ({"/a": {"GET": {}}}, "'/a' has 'GET', which is no operation", "lower case"),
        ({"/a": {"query": {}}}, "'/a' has 'query', which is no operation", "lower case"),
        ({"/a": {1: {}}}, "'/a' has 1, which is no operation", "lower case"),
        ({"/a": ["get"]}, "'/a' of an OpenAPI document is no path with operations", "write it as"),
        ({"/a": "get"}, "'/a' of an OpenAPI document is no path with operations", "write it as"),
        ({1: {"get": {}}}, "1 of an OpenAPI document is no path with operations", "write it as"),
    ],
)
def test_what_an_openapi_document_declares_unreadably_is_an_error(
    paths: dict[Any, Any], message: str, help: str
) -> None:
    """Left out, it would be a route that no document guards: `product/*` may then reach `product/1/secret`."""
    with pytest.raises(RouteError) as caught:
        RouteTable.of({"openapi": "3.0.1", "paths": {"/product/{id}": {"get": {}}, **paths}})
    assert caught.value.message == f"invalid routes: {message}"
    assert help in (caught.value.help or "")


def test_routes_of_a_chalice_app() -> None:
    """The views of the app, by template and verb."""
    chalice = pytest.importorskip("chalice", reason="the table of a real app needs Chalice")
    app = chalice.Chalice("shop")

    app.route("/product/{id}", methods=["GET", "PUT"])(lambda id: {"id": id})
    app.route("/", name="root")(dict)
    assert sorted(str(route) for route in RouteTable.of(app)) == ["GET /", "GET /product/{id}", "PUT /product/{id}"]


def test_routes_of_a_powertools_resolver() -> None:
    """Its rules, `<id>` as `{id}`; one that is a regular expression of its own is refused, not guessed."""
    pytest.importorskip("aws_lambda_powertools", reason="the table of a real resolver needs Powertools")
    from aws_lambda_powertools.event_handler import APIGatewayRestResolver

    app = APIGatewayRestResolver()

    @app.get("/product/<id>")
    def product(id: str) -> dict[str, str]:
        return {"id": id}

    @app.route("/all", method=["GET", "POST"])
    def every() -> dict[str, str]:
        return {}

    assert sorted(str(route) for route in RouteTable.of(app)) == ["GET /all", "GET /product/{id}", "POST /all"]

    @app.get(".+")
    def rest() -> dict[str, str]:
        return {}

    with pytest.raises(RouteError):
        RouteTable.of(app)


def test_routes_show_themselves() -> None:
    """A table prints the routes that it declares, a match names its parameters but not their values."""
    table = RouteTable.of(["GET /a/{id}"])
    assert repr(table) == "RouteTable(['GET /a/{id}'])"
    assert repr(table.routes[0]) == "Route('GET /a/{id}')"
    assert "token" not in repr(table.match("GET", "/a/token"))


@pytest.mark.parametrize("name", ["openapi.yaml", "api/openapi.yml", "openapi.json"])
def test_the_name_of_a_file_is_no_route(name: str) -> None:
    """No file is read here, and a table with one route of that name would be a silent surprise."""
    with pytest.raises(RouteError, match="is the name of a file") as raised:
        RouteTable.of(name)
    assert "pass what it holds" in raised.value.help
    assert len(RouteTable.of(f"GET {name}").routes) == 1
    assert RouteTable.of(f"/{name}").routes
    assert RouteTable.of([name]).routes
