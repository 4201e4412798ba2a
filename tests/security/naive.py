"""What the tests of this directory have in common: calls through an authorizer, judged by the oracle.

Each test states a behaviour as a function of an authorizer. Ours has to show it; a naive one, written down beside it as one
finds it in released software, must be caught by the very same function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.oracle import iam

HEAD = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"

# A Lambda handler of an authorizer: an event in, a response out.
Handler = Callable[[dict[str, Any], object], Any]


def token_event(call: str = "GET/product/1", token: str = "abc", head: str = HEAD) -> dict[str, Any]:
    """The event of a TOKEN authorizer for a call such as `GET/product/1`."""
    return {"type": "TOKEN", "authorizationToken": token, "methodArn": f"{head}/{call}"}


def verdict(response: Any, call: str, head: str = HEAD) -> str:
    """What the policy of a response says of a call: `allow`, `explicit_deny`, `implicit_deny`."""
    return iam.verdict(response["policyDocument"], f"{head}/{call}")


def allows(response: Any, call: str, head: str = HEAD) -> bool:
    """Whether the policy of a response allows a call."""
    return verdict(response, call, head) == iam.ALLOW


def answer(*resources: str, effect: str = "Allow") -> dict[str, Any]:
    """A response by hand, as naive authorizers make it."""
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": list(resources)}
    return {"principalId": "user", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def caught(behaviour: Callable[..., object], *naive: object) -> None:
    """Holds if the behaviour fails for the naive implementation."""
    with pytest.raises((AssertionError, iam.OracleError)):
        behaviour(*naive)
