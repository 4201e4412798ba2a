"""What holds for an authorizer that lives long: what it was asked before changes no later answer."""

from __future__ import annotations

import copy
import enum
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import event as note
from hypothesis import example, given
from hypothesis import strategies as st

from cwsauth import AuthRequest, Forbidden, Grant, Policy, Rule, Unauthenticated, authorizer
from cwsauth.errors import AuthorizerFailure
from cwsauth.events import decode
from cwsauth.policy.frozen import FrozenDict, FrozenList, frozen
from cwsauth.request import credentials

HEADS = [
    "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev",
    "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod",
    "arn:aws:execute-api:eu-west-1:123456789012:abc123/de",
    "arn:aws:execute-api:eu-west-1:123456789012:abc12/dev",
    "arn:aws:execute-api:eu-west-1:999999999999:abc123/dev",
    "arn:aws-cn:execute-api:cn-north-1:123456789012:abc123/dev",
    "arn:aws:execute-api:eu-west-1:123456789012:abc123/$default",
    "arn:aws:execute-api:eu-west-1:123456789012:abc123/*",
    "arn:aws:execute-api:eu-west-1:*:abc123/dev",
    "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev\n",
]
CALLS = [
    "GET/a",
    "GET/",
    "PUT/a/1",
    "GET/a/1/b/2",
    "$connect",
    "GET/*",
    "FOO/a",
    "GET",
    "get/a",
    "",
    "*/a",
    "GETA/a",
    "/",
]
arns = st.one_of(
    st.builds("{}/{}".format, st.sampled_from(HEADS), st.sampled_from(CALLS)),
    st.sampled_from(["arn", "", HEADS[0], HEADS[0] + "/"]),
)


def token_event(arn: str) -> dict[str, Any]:
    return {"type": "TOKEN", "authorizationToken": "x", "methodArn": arn}


def request_event(arn: str) -> dict[str, Any]:
    return {"type": "REQUEST", "methodArn": arn, "headers": {"Authorization": "x"}}


def connect_event(arn: str) -> dict[str, Any]:
    return {**request_event(arn), "requestContext": {"eventType": "CONNECT"}}


def http_event(arn: str) -> dict[str, Any]:
    return {"type": "REQUEST", "version": "2.0", "routeArn": arn, "headers": {"authorization": "x"}}


events = st.builds(
    lambda make, arn: make(arn),
    st.sampled_from([token_event, token_event, request_event, connect_event, http_event]),
    arns,
)


class Number(enum.IntEnum):
    ONE = 1


class Text(str):
    __slots__ = ()


class Words(list[str]):
    pass


