"""Public keys in the forms that nearly all have, read and used by `cryptography` itself; PyJWT is asked about all others.

PERF: benchmarks/cold_start.py, benchmarks/tokens.py - importing PyJWT takes several times what is loaded here. INVARIANT: a key
that is found here is one that PyJWT finds and we may use, it verifies the same signatures, and one that is refused here is
refused there (a law); what is odd is left to PyJWT. Source: RFC 7518, sections 3 (algorithms) and 6 (JWK); RFC 8037 (Ed25519).
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64

from cwsauth.tokens.keys import FAMILY

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
KEY_TYPE = {"RS": "RSA", "PS": "RSA", "ES": "EC", "EdDSA": "OKP"}
# The curve of an algorithm, as a JWK and as `cryptography` calls it, and the bytes of a coordinate.
_CURVES = {
    "ES256": ("P-256", "SECP256R1", 32),
    "ES384": ("P-384", "SECP384R1", 48),
    "ES512": ("P-521", "SECP521R1", 66),
    "ES256K": ("secp256k1", "SECP256K1", 32),
}
_STANDARD = bytes.maketrans(b"-_", b"+/")


class Odd(Exception):
    """A key that PyJWT is to be asked about. Never leaves this library."""


def load(algorithm: str, *, pem: bool = False) -> bool:
    """Whether `cryptography` is there for an algorithm, which it loads, for PEM text too: so that the Lambda's start pays for it."""
    try:
        from cryptography import exceptions  # noqa: F401

        _scheme(algorithm)
        if pem:
            from cryptography.hazmat.primitives import serialization  # noqa: F401
    except ImportError:
        return False
    return True


def usual_key(algorithm: str, key: object) -> Verifies | None:
    """Whether a text is signed by a signature, as `verifies(signed, signature)`; None for a JWK that may not be used.

    `key` is PEM text of one public key, a public key of `cryptography`, or a dict with the members of a JWK.

    Raises:
        Odd: it is none of these, or not for this algorithm, or has something about it that PyJWT may read in its own way.
    """
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
    except ImportError:
        raise Odd from None
    try:
        if isinstance(key, dict):
            material = _of_jwk(algorithm, key)
            return None if material is None else _signature(algorithm, material)
        if isinstance(key, (str, bytes)):
            key = _of_pem(key.encode() if isinstance(key, str) else key)
        return _signature(algorithm, key)
    except (UnsupportedAlgorithm, ImportError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
        pass
    # Raised here and not above: the errors of others may quote the key.
    raise Odd


def _scheme(algorithm: str) -> tuple[Any, tuple[Any, ...]]:
    """The kind of an algorithm's public keys, and what their `verify` takes beside a signature and a text."""
    family = FAMILY[algorithm]
    if family == "EdDSA":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        return Ed25519PublicKey, ()
    from cryptography.hazmat.primitives import hashes

    digest = getattr(hashes, f"SHA{algorithm[2:5]}")()
    if family == "ES":
        from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: F401 - `utils` for the signatures

        return ec.EllipticCurvePublicKey, (ec.ECDSA(digest),)
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    if family == "PS":
        return rsa.RSAPublicKey, (padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    if family == "RS":
        return rsa.RSAPublicKey, (padding.PKCS1v15(), digest)
    raise Odd


def _of_pem(text: bytes) -> Any:
    if not text.isascii() or not text.lstrip().startswith(_PUBLIC) or text.count(_BEGIN) != 1:
        raise Odd
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    return load_pem_public_key(text)


def _of_jwk(algorithm: str, jwk: Mapping[str, Any]) -> Any:
    """The public key of a JWK; None where it is private, or of another type, curve or size, or not on its curve."""
    family = FAMILY[algorithm]
    if jwk.get("kty") != KEY_TYPE[family] or "d" in jwk:
        return None
    needed = ("n", "e") if family in ("RS", "PS") else ("x", "y") if family == "ES" else ("x",)
    if not all(isinstance(jwk.get(name), (str, bytes)) for name in needed):
        return None
    curve, name, size = _CURVES.get(algorithm, ("Ed25519", "", 32))
    if family in ("ES", "EdDSA") and jwk.get("crv") != curve:
        if jwk.get("crv") == "Ed448":
            raise Odd
        return None
    members = [_bytes(jwk[member]) for member in needed]
    numbers = [int.from_bytes(member) for member in members]
    if family in ("ES", "EdDSA"):
        if any(len(member) != size for member in members):
            return None
    elif not MIN_RSA_BITS <= numbers[0].bit_length() <= MAX_RSA_BITS:
        return None
    try:
        if family == "ES":
            from cryptography.hazmat.primitives.asymmetric import ec

            return ec.EllipticCurvePublicNumbers(numbers[0], numbers[1], getattr(ec, name)()).public_key()
        if family == "EdDSA":
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

            return Ed25519PublicKey.from_public_bytes(members[0])
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

        return RSAPublicNumbers(n=numbers[0], e=numbers[1]).public_key()
    except ValueError:
        return None


def _bytes(member: str) -> bytes:
    """The bytes of a member. Raises Odd or ValueError for what is not canonical base64url, with its padding or without."""
    text = member.rstrip("=").encode("ascii").translate(_STANDARD)
    padded = text + b"=" * (-len(text) % 4)
    made = a2b_base64(padded)
    if b2a_base64(made, newline=False) != padded:
        raise Odd
    return made


def _signature(algorithm: str, material: Any) -> Verifies:
    """Whether a signature is one of a text. Raises Odd unless the key is a public one of the algorithm's kind, size and curve."""
    kind, how = _scheme(algorithm)
    if not isinstance(material, kind) or hasattr(material, "sign"):
        raise Odd
    from cryptography.exceptions import InvalidSignature

    verify = material.verify
    if algorithm not in _CURVES:
        if algorithm != "EdDSA" and not MIN_RSA_BITS <= material.key_size <= MAX_RSA_BITS:
            raise Odd

        def verifies(signed: bytes, signature: bytes) -> bool:
            try:
                verify(signature, signed, *how)
            except InvalidSignature:
                return False
            return True

        return verifies
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    _, curve, size = _CURVES[algorithm]
    if material.curve.name != curve.lower():
        raise Odd

    def verifies_numbers(signed: bytes, signature: bytes) -> bool:
        # JWS has two numbers one after the other, of a fixed length each; `cryptography` takes them as DER.
        if len(signature) != 2 * size:
            return False
        numbers = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
        try:
            verify(encode_dss_signature(*numbers), signed, *how)
        except InvalidSignature:
            return False
        return True

    return verifies_numbers
