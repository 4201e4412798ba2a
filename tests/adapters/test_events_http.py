"""HTTP API: policy answers, and simple answers where a cached one is right."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from cwsauth import Grant, Policy, authorizer
from cwsauth.errors import AuthorizerFailure
from cwsauth.gateway import events
from cwsauth.policy.uniform import same_everywhere, same_on_route

BY_ROUTE = ["$request.header.Authorization", "$context.routeKey"]


def event(method: str = "GET", path: str = "/product/1", route_key: str | None = None) -> dict[str, Any]:
    """A 2.0 event."""
    return events.http_v2(method, path, headers={"authorization": "t"}, route_key=route_key)


def test_a_policy_is_the_default_answer() -> None:
    """A boolean is what API Gateway expects only where simple responses are enabled."""
    assert set(authorizer(lambda _: True)(event())) == {"principalId", "policyDocument"}


@pytest.mark.parametrize("result", [True, False])
def test_all_or_nothing_is_a_simple_answer(result: bool) -> None:
    """Its verdict is the same for every route."""
    assert authorizer(simple=True)(lambda _: result)(event()) == {"isAuthorized": result}


def test_a_simple_answer_carries_nested_context() -> None:
    """HTTP API hands over lists and objects."""
    context = {"groups": ["a", "b"], "tenant": {"id": 1, "name": None}}
    answer = authorizer(simple=True)(lambda _: Grant(True, context=context))(event())
    assert answer == {"isAuthorized": True, "context": context}


def test_simple_is_for_payload_2_only() -> None:
    """Other kinds of events get the answer that they ask for."""
    handler = authorizer(simple=True)(lambda _: True)
    for other in (events.rest_token("t"), events.http_v1("GET", "/"), events.websocket_connect()):
        assert "policyDocument" in handler(other)


def test_a_policy_that_differs_by_route_has_no_simple_answer(caplog: pytest.LogCaptureFixture) -> None:
    """API Gateway would replay the yes for every other route; the log says what to do."""
    with pytest.raises(AuthorizerFailure):
        authorizer(simple=True)(lambda _: ["product/*"])(event())
    assert "differs by route" in caplog.text
    denied = authorizer(simple=True, on_error="deny")(lambda _: ["product/*"])(event())
    assert denied == {"isAuthorized": False}


def test_with_the_route_key_in_the_source_it_has_one() -> None:
    """Then each route has its own cached verdict."""
    handler = authorizer(simple=True, identity_source=BY_ROUTE)(lambda _: ["product/*", "GET orders"])
    assert handler(event("GET", "/product/1", "GET /product/{id}")) == {"isAuthorized": True}
    assert handler(event("GET", "/orders", "GET /orders")) == {"isAuthorized": True}
    assert handler(event("POST", "/orders", "POST /orders")) == {"isAuthorized": False}


@pytest.mark.parametrize(
    ("rules", "method", "path", "route_key"),
    [
        (["product/1"], "GET", "/product/1", "GET /product/{id}"),
        (["product/*", "!product/9"], "GET", "/product/1", "GET /product/{id}"),
        (["GET orders"], "GET", "/orders", "ANY /orders"),
        (["a/*"], "GET", "/a/b", "GET /a/{proxy+}"),
        (["a"], "GET", "/a", "$default"),
        (["a"], "GET", "/a", "no route key"),
    ],
)
def test_a_policy_that_differs_within_the_route_has_none(
    rules: list[str], method: str, path: str, route_key: str
) -> None:
    """The key of the cache is the template, so one product's yes would be every product's."""
    with pytest.raises(AuthorizerFailure):
        authorizer(simple=True, identity_source=BY_ROUTE)(lambda _: rules)(event(method, path, route_key))


def test_without_caching_each_call_has_its_verdict() -> None:
    """`ttl=0` declares that nothing is replayed."""
    handler = authorizer(simple=True, ttl=0)(lambda _: ["product/1"])
    assert handler(event("GET", "/product/1")) == {"isAuthorized": True}
    assert handler(event("GET", "/product/2")) == {"isAuthorized": False}


def test_an_encoded_path_is_not_decided_by_a_list() -> None:
    """Whether the ARN of an HTTP API is encoded is not known, so a path with an escape could be read in two ways."""
    handler = authorizer(simple=True, ttl=0)(lambda _: ["**", "!admin/**"])
    call = event("GET", "/x")
    call["routeArn"] = call["routeArn"].replace("/x", "/%61dmin/x")
    assert handler(call) == {"isAuthorized": False}


def test_a_finished_policy_is_no_simple_answer() -> None:
    """API Gateway expects a boolean there and would answer 500."""
    call = event()
    finished = authorizer(lambda _: True)(call)
    with pytest.raises(AuthorizerFailure):
        authorizer(simple=True)(lambda _: finished)(call)
    assert authorizer(lambda _: finished)(call) == finished


@pytest.mark.parametrize(
    ("rules", "same"),
    [
        (["**"], True),
        ([], True),
        (["!a"], True),
        (["a/**", "b"], True),
        (["a/**"], False),
        (["**", "!a/1"], False),
        (["**", "!a/**", "!b"], True),
        (["GET a/**", "GET b"], False),
    ],
)
def test_uniform_over_a_route_table(rules: list[str], same: bool) -> None:
    """A table whose routes all have one verdict is as good as all or nothing."""
    policy = Policy.of(rules, routes=["GET /a/{id}", "PUT /a/{id}", "GET /b"])
    assert same_everywhere(policy) is same


@pytest.mark.parametrize(
    ("rules", "same"), [(["**"], True), (["/*"], False), (["{proxy+}"], False), (["GET **"], False)]
)
def test_uniform_without_a_route_table(rules: list[str], same: bool) -> None:
    """Then every path is declared, the root too."""
    assert same_everywhere(Policy.of(rules)) is same
    assert same_on_route(Policy.of(rules), "$default") is same


def test_the_usage_plan_is_left_out() -> None:
    """HTTP API has none."""
    grant = Grant(True, usage_identifier_key="key")
    assert "usageIdentifierKey" not in authorizer(lambda _: grant)(event())
    assert authorizer(lambda _: grant)(events.rest_token("t"))["usageIdentifierKey"] == "key"


def test_context_that_is_json_text_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """It has been seen to fail on a cache hit; the value is not logged."""
    with caplog.at_level(logging.WARNING):
        authorizer(lambda _: Grant(True, context={"groups": json.dumps(["secret"])}))(event())
    assert "'groups'" in caplog.text
    assert "secret" not in caplog.text