class IfKind:
    """A condition: compares like any other of its class, and holds for one kind of event."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def settle(self, rule: Rule, request: AuthRequest) -> Rule | None:
        return Rule.made(rule.effect, rule.methods, rule.segments) if request.kind == self.kind else None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IfKind)

    def __hash__(self) -> int:
        return 1


# Values that are equal, or have the same hash, and mean different things.
LIKE: list[Any] = [
    True,
    1,
    1.0,
    Number.ONE,
    False,
    0,
    None,
    "a",
    "*",
    ["*"],
    ("*",),
    Words(["*"]),
    [Text("*")],
    ["a"],
    ("a",),
    ["/a"],
    ["a/*"],
    [Rule("a")],
    [Rule("GET a")],
    [Rule("a", when=IfKind("rest.token"))],
    [Rule("a", when=IfKind("rest.request"))],
    [1],
    [True],
    ["a", True],
    ["a", 1],
    [],
    (),
    {},
    ["!a"],
    ["a", "!a"],
    ["GET a/*/b/**"],
    ["GET a/*/b/**", "GET b"],
    ["a", "b/{"],
    ["users/${claims.sub}"],
    Policy.of(True),
    Policy.of(["a"]),
    Policy.of(["a"], routes=["GET /a"]),
    Policy.of(["a"], routes=["GET /a", "GET /b"]),
    Grant(True),
    Grant(["a"], principal_id="alice"),
    Grant(["a"], principal_id="bob", context={"tier": 1}),
    Grant(["a"], usage_identifier_key="key"),
    Unauthenticated,
    Forbidden,
    ValueError,
    {"principalId": "x", "policyDocument": {"Version": "2012-10-17", "Statement": []}},
]
OPTIONS: list[Mapping[str, Any]] = [
    {},
    {"on_error": "deny"},
    {"inexact": "refuse"},
    {"complement": "deny"},
    {"routes": ["GET /a", "GET /a/{p}", "GET /a/{p}/b/{q}"]},
    {"principal_id": lambda request: request.arn or "none"},
    {"context": lambda request: {"path": request.path}},
    {"context": {"tier": 1}},
    {"limit": 600},
    {"simple": True, "ttl": 0},
]


def outcome(handler: Any, event: dict[str, Any]) -> object:
    """The answer to an event as JSON, or the name of what was raised; what it is made of is spoilt afterwards."""
    try:
        answer = handler(copy.deepcopy(event), None)
    except (Unauthenticated, AuthorizerFailure) as error:
        return type(error).__name__
    said = json.dumps(answer, sort_keys=True)
    # Nobody finished a response here, so every document is ours.
    assert type(answer.get("policyDocument", FROZEN)) is type(FROZEN)
    spoil(answer)
    return said


FROZEN = frozen({})


def spoil(value: Any) -> None:
    """Turns every list and dict in `value` into something else, but those that have to refuse it."""
    for inner in list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []:
        spoil(inner)
    if isinstance(value, (FrozenDict, FrozenList)):
        with pytest.raises(TypeError):
            value.clear()
    elif isinstance(value, dict):
        value.clear()
        value["Effect"] = "Allow"
    elif isinstance(value, list):
        value[:] = ["*"]


def auth_of(box: list[Any]) -> Any:
    """An auth function that returns, or raises, what is in the box."""

    def auth(request: AuthRequest) -> Any:
        if isinstance(box[0], type):
            raise box[0]("no")
        return box[0]

    return auth


@given(
    steps=st.lists(st.tuples(st.sampled_from(range(len(LIKE))), events), min_size=2, max_size=12),
    options=st.sampled_from(OPTIONS),
)
@example(steps=[(0, token_event(HEADS[0] + "/GET/a")), (1, token_event(HEADS[0] + "/GET/a"))], options={})
@example(steps=[(9, token_event(HEADS[0] + "/GET/a")), (12, token_event(HEADS[0] + "/GET/a"))], options={})
@example(steps=[(19, token_event(HEADS[0] + "/GET/a")), (20, token_event(HEADS[0] + "/GET/a"))], options={})
@example(steps=[(30, token_event(HEADS[0] + "/GET/a/1/b/2")), (30, token_event(HEADS[0] + "/GET/x"))], options={})
def test_what_was_asked_before_changes_nothing(
    steps: list[tuple[int, dict[str, Any]]], options: dict[str, Any]
) -> None:
    """One authorizer through a row of results and events answers each as one that has just been made."""
    box: list[Any] = [None]
    handler = authorizer(**options)(auth_of(box))
    for number, event in steps:
        box[0] = copy.deepcopy(LIKE[number]) if isinstance(LIKE[number], (list, Grant)) else LIKE[number]
        fresh = authorizer(**options)(auth_of([copy.deepcopy(box[0])]))
        assert outcome(handler, event) == outcome(fresh, event), (box[0], event)


RULES = st.lists(st.sampled_from(["a", "b", "*", "!a", "GET a/*", 1, "a/{", "a/**", "/", "GET a/*/b/**"]), max_size=3)


@given(contents=st.lists(RULES, min_size=2, max_size=8), event=events, nested=st.booleans())
@example(contents=[["a"], ["*"], ["!a"]], event=token_event(HEADS[0] + "/GET/a"), nested=False)
@example(contents=[["*"], ["a", "b"], []], event=token_event(HEADS[0] + "/GET/b"), nested=True)
def test_a_list_that_is_changed_is_another_answer(
    contents: list[list[Any]], event: dict[str, Any], nested: bool
) -> None:
    """An auth function may keep one list, or one grant, and change it from call to call."""
    kept: list[Any] = []
    box: list[Any] = [Grant(kept) if nested else kept]
    handler = authorizer(auth_of(box))
    for content in contents:
        kept[:] = content
        fresh = authorizer(auth_of([Grant([*content]) if nested else [*content]]))
        assert outcome(handler, event) == outcome(fresh, event), content


SENT = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["Bearer", "Bearer ", "bearer ", "Basic ", "Bearer  ", "Bear", " Bearer ", ""]),
    st.text(" \t\n\u2002x", max_size=3),
    st.sampled_from(["", "a", "a b", "a.b-c_d"]),
    st.text(" \t\n\u2002x", max_size=3),
)


@given(sent=SENT)
@example(sent="Bearer a")
@example(sent="Bearer ")
@example(sent="Bearer  ")
@example(sent="Bearer \ta\t")
@example(sent="Bearer a ")
@example(sent="Bearer a b")
@example(sent="bearer a")
def test_the_token_of_an_event_is_what_a_decoder_reads(sent: str) -> None:
    """The authorizer takes a short way to it, whatever stands around it."""
    event = {**token_event(HEADS[0] + "/GET/a"), "authorizationToken": sent}
    seen = []
    authorizer(lambda request: seen.append(request.token))(event, None)
    assert seen == [decode(event).token] == [credentials(sent)[1]]


@given(options=st.sampled_from(OPTIONS), then=st.sampled_from(OPTIONS), event=events)
def test_an_option_that_is_changed_holds(options: dict[str, Any], then: dict[str, Any], event: dict[str, Any]) -> None:
    """Also after the authorizer has answered: as if it had been made with it."""
    box: list[Any] = [["GET a/*", "!a/1"]]
    handler = authorizer(**options)(auth_of(box))
    outcome(handler, event)
    other = authorizer(**then)(auth_of(box))
    for name in ("inexact", "on_error", "complement", "limit", "principal_id", "context", "routes", "simple", "ttl"):
        setattr(handler, name, getattr(other, name))
    assert outcome(handler, event) == outcome(other, event)


@given(event=events)
def test_a_result_of_the_same_place_in_memory_is_another_one(event: dict[str, Any]) -> None:
    """A new list may have the address of one that is gone."""
    seen: set[int] = set()
    box: list[Any] = [None]
    handler = authorizer(auth_of(box))
    everything = outcome(authorizer(auth_of([["*"]])), event)
    nothing = outcome(authorizer(auth_of([["!a"]])), event)
    for number in range(60):
        box[0] = ["*"] if number % 2 else ["!a"]
        note("an address came back" if id(box[0]) in seen else "a new address")
        seen.add(id(box[0]))
        assert outcome(handler, event) == (everything if number % 2 else nothing)
        box[0] = None
