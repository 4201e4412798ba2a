"""Attacks on what a token says: issuer, audience, times, and the types of all of them.

One test for each advisory or class; each says which.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from cwsauth.errors import Forbidden, TokenExpired, TokenInvalid
from cwsauth.tokens import JWT, Roles
from tests.oidc import AUDIENCE, ISSUER, SECRET, bearing, claims, forge, text

NOW = int(time.time())


def verifier(**options: Any) -> JWT:
    return JWT(**{"issuer": ISSUER, "audience": AUDIENCE, "algorithms": "HS256", "secret": SECRET, **options})


def refused(payload: Any, **options: Any) -> str:
    with pytest.raises(TokenInvalid) as caught:
        verifier(**options).verify(bearing(forge(payload)))
    assert caught.value.__context__ is None
    return caught.value.reason


@pytest.mark.parametrize("name", ["exp", "iss", "aud"])
def test_required_claims(name: str) -> None:
    """RFC 8725, 3.8 to 3.10: a token without an end, an issuer or an audience is nobody's. Null is as good as absent."""
    made = claims()
    del made[name]
    assert refused(made)
    assert refused({**made, name: None})


ISSUERS = [
    "",
    "https://login.example",
    "https://login.example//",
    ISSUER + " ",
    " " + ISSUER,
    ISSUER.upper(),
    ISSUER[:-2],
    "login",
    "h",
    "https://login.example/\u0000",
    "https://login.example@evil.example/",
    [ISSUER],
    [ISSUER, "https://evil.example"],
    {"iss": ISSUER},
    {ISSUER: 1},
    1,
    True,
    None,
]


@pytest.mark.parametrize("issuer", ISSUERS, ids=repr)
@pytest.mark.parametrize(
    "accepted", [ISSUER, [ISSUER], (ISSUER, "https://other.example")], ids=["str", "list", "tuple"]
)
def test_issuers(issuer: object, accepted: Any) -> None:
    """CVE-2024-53861 (part of a string), CVE-2025-30144 (a list): the issuer is one string, and equal."""
    assert "'iss'" in refused({**claims(), "iss": issuer}, issuer=accepted)


AUDIENCES = [
    "",
    "sho",
    "shop ",
    "SHOP",
    "shopping",
    "other",
    [],
    [""],
    ["sho"],
    ["other"],
    [["shop"]],
    ["shop", 1],
    ["shop", None],
    ["shop", ["x"]],
    {"shop": 1},
    {"aud": "shop"},
    1,
    True,
    None,
]


@pytest.mark.parametrize("audience", AUDIENCES, ids=repr)
@pytest.mark.parametrize("accepted", [AUDIENCE, [AUDIENCE], {AUDIENCE, "desk"}], ids=["str", "list", "set"])
def test_audiences(audience: object, accepted: Any) -> None:
    """RFC 7519, 4.1.3: a string or a list of strings, with one of ours in it, letter by letter."""
    assert "audience" in refused({**claims(), "aud": audience}, audience=accepted)


TIMES = [
    str(NOW + 600),
    "9999999999",
    "",
    "never",
    True,
    [NOW + 600],
    {"exp": NOW + 600},
    -1,
    -0.5,
    10**12,
    2**63,
    10**300,
    1e300,
    253_402_300_800,
]


@pytest.mark.parametrize("value", TIMES, ids=lambda value: repr(value).replace(str(NOW + 600), "soon"))
@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_times_of_another_type(name: str, value: object) -> None:
    """RFC 7519, 2: a string, a bool, a list, milliseconds, numbers beyond any date: no time, so no token."""
    assert f"'{name}'" in refused({**claims(), name: value})


@pytest.mark.parametrize("raw", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"9" * 400, b"1" + b"0" * 4301])
def test_times_that_are_no_numbers(raw: bytes) -> None:
    """NaN compares as false with everything, so `exp < now` would never hold; infinity never ends."""
    made = claims()
    del made["exp"]
    refused(text(made)[:-1] + b',"exp":' + raw + b"}")


def test_fractions() -> None:
    """RFC 7519, 2: a NumericDate may have a fraction. It is cut off, never rounded up."""
    now = int(time.time())
    assert verifier().verify(bearing(forge(claims(exp=now + 600.9)))).expires_at == now + 600
    with pytest.raises(TokenExpired):
        verifier().verify(bearing(forge(claims(exp=time.time() - 0.001))))


@pytest.mark.parametrize("age", [0, 1, 60, 10**6])
def test_an_expired_token(age: int) -> None:
    """RFC 7519, 4.1.4: at `exp` and after it."""
    with pytest.raises(TokenExpired):
        verifier().verify(bearing(forge(claims(exp=int(time.time()) - age))))


@pytest.mark.parametrize("name", ["nbf", "iat"])
def test_a_token_of_the_future(name: str) -> None:
    """RFC 7519, 4.1.5 and 4.1.6: not before its time, and not issued after now."""
    soon = int(time.time()) + 300
    assert "future" in refused(claims(**{name: soon}))
    assert verifier(leeway=400).verify(bearing(forge(claims(**{name: soon}))))
    refused({**claims(), name: None})


@pytest.mark.parametrize("value", [1, True, ["user-1"], {"id": "user-1"}, 1.5, None], ids=repr)
@pytest.mark.parametrize("name", ["sub", "jti"])
def test_names_of_another_type(name: str, value: object) -> None:
    """Non-string claims: `sub` and `jti` are strings where they are there at all (RFC 7519, 4.1.2 and 4.1.7)."""
    assert f"'{name}'" in refused({**claims(), name: value})


@pytest.mark.parametrize("value", [{"admin": True}, [["admin"]], ["admin", 1], 1, True, {"$in": ["admin"]}], ids=repr)
def test_roles_of_another_type(value: object) -> None:
    """Type confusion in a claim that grants: refused, not read in part."""
    auth = verifier(grant=Roles({"admin": ["**"], "*": ["open"]}, claim="roles"))
    with pytest.raises(Forbidden):
        auth(bearing(forge(claims(roles=value))))


def test_claims_are_those_of_the_token() -> None:
    """Nothing of the header becomes a claim, and a claim is no attribute."""
    made = claims()
    token = forge(made, iss="https://evil.example", aud="other", sub="admin", exp=1)
    assert dict(verifier().verify(bearing(token)).claims) == made
    odd = claims(**{"__class__": "x", "claims": {"sub": "admin"}, "principal_id": "admin", "_groups_claim": "sub"})
    identity = verifier().verify(bearing(forge(odd)))
    assert identity.principal_id == "user-1"
    assert not identity.groups


def test_hostile_names_in_placeholders() -> None:
    """A `sub` that is a path, a pattern or an encoded one fills no placeholder."""
    auth = verifier(grant=["users/${claims.sub}/**"])
    for name in ("../admin", "a/b", "*", "**", "a?", "%2e%2e", ".", "..", "a%2Fb", "\\", "x" * 300):
        answer: Any = auth(bearing(forge(claims(sub=name))))
        assert answer.rules.rules == ()
    answer = auth(bearing(forge(claims(sub="[a-z]{b}$!"))))
    assert answer.rules.allows("GET", "/users/[a-z]{b}$!/x")
    assert not answer.rules.allows("GET", "/users/b/x")
