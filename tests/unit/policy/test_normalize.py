"""What an `auth` function may return: each row of the table, what becomes of it, and what the log is told."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import pytest

from cwsauth import AuthRequest, Grant, Policy, RouteTable, Rule
from cwsauth.policy.normalize import EVERYTHING, NOTHING, normalize

WANTED = "return True, False, a list of rules such as ['product/*'], a Grant or a Policy"


def texts(policy: Policy) -> list[str]:
    return [rule.text for rule in policy.rules]


@pytest.mark.parametrize(
    ("result", "rules"),
    [
        (True, ["*"]),
        (False, []),
        ([], []),
        ((), []),
        (["product/*"], ["product/*"]),
        (("product/*", "!a"), ["product/*", "!a"]),
        ([Rule("GET a"), "b"], ["GET a", "b"]),
        (Policy.of(["a"]), ["a"]),
        (Grant(True), ["*"]),
        (Grant(["a"]), ["a"]),
        (Grant(Policy.of(["a"])), ["a"]),
        (Grant(False), []),
    ],
)
def test_an_answer_is_a_policy(result: object, rules: list[str]) -> None:
    """True, False, a list or tuple of rules, a grant of one of these, a policy."""
    answer = normalize(result)
    assert answer.problem is None
    assert texts(answer.policy) == rules
    assert (answer.principal_id, answer.context, answer.usage_identifier_key, answer.finished) == (None,) * 4


class Yes(enum.IntEnum):
    YES = 1


class Text(str):
    __slots__ = ()


class Words(list[str]):
    """A list that may change while it is read."""


class Bool:
    def __bool__(self) -> bool:
        return True


async def awaitable() -> bool:
    return True


def generator() -> Any:
    yield "a"


@pytest.mark.parametrize(
    ("result", "name"),
    [
        (None, "NoneType"),
        (1, "int"),
        (0, "int"),
        (1.0, "float"),
        (Yes.YES, "Yes"),
        ("product/*", "str"),
        ("*", "str"),
        ("", "str"),
        (b"*", "bytes"),
        (Text("*"), "Text"),
        (Words(["*"]), "Words"),
        ({"*"}, "set"),
        (frozenset({"*"}), "frozenset"),
        ({}, "dict"),
        ({"isAuthorized": True}, "dict"),
        (generator(), "generator"),
        (Bool(), "Bool"),
        (Rule("*"), "Rule"),
        (RouteTable.of(["GET /a"]), "RouteTable"),
        (AuthRequest(), "AuthRequest"),
        (ValueError("*"), "ValueError"),
        (bool, "type"),
        (normalize, "function"),
        (object(), "object"),
        (NotImplemented, "NotImplementedType"),
    ],
)
def test_anything_else_grants_nothing(result: object, name: str) -> None:
    """The log learns the type and what to return, and no value."""
    answer = normalize(result)
    assert answer.policy.rules == ()
    assert answer.problem == f"auth returned {name}, which is no answer: {WANTED}"


def test_a_coroutine_that_nobody_awaited_grants_nothing() -> None:
    """A plain handler around an async function returns a coroutine, and that is no yes."""
    coroutine = awaitable()
    answer = normalize(coroutine)
    coroutine.close()
    assert answer.policy.rules == ()
    assert answer.problem == f"auth returned coroutine, which is no answer: {WANTED}"


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (["a", None], f"auth returned a list with NoneType in it, which is no rule: {WANTED}"),
        (["a", 1], f"auth returned a list with int in it, which is no rule: {WANTED}"),
        (["a", True], f"auth returned a list with bool in it, which is no rule: {WANTED}"),
        ([["a"]], f"auth returned a list with list in it, which is no rule: {WANTED}"),
        ([b"a"], f"auth returned a list with bytes in it, which is no rule: {WANTED}"),
        ([Text("a")], f"auth returned a list with Text in it, which is no rule: {WANTED}"),
        ((Policy.of(["a"]),), f"auth returned a list with Policy in it, which is no rule: {WANTED}"),
        (
            ["a", "b/{c"],
            "auth returned a list with a wrong rule in it: invalid route pattern 'b/{c': '{' at column 3 is not closed;"
            " write 'b/{c}'",
        ),
        (Grant(None), f"auth returned NoneType, which is no answer: {WANTED}"),
        (Grant("a"), f"auth returned str, which is no answer: {WANTED}"),
        (Grant(Grant(True)), f"auth returned a Grant of a Grant: {WANTED}"),
        (Grant({"policyDocument": {}}), f"auth returned a Grant of a finished response: {WANTED}"),
        (Grant(True, principal_id=""), "auth returned a Grant whose principal_id is not a non-empty string"),
        (
            Grant(True, principal_id=7),  # type: ignore[arg-type]
            "auth returned a Grant whose principal_id is not a non-empty string",
        ),
        (
            Grant(True, principal_id=Text("alice")),
            "auth returned a Grant whose principal_id is not a non-empty string",
        ),
        (Grant(True, context=[1]), "auth returned a Grant whose context is list, not a dict"),  # type: ignore[arg-type]
        (Grant(True, context=0), "auth returned a Grant whose context is int, not a dict"),  # type: ignore[arg-type]
        (
            Grant(True, usage_identifier_key=""),
            "auth returned a Grant whose usage_identifier_key is not a non-empty string",
        ),
        (
            Grant(True, conditions=lambda request: True),
            "auth returned a Grant with conditions that are none: use those of cwsauth.policy.conditions",
        ),
    ],
)
def test_an_answer_that_is_wrong_in_one_place_grants_nothing(result: object, problem: str) -> None:
    """Nothing of it is granted, and the log is told which place it is."""
    answer = normalize(result)
    assert answer.policy.rules == ()
    assert answer.problem == problem


def test_a_grant_brings_an_identity() -> None:
    """Principal, context and API key come through as they are."""
    answer = normalize(
        Grant(["a"], principal_id="alice", context={"tier": 1}, usage_identifier_key="key", expires_at=12.5)
    )
    assert (answer.principal_id, answer.context, answer.usage_identifier_key) == ("alice", {"tier": 1}, "key")
    assert answer.expires_at == 12.5
    assert repr(Grant(["a"], principal_id="alice")) == "Grant(['a'], principal_id=...)"


class Both:
    """A condition that can be joined with another one."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def settle(self, rule: Rule, request: AuthRequest) -> Rule | None:
        return Rule.made(rule.effect, rule.methods, rule.segments) if request.kind in self.names else None

    def __and__(self, other: Both) -> Both:
        return Both(*(name for name in self.names if name in other.names))


