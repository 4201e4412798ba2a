"""Attacks on the choice of the algorithm.

One test for each advisory or class; each says which.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import jwt as pyjwt
import pytest

from cwsauth.errors import ConfigError, TokenInvalid
from cwsauth.tokens import JWT
from tests.oidc import (
    AUDIENCE,
    ISSUER,
    SECRET,
    bearing,
    claims,
    encoded,
    forge,
    jwk,
    key_for,
    pem,
    private_key,
    public,
    text,
)


def verifier(algorithms: Any, **keys: Any) -> JWT:
    return JWT(issuer=ISSUER, audience=AUDIENCE, algorithms=algorithms, **keys)


RS256 = verifier("RS256", key=public(private_key("RSA")))
HS256 = verifier("HS256", secret=SECRET)


def refused(auth: JWT, token: str) -> str:
    with pytest.raises(TokenInvalid) as caught:
        auth.verify(bearing(token))
    return caught.value.reason


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "none ", "", None, False, 0, [], ["none"], {}])
@pytest.mark.parametrize("signature", ["", "AA", encoded(b"signature")])
def test_alg_none(name: object, signature: str) -> None:
    """CVE-2015-9235, CVE-2018-1000531: a token that says it needs no signature, in every spelling."""
    unsigned = f"{encoded(text({'alg': name, 'typ': 'JWT'}))}.{encoded(text(claims()))}.{signature}"
    for auth in (RS256, HS256):
        refused(auth, unsigned)


def test_no_algorithm_at_all() -> None:
    """CVE-2022-23540 class: a header without `alg` does not fall back to a default."""
    for auth in (RS256, HS256):
        refused(auth, forge(claims(), header={"typ": "JWT"}))
        refused(auth, forge(claims(), header={}))


def test_none_cannot_be_configured() -> None:
    """CVE-2022-23540 class: neither by name, nor by an empty list, nor by leaving it out."""
    for algorithms in ("none", ["none"], ["RS256", "none"], [], ()):
        with pytest.raises(ConfigError):
            verifier(algorithms, key=public(private_key("RSA")))
    with pytest.raises(TypeError):
        JWT(issuer=ISSUER, audience=AUDIENCE, key=public(private_key("RSA")))  # type: ignore[call-arg]


def _texts() -> list[bytes]:
    """What an attacker knows of a public key."""
    key = public(private_key("RSA"))
    spki = pem(key).encode()
    return [spki, spki.strip(), spki.replace(b"\n", b""), spki.replace(b"\n", b"\r\n"), text(jwk(key)), b"\n" + spki]


@pytest.mark.parametrize("known", _texts(), ids=range(6))
@pytest.mark.parametrize("name", ["HS256", "HS384", "HS512"])
def test_public_key_as_hmac_secret(known: bytes, name: str) -> None:
    """CVE-2016-10555, GHSA-r9jw-mwhq-wp62, CVE-2022-29217, CVE-2024-33663: RS/HS confusion.

    A token signed with HMAC whose secret is the text of the public key.
    """
    signed = f"{encoded(text({'alg': name, 'typ': 'JWT'}))}.{encoded(text(claims()))}"
    digest = hmac.new(known, signed.encode(), {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}[name]).digest()
    assert "algorithm" in refused(RS256, f"{signed}.{encoded(digest)}")


def test_ssh_and_ecdsa_public_keys_as_hmac_secret() -> None:
    """CVE-2022-29217 and CVE-2024-33663: the same with keys in OpenSSH's form."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    for kind, name in (("P-256", "ES256"), ("Ed25519", "EdDSA"), ("RSA", "RS256")):
        key = public(private_key(kind))
        known = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        signed = f"{encoded(text({'alg': 'HS256'}))}.{encoded(text(claims()))}"
        token = f"{signed}.{encoded(hmac.new(known, signed.encode(), hashlib.sha256).digest())}"
        refused(verifier(name, key=key), token)
        with pytest.raises(ConfigError):
            verifier("HS256", secret=known)


@pytest.mark.parametrize("other", ["RS384", "RS512", "PS256", "HS256", "ES256", "EdDSA"])
def test_another_algorithm_than_the_one_allowed(other: str) -> None:
    """CVE-2026-48523 class: the allow-list is what counts, whatever the key could do, and also within a family."""
    assert "algorithm" in refused(RS256, forge(claims(), other, key_for(other)))


