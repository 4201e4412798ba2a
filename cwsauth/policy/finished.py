"""A response that an `auth` function finished by itself: passed on only if it keeps the laws of our own documents."""

from __future__ import annotations

import re

from cwsauth.errors import ArnError, CwsAuthError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cwsauth.arn import MethodArn

_KEYS = frozenset({"principalId", "policyDocument", "context", "usageIdentifierKey"})
# A verb before a path, the whole stage, or a WebSocket route key.
_ANCHORED = re.compile(r"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)/.*|\*|\$[a-z]+", re.DOTALL)

# What IAM reads as more than itself; in the path of a call it is the caller who wrote it.
_WILD = re.compile(r"[*?]|\$\{|[^ -~]")


def check(response: Mapping[str, Any], arn: MethodArn) -> str | None:
    """None if `response` may be passed on for a call of `arn`; else a sentence that says why not, without its values.

    It must be a document that IAM reads, and each resource it allows must be of this API and stage, with a verb in front
    of its path (`*` is the whole stage).
    """
    from cwsauth.policy.evaluate import check_document

    unknown = response.keys() - _KEYS
    if unknown:
        return "auth returned a finished response with keys that API Gateway does not know"
    if type(response.get("principalId")) is not str or not response["principalId"]:
        return "auth returned a finished response without a principalId"
    try:
        check_document(response["policyDocument"])
        prefix = arn.prefix + "/"
    except ArnError as error:
        return f"auth returned a finished response that cannot be checked: {error.message}"
    except CwsAuthError as error:
        return f"auth returned a finished response that IAM would not read: {error.message}"
    key = response.get("usageIdentifierKey")
    if key is not None and (type(key) is not str or not key):
        return "auth returned a finished response whose usageIdentifierKey is not a non-empty string"
    statements = response["policyDocument"]["Statement"]
    for statement in [statements] if isinstance(statements, dict) else statements:
        if statement["Effect"] != "Allow":
            continue
        if "NotResource" in statement or "NotAction" in statement:
            return "auth returned a finished response that allows by exclusion (NotResource, NotAction)"
        resources = statement["Resource"]
        for resource in [resources] if isinstance(resources, str) else resources:
            if not resource.startswith(prefix):
                return "auth returned a finished response that allows something outside this API and stage"
            if _ANCHORED.fullmatch(resource[len(prefix) :]) is None:
                return "auth returned a finished response with a wildcard in the place of the verb"
            if resource == arn.text and _WILD.search(resource[len(prefix) :]) is not None:
                return "auth returned a finished response that allows the ARN of the call, whose path is read as a wildcard"
    return None