class Alone:
    """A condition that cannot."""

    def settle(self, rule: Rule, request: AuthRequest) -> Rule | None:
        return None


def test_conditions_of_a_grant_limit_every_rule() -> None:
    """Also one that has a condition of its own; what cannot be joined grants nothing."""
    answer = normalize(Grant([Rule("a"), Rule("b", when=Both("alb", "iot"))], conditions=Both("alb", "lattice")))
    for kind, allowed in (("alb", ["/a", "/b"]), ("lattice", ["/a"]), ("iot", [])):
        policy = answer.policy.settle(AuthRequest(kind))
        assert [path for path in ("/a", "/b") if policy.allows("GET", path)] == allowed
    refused = normalize(Grant([Rule("b", when=Both("alb"))], conditions=Alone()))
    assert refused.policy.rules == ()
    assert refused.problem == "auth returned a Grant with conditions that cannot be joined with those of its rules"


def test_a_finished_response_is_still_to_be_checked() -> None:
    """A dict with a policyDocument grants nothing by itself."""
    response = {"principalId": "x", "policyDocument": {}}
    answer = normalize(response)
    assert answer.finished is response
    assert answer.problem is None
    assert answer.policy.rules == ()


def test_the_table_of_the_api_is_put_in() -> None:
    """Where the result does not bring one of its own."""
    table = RouteTable.of(["GET /a"])
    other = RouteTable.of(["GET /b"])
    for result in (True, False, ["a"], Policy.of(["a"]), Grant(["a"]), Grant(True)):
        assert normalize(result, routes=table).policy.routes == table
    assert normalize(Policy.of(["a"], routes=other), routes=table).policy.routes == other
    assert normalize(True, routes=table).policy.everything


def test_the_shared_answers_stay_what_they_are() -> None:
    """What everybody shares cannot be spoiled by one of them."""
    assert normalize(True).policy is EVERYTHING
    assert normalize(False).policy is NOTHING
    with pytest.raises(AttributeError):
        NOTHING.rules = EVERYTHING.rules
    answer = normalize(False)
    answer.policy = EVERYTHING
    assert normalize(False).policy is NOTHING


# Other frameworks' answers: the real classes, and shapes that are nearly those.


@pytest.mark.parametrize(
    ("make", "rules"),
    [
        (lambda c: c.AuthResponse(["product/*"], "alice"), ["product/*"]),
        (lambda c: c.AuthResponse(["/product/*"], "alice"), ["/product/*"]),
        (lambda c: c.AuthResponse(["*"], "alice"), ["*"]),
        (lambda c: c.AuthResponse([], "alice"), []),
        (lambda c: c.AuthResponse([c.AuthRoute("/a", ["GET", "PUT"])], "alice"), ["GET,PUT /a"]),
        (lambda c: c.AuthResponse([c.AuthRoute("/a", ["*"])], "alice"), ["* /a"]),
        (lambda c: [c.AuthRoute("/a", ["GET"]), "b"], ["GET /a", "b"]),
        (lambda c: c.AuthResponse([c.AuthRoute("*", ["GET"])], "alice"), ["GET *"]),
    ],
)
def test_answers_of_chalice_get_our_meaning(make: Callable[[Any], object], rules: list[str]) -> None:
    """`product/*` is `product/*` there too, and not `roduct/*`."""
    chalice = pytest.importorskip("chalice", reason="its real classes are read")
    answer = normalize(make(chalice))
    assert answer.problem is None
    assert texts(answer.policy) == rules


