"""What holds for the yes and no of HTTP API, which its cache replays for other calls than the one that was asked about."""

from __future__ import annotations

from typing import Any

from hypothesis import event, example, given
from hypothesis import strategies as st

from cwsauth import Policy, authorizer
from cwsauth.authorizer import Authorizer
from cwsauth.errors import AuthorizerFailure
from tests.laws import strategies
from tests.laws.generate import API, Call, Drawn, declared_call, is_declared, names_for

BY_ROUTE = ["$request.header.Authorization", "$context.routeKey"]


def handler_of(rules: list[str], routes: list[str] | None, **options: Any) -> Authorizer:
    """An authorizer with simple answers that grants these rules to everybody."""
    made = authorizer(lambda request: rules, routes=routes, simple=True, **options)
    assert isinstance(made, Authorizer)
    return made


def ask(handler: Authorizer, call: Call, route_key: str) -> bool | None:
    """The simple answer to a call; None where there is none."""
    asked = {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": f"{API}/{call.method}{call.path}",
        "routeKey": route_key,
        "headers": {"authorization": "x"},
    }
    try:
        answer = handler(asked, None)
    except AuthorizerFailure:
        return None
    assert set(answer) == {"isAuthorized"}
    assert type(answer["isAuthorized"]) is bool
    return bool(answer["isAuthorized"])


@given(case=strategies.declared(calls=5, least=1, most=6), known=st.booleans())
@example(case=(["a"], ["GET /a"], [Call("GET", "/a", True)]), known=True)
@example(case=(["*", "!a"], ["GET /a", "GET /b"], [Call("GET", "/a", True), Call("GET", "/b", True)]), known=True)
@example(case=(["extra/**"], ["GET /a"], [Call("GET", "/extra/x", True), Call("GET", "/a", True)]), known=True)
@example(case=(["**", "!extra/**"], ["GET /a"], [Call("GET", "/a", True), Call("GET", "/extra/x", True)]), known=True)
def test_cached_yes_is_right_for_every_route(case: tuple[list[str], list[str], list[Call]], known: bool) -> None:
    """A yes that is cached for all routes is one for a policy that allows all of them; and it is one of the matcher's."""
    rules, routes, calls = case
    table = routes if known else None
    policy = Policy.of(rules)
    handler = handler_of(rules, table)
    for call in calls:
        answer = ask(handler, call, "$default")
        event(f"answer {answer}")
        if answer:
            assert policy.allows(call.method, call.path)
            for other in calls:
                if is_declared(table, other):
                    assert policy.allows(other.method, other.path), (call, other)


@given(case=strategies.declared(calls=1, least=1, most=6), data=st.data())
def test_cached_yes_is_right_for_its_route(case: tuple[list[str], list[str], list[Call]], data: st.DataObject) -> None:
    """With `$context.routeKey` in the identity source, a yes is one for every call of that route key."""
    rules, routes, _ = case
    policy = Policy.of(rules)
    choose = Drawn(data.draw)
    names = names_for(choose, rules)
    route = (
        choose.pick([route for route in routes if "," not in route]) if any("," not in r for r in routes) else "ANY /"
    )
    calls = [declared_call(choose, [route], names) for _ in range(5)]
    handler = handler_of(rules, None, identity_source=BY_ROUTE)
    for call in calls:
        if ask(handler, call, route):
            for other in calls:
                assert policy.allows(other.method, other.path), (route, call, other)


@given(case=strategies.undeclared(calls=4))
def test_uncached_answer_is_the_decision(case: tuple[list[str], list[Call]]) -> None:
    """Without a cache every policy has a simple answer: that of the matcher, where the path can be read in one way only."""
    rules, calls = case
    policy = Policy.of(rules)
    handler = handler_of(rules, None, ttl=0)
    for call in calls:
        answer = ask(handler, call, "$default")
        assert answer is (policy.allows(call.method, call.path) and (policy.everything or "%" not in call.path))
