"""What does it cost to verify a token? Ours, PyJWT's `decode` and joserfc's, beside the signature alone, taking turns in one process.

    python -m benchmarks.tokens [--full]

Checked first: all of them give the same claims for the same token, and none of ours accepts it with another key. Figures are
microseconds of CPU time, and ratios within one round of turns, so that a clock that swings does not count; static tokens and
roles are beside them.
"""

from __future__ import annotations

import base64
import os
import time
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import jwt as pyjwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.measure import Case, Report, figure, finish, in_turn, installed, options, spread
from cwsauth import AuthRequest
from cwsauth.errors import TokenInvalid
from cwsauth.tokens import JWT, Identity, Roles, StaticTokens

if TYPE_CHECKING:
    from collections.abc import Callable

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E"
AUDIENCE = "1h57kf5cpq17m0eml12EXAMPLE"
ALGORITHMS = ("HS256", "RS256", "PS256", "ES256", "EdDSA")
PRIMITIVE, OURS, MEMO = "the signature alone", "cwsauth", "cwsauth, a token seen before (memo)"
PYJWT = "PyJWT"
# Microseconds, on a machine on which PyJWT takes 40 for HS256.
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
        PYJWT: by_pyjwt,
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


def measure(rounds: int) -> Report:
    """The tables."""
    taken = {name: in_turn(ways(name), rounds) for name in ALGORITHMS}
    every = [*dict.fromkeys(way for row in taken.values() for way in row)]
    report = Report("tokens", f"CPU µs to verify a token, the median of {rounds} turns", [*ALGORITHMS])
    report.values = {way: {name: min(taken[name][way]) for name in ALGORITHMS} for way in every}
    report.rows = [Case(way, [told(taken[name][way]) for name in ALGORITHMS]) for way in every]
    report.rows.append(Case("budget of ours", [BUDGETS.get(name, "") for name in ALGORITHMS]))
    report.missing = [] if installed("joserfc") else ["joserfc"]
    report.more = [ratios(taken, PYJWT, every), ratios(taken, PRIMITIVE, every)]
    rest = Report("static tokens and roles", "CPU µs", ["time"])
    rest.rows = [Case(name, [told(row)]) for name, row in in_turn(others(), rounds).items()]
    report.more.append(rest)
    return report


def ratios(taken: dict[str, dict[str, list[float]]], beside: str, every: list[str]) -> Report:
    """Every way as a multiple of one of them: the quotients of each round, their median and half the distance of their quartiles."""
    report = Report(f"tokens: beside {beside}", f"Ratio to {beside} in the same round of turns", [*taken])
    report.rows = [
        Case(
            way,
            [told([own / other for own, other in zip(row[way], row[beside], strict=True)]) for row in taken.values()],
        )
        for way in every
        if way != beside
    ]
    return report


def told(values: list[float]) -> str:
    """`0.52 ± 0.01`."""
    middle, width = spread(values)
    return f"{figure(middle)} ± {figure(width)}"


def main() -> None:
    """Measures, and prints the report."""
    parser = options(__doc__)
    parser.add_argument("--rounds", type=int, help="turns of each way")
    given = parser.parse_args()
    finish(measure(given.rounds or (201 if given.full else 41)), given.report)


if __name__ == "__main__":
    main()
