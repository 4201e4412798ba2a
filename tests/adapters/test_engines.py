"""Other engines: their answers about routes become one policy, which means the same of every call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import casbin
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwsauth import AuthRequest, Policy, RouteTable, authorizer
from cwsauth.adapters.casbin import CasbinSource
from cwsauth.adapters.cedar import CedarSource
from cwsauth.engine import Engine
from cwsauth.errors import AuthorizerFailure, ConfigError
from cwsauth.policy.routed import routed_policy
from cwsauth.tokens.verifier import Identity, Verifier
from tests.oracle import iam, paths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cwsauth.policy import Route

ROUTES = [
    "GET /product",
    "GET,PUT /product/{id}",
    "GET /product/latest",
    "GET /product/{id}/reviews",
    "GET /admin/{proxy+}",
    "GET /admin/health",
]
PREFIX = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/"
EVENT = {"type": "TOKEN", "methodArn": PREFIX + "GET/product/1"}

CEDAR = """
permit(principal, action == Action::"GET", resource)
  when { context.template like "/product*" && context.template != "/product/latest" };
permit(principal == User::"root", action, resource);
forbid(principal, action, resource == Route::"GET /admin/health");
"""
MODEL = """
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act, eft
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = (p.sub == "*" || g(r.sub, p.sub)) && keyMatch(r.obj, p.obj) && (p.act == "*" || r.act == p.act)
"""


class Named(Verifier):
    """Believes the token to be a name; for tests."""

    def verify(self, request: AuthRequest) -> Identity:
        return Identity(request.token)


class Table:
    """An engine that says yes to some routes."""

    def __init__(self, *granted: str) -> None:
        self.granted = granted

    def decide(self, principal: Identity, method: str, route: Route, request: AuthRequest) -> bool:
        return str(route) in self.granted


def casbin_source() -> CasbinSource:
    model = casbin.Enforcer.new_model(text=MODEL)
    enforcer = casbin.Enforcer(model)
    for template in ("/product", "/product/{id}", "/product/{id}/reviews"):
        enforcer.add_policy("*", template, "GET", "allow")
    enforcer.add_policy("root", "*", "*", "allow")
    enforcer.add_policy("*", "/admin/health", "*", "deny")
    return CasbinSource(enforcer)


def own_rules() -> Callable[[Identity], object]:
    return lambda identity: (
        ["**", "!GET admin/health"]
        if identity.principal_id == "root"
        else ["GET product", "GET product/*", "GET product/*/reviews", "!product/latest"]
    )


@pytest.mark.parametrize("name", ["alice", "root"])
@pytest.mark.parametrize("source", [CedarSource(CEDAR), casbin_source()], ids=["cedar", "casbin"])
def test_engines_agree_with_our_own_rules(source: object, name: str) -> None:
    """The same meaning, said in Cedar, in Casbin and in rules, gives the same answer for every declared call."""
    engine = authorizer(Engine(Named(), source, routes=ROUTES))  # type: ignore[arg-type]
    policy = engine.policy(AuthRequest("rest.request", token=name))
    own = Policy.of(own_rules()(Identity(name)), routes=ROUTES)
    for call in paths.declared_calls(ROUTES, ["latest", "health", "x", "reviews"], 2):
        assert policy.allows(call.method, call.path) is own.allows(call.method, call.path), call
    answer = engine({**EVENT, "authorizationToken": name})
    assert answer["principalId"] == name
    for call in paths.declared_calls(ROUTES, ["latest", "health", "x"], 2):
        if call.canonical:
            verdict = iam.verdict(answer["policyDocument"], PREFIX + f"{call.method}{call.path}")
            assert (verdict == "allow") is own.allows(call.method, call.path), call


def test_the_document_of_an_engine_is_cacheable() -> None:
    """All routes are asked about, so the document is exact and right for each of them."""
    policy = routed_policy(RouteTable.of(ROUTES), set(RouteTable.of(ROUTES).routes[:3]))
    document = policy.document(PREFIX + "GET/product/1")
    assert document.exact
    assert document.cacheable


def test_an_error_in_a_forbid_denies() -> None:
    """Cedar skips a policy that fails; here a failing one denies, as it might have forbidden."""
    failing = 'permit(principal, action, resource); forbid(principal, action, resource) when { principal.role == "x" };'
    policy = authorizer(Engine(Named(), CedarSource(failing), routes=ROUTES)).policy(AuthRequest(token="alice"))
    assert not any(policy.allows("GET", path) for path in ("/product", "/product/1", "/admin/x"))
    known = CedarSource(failing, principal=lambda identity: {"attrs": {"role": "y"}})
    assert authorizer(Engine(Named(), known, routes=ROUTES)).policy(AuthRequest(token="al")).allows("GET", "/product")


def test_nobody_is_granted_nothing() -> None:
    """A caller without a name is never asked about as if the name were empty."""

    class Nameless(Verifier):
        def verify(self, request: AuthRequest) -> Identity:
            return Identity(None)

    for source in (CedarSource("permit(principal, action, resource);"), casbin_source()):
        policy = authorizer(Engine(Nameless(), source, routes=ROUTES)).policy(AuthRequest(token="x"))
        assert not policy.allows("GET", "/product")


@pytest.mark.parametrize("answer", [1, "yes", None, [True]])
def test_only_true_is_a_yes(answer: object) -> None:
    """An engine's answer is a yes only if it is the object True."""

    class Odd:
        def decide(self, *asked: object) -> object:
            return answer

    policy = authorizer(Engine(Named(), Odd(), routes=ROUTES)).policy(AuthRequest(token="x"))  # type: ignore[arg-type]
    assert not policy.allows("GET", "/product")


