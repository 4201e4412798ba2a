"""The law of doors: whatever event brings a request, it is decided as the policy decides its path."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given

from cwsauth import Policy, authorizer, evaluate
from cwsauth.policy.evaluate import Verdict
from tests.adapters.doors import PROTECTED, Door
from tests.adapters.kinds import METHOD_KINDS
from tests.laws.generate import Call
from tests.laws.strategies import undeclared

# What no canonical path has, and what a request line cannot carry as it is.
_REFUSED = set("\\;?#%\0\r\n\t\x7f")


def _plain(path: str) -> bool:
    parts = path.split("/")
    return path.isascii() and path.isprintable() and not set(path) & _REFUSED and not {".", ".."} & {*parts}


@pytest.mark.parametrize("door", PROTECTED, ids=str)
@given(case=undeclared(calls=4))
def test_a_door_lets_in_whom_the_policy_lets_in(door: Door, case: tuple[list[str], list[Call]]) -> None:
    """For every plain path, encoded as a client encodes it; one with doubled slashes lets nobody in."""
    rules, calls = case
    policy = Policy.of(rules)
    for method, path, _ in calls:
        if not _plain(path):
            continue
        target = quote(path, safe="/-._~!$&'()*+,=:@")
        if "%" in target and "lattice" in door.name:
            continue  # an escape is refused there
        found = door.ask(lambda _: rules, method, target)
        # Frameworks do not agree on what a doubled slash is, so in process it is nobody's route.
        wanted = "//" not in path and policy.allows(method, path)
        assert found.called is wanted, (rules, method, path)


@given(case=undeclared(calls=4))
def test_no_kind_of_event_allows_what_the_policy_does_not(case: tuple[list[str], list[Call]]) -> None:
    """The document is evaluated for the ARN of the event itself."""
    rules, calls = case
    handler = authorizer(lambda _: rules)
    for method, path, _ in calls:
        if not _plain(path) or "%" in quote(path, safe="/-._~!$&'()*+,=:@"):
            continue
        wanted = Policy.of(rules).allows(method, path)
        for kind in METHOD_KINDS:
            event = kind.build("t", method, path)
            answer: dict[str, Any] = handler(event, None)
            if evaluate(answer["policyDocument"], event[kind.arn]) is Verdict.ALLOW:
                assert wanted, (kind, rules, method, path)
