"""REST API's routing: precedence, fall-through, and which tables API Gateway would refuse."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cwsauth import RouteTable
from cwsauth.errors import RouteError
from cwsauth.gateway.routing import Doubt, Match, ResourceTree, parse_methods

TABLE = (
    "GET /",
    "GET /product",
    "GET,PUT /product/{id}",
    "GET /product/special",
    "ANY /product/special/{part}",
    "POST /product/special/{part}",
    "GET /product/{id}/review/{review}",
    "GET /files/{path+}",
    "POST /files/{path+}",
    "ANY /{proxy+}",
)


def tree(*routes: str) -> ResourceTree[str]:
    """A tree whose values are the texts of its routes."""
    built: ResourceTree[str] = ResourceTree()
    for route in routes:
        methods, template = route.split(" ", 1)
        built.add(parse_methods(methods), template, route)
    return built


@pytest.mark.parametrize(
    ("method", "path", "route", "parameters"),
    [
        ("GET", "/", "GET /", {}),
        ("GET", "//", "GET /", {}),
        ("GET", "/product", "GET /product", {}),
        ("GET", "/product/", "GET /product", {}),
        ("GET", "//product", "GET /product", {}),
        ("GET", "/product/1", "GET,PUT /product/{id}", {"id": "1"}),
        ("GET", "/product/1/", "GET,PUT /product/{id}", {"id": "1"}),
        ("GET", "/product/a%2Fb", "GET,PUT /product/{id}", {"id": "a%2Fb"}),
        ("GET", "/product/special", "GET /product/special", {}),
        ("GET", "/product/special/x", "ANY /product/special/{part}", {"part": "x"}),
        ("POST", "/product/special/x", "POST /product/special/{part}", {"part": "x"}),
        ("GET", "/product/1/review/2", "GET /product/{id}/review/{review}", {"id": "1", "review": "2"}),
        ("GET", "/product/special/review/2", "GET /product/{id}/review/{review}", None),
        ("GET", "/files/a/b/c", "GET /files/{path+}", {"path": "a/b/c"}),
        ("GET", "/files/a//b", "GET /files/{path+}", {"path": "a//b"}),
        ("GET", "/files/a/b/", "GET /files/{path+}", {"path": "a/b"}),
        ("GET", "/files", "ANY /{proxy+}", {"proxy": "files"}),
        ("GET", "/Product", "ANY /{proxy+}", {"proxy": "Product"}),
        ("GET", "/product//x", "ANY /{proxy+}", {"proxy": "product//x"}),
        ("GET", "/product//review/2", "ANY /{proxy+}", {"proxy": "product//review/2"}),
    ],
)
def test_specificity_decides_level_by_level(
    method: str, path: str, route: str, parameters: dict[str, str] | None
) -> None:
    """A literal beats a parameter, a parameter beats the greedy one, a declared verb beats ANY."""
    match = tree(*TABLE).match(method, path)
    assert isinstance(match, Match)
    assert match.value == route
    if parameters is not None:
        assert match.parameters == parameters


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("POST", "/product", "ANY /{proxy+}"),
        ("DELETE", "/product/1", "ANY /{proxy+}"),
        ("PUT", "/files/a", "ANY /{proxy+}"),
        ("GET", "/product/1/review", "ANY /{proxy+}"),
    ],
)
def test_a_verb_that_a_resource_does_not_serve_falls_through_to_a_greedy_one(
    method: str, path: str, route: str
) -> None:
    """Measured on AWS: a resource without the verb, or without any, leaves the request to `{proxy+}`."""
    match = tree(*TABLE).match(method, path)
    assert isinstance(match, Match)
    assert match.value == route
    assert match.parameters == {"proxy": path[1:]}


@pytest.mark.parametrize("order", [("POST /a/{deep+}", "POST /{top+}"), ("POST /{top+}", "POST /a/{deep+}")])
def test_the_nearest_greedy_resource_catches_what_falls_through(order: tuple[str, str]) -> None:
    """Of several `{x+}` that serve the verb, the one with the longest prefix is taken, whatever was declared first."""
    routes = tree("GET /a/b", *order)
    match = routes.match("POST", "/a/b")
    assert isinstance(match, Match)
    assert match.value == "POST /a/{deep+}"
    assert match.parameters == {"deep": "b"}


def test_a_greedy_resource_without_the_verb_leaves_the_request_to_one_further_up() -> None:
    """The prefix counts only among those that serve the verb."""
    routes = tree("GET /a/b", "GET /a/{deep+}", "POST /{top+}")
    match = routes.match("POST", "/a/b")
    assert isinstance(match, Match)
    assert match.value == "POST /{top+}"


def test_fall_through_carries_the_parameters_of_the_prefix() -> None:
    """`/u/{id}/{rest+}` knows both."""
    routes = tree("GET /u/{id}/mail", "POST /u/{id}/{rest+}")
    match = routes.match("POST", "/u/7/mail")
    assert isinstance(match, Match)
    assert match.parameters == {"id": "7", "rest": "mail"}


@pytest.mark.parametrize(
    ("routes", "path", "template"),
    [
        (("GET /a", "POST /{x}"), "/a", "/{x}"),
        (("GET /a/b", "POST /{x}/b"), "/a/b", "/{x}/b"),
        (("GET /a/b", "POST /a/{x}", "POST /{p+}"), "/a/b", "/a/{x}"),
        (("GET /a/b", "POST /{x}"), "/a", "/{x}"),
    ],
)
def test_where_it_is_not_established_who_serves_a_verb_it_is_a_doubt(
    routes: tuple[str, ...], path: str, template: str
) -> None:
    """That `{x+}` catches it was measured, that `{x}` does was not."""
    assert tree(*routes).match("POST", path) == Doubt(template)


ROUTES = st.lists(
    st.tuples(
        st.sampled_from(["GET", "POST", "ANY", "GET,POST"]),
        st.lists(st.sampled_from(["a", "b", "{x}"]), max_size=3),
        st.sampled_from([[], [], ["{p+}"]]),
    ).map(lambda parts: f"{parts[0]} /" + "/".join([*parts[1], *parts[2]])),
    min_size=1,
    max_size=5,
)


@given(ROUTES, st.sampled_from(["GET", "POST", "PUT"]), st.lists(st.sampled_from(["a", "b", "c"]), max_size=4))
def test_the_tree_and_the_route_table_agree(routes: list[str], method: str, path: list[str]) -> None:
    """Two readings of API Gateway's precedence, written apart, send each call to the same route."""
    try:
        declared = tree(*routes)
    except RouteError:
        assume(False)
        raise
    ours = declared.match(method, "/" + "/".join(path))
    if isinstance(ours, Doubt):
        return
    theirs = RouteTable.of(routes, rest=True).match(method, "/" + "/".join(path))
    if ours is None:
        assert theirs is None
    else:
        assert theirs is not None
        assert (theirs.route.template, theirs.path_parameters) == (ours.template, ours.parameters)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/a"), ("POST", "/a/b"), ("GET", "/a/b/c"), ("get", "/a/b"), ("GET", "/a//b")],
)
def test_what_nobody_declared_leads_nowhere(method: str, path: str) -> None:
    """Also the parent of a resource, and the root of a greedy one: `{proxy+}` needs a segment."""
    assert tree("GET /a/b").match(method, path) is None


