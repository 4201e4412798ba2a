"""`python -m examples.tenants` serves a service for several tenants; `--once` calls it and checks the answers."""

from __future__ import annotations

import os
import secrets
import sys
import time
from typing import TYPE_CHECKING, Any

import jwt

from examples.serving import Call, check, rows, run, suggest
from examples.tenants.api import AUDIENCE, ISSUER, gateway

if TYPE_CHECKING:
    from cwsauth.gateway.server import Server

CALLS = rows(
    ("ann of acme", "owner of acme", "bob of brick", "auditor", "suspended", "nobody"),
    ("GET /plans", 200, 200, 200, 200, 403, 401),
    ("GET /tenants/acme/orders", 200, 200, 403, 403, 403, 401),
    ("POST /tenants/acme/orders", 200, 200, 403, 403, 403, 401),
    ("GET /tenants/acme/orders/7", 200, 200, 403, 403, 403, 401),
    ("GET /tenants/brick/orders", 403, 403, 200, 403, 403, 401),
    ("PUT /tenants/acme/settings", 403, 200, 403, 403, 403, 401),
    ("PUT /tenants/brick/settings", 403, 403, 403, 403, 403, 401),
    ("GET /tenants/acme/audit/2030/1", 403, 403, 403, 200, 403, 401),
    ("GET /tenants/brick/audit/2030/1", 403, 403, 403, 200, 403, 401),
    ("GET /tenants/copper/audit/2030/1", 403, 403, 403, 403, 403, 401),
)
# Claims that try to be more than one segment. The issuer would have to be fooled first.
HOSTILE: dict[str, Any] = {
    "tenant *": "*",
    "tenant **": "**",
    "tenant a*": "a*",
    "tenant ..": "..",
    "tenant path": "acme/orders",
    "tenant empty": "",
    "tenant list": ["acme", "brick"],
    "tenant variable": "${claims.tenant}",
}
ATTEMPTS = [
    Call(who, "GET", f"/tenants/{tenant}/orders", 403) for who in HOSTILE for tenant in ("acme", "brick", "orders")
]


def token(secret: str, **claims: Any) -> str:
    now = int(time.time())
    made = {"iss": ISSUER, "aud": AUDIENCE, "sub": "somebody", "iat": now, "exp": now + 3600, **claims}
    return jwt.encode(made, secret, algorithm="HS256")


def main(arguments: list[str] | None = None) -> int:
    secret = os.environ.setdefault("TENANTS_SECRET", secrets.token_hex(32))
    tokens = {
        "ann of acme": token(secret, sub="ann", tenant="acme"),
        "owner of acme": token(secret, sub="olga", tenant="acme", groups=["owner"]),
        "bob of brick": token(secret, sub="bob", tenant="brick"),
        "auditor": token(secret, sub="audrey", audits=["acme", "brick"]),
        "suspended": token(secret, sub="sam", tenant="acme", groups=["owner"], suspended=True),
        **{who: token(secret, tenant=tenant) for who, tenant in HOSTILE.items()},
    }

    def once(server: Server) -> int:
        wrong = check(server, [*CALLS, *ATTEMPTS], tokens)
        print(f"\n{'all answers as expected' if not wrong else f'{wrong} answers not as expected'}")
        return 1 if wrong else 0

    def introduce(server: Server) -> None:
        print(f"The service is served at {server.url} (Ctrl-C stops it)")
        suggest(server, [CALLS[6], CALLS[8], CALLS[31], CALLS[45], ATTEMPTS[0]], tokens)

    return run("tenants", __doc__, gateway(), once, introduce, arguments)


if __name__ == "__main__":
    sys.exit(main())
