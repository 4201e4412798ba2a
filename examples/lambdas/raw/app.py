"""The shop without a framework: an authorizer and a backend."""

import json
from typing import Any

from cwsauth import authorizer, protect
from cwsauth.tokens import StaticTokens

ROUTES = [
    "GET /",
    "GET /product",
    "GET,PUT,DELETE /product/{id}",
    "GET,POST /product/{id}/reviews",
    "GET /product/internal",
    "GET,POST /orders",
    "GET /orders/{id}",
    "GET /admin",
    "PUT /admin/{user}",
    "GET /files/{proxy+}",
]

RULES: dict[Any, Any] = {
    "ADMIN_TOKEN": True,
    "USER_TOKEN": ["GET /", "product/**", "GET product", "!product/internal", "GET,POST orders", "files/public/**"],
    "READER_TOKEN": ["GET product/*", "!product/internal"],
}

auth = authorizer(StaticTokens(RULES), routes=ROUTES, context={"shop": "raw"})

# For an HTTP API with simple responses: its cached yes counts for every route, so it is all or nothing.
simple = authorizer(StaticTokens({"ADMIN_TOKEN": True, "USER_TOKEN": False}), simple=True, context={"shop": "raw"})


@protect(None, behind_authorizer=True)
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Says which call came through, and what the authorizer said of the caller."""
    said = event["requestContext"]["authorizer"]
    said = said.get("lambda", said)
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"parameters": event.get("pathParameters") or {}, "shop": said["shop"]}),
    }
