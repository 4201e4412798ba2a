"""Fault 10: local emulation ignores Deny, caching and string resources, so "it worked locally" means nothing.

Measured on Chalice local, serverless-offline and moto.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from cwsauth.gateway import Authorizer, Gateway, Route
from tests.security.naive import HEAD, caught

TOKEN = {"Authorization": "abc"}

# An emulator, as a function: the answer of an authorizer, and which of some calls it lets through, in their order.
Emulator = Callable[[Any, list[tuple[str, str]]], list[bool]]


def ours(authorize: Any, calls: list[tuple[str, str]]) -> list[bool]:
    """The local gateway, with two routes behind the authorizer."""
    guard = Authorizer(authorize)

    def backend(event: Any, context: object) -> dict[str, Any]:
        return {"statusCode": 200, "body": "ok"}

    gateway = Gateway(
        [Route("GET", path, backend, authorizer=guard) for path in ("/a", "/b", "/x/a", "/a/b", "/a.b", "/axb")]
    )
    return [gateway.call(method, path, headers=TOKEN).status == 200 for method, path in calls]


def naive(authorize: Any, calls: list[tuple[str, str]]) -> list[bool]:
    """Reads allowed resources only, as unanchored expressions, character by character where it is one string, and asks each time."""
    found = []
    for method, path in calls:
        response = authorize({"methodArn": f"{HEAD}/{method}{path}", "authorizationToken": "abc"}, None)
        resources = [
            r for s in response["policyDocument"]["Statement"] for r in s["Resource"] if s["Effect"] == "Allow"
        ]
        patterns = [resource.partition("/")[2].partition("/")[2].replace("*", ".*") for resource in resources]
        found.append(any(re.search(pattern, f"{method}{path}") for pattern in patterns if pattern))
    return found


def answering(*statements: Mapping[str, Any]) -> Any:
    full = [{"Action": "execute-api:Invoke", **statement} for statement in statements]
    return lambda event, context: {"principalId": "u", "policyDocument": {"Version": "2012-10-17", "Statement": full}}


def deny_wins(emulator: Emulator) -> None:
    authorize = answering(
        {"Effect": "Allow", "Resource": [f"{HEAD}/*"]}, {"Effect": "Deny", "Resource": [f"{HEAD}/GET/a"]}
    )
    assert emulator(authorize, [("GET", "/a"), ("GET", "/b")]) == [False, True]


def a_string_is_one_resource(emulator: Emulator) -> None:
    authorize = answering({"Effect": "Allow", "Resource": f"{HEAD}/GET/a"})
    assert emulator(authorize, [("GET", "/a"), ("GET", "/b")]) == [True, False]


def a_resource_is_matched_as_a_whole(emulator: Emulator) -> None:
    authorize = answering({"Effect": "Allow", "Resource": [f"{HEAD}/GET/a"]})
    assert emulator(authorize, [("GET", "/a/b"), ("GET", "/x/a"), ("GET", "/a")]) == [False, False, True]


def a_dot_is_a_dot(emulator: Emulator) -> None:
    authorize = answering({"Effect": "Allow", "Resource": [f"{HEAD}/GET/a.b"]})
    assert emulator(authorize, [("GET", "/axb"), ("GET", "/a.b")]) == [False, True]


def an_answer_is_cached(emulator: Emulator) -> None:
    """An authorizer that echoes what it is asked about works once, and then it is 403 until the cache runs out."""

    def echo(event: Any, context: object) -> Any:
        return answering({"Effect": "Allow", "Resource": [event["methodArn"]]})(event, context)

    assert emulator(echo, [("GET", "/a"), ("GET", "/b"), ("GET", "/a")]) == [True, False, True]


def a_malformed_answer_is_refused(emulator: Emulator) -> None:
    authorize = answering({"Effect": "Allow", "Resource": [f"{HEAD}/*"]})

    def malformed(event: Any, context: object) -> Any:
        return {**authorize(event, context), "principalId": None, "context": {"a": {"b": 1}}}

    assert emulator(malformed, [("GET", "/a")]) == [False]


BEHAVIOURS = [
    deny_wins,
    a_string_is_one_resource,
    a_resource_is_matched_as_a_whole,
    a_dot_is_a_dot,
    an_answer_is_cached,
    a_malformed_answer_is_refused,
]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_the_local_gateway_does_what_aws_does(behaviour: Any) -> None:
    """Deny, strings, anchors, characters, the cache and malformed answers."""
    behaviour(ours)


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_a_naive_emulator_would_be_caught(behaviour: Any) -> None:
    """Each of them finds the emulator that has the faults of those that were measured."""
    caught(behaviour, naive)
