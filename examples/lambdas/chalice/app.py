"""The shop with Chalice: an authorizer with our answers, and views behind it."""

import os
from typing import Any

from chalice.app import AuthResponse, AuthRoute, Chalice

from cwsauth import AuthRequest, secret_equals
from cwsauth.adapters.chalice import answers, middleware

app = Chalice(app_name="shop")
app.register_middleware(middleware(None, behind_authorizer=True), "http")

USER = ["GET /", "product/**", "GET product", "!product/internal", "GET,POST orders"]


@app.authorizer(ttl_seconds=300)
@answers(app)
def auth(auth_request: AuthRequest) -> object:
    """Our results and Chalice's own, side by side."""
    if secret_equals(auth_request.token, os.environ.get("ADMIN_TOKEN")):
        return AuthResponse(routes=["*"], principal_id="admin", context={"shop": "chalice"})
    if secret_equals(auth_request.token, os.environ.get("USER_TOKEN")):
        return USER
    if secret_equals(auth_request.token, os.environ.get("READER_TOKEN")):
        return [AuthRoute("product/*", ["GET"]), "!product/internal"]
    return False


@app.route("/", authorizer=auth)
@app.route("/product", authorizer=auth)
@app.route("/product/internal", authorizer=auth)
@app.route("/admin", authorizer=auth)
@app.route("/orders", methods=["GET", "POST"], authorizer=auth)
def plain() -> dict[str, Any]:
    """Routes without parameters."""
    return {"parameters": {}, "shop": "chalice"}


@app.route("/product/{id}", methods=["GET", "PUT", "DELETE"], authorizer=auth)
@app.route("/product/{id}/reviews", methods=["GET", "POST"], authorizer=auth)
@app.route("/orders/{id}", authorizer=auth)
def item(id: str) -> dict[str, Any]:
    """Routes with a parameter."""
    return {"parameters": {"id": id}, "shop": "chalice"}


@app.route("/admin/{user}", methods=["PUT"], authorizer=auth)
def user(user: str) -> dict[str, Any]:
    """A user."""
    return {"parameters": {"user": user}, "shop": "chalice"}
