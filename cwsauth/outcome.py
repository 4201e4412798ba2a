"""What an authorizer decided about one request, before it takes the form that the event's kind asks for."""

from __future__ import annotations

from cwsauth.errors import ResultError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cwsauth.policy.document import Document
    from cwsauth.policy.policy import Policy

# Keys that API Gateway sets itself. Source: developer guide, "Create a Lambda authorizer", and measured proxy events.
RESERVED = frozenset({"principalId", "integrationLatency", "claims"})


class Outcome:
    """The identity, the policy and its document. `document` is made for the API and stage of the call.

    It is None for the kinds that have no such ARN (AppSync, IoT). `expires_at`: until when the identity is good, in seconds
    since the epoch, or None.
    """

    __slots__ = ("context", "document", "expires_at", "policy", "principal_id", "usage_identifier_key")
    document: Any

    def __init__(
        self,
        policy: Policy,
        document: Document | None,
        principal_id: str,
        context: Mapping[str, object] | None = None,
        usage_identifier_key: str | None = None,
        expires_at: float | None = None,
    ) -> None:
        self.policy = policy
        self.document = document
        self.principal_id = principal_id
        self.context = context
        self.usage_identifier_key = usage_identifier_key
        self.expires_at = expires_at


def check_context(context: object, *, nested: bool = False) -> None:
    """Checks the context that is handed to the backend.

    `nested` allows lists and objects, as HTTP API does; REST and WebSocket API answer 500 for them.

    Raises:
        ResultError: a key or value that API Gateway would not take; it names the key and the type, never the value.
    """
    if not isinstance(context, dict):
        raise ResultError(f"invalid context: a dict is needed, not {type(context).__name__}", help=_HELP)
    for key, value in context.items():
        if type(key) is not str or not key:
            raise ResultError(f"invalid context: a key is {type(key).__name__}, not a non-empty string", help=_HELP)
        if key in RESERVED:
            raise ResultError(f"invalid context: {key!r} is set by API Gateway itself", help="use another name for it")
        if not _plain(value) and not (nested and _json(value)):
            raise ResultError(f"invalid context: the value of {key!r} is {type(value).__name__}", help=_HELP)


_MOST_VALUES = 100_000
_HELP = "REST and WebSocket API take strings, numbers and booleans, HTTP API also lists and objects of them"


def _plain(value: object) -> bool:
    if type(value) is float:
        return value - value == 0  # neither infinite nor NaN, which JSON cannot say
    return type(value) in (str, int, bool)


def _json(value: object) -> bool:
    """Whether JSON can say a nested value; by a stack, as the depth is somebody else's. What never ends is none."""
    stack = [value]
    left = _MOST_VALUES
    while stack:
        item = stack.pop()
        left -= 1
        if left < 0:
            return False
        if isinstance(item, dict):
            if any(type(key) is not str for key in item):
                return False
            stack.extend(item.values())
        elif isinstance(item, (list, tuple)):
            stack.extend(item)
        elif item is not None and not _plain(item):
            return False
    return True


def copied(context: Mapping[str, object]) -> dict[str, Any]:
    """A checked context in dicts and lists of its own: a `Grant` that lives on is in the answers of many callers.

    By a stack, as in `_json`.
    """
    made: dict[str, Any] = dict(context)
    stack: list[Any] = [made]
    while stack:
        holder = stack.pop()
        for key, item in holder.items() if type(holder) is dict else enumerate(holder):
            if isinstance(item, (dict, list, tuple)):
                holder[key] = own = dict(item) if isinstance(item, dict) else list(item)
                stack.append(own)
    return made
