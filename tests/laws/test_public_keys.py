"""Laws of public keys: those that PyJWT is not asked about are read as it reads them, and verify what it verifies."""

from __future__ import annotations

from functools import cache
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jwt.utils import base64url_decode

from cwsauth.tokens.usual_keys import usual_key
from tests.oidc import encoded, implementation, jwk, key_for, pem, private_key, public

USUAL = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
ALGORITHMS = (*USUAL, "ES256K")
KINDS = ("RSA", "RSA-1024", "P-256", "P-384", "P-521", "secp256k1", "Ed25519")
SIGNED = b"eyJhbGciOiJub25lIn0.e30"
# What PyJWT raises for keys that it does not take.
REFUSALS = (pyjwt.PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, LookupError, AttributeError)
MEMBERS = ("kty", "crv", "n", "e", "x", "y")


def by_pyjwt(algorithm: str, key: Any) -> Any:
    """The material that PyJWT makes of a key; None where it refuses, or the key is private or of a wrong size."""
    made = implementation(algorithm)
    try:
        material = made.prepare_key(made.from_jwk(key) if isinstance(key, dict) else key)
    except REFUSALS:
        return None
    size = getattr(material, "key_size", 0) if algorithm[:2] in ("RS", "PS") else 2048
    return material if not hasattr(material, "sign") and 2048 <= size <= 8192 else None


@cache
def signature(algorithm: str, number: int) -> bytes:
    """A signature by the key of an algorithm, made once: PSS and ECDSA are random."""
    made: bytes = implementation(algorithm).sign(SIGNED, key_for(algorithm, number))
    return made


@st.composite
def pems(draw: st.DrawFn) -> Any:
    """A key as PEM text, whole or with something before it, behind it, or changed in it."""
    key = private_key(draw(st.sampled_from(KINDS)))
    text = pem(public(key)) if draw(st.booleans()) else pem(key)
    other = draw(st.sampled_from(["", "\n  ", "x\n", "ssh-rsa ", "ecdsa-sha2-nistp256 x\n", pem(private_key("RSA", 1)),
                                  pem(public(private_key("P-256", 1)))]))  # fmt: skip
    text = draw(st.sampled_from([other + text, text + other]))
    if draw(st.booleans()):
        place = draw(st.integers(0, len(text) - 1))
        text = text[:place] + draw(st.sampled_from(["", "A", "\n", "=", "-", "\u00e9"])) + text[place + 1 :]
    return text if draw(st.booleans()) else text.encode()


@st.composite
def jwks(draw: st.DrawFn) -> dict[str, Any]:
    """A JWK, whole or with a member changed, left out, or taken from another key."""
    made = jwk(public(private_key(draw(st.sampled_from(KINDS)))))
    if draw(st.booleans()):
        other = jwk(public(private_key(draw(st.sampled_from(KINDS)), 1)))
        name = draw(st.sampled_from(MEMBERS))
        value = made.get(name, "")
        changed = [other.get(name), value + "=", value + "A", value[:-1], "AA" + value, "", None, 7, "AQ", "\u00e9"]
        made[name] = draw(st.sampled_from(changed))
    return {name: value for name, value in made.items() if value is not None}


objects = st.builds(lambda kind, private: private_key(kind) if private else public(private_key(kind)),
                    st.sampled_from(KINDS), st.booleans())  # fmt: skip


