"""AppSync: the Lambda authorizer of a GraphQL API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cwsauth.gateway.events.defaults import REQUEST_ID

if TYPE_CHECKING:
    from collections.abc import Mapping


def appsync(
    token: str,
    query: str = "query GetOrders { orders { id } }",
    *,
    operation: str | None = None,
    variables: Mapping[str, Any] | None = None,
    api_id: str = "giy7kumfmvcqvbedntjwjvagii",
    account: str = "123456789012",
) -> dict[str, Any]:
    """The event of an AppSync authorizer: a token and the operation, no ARN, no type, no path."""
    context: dict[str, Any] = {"apiId": api_id, "accountId": account, "requestId": REQUEST_ID, "queryString": query}
    if operation is not None:
        context["operationName"] = operation
    context["variables"] = dict(variables or {})
    return {"authorizationToken": token, "requestContext": context}
