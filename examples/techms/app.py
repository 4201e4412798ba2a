"""The service of the CoWorks deployment guide: an admin's token, a user's token, and `['product/*']`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from coworks_compat import TechMicroService, public
from coworks_compat.blueprint import Admin

if TYPE_CHECKING:
    from cwsauth import AuthRequest

PRODUCTS = {"1": "a lamp", "2": "a chair"}


class SimpleExampleMicroservice(TechMicroService):
    """Its methods are its routes; `auth` says who may call them."""

    def auth(self, auth_request: AuthRequest) -> bool | list[str]:
        if auth_request.token == os.getenv("ADMIN_TOKEN"):
            return True
        if auth_request.token == os.getenv("USER_TOKEN"):
            return ["product/*"]
        return False

    def get(self) -> str:
        """GET /"""
        return "Simple microservice ready.\n"

    def get_product(self) -> dict[str, str]:
        """GET /product"""
        return PRODUCTS

    def get_product_(self, ref: str) -> Any:
        """GET /product/{ref}"""
        return (PRODUCTS[ref], 200) if ref in PRODUCTS else ({"message": "no such product"}, 404)

    def put_product(self, ref: str, name: str = "") -> Any:
        """PUT /product/{ref} with {"name": "a table"}"""
        PRODUCTS[ref] = name
        return {"ref": ref, "name": name}, 201

    def get_product_stock(self, ref: str, place: str) -> str:
        """GET /product/stock/{ref}/{place}"""
        return f"{ref} is not at {place}"

    def get_order(self, number: str) -> str:
        """GET /order/{number}"""
        return f"order {number}"

    @public
    def get_health(self) -> str:
        """GET /health, without a token"""
        return "up"


app = SimpleExampleMicroservice("example")
app.register_blueprint(Admin(), url_prefix="/admin")