@given(st.sampled_from(ALGORITHMS), st.one_of(pems(), jwks(), objects, st.binary(max_size=8)), st.data())
def test_a_usual_key_is_one_that_pyjwt_takes_and_verifies_the_same(
    algorithm: str, key: Any, data: st.DataObject
) -> None:
    """Never one more key, never another answer about a signature: good ones, others' and broken ones."""
    ours = usual_key(algorithm, key)
    if ours is None:
        return  # PyJWT is asked
    material = by_pyjwt(algorithm, key)
    assert material is not None, "we take a key that PyJWT refuses"
    verify = implementation(algorithm).verify
    for number in (0, 1):
        made = signature(data.draw(st.sampled_from([algorithm, *USUAL])), number)
        place = data.draw(st.integers(0, len(made)))
        broken = made[:place] + data.draw(st.binary(max_size=2)) + made[place + data.draw(st.integers(0, 2)) :]
        half = len(made) // 2
        longer = made[:half] + b"\0" + made[half:]  # the same two numbers, where a signature is two numbers
        for candidate in (made, broken, longer, b"", b"\0" * len(made), made + b"\0"):
            assert ours(SIGNED, candidate) is verify(SIGNED, material, candidate)
            assert ours(SIGNED + b"x", candidate) is verify(SIGNED + b"x", material, candidate)


@pytest.mark.parametrize("algorithm", USUAL)
def test_usual_forms_are_found(algorithm: str) -> None:
    """PEM as text and bytes, the key itself, its JWK: each verifies what its private key signs, and nothing else."""
    key = public(key_for(algorithm))
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for form in (pem(key), "\n" + pem(key), pem(key).encode(), key, jwk(key)):
        verifies = usual_key(algorithm, form)
        assert verifies is not None
        assert verifies(SIGNED, signature(algorithm, 0))
        assert not verifies(SIGNED, signature(algorithm, 1))
        assert not verifies(SIGNED + b"x", signature(algorithm, 0))
    assert usual_key(algorithm, der) is None


EC, OKP, RSA = (jwk(public(private_key(kind))) for kind in ("P-256", "Ed25519", "RSA"))
ODD: dict[str, tuple[str, Any]] = {
    "a private key behind it": ("RS256", pem(public(private_key("RSA"))) + pem(private_key("RSA"))),
    "a private key before it": ("ES256", pem(private_key("P-256")) + pem(public(private_key("P-256")))),
    "said to be OpenSSH's": ("ES256", "ecdsa-sha2-nistp256 x\n" + pem(public(private_key("P-256")))),
    "another curve": ("ES256", EC | {"crv": "P-384"}),
    "a curve of another kind": ("ES256", EC | {"crv": "Ed25519"}),
    "a longer coordinate": ("ES256", EC | {"x": encoded(bytes(1) + base64url_decode(EC["x"]))}),
    "a shorter coordinate": ("ES256", EC | {"y": encoded(base64url_decode(EC["y"])[1:])}),
    "a point off the curve": ("ES256", EC | {"y": EC["x"]}),
    "a key of an exchange": ("EdDSA", OKP | {"crv": "X25519"}),
    "another type": ("RS256", RSA | {"kty": "EC"}),
    "no type": ("EdDSA", {name: value for name, value in OKP.items() if name != "kty"}),
    "an exponent of one": ("RS256", RSA | {"e": "AQ"}),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_key_is_left_to_pyjwt_which_refuses_it(name: str) -> None:
    """What the law says in general, for forms that chance seldom makes."""
    algorithm, key = ODD[name]
    assert usual_key(algorithm, key) is None
    assert by_pyjwt(algorithm, key) is None


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512"])
def test_two_numbers_have_their_length(algorithm: str) -> None:
    """One text for one signature: with a zero between them, the numbers would be the same ones."""
    verifies, made = usual_key(algorithm, public(key_for(algorithm))), signature(algorithm, 0)
    half = len(made) // 2
    assert verifies is not None
    assert verifies(SIGNED, made)
    assert not verifies(SIGNED, made[:half] + b"\0" + made[half:])
    assert not verifies(SIGNED, b"\0" + made)


def test_a_key_is_for_one_algorithm() -> None:
    """No kind or curve verifies for the algorithm of another; ES256K and secp256k1 are PyJWT's."""
    for algorithm in ALGORITHMS:
        for kind in KINDS:
            usable = algorithm in USUAL and key_for(algorithm) is private_key(kind)
            for form in (public(private_key(kind)), jwk(public(private_key(kind))), pem(public(private_key(kind)))):
                assert (usual_key(algorithm, form) is not None) is usable, (algorithm, kind)
