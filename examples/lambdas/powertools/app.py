"""The shop with Powertools: a resolver, an authorizer that knows its routes, and a second look in the function."""

import os
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, APIGatewayRestResolver

from cwsauth import AuthRequest, Grant, authorizer, secret_equals
from cwsauth.adapters.powertools import access_of, authorize, require

app: APIGatewayHttpResolver | APIGatewayRestResolver
app = APIGatewayHttpResolver() if os.environ.get("API") == "http" else APIGatewayRestResolver()
app.use(middlewares=[authorize(None, behind_authorizer=True, claims=lambda request: {"scope": _scope(request)})])

RULES: dict[str, bool | list[str]] = {
    "ADMIN_TOKEN": True,
    "USER_TOKEN": ["GET /", "product/**", "GET product", "!product/internal", "GET,POST orders"],
    "READER_TOKEN": ["GET product/*", "!product/internal"],
}


def _scope(request: AuthRequest) -> str:
    """What the authorizer handed over; it can be trusted, as API Gateway put it there."""
    said = request.raw["requestContext"]["authorizer"]
    return str(said.get("lambda", said)["scope"])


@app.get("/")
@app.get("/product")
@app.get("/product/internal")
@app.get("/admin")
def plain() -> dict[str, Any]:
    """Routes without parameters."""
    return {"parameters": {}, "shop": "powertools"}


@app.get("/product/<id>")
@app.put("/product/<id>")
@app.delete("/product/<id>")
@app.get("/product/<id>/reviews")
@app.post("/product/<id>/reviews")
@app.get("/orders/<id>")
def item(id: str) -> dict[str, Any]:
    """Routes with a parameter."""
    return {"parameters": {"id": id}, "shop": "powertools"}


@app.get("/orders")
@app.post("/orders", middlewares=[require("orders:write")])
def orders() -> dict[str, Any]:
    """The orders: writing them wants a scope, too."""
    return {"parameters": {}, "shop": "powertools", "principal": access_of(app).principal_id}


@app.put("/admin/<user>")
def user(user: str) -> dict[str, Any]:
    """A user."""
    return {"parameters": {"user": user}, "shop": "powertools"}


@authorizer(routes=app)
def auth(auth_request: AuthRequest) -> object:
    """The rules of the token."""
    for name, rules in RULES.items():
        if secret_equals(auth_request.token, os.environ.get(name)):
            return Grant(rules, principal_id=name, context={"scope": "orders:write", "shop": "powertools"})
    return False


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The backend."""
    return app.resolve(event, context)