def test_an_engine_that_fails_or_answers_too_little_is_an_error() -> None:
    """No answer is made up: API Gateway gets an error, and nothing is cached."""

    class Short:
        def decide(self, *asked: object) -> bool:
            return True

        def decide_all(self, principal: Identity, routes: Sequence[Route], request: AuthRequest) -> list[bool]:
            return [True]

    handler = authorizer(Engine(Named(), Short(), routes=ROUTES))
    with pytest.raises(AuthorizerFailure):
        handler({**EVENT, "authorizationToken": "alice"})
    with pytest.raises(ConfigError, match="no policy engine"):
        Engine(Named(), object(), routes=ROUTES)  # type: ignore[arg-type]


def test_an_engine_may_know_rules() -> None:
    """Where the engine has rules for a principal they are used as an auth function's result."""

    class Knowing:
        def decide(self, *asked: object) -> bool:
            raise AssertionError

        def rules_for(self, principal: Identity) -> list[str]:
            return ["GET product/*"]

    handler = authorizer(Engine(Named(), Knowing(), routes=ROUTES))
    assert handler.policy(AuthRequest(token="x")).allows("GET", "/product/1")


@given(granted=st.sets(st.sampled_from(range(7))))
def test_a_routed_policy_grants_what_the_calls_fall_on(granted: set[int]) -> None:
    """For any set of granted routes, a call is allowed only if the route it falls on is granted; and if none covers it."""
    table = RouteTable.of(ROUTES)
    chosen = {route for place, route in enumerate(table) if place in granted}
    policy = routed_policy(table, chosen)
    for call in paths.declared_calls(ROUTES, ["latest", "health", "x", "reviews"], 2):
        if call.canonical:
            match = table.match(call.method, call.path)
            assert match is not None
            assert policy.allows(call.method, call.path) is (match.route in chosen), call


def test_a_grant_below_a_denied_template_is_lost_and_nothing_is_won() -> None:
    """Three nested templates, of which the middle one is not granted: never more than was granted."""
    routes = ["GET /a/{rest+}", "GET /a/{id}", "GET /a/b"]
    table = RouteTable.of(routes)
    policy = routed_policy(table, {table.routes[0], table.routes[2]})
    assert not policy.allows("GET", "/a/x")
    assert policy.allows("GET", "/a/x/y")
    assert not policy.allows("GET", "/a/b")
