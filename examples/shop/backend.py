"""The shop itself: one Lambda function, `examples.shop.backend.handler`, as a Lambda proxy integration calls it."""

from __future__ import annotations

import json
from typing import Any

PRODUCTS = {"1": {"name": "kettle", "price": 24}, "2": {"name": "teapot", "price": 31}}
REVIEWS = {"1": {"1": "boils", "2": "boils loudly"}, "2": {"1": "pours"}}
ORDERS: dict[str, Any] = {"7": {"product": "1", "items": {"1": "kettle"}}}

Event = dict[str, Any]


def handler(event: Event, context: object) -> dict[str, Any]:
    route = ROUTES.get(f"{event['httpMethod']} {event['resource']}") or ROUTES.get(event["resource"])
    if route is None:
        return answer(404, {"error": "no such thing"})
    try:
        return answer(200, route(event, event["pathParameters"] or {}))
    except KeyError:
        return answer(404, {"error": "no such thing"})


def answer(status: int, body: object) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}


def who(event: Event) -> str:
    """The principal that the authorizer named; an open route has none."""
    return str((event["requestContext"].get("authorizer") or {}).get("principalId", "anybody"))


ROUTES: dict[str, Any] = {
    "GET /health": lambda event, _: {"ok": True},
    "GET /": lambda event, _: {"shop": "open", "for": who(event)},
    "GET /product": lambda event, _: PRODUCTS,
    "POST /product": lambda event, _: {"added": json.loads(event["body"] or "{}")},
    "GET /product/{id}": lambda event, path: PRODUCTS[path["id"]],
    "PUT /product/{id}": lambda event, path: {"changed": PRODUCTS[path["id"]]["name"]},
    "DELETE /product/{id}": lambda event, path: {"removed": PRODUCTS[path["id"]]["name"]},
    "GET /product/{id}/reviews": lambda event, path: REVIEWS[path["id"]],
    "POST /product/{id}/reviews": lambda event, path: {"thanks": who(event)},
    "GET /product/{id}/reviews/{review}": lambda event, path: REVIEWS[path["id"]][path["review"]],
    "DELETE /product/{id}/reviews/{review}": lambda event, path: {"removed": REVIEWS[path["id"]][path["review"]]},
    "GET /order": lambda event, _: ORDERS,
    "POST /order": lambda event, _: {"ordered": json.loads(event["body"] or "{}")},
    "GET /order/{id}": lambda event, path: ORDERS[path["id"]],
    "GET /order/{id}/items/{item}/label": lambda event, path: {"label": ORDERS[path["id"]]["items"][path["item"]]},
    "GET /admin": lambda event, _: {"admin": who(event)},
    "/admin/{proxy+}": lambda event, path: {"admin": event["httpMethod"], "path": path["proxy"]},
}
