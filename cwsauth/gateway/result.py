"""What an authorizer answered, checked as API Gateway checks it. What is malformed is never read as a yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cwsauth.errors import DocumentError
from cwsauth.policy.evaluate import Evaluator, Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cwsauth.gateway.invoke import Outcome

WEBSOCKET_LIMIT = 8 * 1024
"""Bytes of a result for a WebSocket API. Source: "Quotas and important notes"."""


class Judge(Protocol):
    """What says yes or no to a call: a policy, or the verdict of a simple answer."""

    def judge(self, arn: str, context: Mapping[str, object] | None = None) -> Judgement:
        """The verdict on one call."""


class SimpleVerdict:
    """`isAuthorized`: the same for every route, whatever the call."""

    def __init__(self, allowed: bool) -> None:
        self.allowed = allowed

    def judge(self, arn: str, context: Mapping[str, object] | None = None) -> Judgement:
        """The verdict, which does not look at the call."""
        if self.allowed:
            return Judgement(Verdict.ALLOW, reason="isAuthorized is true")
        return Judgement(Verdict.EXPLICIT_DENY, reason="isAuthorized is false")


@dataclass(frozen=True, slots=True, repr=False)
class AuthorizerResult:
    """A usable result: the identity, what judges a call, and the context as the backend will see it."""

    principal_id: str
    policy: Judge
    context: Mapping[str, object]
    usage_identifier_key: str | None
    latency: int

    def __repr__(self) -> str:
        return "<AuthorizerResult>"  # context may hold what nobody should see


@dataclass(frozen=True, slots=True)
class Malformed:
    """A result that API Gateway answers 500 to, and why."""

    reason: str


def check_policy_result(outcome: Outcome) -> AuthorizerResult | Malformed:
    """The result of an authorizer of a REST or WebSocket API.

    Values of the context are made text: numbers and booleans as JSON writes them; null stays null; lists and
    maps are refused, and so is the reserved key `claims`.
    """
    return _policy_result(outcome, flat_context)


def check_websocket_result(outcome: Outcome) -> AuthorizerResult | Malformed:
    """The result of the authorizer of `$connect`: as REST API's, of 8 KB at most."""
    if outcome.size > WEBSOCKET_LIMIT:
        return Malformed(f"the authorizer's result is larger than {WEBSOCKET_LIMIT} bytes")
    return _policy_result(outcome, flat_context)


def check_http_result(outcome: Outcome) -> AuthorizerResult | Malformed:
    """The result of an authorizer of an HTTP API that answers with a policy: the context may be nested."""
    return _policy_result(outcome, nested_context)


def check_simple_result(outcome: Outcome) -> AuthorizerResult | Malformed:
    """The result of an authorizer of an HTTP API with simple answers: `isAuthorized`, a real boolean."""
    value = outcome.value
    if not isinstance(value, dict):
        return Malformed(f"the authorizer returned {_kind(value)}, not an object")
    allowed = value.get("isAuthorized")
    if not isinstance(allowed, bool):
        return Malformed(f"isAuthorized is {_kind(allowed)}, not a boolean")
    context = nested_context(value.get("context"))
    if isinstance(context, Malformed):
        return context
    return AuthorizerResult("", SimpleVerdict(allowed), context, None, int(outcome.seconds * 1000))


def _policy_result(
    outcome: Outcome, check_context: Callable[[object], Mapping[str, object] | Malformed]
) -> AuthorizerResult | Malformed:
    value = outcome.value
    if not isinstance(value, dict):
        return Malformed(f"the authorizer returned {_kind(value)}, not an object")
    principal = value.get("principalId")
    if not isinstance(principal, str) or not principal:
        return Malformed("principalId is missing, empty or not a string")
    policy = compile_policy(value.get("policyDocument"))
    if isinstance(policy, Malformed):
        return policy
    context = check_context(value.get("context"))
    if isinstance(context, Malformed):
        return context
    key = value.get("usageIdentifierKey")
    if key is not None and not isinstance(key, str):
        return Malformed("usageIdentifierKey is not a string")
    return AuthorizerResult(principal, policy, context, key, int(outcome.seconds * 1000))


def compile_policy(document: object) -> Evaluator | Malformed:
    """The evaluator of a returned policy document, which must be one that IAM reads, with resources in their limit."""
    if document is None:
        return Malformed("policyDocument is missing")
    try:
        return Evaluator(document)
    except DocumentError as error:
        return Malformed(error.message)


def nested_context(context: object) -> dict[str, object] | Malformed:
    """The context as it is, for HTTP APIs, which take any JSON there but the reserved key."""
    if context is None:
        return {}
    if not isinstance(context, dict):
        return Malformed(f"the context is {_kind(context)}, not an object")
    if "claims" in context:
        return Malformed("the context uses the reserved key 'claims'")
    return context


def flat_context(context: object) -> dict[str, str | None] | Malformed:
    """The context as text, for REST and WebSocket APIs."""
    nested = nested_context(context)
    if isinstance(nested, Malformed):
        return nested
    flat: dict[str, str | None] = {}
    for key, value in nested.items():
        match value:
            case None | str():
                flat[key] = value
            case bool():
                flat[key] = "true" if value else "false"
            case int() | float():
                flat[key] = repr(value)
            case _:
                return Malformed(f"the context has {_kind(value)} as a value")
    return flat


def _kind(value: object) -> str:
    """The JSON kind of a value, for a message that must not show the value."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "an object"