@pytest.mark.parametrize(
    "make",
    [
        lambda c: c.AuthResponse("*", "alice"),
        lambda c: c.AuthResponse(None, "alice"),
        lambda c: c.AuthResponse([c.AuthRoute("/a", [])], "alice"),
        lambda c: c.AuthResponse([c.AuthRoute("/a", "GET")], "alice"),
        lambda c: c.AuthResponse([c.AuthRoute("/a", [None])], "alice"),
        lambda c: c.AuthResponse([c.AuthRoute(None, ["GET"])], "alice"),
        lambda c: c.AuthResponse([c.AuthRoute("/a", ["TRACE"])], "alice"),
        lambda c: c.AuthResponse(["a/{b"], "alice"),
        lambda c: c.AuthResponse(["a"], ""),
        lambda c: c.AuthResponse(["a"], None),
        lambda c: c.AuthResponse(["a"], "alice", context=["x"]),
    ],
)
def test_a_wrong_answer_of_chalice_grants_nothing(make: Callable[[Any], object]) -> None:
    """What Chalice would turn into a malformed document, or into a wider one."""
    chalice = pytest.importorskip("chalice", reason="its real classes are read")
    answer = normalize(make(chalice))
    if answer.problem is None:
        # Only a principal may be missing: the authorizer has one of its own.
        assert answer.principal_id is None
        assert texts(answer.policy) == ["a"]
    else:
        assert answer.policy.rules == ()


def powertools(**options: Any) -> Any:
    module = pytest.importorskip(
        "aws_lambda_powertools.utilities.data_classes.api_gateway_authorizer_event", reason="its real classes are read"
    )
    return module.APIGatewayAuthorizerResponse(
        principal_id="alice", region="eu-west-1", aws_account_id="123456789012", api_id="abc123", stage="dev", **options
    )


@pytest.mark.parametrize(
    ("build", "rules"),
    [
        (lambda r: r.allow_all_routes(), ["*"]),
        (lambda r: r.allow_all_routes("GET"), ["GET *"]),
        (lambda r: r.allow_route("GET", "/a/*"), ["GET a/*"]),
        (lambda r: r.allow_route("*", "/a/{id}"), ["* a/{id}"]),
        (lambda r: r.allow_route("GET", "/"), ["GET /"]),
        (lambda r: (r.allow_all_routes(), r.deny_route("PUT", "/a")), ["*", "!PUT a"]),
        (lambda r: r.deny_all_routes(), ["!*"]),
    ],
)
def test_answers_of_powertools_get_our_meaning(build: Callable[[Any], object], rules: list[str]) -> None:
    """Its allowed and denied routes, with the verb enumerated and `*` as one segment."""
    response = powertools(context={"a": 1}, usage_identifier_key="key")
    build(response)
    answer = normalize(response)
    assert answer.problem is None
    assert texts(answer.policy) == rules
    assert (answer.principal_id, answer.context, answer.usage_identifier_key) == ("alice", {"a": 1}, "key")


@pytest.mark.parametrize(
    "build",
    [
        lambda r: r.allow_route("GET", "/a", conditions=[{"IpAddress": {}}]),
        lambda r: r._allow_routes.append({"resourceArn": None}),
        lambda r: r._allow_routes.append({"resourceArn": "*"}),
        lambda r: r._allow_routes.append({}),
        lambda r: r._allow_routes.append("arn"),
        lambda r: setattr(r, "_allow_routes", None),
        lambda r: delattr(r, "_deny_routes"),
        lambda r: r.allow_route("GET", "/a/**x"),
        lambda r: r.allow_route("GET", "/{x+}/a"),
    ],
)
def test_a_wrong_answer_of_powertools_grants_nothing(build: Callable[[Any], object]) -> None:
    """One route that cannot be read takes the others with it."""
    response = powertools()
    response.allow_route("GET", "/fine")
    build(response)
    answer = normalize(response)
    assert answer.policy.rules == ()
    assert answer.problem is not None


def test_a_class_of_the_same_name_is_no_answer_by_its_name_alone() -> None:
    """Shapes are what counts: without its attributes a namesake is refused."""
    for name in ("AuthResponse", "AuthRoute", "APIGatewayAuthorizerResponse"):
        namesake = type(name, (), {})()
        for result in (namesake, [namesake]):
            answer = normalize(result)
            assert answer.policy.rules == ()
            assert answer.problem is not None


def test_an_object_in_a_list_is_not_asked_anything() -> None:
    """What is no rule is refused by its type, without running code of it."""

    class Trap:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError(name)

    answer = normalize([Trap()])
    assert answer.problem == f"auth returned a list with Trap in it, which is no rule: {WANTED}"
