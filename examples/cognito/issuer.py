"""What stands for the user pool: it publishes keys as Cognito does, and makes access tokens that are signed with them."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

REGION = "eu-west-1"
POOL = "eu-west-1_Ab12Cd34E"
CLIENT = "4h57kgd3democlient"
KEYS = f"/{POOL}/.well-known/jwks.json"


class UserPool:
    """A user pool on a free port of this machine; use it in a `with` block."""

    def __init__(self) -> None:
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.rotate()
        pool = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps({"keys": pool.published()}).encode() if self.path == KEYS else b"{}"
                self.send_response(200 if self.path == KEYS else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}{KEYS}"

    def rotate(self) -> None:
        """Signs with a new key from now on; the one before stays published."""
        self.current = f"key-{len(self.keys) + 1}"
        self.keys[self.current] = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def published(self) -> list[dict[str, Any]]:
        """The public halves, as a JWK set has them."""
        return [
            {
                **jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True),
                "kid": kid,
                "alg": "RS256",
                "use": "sig",
            }
            for kid, key in self.keys.items()
        ]

    def token(self, name: str, *groups: str, **changes: Any) -> str:
        """An access token, with the claims that Cognito gives it."""
        now = int(time.time())
        claims = {
            "sub": f"user-{name}",
            "username": name,
            "iss": f"https://cognito-idp.{REGION}.amazonaws.com/{POOL}",
            "client_id": CLIENT,
            "token_use": "access",
            "scope": "openid",
            "iat": now,
            "exp": now + 3600,
            **({"cognito:groups": list(groups)} if groups else {}),
            **changes,
        }
        return jwt.encode(claims, self.keys[self.current], algorithm="RS256", headers={"kid": self.current})

    def __enter__(self) -> UserPool:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
