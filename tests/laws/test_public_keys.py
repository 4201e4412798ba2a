"""Laws of public keys: what PyJWT is not asked about is read as it reads it, verifies what it verifies, and refused as it refuses."""

from __future__ import annotations

from functools import cache
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed448, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, target
from hypothesis import strategies as st
from jwt.utils import base64url_decode, to_base64url_uint

from cwsauth.tokens.public_keys import public_keys
from cwsauth.tokens.usual_keys import Odd, usual_key
from tests.oidc import encoded, implementation, jwk, key_for, pem, private_key, public

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA")
SHARED = ("HS256", "HS384", "HS512")
KINDS = ("RSA", "RSA-1024", "P-256", "P-384", "P-521", "secp256k1", "Ed25519")
SIGNED = b"eyJhbGciOiJub25lIn0.e30"
# What PyJWT raises for keys that it does not take.
REFUSALS = (pyjwt.PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, LookupError, AttributeError)
MEMBERS = ("kty", "crv", "n", "e", "x", "y", "d")


def by_us(algorithm: str, key: Any) -> Any:
    """What verifies by a key, None where we refuse it, and "odd" where PyJWT is asked."""
    try:
        return usual_key(algorithm, key)
    except Odd:
        return "odd"


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


@cache
def as_pem(kind: str, number: int, private: bool) -> bytes:
    """A key as PEM."""
    key = private_key(kind, number)
    return (pem(key) if private else pem(public(key))).encode()


def kinds(algorithm: str) -> st.SearchStrategy[str]:
    """Kinds of keys, mostly the one of the algorithm."""
    own = [kind for kind in KINDS if key_for(algorithm) is private_key(kind)]
    return st.sampled_from([*own * 12, *KINDS])


def pems(algorithm: str) -> st.SearchStrategy[Any]:
    """A key as PEM, whole or with something before it, behind it, or changed in it."""

    @st.composite
    def made(draw: st.DrawFn) -> Any:
        text = as_pem(draw(kinds(algorithm)), 0, draw(st.integers(0, 5)) == 0)
        others = [b"\n  ", b"x\n", b"\xff", b"ssh-rsa ", b"ecdsa-sha2-nistp256 x\n", b"\xef\xbb\xbf"]
        others += [as_pem("RSA", 1, True), as_pem("P-256", 1, False)]
        if draw(st.booleans()):
            other = draw(st.sampled_from(others))
            text = draw(st.sampled_from([other + text, text + other, text.replace(b"\n", b"\r\n")]))
        if draw(st.integers(0, 3)) == 0:
            place = draw(st.integers(0, len(text) - 1))
            text = (
                text[:place]
                + draw(st.sampled_from([b"", b"A", b"\n", b"=", b"-", b"\xc3\xa9", b"\xff"]))
                + text[place + 1 :]
            )
        return text.decode("latin-1") if draw(st.booleans()) else text

    return made()


def jwks(algorithm: str) -> st.SearchStrategy[dict[str, Any]]:
    """A JWK, whole or with a member changed, left out, added, or taken from another key."""

    @st.composite
    def made(draw: st.DrawFn) -> dict[str, Any]:
        key = jwk(public(private_key(draw(kinds(algorithm)))))
        if draw(st.booleans()):
            other = jwk(public(private_key(draw(st.sampled_from(KINDS)), 1)))
            name = draw(st.sampled_from(MEMBERS))
            value = key.get(name, "")
            texts = [value + "=" * (-len(value) % 4), value + "=", value + "A", value[:-1], "AA" + value, value + "\n"]
            numbers = [to_base64url_uint((1 << bits) + 1).decode() for bits in (1, 1024, 2047, 8191, 8192)]
            wrong = [other.get(name), "", None, 7, b"AQAB", "AQ", "\u00e9", "Ed448", "X25519"]
            key[name] = draw(st.sampled_from([*texts, *numbers, *wrong]))
        return {name: value for name, value in key.items() if value is not None}

    return made()


def objects(algorithm: str) -> st.SearchStrategy[Any]:
    """A key of `cryptography`, public or private."""
    return st.builds(
        lambda kind, private: private_key(kind) if private else public(private_key(kind)),
        kinds(algorithm),
        st.booleans(),
    )


def given_keys(algorithm: str) -> st.SearchStrategy[tuple[str, Any]]:
    """An algorithm and a key for it, or nearly."""
    keys = st.one_of(pems(algorithm), jwks(algorithm), objects(algorithm), st.binary(max_size=8))
    return st.tuples(st.just(algorithm), keys)


