"""The API and its authorizer: placeholders and conditions on claims."""

from __future__ import annotations

import json
from typing import Any

from cwsauth import Rule, authorizer
from cwsauth.gateway import Authorizer, Gateway, Route, Stage
from cwsauth.policy.conditions import claim, group, path
from cwsauth.tokens import JWT

ISSUER = "https://login.example/"
AUDIENCE = "tenants"
ROUTES = [
    "GET,POST /tenants/{tenant}/orders",
    "GET /tenants/{tenant}/orders/{order}",
    "GET,PUT /tenants/{tenant}/settings",
    "GET /tenants/{tenant}/audit/{proxy+}",
    "GET /plans",
]

RULES: list[str | Rule] = [
    "GET plans",
    # A placeholder is filled with the claim, as literal text: a claim such as '*' opens nothing.
    "GET,POST tenants/${claims.tenant}/orders",
    "GET tenants/${claims.tenant}/orders/*",
    # A condition: only owners, and only of this tenant.
    Rule("GET,PUT tenants/{tenant}/settings", when=claim("tenant").equals(path("tenant")) & group("owner")),
    # An auditor has a list of tenants.
    Rule("GET tenants/{tenant}/audit/**", when=path("tenant").in_(claim("audits"))),
    # Whoever is suspended keeps nothing, whatever else is granted.
    Rule("!**", when=claim("suspended").exists()),
]

auth = authorizer(
    JWT(issuer=ISSUER, audience=AUDIENCE, algorithms="HS256", secret="TENANTS_SECRET", grant=RULES, context=["tenant"]),
    routes=ROUTES,
    ttl=60,
)


def backend(event: dict[str, Any], context: object) -> dict[str, Any]:
    caller = event["requestContext"]["authorizer"]
    return {"statusCode": 200, "body": json.dumps({"who": caller["principalId"], "tenant": caller.get("tenant")})}


def gateway() -> Gateway:
    """Every route behind the authorizer."""
    guard = Authorizer(auth)
    return Gateway([Route.parse(route, backend, authorizer=guard) for route in ROUTES], stage=Stage("dev"))
