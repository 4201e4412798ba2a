"""The API and its authorizer. At AWS the line that makes the verifier is `JWT.cognito(REGION, POOL, CLIENT)`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cwsauth import authorizer
from cwsauth.gateway import Authorizer, Gateway, Route, Stage
from cwsauth.tokens import JWKS, JWT, Roles
from examples.cognito.issuer import CLIENT, POOL, REGION

if TYPE_CHECKING:
    from cwsauth.authorizer import Authorizer as Handler

ROUTES = ["GET /article", "GET,PUT /article/{id}", "GET /users/{sub}", "GET,DELETE /admin/{proxy+}"]

# A group of the pool is a role. `*` is everybody who is signed in; a placeholder is filled with the claim.
ROLES = Roles(
    {
        "admins": ["**"],
        "editors": ["GET,PUT article/*"],
        "*": ["GET article", "GET article/*", "GET users/${claims.sub}"],
    },
    claim="cognito:groups",
    inherits={"admins": ["editors"]},
)


def auth(keys: str) -> Handler:
    """The authorizer. `keys` is where the pool publishes its keys, which is at AWS for a pool of AWS."""
    jwks = JWKS(keys, allow_loopback_http=True, cooldown=0.05)
    return authorizer(JWT.cognito(REGION, POOL, CLIENT, jwks=jwks, grant=ROLES), routes=ROUTES, ttl=60)


def backend(event: dict[str, Any], context: object) -> dict[str, Any]:
    who = event["requestContext"]["authorizer"]["principalId"]
    return {"statusCode": 200, "body": json.dumps({"hello": who, "path": event["path"]})}


def gateway(keys: str) -> Gateway:
    """Every route behind the authorizer."""
    guard = Authorizer(auth(keys))
    return Gateway([Route.parse(route, backend, authorizer=guard) for route in ROUTES], stage=Stage("dev"))
