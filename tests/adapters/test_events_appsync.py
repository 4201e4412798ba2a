"""AppSync: rules over fields, and the answer that names the denied ones."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cwsauth import Grant, authorizer
from cwsauth.errors import AuthorizerFailure
from cwsauth.gateway import events

FIELDS = ["Query.orders", "Query.order", "Query.secrets", "Mutation.createOrder", "Mutation.deleteOrder", "Order.price"]
EVENT = events.appsync("Bearer t")


def answer(result: object, **options: Any) -> dict[str, Any]:
    """What AppSync gets."""
    return dict(authorizer(**options)(lambda _: result)(EVENT))


@pytest.mark.parametrize(
    ("rules", "denied"),
    [
        (["Query.*"], ["Mutation.createOrder", "Mutation.deleteOrder", "Order.price"]),
        (["*", "!Mutation.delete*"], ["Mutation.deleteOrder"]),
        (["*.order*", "Order.price"], ["Query.secrets", "Mutation.createOrder", "Mutation.deleteOrder"]),
        (["Query.order?", "!Query.orders"], None),
        (["GET Query.orders"], None),
        ([], None),
        (["*"], []),
    ],
)
def test_denied_are_the_fields_that_no_rule_allows(rules: list[str], denied: list[str] | None) -> None:
    """A field is written as GraphQL writes it; a rule with an HTTP method is none for a field."""
    found = answer(rules, routes=FIELDS)
    assert found["isAuthorized"] is (denied is not None)
    assert found["deniedFields"] == (denied or [])


def test_all_or_nothing_needs_no_schema() -> None:
    """Nor does everything but fields that are named."""
    assert answer(True) == {"isAuthorized": True, "deniedFields": [], "resolverContext": {}}
    assert answer(False)["isAuthorized"] is False
    assert answer(["*", "!Query.secrets", "!Mutation.drop"])["deniedFields"] == ["Query.secrets", "Mutation.drop"]


@pytest.mark.parametrize("rules", [["Query.orders"], ["*", "!Query.*"], ["*", "!a/b"], ["*", "!GET Query.orders"]])
def test_anything_else_without_the_schema_is_refused(rules: list[str], caplog: pytest.LogCaptureFixture) -> None:
    """What is not said to be denied would be allowed."""
    with pytest.raises(AuthorizerFailure):
        answer(rules)
    assert "fields of the schema are not known" in caplog.text


@pytest.mark.parametrize("routes", [["GET /product/{id}"], [*FIELDS, "GET /"], ["Query.a.b"], ["Query"], ["Query.a-b"]])
def test_the_routes_of_another_api_are_no_schema(routes: list[str], caplog: pytest.LogCaptureFixture) -> None:
    """They would deny no field of it, and a rule for one of them would open all of it."""
    with pytest.raises(AuthorizerFailure):
        answer(["product/*", "Query.*"], routes=routes)
    assert "no fields of a schema" in caplog.text
    assert answer(False, routes=routes)["isAuthorized"] is False


def test_a_schema_of_graphql_core_is_the_route_table() -> None:
    """Its object types and their fields; what GraphQL adds for introspection is not among them."""
    graphql = pytest.importorskip("graphql")
    schema = graphql.build_schema("type Query { a: Int, b: Other } type Other { c: String } input I { d: Int }")
    assert answer(["Query.*"], routes=schema)["deniedFields"] == ["Other.c"]


def test_the_time_of_caching_is_the_declared_one_or_less() -> None:
    """Without a declaration the API's own stands; a token that ends sooner ends it."""
    assert "ttlOverride" not in answer(True)
    assert answer(True, ttl=0)["ttlOverride"] == 0
    assert answer(True, ttl=60)["ttlOverride"] == 60
    assert 0 < answer(Grant(True, expires_at=time.time() + 30), ttl=60)["ttlOverride"] <= 30
    assert answer(Grant(True, expires_at=time.time() - 30))["ttlOverride"] == 0


def test_context_is_for_the_resolvers() -> None:
    """It is flat."""
    assert answer(Grant(True, context={"tenant": "t"}))["resolverContext"] == {"tenant": "t"}