@given(st.sampled_from(ALGORITHMS).flatmap(given_keys), st.data())
def test_a_usual_key_is_read_as_pyjwt_reads_it(asked: tuple[str, Any], data: st.DataObject) -> None:
    """Never one more key nor one less, and never another answer about a signature: good ones, others' and broken ones."""
    algorithm, key = asked
    ours = by_us(algorithm, key)
    if ours == "odd":
        return  # PyJWT is asked
    target(1.0 if ours else 0.0)
    material = by_pyjwt(algorithm, key)
    assert (ours is None) is (material is None), "a key that one takes and the other refuses"
    if ours is None:
        return
    verify = implementation(algorithm).verify
    for number in (0, 1):
        made = signature(data.draw(st.sampled_from([algorithm, *ALGORITHMS])), number)
        place = data.draw(st.integers(0, len(made)))
        broken = made[:place] + data.draw(st.binary(max_size=2)) + made[place + data.draw(st.integers(0, 2)) :]
        half = len(made) // 2
        longer = made[:half] + b"\0" + made[half:]  # the same two numbers, where a signature is two numbers
        for candidate in (made, broken, longer, b"", b"\0" * len(made), made + b"\0"):
            assert ours(SIGNED, candidate) is verify(SIGNED, material, candidate)
            assert ours(SIGNED + b"x", candidate) is verify(SIGNED + b"x", material, candidate)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_usual_forms_are_found(algorithm: str) -> None:
    """PEM as text and bytes, the key itself, its JWK, padded too: each verifies what its private key signs, and nothing else."""
    key = public(key_for(algorithm))
    padded = {name: value + "=" * (-len(value) % 4) if name in "nexy" else value for name, value in jwk(key).items()}
    for form in (pem(key), "\n" + pem(key), pem(key).encode(), key, jwk(key), padded):
        verifies = usual_key(algorithm, form)
        assert verifies is not None
        assert verifies(SIGNED, signature(algorithm, 0))
        assert not verifies(SIGNED, signature(algorithm, 1))
        assert not verifies(SIGNED + b"x", signature(algorithm, 0))
    assert by_us(algorithm, key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)) == "odd"


EC, OKP, RSA = (jwk(public(private_key(kind))) for kind in ("P-256", "Ed25519", "RSA"))


def rsa_of(bits: int) -> dict[str, Any]:
    """A JWK with an odd modulus of so many bits."""
    return RSA | {"n": to_base64url_uint((1 << bits - 1) + 1).decode()}


