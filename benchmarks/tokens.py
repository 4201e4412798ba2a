"""What does it cost to verify a token? Ours, PyJWT's `decode` and joserfc's, beside the signature alone, in one run.

    python -m benchmarks.tokens [--repeat 9] [--json]

Checked first: all of them give the same claims for the same token, and none accepts it with another key. Figures are
microseconds of CPU time, the best of the repetitions, with the spread of ours; static tokens and roles are beside them.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import statistics
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import jwt as pyjwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cwsauth import AuthRequest
from cwsauth.errors import TokenInvalid
from cwsauth.tokens import JWT, Identity, Roles, StaticTokens

if TYPE_CHECKING:
    from collections.abc import Callable

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E"
AUDIENCE = "1h57kf5cpq17m0eml12EXAMPLE"


class Row(NamedTuple):
    """Microseconds for one algorithm; `spread` is that of ours, in per cent of its best."""

    name: str
    length: int
    primitive: float
    pyjwt: float
    joserfc: float | None
    ours: float
    spread: float
    memo: float


def keys() -> dict[str, tuple[Any, Any]]:
    """Signing and verifying keys."""
    secret = os.urandom(32)
    made: dict[str, Any] = {
        "RS256": rsa.generate_private_key(65537, 2048),
        "PS256": rsa.generate_private_key(65537, 2048),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    }
    return {"HS256": (secret, secret), **{name: (key, key.public_key()) for name, key in made.items()}}


def claims() -> dict[str, Any]:
    """What an access token of a user pool says, more or less."""
    now = int(time.time())
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "b2f5ff47-3b7e-4b0c-9b1e-1c1b2a3d4e5f",
        "iat": now,
        "exp": now + 3600,
        "scope": "orders/read orders/write",
        "cognito:groups": ["editor", "reader"],
    }


def measure(function: Callable[[], object], repeat: int, seconds: float = 0.05) -> tuple[float, float]:
    """The best microseconds of CPU time for a call, and by how many per cent the median is above it."""
    number = 1
    while (spent := _spent(function, number)) < seconds:
        number = max(number * 2, int(number * seconds / max(spent, 1e-9)))
    times = [_spent(function, number) / number * 1e6 for _ in range(repeat)]
    return min(times), (statistics.median(times) / min(times) - 1) * 100


def _spent(function: Callable[[], object], number: int) -> float:
    start = time.process_time()
    for _ in range(number):
        function()
    return time.process_time() - start


def row(name: str, signing: Any, verifying: Any, repeat: int) -> Row:
    """One algorithm, asserted and measured."""
    made = claims()
    token = pyjwt.encode(made, signing, algorithm=name, headers={"kid": "2030-01"})
    request = AuthRequest(token=token, scheme="Bearer")
    given = {"secret": verifying} if name == "HS256" else {"key": verifying}
    options: dict[str, Any] = {"issuer": ISSUER, "audience": AUDIENCE, "algorithms": name, **given}
    ours, remembering = JWT(**options), JWT(**options, memo=1000)

    def by_pyjwt() -> dict[str, Any]:
        return pyjwt.decode(
            token,
            verifying,
            algorithms=[name],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": ["exp", "iss", "aud"], "enforce_minimum_key_length": True},
        )

    implementation = pyjwt.PyJWS().get_algorithm_by_name(name)
    material = implementation.prepare_key(verifying)
    signed, _, signature = token.encode().rpartition(b".")
    raw = base64.urlsafe_b64decode(signature + b"==")
    by_joserfc = joserfc_of(name, verifying, token)

    assert dict(ours.verify(request).claims) == by_pyjwt() == made
    assert dict(remembering.verify(request).claims) == made
    assert remembering.verify(request) is remembering.verify(request)
    assert implementation.verify(signed, material, raw)
    assert by_joserfc is None or by_joserfc() == made
    refuses(ours, name, made)

    best, spread = measure(lambda: ours.verify(request), repeat)
    return Row(
        name,
        len(token),
        measure(lambda: implementation.verify(signed, material, raw), repeat)[0],
        measure(by_pyjwt, repeat)[0],
        None if by_joserfc is None else measure(by_joserfc, repeat)[0],
        best,
        spread,
        fresh(remembering, token, repeat),
    )


def fresh(verifier: JWT, token: str, repeat: int) -> float:
    """The best microseconds for a remembered token that is another object each time, as in life: its hash is not known yet."""
    number = 2000
    times = []
    for _ in range(repeat * 4):
        requests = [AuthRequest(token=(token + ".")[:-1], scheme="Bearer") for _ in range(number)]
        start = time.process_time()
        for request in requests:
            verifier.verify(request)
        times.append((time.process_time() - start) / number * 1e6)
    return min(times)


def joserfc_of(name: str, verifying: Any, token: str) -> Callable[[], Any] | None:
    """The same by joserfc, where it is installed."""
    try:
        from joserfc import jwk
        from joserfc import jwt as joserfc_jwt
    except ImportError:
        return None
    if name == "HS256":
        key: Any = jwk.OctKey.import_key(verifying)
    else:
        kind: Any = {"RS256": jwk.RSAKey, "PS256": jwk.RSAKey, "ES256": jwk.ECKey, "EdDSA": jwk.OKPKey}[name]
        key = kind.import_key(verifying.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    registry = joserfc_jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": AUDIENCE}, exp={"essential": True}
    )

    def verify() -> Any:
        found = joserfc_jwt.decode(token, key, algorithms=[name])
        registry.validate(found.claims)
        return found.claims

    return verify


def refuses(verifier: JWT, name: str, made: dict[str, Any]) -> None:
    """A token of another key is not accepted."""
    other = keys()[name][0]
    try:
        verifier.verify(AuthRequest(token=pyjwt.encode(made, other, algorithm=name)))
    except TokenInvalid:
        return
    raise AssertionError("a token of another key was accepted")


def others(repeat: int) -> dict[str, float]:
    """Static tokens, and roles of a verified caller."""
    os.environ.update(ADMIN_TOKEN="a" * 40, USER_TOKEN="b" * 40)
    static = StaticTokens({"ADMIN_TOKEN": True, "USER_TOKEN": ["product/*"]})
    request = AuthRequest(token="b" * 40)
    roles = Roles({"editor": ["PUT product/*"], "reader": ["GET product/*"], "*": ["GET /"]}, claim="cognito:groups")
    identity = Identity("alice", claims())
    assert static(request) is static(request)
    assert roles(identity) is roles(identity)
    return {
        "StaticTokens of two": measure(lambda: static(request), repeat)[0],
        "Roles of a caller": measure(lambda: roles(identity), repeat)[0],
    }


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    options = parser.parse_args()
    rows = [row(name, *pair, options.repeat) for name, pair in keys().items()]
    rest = others(options.repeat)
    if options.json:
        print(json.dumps({"algorithms": [found._asdict() for found in rows], "others": rest}, indent=2))
        return
    print("microseconds of CPU      bytes  primitive    PyJWT  joserfc     ours  (spread)   remembered")
    for found in rows:
        peer = "      -" if found.joserfc is None else f"{found.joserfc:7.1f}"
        print(
            f"{found.name:<24} {found.length:5d}  {found.primitive:9.1f}  {found.pyjwt:7.1f}  {peer}"
            f"  {found.ours:7.1f}  (+{found.spread:4.1f} %)  {found.memo:10.2f}"
        )
    for name, microseconds in rest.items():
        print(f"{name:<24} {microseconds:8.2f}")


if __name__ == "__main__":
    main()
