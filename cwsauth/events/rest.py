"""The answer that carries a policy.

Source: API Gateway developer guide, "Output from an API Gateway Lambda authorizer".
"""

from __future__ import annotations

from cwsauth.outcome import check_context, copied
from cwsauth.policy.frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cwsauth.outcome import Outcome


def encode_policy(outcome: Outcome) -> dict[str, Any]:
    """The answer of a REST API authorizer: a principal, a policy document and what goes to the backend."""
    # PERF: benchmarks/events.py - said here once more than in `answer`, and a call less.
    found: dict[str, Any] = {"principalId": outcome.principal_id, "policyDocument": frozen(outcome.document.policy)}
    if outcome.context:
        check_context(outcome.context)
        found["context"] = dict(outcome.context)
    if outcome.usage_identifier_key is not None:
        found["usageIdentifierKey"] = outcome.usage_identifier_key
    return found


def answer(outcome: Outcome, *, nested: bool = False) -> dict[str, Any]:
    """A principal, a policy document, a checked context: what the answers of all APIs have in common."""
    found: dict[str, Any] = {"principalId": outcome.principal_id, "policyDocument": frozen(outcome.document.policy)}
    if outcome.context:
        check_context(outcome.context, nested=nested)
        found["context"] = copied(outcome.context)
    return found
