"""What does it cost to verify a token? Ours, PyJWT's `decode` and joserfc's, beside the signature alone, in one run.

    python -m benchmarks.tokens [--full]

Checked first: all of them give the same claims for the same token, and none of ours accepts it with another key. Figures are
microseconds of CPU time; static tokens and roles are beside them.
"""

from __future__ import annotations

import base64
import os
import time
import warnings
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import jwt as pyjwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.measure import Bench, Case, Report, installed, repeated
from cwsauth import AuthRequest
from cwsauth.errors import TokenInvalid
from cwsauth.tokens import JWT, Identity, Roles, StaticTokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.measure import Pass

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E"
AUDIENCE = "1h57kf5cpq17m0eml12EXAMPLE"
ALGORITHMS = ("HS256", "RS256", "PS256", "ES256", "EdDSA")
PRIMITIVE, OURS, MEMO = "the signature alone", "cwsauth", "cwsauth, a token seen before (memo)"
WAYS = (PRIMITIVE, OURS, MEMO, "PyJWT", "joserfc")
BUDGETS = {"HS256": "10", "RS256": "35"}


@cache
def keys(name: str) -> tuple[Any, Any]:
    """The signing and the verifying key of an algorithm."""
    return new_keys(name)


def new_keys(name: str) -> tuple[Any, Any]:
    """Keys that nobody has."""
    if name == "HS256":
        secret = os.urandom(32)
        return secret, secret
    made: Any = (
        ec.generate_private_key(ec.SECP256R1())
        if name == "ES256"
        else ed25519.Ed25519PrivateKey.generate()
        if name == "EdDSA"
        else rsa.generate_private_key(65537, 2048)
    )
    return made, made.public_key()


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


def ways(name: str) -> dict[str, Callable[[], Any]]:
    """The ways to verify one token, all of them asserted to agree."""
    signing, verifying = keys(name)
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
    found: dict[str, Callable[[], Any]] = {
        PRIMITIVE: lambda: implementation.verify(signed, material, raw),
        OURS: lambda: ours.verify(request),
        MEMO: lambda: remembering.verify(request),
        "PyJWT": by_pyjwt,
    }
    if by_joserfc is not None:
        found["joserfc"] = by_joserfc
    return found


def joserfc_of(name: str, verifying: Any, token: str) -> Callable[[], Any] | None:
    """The same by joserfc, where it is installed."""
    warnings.filterwarnings("ignore", message="EdDSA is deprecated")
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
    other = new_keys(name)[0]
    try:
        verifier.verify(AuthRequest(token=pyjwt.encode(made, other, algorithm=name)))
    except TokenInvalid:
        return
    raise AssertionError("a token of another key was accepted")


def others() -> dict[str, Callable[[], Any]]:
    """Static tokens, and roles of a verified caller."""
    os.environ.update(ADMIN_TOKEN="a" * 40, USER_TOKEN="b" * 40)
    static = StaticTokens({"ADMIN_TOKEN": True, "USER_TOKEN": ["product/*"]})
    request = AuthRequest(token="b" * 40)
    roles = Roles({"editor": ["PUT product/*"], "reader": ["GET product/*"], "*": ["GET /"]}, claim="cognito:groups")
    identity = Identity("alice", claims())
    assert static(request) is static(request)
    assert roles(identity) is roles(identity)
    return {"StaticTokens of two": lambda: static(request), "Roles of a caller": lambda: roles(identity)}


def passing(way: str, name: str) -> tuple[Pass, int]:
    """A pass of a hundred calls."""
    return repeated(ways(name)[way] if name else others()[way])


def report(bench: Bench) -> Report:
    """The tables."""
    table = Report("tokens", "CPU µs to verify a token, in brackets the ratio to the signature alone", [*ALGORITHMS])
    table.values = {way: row for way, row in bench.times.least().items() if way in WAYS}
    table.rows = [Case(way, [bench.times.cell(way, name, PRIMITIVE) for name in ALGORITHMS]) for way in table.values]
    table.rows.append(Case("budget of ours", [BUDGETS.get(name, "") for name in ALGORITHMS]))
    table.missing = [] if installed("joserfc") else ["joserfc"]
    rest = Report("static tokens and roles", "CPU µs", ["time"])
    rest.rows = [Case(name, [bench.times.cell(name, "")]) for name in others()]
    table.more = [rest]
    return table


def main() -> None:
    """Measures, and prints the report."""
    bench = Bench("benchmarks.tokens", __doc__, processes=2, values=4)
    for name in ALGORITHMS:
        for way in WAYS:
            if way != "joserfc" or installed("joserfc"):
                bench.time(way, name, partial(passing, way, name))
    for way in others():
        bench.time(way, "", partial(passing, way, ""))
    bench.done(lambda: report(bench))


if __name__ == "__main__":
    main()
