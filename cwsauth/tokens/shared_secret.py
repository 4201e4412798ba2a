"""Keys of HMAC, made of a secret that issuer and verifier share; all its values count, so that it can be rotated.

The HMAC is the standard library's. Source: RFC 7518, section 3.2 (key sizes).
"""

from __future__ import annotations

import hmac
import time
from contextlib import suppress

from cwsauth.tokens.keys import IssuerKeys, Key, implementation
from cwsauth.tokens.sources import sources
from cwsauth.tokens.verifier import WouldBlock, config_error, invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cwsauth.tokens.sources import Source

# Seconds for which a verified token may be remembered without looking whether its secret was changed.
SECRET_MEMORY = 60


class SharedSecret(IssuerKeys):
    """HMAC keys, made of the values that the secret's sources have now; all are tried, so that a secret can be rotated."""

    __slots__ = ("_algorithms", "_keys", "_only", "_sources")

    def __init__(self, secret: object, algorithms: tuple[str, ...]) -> None:
        self._sources: tuple[Source, ...] = sources(secret)
        self._only = self._sources[0] if len(self._sources) == 1 else None
        self._algorithms = algorithms
        self._keys: dict[str, tuple[Key, ...]] = {}
        self.state: tuple[bytes, ...] = ()
        with suppress(WouldBlock):
            # So that a secret that is too short shows when the Lambda starts.
            self._refreshed(wait=False)

    def find(self, algorithm: str, kid: str | None, wait: bool) -> tuple[Key, ...]:
        """The keys of all values."""
        found = self._refreshed(wait).get(algorithm)
        if not found:
            raise invalid("no secret is set")
        return found

    def until(self) -> float:
        """A minute from now."""
        return time.time() + SECRET_MEMORY

    def prefetch(self) -> None:
        """Reads the secret."""
        self._refreshed(wait=True)

    def _refreshed(self, wait: bool) -> dict[str, tuple[Key, ...]]:
        values = self._only.values(wait=wait) if self._only else self._all(wait)
        if values == self.state:
            return self._keys
        keys = {name: tuple([secret_key(value, name) for value in values]) for name in self._algorithms}
        self._keys = keys
        self.state = values
        return keys

    def _all(self, wait: bool) -> tuple[bytes, ...]:
        return tuple([value for source in self._sources for value in source.values(wait=wait)])


def secret_key(value: bytes, algorithm: str) -> Key:
    """The key of a shared secret.

    Raises:
        ConfigError: the secret is shorter than the hash (RFC 7518, 3.2), or is a public key or a JWK, which anybody may know.
    """
    if not value or (_may_be_public(value) and _is_public(value, algorithm)):
        raise config_error(
            f"the secret for {algorithm} is empty, or a public key, a certificate or a JWK",
            help="use random bytes: python -c 'import secrets; print(secrets.token_urlsafe(64))'",
        )
    prepared = hmac.new(value, digestmod=algorithm.replace("HS", "sha"))
    if len(value) < prepared.digest_size:
        raise config_error(
            f"the secret for {algorithm} has {len(value)} bytes, fewer than its hash",
            help="use 32 random bytes for HS256, 48 for HS384, 64 for HS512",
        )
    return Key(algorithm, None, _hmac(prepared))


def _may_be_public(value: bytes) -> bool:
    """Whether a secret has a trace of a form that keys are published in. Random bytes have one rarely, and random text never.

    INVARIANT: whatever PyJWT takes for a key has one. It is asked about all that do, and loaded for no other secret.
    """
    return (
        b"BEGIN" in value  # PEM
        or value.startswith((b"ssh-", b"sk-", b"ecdsa-"))  # OpenSSH
        # DER is a SEQUENCE, whose first byte is a '0', of an INTEGER or an OBJECT IDENTIFIER, whose first bytes no text has.
        or (value.startswith(b"0") and not (value.isascii() and value.decode().isprintable()))
        # A JSON text with a member in it, in any of its encodings.
        or (b'"' in value and b":" in value and (b"{" in value or b"[" in value))
    )


def _is_public(value: bytes, algorithm: str) -> bool:
    """Whether PyJWT takes a secret for a public key, a certificate or a JWK."""
    made = implementation(algorithm)
    from jwt.exceptions import InvalidKeyError

    try:
        made.prepare_key(value)
    except InvalidKeyError:
        return True
    return False


def _hmac(prepared: hmac.HMAC) -> Callable[[bytes, bytes], bool]:
    """Whether a signature is the HMAC of a text, by one whose key is set up."""
    # The object of OpenSSL inside, where there is one: its `copy` and `update` are one call less each.
    copy = (getattr(prepared, "_hmac", None) or prepared).copy
    compare = hmac.compare_digest

    def verifies(signed: bytes, signature: bytes) -> bool:
        mac = copy()
        mac.update(signed)
        return compare(mac.digest(), signature)

    return verifies