def test_the_key_is_tied_to_its_algorithm() -> None:
    """CVE-2026-48523: a JWK for RS256 does not verify RS512, where both are allowed."""
    auth = verifier(["RS256", "RS512"], key=jwk(public(private_key("RSA")), alg="RS256"))
    assert auth.verify(bearing(forge(claims(), "RS256")))
    assert "no key" in refused(auth, forge(claims(), "RS512"))


def test_a_family_is_not_left() -> None:
    """RFC 8725, 3.1: one key, one kind of algorithm; a verifier of two families cannot be made."""
    for mixed in (["RS256", "HS256"], ["ES256", "RS256"], ["RS256", "PS256"], ["EdDSA", "ES256"], {"HS256", "RS256"}):
        with pytest.raises(ConfigError):
            verifier(mixed, key=public(private_key("RSA")))


def test_curves_are_not_mixed() -> None:
    """RFC 7518, 3.4: ES256 is P-256; a key of another curve signs nothing that is accepted."""
    auth = verifier(["ES256", "ES384"], jwks={"keys": [jwk(public(private_key("P-256")))]})
    assert auth.verify(bearing(forge(claims(), "ES256")))
    refused(auth, forge(claims(), "ES384"))
    with pytest.raises(ConfigError):
        verifier("ES256", key=public(private_key("secp256k1")))


@pytest.mark.parametrize("r_s", [(0, 0), (0, 1), (1, 0), (2**256 - 1, 2**256 - 1)])
def test_blank_and_huge_signatures(r_s: tuple[int, int]) -> None:
    """CVE-2022-21449 ("psychic signatures"): r and s of zero, and beyond the order of the curve."""
    auth = verifier("ES256", key=public(private_key("P-256")))
    raw = b"".join(number.to_bytes(32, "big") for number in r_s)
    refused(auth, f"{encoded(text({'alg': 'ES256'}))}.{encoded(text(claims()))}.{encoded(raw)}")


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "PS256", "ES256", "EdDSA"])
def test_signatures_of_a_wrong_length(algorithm: str) -> None:
    """CVE-2024-42459, CVE-2024-42460, CVE-2024-42461 (malleable signatures): shortened, lengthened, or in DER where it is raw."""
    key = key_for(algorithm)
    keys = {"secret": key} if algorithm == "HS256" else {"key": public(key)}
    auth = verifier(algorithm, **keys)
    good = forge(claims(), algorithm)
    assert auth.verify(bearing(good))
    head, _, signature = good.rpartition(".")
    import base64

    raw = base64.urlsafe_b64decode(signature + "==")
    wrongs = [raw[:-1], raw[1:], raw + b"\0", b"\0" + raw, raw * 2, b"\0", b"\0" * len(raw)]
    if algorithm == "ES256":
        from jwt.utils import raw_to_der_signature

        wrongs.append(raw_to_der_signature(raw, private_key("P-256").curve))
    for wrong in wrongs:
        refused(auth, f"{head}.{encoded(wrong)}")


def test_a_truncated_hmac() -> None:
    """A comparison that stops at the shorter of two digests accepts an empty one."""
    head, _, signature = forge(claims()).rpartition(".")
    for length in range(1, len(signature)):
        refused(HS256, f"{head}.{signature[:length]}")


def test_nobody_registers_an_algorithm_for_us() -> None:
    """PyJWT's registry is global and can be changed by anyone in the process: we do not read it."""

    class Accepting(pyjwt.algorithms.HMACAlgorithm):
        def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
            return True

    pyjwt.unregister_algorithm("HS256")
    pyjwt.register_algorithm("HS256", Accepting(pyjwt.algorithms.HMACAlgorithm.SHA256))
    try:
        assert pyjwt.decode(forge(claims(), key=b"x" * 32), SECRET, algorithms=["HS256"], audience=AUDIENCE)
        refused(verifier("HS256", secret=SECRET), forge(claims(), key=b"x" * 32))
    finally:
        pyjwt.unregister_algorithm("HS256")
        pyjwt.register_algorithm("HS256", pyjwt.algorithms.HMACAlgorithm(pyjwt.algorithms.HMACAlgorithm.SHA256))


def test_the_payload_is_what_was_signed() -> None:
    """Any change of header or payload after the signature."""
    head, body, signature = forge(claims()).split(".")
    changed = encoded(json.dumps(claims(sub="admin")).encode())
    for token in (
        f"{head}.{changed}.{signature}",
        f"{encoded(text({'typ': 'JWT', 'alg': 'HS256'}))}.{body}.{signature}",
        f"{body}.{head}.{signature}",
    ):
        refused(HS256, token)
