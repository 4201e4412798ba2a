"""An identity provider on loopback: real keys, real HTTP, rotation, and every way in which one can misbehave."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from jwt import PyJWS
from jwt.algorithms import Algorithm

from cwsauth import AuthRequest
from cwsauth.tokens import JWKS

ISSUER = "https://login.example/"
AUDIENCE = "shop"
SECRET = b"0123456789abcdef" * 4

CONFIGURATION = "/.well-known/openid-configuration"
KEYS = "/keys"


def private_key(kind: str, number: int = 0) -> Any:
    """A private key of a kind (`RSA`, `RSA-1024`, `P-256`, `P-384`, `P-521`, `secp256k1`, `Ed25519`), made once."""
    return _made(kind, number)


@cache
def _made(kind: str, number: int) -> Any:
    if kind.startswith("RSA"):
        return rsa.generate_private_key(65537, int(kind[4:] or 2048))
    if kind == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    curves: dict[str, Callable[[], ec.EllipticCurve]] = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1}
    curves |= {"P-521": ec.SECP521R1, "secp256k1": ec.SECP256K1}
    return ec.generate_private_key(curves[kind]())


KIND = {"RS": "RSA", "PS": "RSA", "ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "ES256K": "secp256k1"}


def key_for(algorithm: str, number: int = 0) -> Any:
    """The private key, or the secret, that signs with an algorithm."""
    if algorithm.startswith("HS"):
        return SECRET
    return private_key(KIND.get(algorithm) or KIND.get(algorithm[:2]) or "Ed25519", number)


def public(key: Any) -> Any:
    """What verifies: the public key, or the secret itself."""
    return key if isinstance(key, bytes) else key.public_key()


def pem(key: Any) -> str:
    """A public or private key as PEM text."""
    if hasattr(key, "public_key"):
        return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
    return str(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def implementation(algorithm: str) -> Algorithm:
    """PyJWT's implementation of an algorithm."""
    return PyJWS().get_algorithm_by_name(algorithm)


def jwk(key: Any, **members: Any) -> dict[str, Any]:
    """The JWK of a public key, with more members."""
    kinds = {rsa.RSAPublicKey: "RS256", ec.EllipticCurvePublicKey: "ES256", ed25519.Ed25519PublicKey: "EdDSA"}
    algorithm = next(name for kind, name in kinds.items() if isinstance(key, kind))
    made = dict(implementation(algorithm).to_jwk(key, as_dict=True))
    made.pop("key_ops", None)
    return {**made, **members}


def claims(**changes: Any) -> dict[str, Any]:
    """Claims that are accepted, with changes; a claim of None is left out."""
    now = int(time.time())
    made = {"iss": ISSUER, "aud": AUDIENCE, "sub": "user-1", "iat": now, "exp": now + 600, **changes}
    return {name: value for name, value in made.items() if value is not None}


def encoded(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def text(value: Any) -> bytes:
    """JSON of a value; bytes as they are."""
    return value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()


def forge(
    payload: Mapping[str, Any] | bytes, algorithm: str = "HS256", key: Any = None, header: Any = None, **more: Any
) -> str:
    """A token that is signed well, whatever its header and payload are. `header` replaces, `more` adds to the usual one."""
    made = {"alg": algorithm, "typ": "JWT", **more} if header is None else header
    signed = f"{encoded(text(made))}.{encoded(text(payload))}"
    made_by = implementation(algorithm)
    return f"{signed}.{encoded(made_by.sign(signed.encode(), key_for(algorithm) if key is None else key))}"


def bearing(token: str | None) -> AuthRequest:
    """A request with a bearer token."""
    return AuthRequest(token=token, scheme="Bearer" if token else "")


class Provider:
    """The server. `keys` are published as they are; `answers` replaces what a path answers; `asked` counts requests."""

    def __init__(self) -> None:
        self.keys: list[Any] = []
        self.asked: list[str] = []
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                answer = provider.answers.get(self.path)
                if answer is not None:
                    answer(self)
                elif self.path == KEYS:
                    send(self, text({"keys": provider.keys}))
                elif self.path == CONFIGURATION:
                    send(self, text({"issuer": provider.url, "jwks_uri": provider.url + KEYS}))
                else:
                    send(self, b"{}", 404)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    def publish(self, *keys: Any) -> None:
        """Publishes the public halves of keys, named `k0`, `k1` ... in their order."""
        self.keys = [jwk(public(key), kid=f"k{place}", use="sig") for place, key in enumerate(keys)]

    def jwks(self, **options: Any) -> JWKS:
        """The JWK set of this provider, by plain http."""
        return JWKS(self.url + KEYS, allow_loopback_http=True, **options)

    def fetches(self, path: str = KEYS) -> int:
        """How often a path was asked for."""
        return self.asked.count(path)


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    """Answers a request."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """An identity provider on a free port, stopped at the end."""
    running = Provider()
    yield running
    running.stop()
