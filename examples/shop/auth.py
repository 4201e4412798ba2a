"""The shop's authorizer: a Lambda function of its own, `examples.shop.auth.auth`."""

from __future__ import annotations

import os

from cwsauth import AuthRequest, authorizer, secret_equals
from examples.shop.routes import GUARDED


@authorizer(routes=GUARDED)
def auth(auth_request: AuthRequest) -> bool | list[str]:
    if secret_equals(auth_request.token, os.getenv("ADMIN_TOKEN")):
        return True  # every route
    if secret_equals(auth_request.token, os.getenv("USER_TOKEN")):
        return ["product/*"]  # these routes: one segment below product, whatever the verb
    return False  # none
