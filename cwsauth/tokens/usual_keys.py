"""Public keys in the forms that nearly all have, read and used by `cryptography` itself; PyJWT is asked about all others.

PERF: benchmarks/cold_start.py, benchmarks/tokens.py - importing PyJWT takes several times what is loaded here. INVARIANT: a key
that is found here is one that PyJWT finds, and verifies the same signatures (a law); what is odd is left to PyJWT, which
decides. Source: RFC 7518, section 3 (algorithms) and 6 (members of a JWK); RFC 8037 (Ed25519).
"""

from __future__ import annotations

from cwsauth.tokens.keys import FAMILY
from cwsauth.tokens.reading import decode, standard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Verifies = Callable[[bytes, bytes], bool]

# One block, and no other: a private key behind it would be found first.
_BEGIN = b"-----BEGIN"
_PUBLIC = b"-----BEGIN PUBLIC KEY-----"
MIN_RSA_BITS = 2048
# The work of a verification grows with the square of the modulus.
MAX_RSA_BITS = 8192
# The curve of an algorithm, as a JWK and as `cryptography` calls it, and the bytes of a coordinate.
CURVES = {"ES256": ("P-256", "SECP256R1", 32), "ES384": ("P-384", "SECP384R1", 48), "ES512": ("P-521", "SECP521R1", 66)}


def usual_key(algorithm: str, key: object) -> Verifies | None:
    """Whether a text is signed by a signature: `verifies(signed, signature)`; None for a key that PyJWT is to be asked about.

    `key` is PEM text of one public key, a public key of `cryptography`, or a dict with the public members of a JWK.
    """
    try:
        if isinstance(key, (str, bytes)):
            material = _of_pem(key.encode() if isinstance(key, str) else key)
        else:
            material = _of_jwk(algorithm, key) if isinstance(key, dict) else key
        return _by(algorithm, material)
    except Exception:  # noqa: BLE001 - what is wrong with it is PyJWT's to say; the errors here may quote the key
        return None


def usual_algorithm(algorithm: str) -> bool:
    """Whether keys of an algorithm may be usual ones. Loads what they need, so that its cost shows when the Lambda starts."""
    try:
        return _scheme(algorithm) is not None
    except ImportError:
        return False


def _scheme(algorithm: str) -> tuple[Any, tuple[Any, ...]] | None:
    """The kind of an algorithm's public keys, and what their `verify` takes beside a signature and a text."""
    family = FAMILY[algorithm]
    if family == "EdDSA":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        return Ed25519PublicKey, ()
    if family == "ES" and algorithm not in CURVES:
        return None
    from cryptography.hazmat.primitives import hashes

    digest = getattr(hashes, f"SHA{algorithm[2:]}")()
    if family == "ES":
        from cryptography.hazmat.primitives.asymmetric import ec

        return ec.EllipticCurvePublicKey, (ec.ECDSA(digest),)
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    if family == "RS":
        return rsa.RSAPublicKey, (padding.PKCS1v15(), digest)
    return rsa.RSAPublicKey, (padding.PSS(padding.MGF1(digest), digest.digest_size), digest)


def _of_pem(text: bytes) -> Any:
    if not text.lstrip().startswith(_PUBLIC) or text.count(_BEGIN) != 1:
        return None
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    return load_pem_public_key(text)


def _of_jwk(algorithm: str, jwk: Mapping[str, Any]) -> Any:
    family = FAMILY[algorithm]
    if family in ("RS", "PS") and jwk["kty"] == "RSA":
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

        return RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"])).public_key()
    if family == "ES" and jwk["kty"] == "EC":
        from cryptography.hazmat.primitives.asymmetric import ec

        name, curve, size = CURVES[algorithm]
        x, y = _bytes(jwk["x"]), _bytes(jwk["y"])
        if jwk["crv"] != name or len(x) != size or len(y) != size:
            return None
        numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), getattr(ec, curve)())
        return numbers.public_key()
    if family == "EdDSA" and jwk["kty"] == "OKP" and jwk["crv"] == "Ed25519":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        return Ed25519PublicKey.from_public_bytes(_bytes(jwk["x"]))
    return None


def _bytes(member: str) -> bytes:
    return decode(standard(member.encode("ascii")))


def _number(member: str) -> int:
    return int.from_bytes(_bytes(member))


def _by(algorithm: str, material: Any) -> Verifies | None:
    """Whether a signature of an algorithm is one of a text, by a public key of its kind, size and curve."""
    scheme = _scheme(algorithm)
    if scheme is None or not isinstance(material, scheme[0]):
        return None
    from cryptography.exceptions import InvalidSignature

    verify, how = material.verify, scheme[1]
    if algorithm in CURVES:
        _, curve, size = CURVES[algorithm]
        return _of_two_numbers(verify, how[0], size, InvalidSignature) if material.curve.name == curve.lower() else None
    if FAMILY[algorithm] != "EdDSA" and not MIN_RSA_BITS <= material.key_size <= MAX_RSA_BITS:
        return None

    def verifies(signed: bytes, signature: bytes) -> bool:
        try:
            verify(signature, signed, *how)
        except InvalidSignature:
            return False
        return True

    return verifies


def _of_two_numbers(verify: Callable[..., None], how: Any, size: int, refused: type[Exception]) -> Verifies:
    """For the signatures of JWS, which are two numbers one after the other: `cryptography` takes them as DER."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    def verifies(signed: bytes, signature: bytes) -> bool:
        if len(signature) != 2 * size:
            return False
        try:
            verify(
                encode_dss_signature(int.from_bytes(signature[:size]), int.from_bytes(signature[size:])), signed, how
            )
        except refused:
            return False
        return True

    return verifies
