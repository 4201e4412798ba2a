"""What an authorizer answered, checked as REST API checks it. What is malformed is never read as a yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cwsauth.errors import DocumentError
from cwsauth.policy.evaluate import Evaluator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cwsauth.gateway.invoke import Outcome

RESOURCE_LIMIT = 512
"""Characters of a Resource in a returned policy. Source: "Output from an API Gateway Lambda authorizer"."""


@dataclass(frozen=True, slots=True, repr=False)
class AuthorizerResult:
    """A usable result: the identity, the policy, and the context as the backend will see it."""

    principal_id: str
    policy: Evaluator
    context: Mapping[str, str | None]
    usage_identifier_key: str | None
    latency: int

    def __repr__(self) -> str:
        return "<AuthorizerResult>"  # context may hold what nobody should see


@dataclass(frozen=True, slots=True)
class Malformed:
    """A result that API Gateway answers 500 to, and why."""

    reason: str


def check_policy_result(outcome: Outcome) -> AuthorizerResult | Malformed:
    """The result of an authorizer that answers with a policy.

    Values of the context are made text: numbers and booleans as JSON writes them; null stays null; lists and
    maps are refused, and so is the reserved key `claims`.
    """
    value = outcome.value
    if not isinstance(value, dict):
        return Malformed(f"the authorizer returned {_kind(value)}, not an object")
    principal = value.get("principalId")
    if not isinstance(principal, str) or not principal:
        return Malformed("principalId is missing, empty or not a string")
    policy = compile_policy(value.get("policyDocument"))
    if isinstance(policy, Malformed):
        return policy
    context = flat_context(value.get("context"))
    if isinstance(context, Malformed):
        return context
    key = value.get("usageIdentifierKey")
    if key is not None and not isinstance(key, str):
        return Malformed("usageIdentifierKey is not a string")
    return AuthorizerResult(principal, policy, context, key, int(outcome.seconds * 1000))


def compile_policy(document: object) -> Evaluator | Malformed:
    """The evaluator of a returned policy document, which must be one that IAM reads."""
    if document is None:
        return Malformed("policyDocument is missing")
    try:
        policy = Evaluator(document)
    except DocumentError as error:
        return Malformed(error.message)
    for statement in policy.statements:
        if any(len(resource) > RESOURCE_LIMIT for resource in statement.resources):
            return Malformed(f"a resource of {statement} is longer than {RESOURCE_LIMIT} characters")
    return policy


def flat_context(context: object) -> dict[str, str | None] | Malformed:
    """The context as text, for REST API and WebSocket APIs."""
    if context is None:
        return {}
    if not isinstance(context, dict):
        return Malformed(f"the context is {_kind(context)}, not an object")
    flat: dict[str, str | None] = {}
    for key, value in context.items():
        if key == "claims":
            return Malformed("the context uses the reserved key 'claims'")
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