# Name → algorithm, key, and what becomes of it here: refused, or PyJWT's to say, which refuses it, too.
REFUSED: dict[str, tuple[str, Any, Any]] = {
    "a private key behind it": ("RS256", pem(public(private_key("RSA"))) + pem(private_key("RSA")), "odd"),
    "a private key before it": ("RS256", pem(private_key("RSA")) + pem(public(private_key("RSA"))), "odd"),
    "said to be OpenSSH's": ("ES256", "ecdsa-sha2-nistp256 x\n" + pem(public(private_key("P-256"))), "odd"),
    "no text": ("EdDSA", pem(public(private_key("Ed25519"))).encode() + b"\xff", "odd"),
    "another curve": ("ES256", EC | {"crv": "P-384"}, None),
    "a curve of another kind": ("ES256", EC | {"crv": "Ed25519"}, None),
    "a longer coordinate": ("ES256", EC | {"x": encoded(bytes(1) + base64url_decode(EC["x"]))}, None),
    "a shorter coordinate": ("ES256", EC | {"y": encoded(base64url_decode(EC["y"])[1:])}, None),
    "a point off the curve": ("ES256", EC | {"y": EC["x"]}, None),
    "one coordinate": ("ES256", {name: value for name, value in EC.items() if name != "y"}, None),
    "a key of an exchange": ("EdDSA", OKP | {"crv": "X25519"}, None),
    "too short": ("EdDSA", OKP | {"x": encoded(base64url_decode(OKP["x"])[1:])}, None),
    "another type": ("RS256", RSA | {"kty": "EC"}, None),
    "a curve as another type": ("ES256", EC | {"kty": "OKP"}, None),
    "no type": ("EdDSA", {name: value for name, value in OKP.items() if name != "kty"}, None),
    "an exponent of one": ("RS256", RSA | {"e": "AQ"}, None),
    "a small modulus": ("RS256", rsa_of(2047), None),
    "a large modulus": ("PS256", rsa_of(8193), None),
    "a private JWK": ("RS256", dict(implementation("RS256").to_jwk(private_key("RSA"), as_dict=True)), None),
    "a private JWK of a curve": (
        "ES256",
        dict(implementation("ES256").to_jwk(private_key("P-256"), as_dict=True)),
        None,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_by_pyjwt(name: str) -> None:
    """What the law says in general, for forms that chance seldom makes."""
    algorithm, key, ours = REFUSED[name]
    assert by_us(algorithm, key) == ours
    assert by_pyjwt(algorithm, key) is None


# What PyJWT reads in its own way: OpenSSH's text, a curve that few use, base64url that is not canonical.
ED448 = ed448.Ed448PrivateKey.generate().public_key()
LEFT: dict[str, tuple[str, Any]] = {
    "OpenSSH": ("RS256", public(private_key("RSA")).public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)),
    "Ed448": ("EdDSA", ED448),
    "Ed448 as JWK": ("EdDSA", dict(implementation("EdDSA").to_jwk(ED448, as_dict=True))),
    "bits that say nothing": ("RS256", RSA | {"n": RSA["n"][:-1] + chr(ord(RSA["n"][-1]) + 1)}),
    "line breaks": ("RS256", RSA | {"n": RSA["n"][:76] + "\n" * 4 + RSA["n"][76:]}),
    "bytes": ("RS256", RSA | {"e": b"AQAB"}),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_is_odd_is_left_to_pyjwt_which_takes_it(name: str) -> None:
    """And so do we, then."""
    algorithm, key = LEFT[name]
    assert by_us(algorithm, key) == "odd"
    assert by_pyjwt(algorithm, key) is not None
    assert public_keys(key, (algorithm,))


def test_sizes_have_their_limits() -> None:
    """2048 to 8192 bits, both of them included."""
    for bits in (2048, 8192):
        assert usual_key("RS256", rsa_of(bits)) is not None


@pytest.mark.parametrize("algorithm", SHARED)
def test_a_shared_secret_is_no_public_key(algorithm: str) -> None:
    """No key verifies for an algorithm that anybody who has the key could sign with."""
    for kind in KINDS:
        for form in (public(private_key(kind)), jwk(public(private_key(kind))), pem(public(private_key(kind)))):
            assert by_us(algorithm, form) == "odd"
    assert by_us(algorithm, {"n": RSA["n"], "e": RSA["e"], "x": "AQ"}) == "odd"


def test_a_key_that_signs_is_no_public_key() -> None:
    """Not even one that is a public key by its type."""

    class Both:
        key_size = 2048
        sign = verify = lambda *given: None

    rsa.RSAPublicKey.register(Both)
    assert by_us("RS256", Both()) == "odd"


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512", "ES256K"])
def test_two_numbers_have_their_length(algorithm: str) -> None:
    """One text for one signature: with a zero between them, the numbers would be the same ones."""
    verifies, made = usual_key(algorithm, public(key_for(algorithm))), signature(algorithm, 0)
    half = len(made) // 2
    assert verifies is not None
    assert verifies(SIGNED, made)
    assert not verifies(SIGNED, made[:half] + b"\0" + made[half:])
    assert not verifies(SIGNED, b"\0" + made)


def test_the_salt_has_the_length_of_the_hash() -> None:
    """RFC 7518, section 3.5."""
    verifies, key = usual_key("PS256", public(private_key("RSA"))), private_key("RSA")
    assert verifies is not None
    for length, good in ((32, True), (0, False), (31, False), (64, False)):
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), length)
        assert verifies(SIGNED, key.sign(SIGNED, scheme, hashes.SHA256())) is good


def test_what_is_odd_says_nothing_of_the_key() -> None:
    """The errors of others quote what they could not read; they are not kept."""
    for key in (
        pem(public(private_key("RSA"))).replace("MII", "!!!"),
        RSA | {"n": "\u00e9"},
        RSA | {"e": b"AQAB"},
        "\ud800",
    ):
        with pytest.raises(Odd) as caught:
            usual_key("RS256", key)
        assert (caught.value.args, caught.value.__context__) == ((), None)


def test_a_key_is_for_one_algorithm() -> None:
    """No kind or curve verifies for the algorithm of another."""
    for algorithm in ALGORITHMS:
        for kind in KINDS:
            usable = key_for(algorithm) is private_key(kind)
            for form in (public(private_key(kind)), jwk(public(private_key(kind))), pem(public(private_key(kind)))):
                assert callable(by_us(algorithm, form)) is usable, (algorithm, kind)