def test_any_is_the_seven_verbs_and_no_other() -> None:
    """ANY stands for DELETE GET HEAD OPTIONS PATCH POST PUT."""
    routes = tree("ANY /a")
    verbs = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
    assert all(routes.match(verb, "/a") for verb in verbs)
    assert routes.match("TRACE", "/a") is None
    assert routes.match("PROPFIND", "/a") is None


@pytest.mark.parametrize(
    ("routes", "message"),
    [
        (("GET /a/{b}", "PUT /a/{c}"), "its sibling '{b}' has a variable path part"),
        (("GET /a/{b}", "PUT /a/{c+}"), "its sibling '{b}' has a variable path part"),
        (("GET /{b+}", "PUT /{c}/d"), "its sibling '{b+}' has a variable path part"),
        (("GET /a", "GET /a"), "'GET /a' is declared twice"),
        (("GET /{a+}/b",), "'{a+}' is not the last segment"),
        (("GET /{a}/{a}",), "a parameter stands twice"),
        (("GET /a*",), "segment 'a*'"),
        (("GET /{id}.html",), "segment '{id}.html'"),
        (("GET /a//b",), "segment ''"),
        (("GET /a%20b",), "segment 'a%20b'"),
        (("GET /a\n",), "segment 'a\n'"),
        (("FETCH /a",), "invalid method 'FETCH'"),
        (("ANY,GET /a",), "invalid methods 'ANY,GET'"),
    ],
)
def test_tables_that_api_gateway_refuses_are_refused(routes: tuple[str, ...], message: str) -> None:
    """Two variable siblings, a route twice, characters that a path part may not have."""
    with pytest.raises(RouteError) as error:
        tree(*routes)
    assert message in str(error.value)
