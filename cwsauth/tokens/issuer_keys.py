"""Where the keys of an issuer come from: a shared secret, keys given beforehand, or a JWK set that is fetched."""

from __future__ import annotations

import time
from contextlib import suppress

from cwsauth.errors import ConfigError, TokenInvalid
from cwsauth.tokens.keys import Keyring, jwk_keys, public_keys, secret_key
from cwsauth.tokens.sources import WouldBlock, sources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cwsauth.tokens.jwks import JWKS
    from cwsauth.tokens.keys import Key
    from cwsauth.tokens.sources import Source

# Seconds for which a verified token may be remembered without looking whether its secret was changed.
SECRET_MEMORY = 60


class IssuerKeys:
    """The keys of one issuer for the algorithms of one verifier.

    `state` is another object whenever the keys are others. `until()` is the time up to which nobody need look for that.
    """

    __slots__ = ("state",)
    state: object

    def find(self, algorithm: str, kid: str | None, wait: bool) -> tuple[Key, ...]:
        """The keys to try for a token. Raises TokenInvalid if there is none; `WouldBlock` if it takes a fetch to know."""
        raise NotImplementedError

    def until(self) -> float:
        """The time, in seconds since the epoch, up to which `state` stands."""
        raise NotImplementedError

    def prefetch(self) -> None:
        """Fetches what has to be fetched. Raises TokenInvalid where that fails."""


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
            raise TokenInvalid("no secret is set")
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


class FixedKeys(IssuerKeys):
    """Public keys that are given beforehand: one, a list of them, a dict from `kid` to key, or a JWK set as a dict."""

    __slots__ = ("_ring",)

    def __init__(self, keys: object, algorithms: tuple[str, ...]) -> None:
        self._ring = Keyring(_given(keys, algorithms))
        if not len(self._ring):
            raise ConfigError("there is no key to verify with", help="pass a public key, a list of them, or a JWK set")
        self.state = self._ring

    def find(self, algorithm: str, kid: str | None, wait: bool) -> tuple[Key, ...]:
        """The key that is called `kid`, or those that have no name."""
        found = () if kid is None else self._ring.named(algorithm, kid)
        found = found or self._ring.unnamed(algorithm, alone=kid is None)
        if not found:
            raise TokenInvalid("no key is known for this token")
        return found

    def until(self) -> float:
        """For ever."""
        return float("inf")


class FetchedKeys(IssuerKeys):
    """The keys of a JWK set at an address; parsed once for each set that differs."""

    __slots__ = ("_algorithms", "_jwks", "_parsed")

    def __init__(self, jwks: JWKS, algorithms: tuple[str, ...]) -> None:
        self._jwks = jwks
        self._algorithms = algorithms
        # A set and its keys, put in place together: another thread never sees the one without the other.
        self._parsed: tuple[object, Keyring] = (None, Keyring(()))
        self.state: object = None

    def find(self, algorithm: str, kid: str | None, wait: bool) -> tuple[Key, ...]:
        """The key that is called `kid`; without a `kid`, those without a name, or the only one there is."""
        found = self._found(self._jwks.keys(wait=wait), algorithm, kid)
        if not found and kid is not None:
            found = self._found(self._jwks.refreshed(wait=wait), algorithm, kid)
        if not found:
            raise TokenInvalid("no key of the issuer is known for this token")
        return found

    def until(self) -> float:
        """The time at which the set is fetched again."""
        return self._jwks.until()

    def prefetch(self) -> None:
        """Fetches the set."""
        self._jwks.keys()

    def _found(self, current: tuple[dict[str, Any], ...] | None, algorithm: str, kid: str | None) -> tuple[Key, ...]:
        parsed = self._parsed
        if parsed[0] is not current:
            ring = Keyring([key for jwk in current or () for key in jwk_keys(jwk, self._algorithms)])
            self._parsed = parsed = (current, ring)
            self.state = current
        return parsed[1].unnamed(algorithm) if kid is None else parsed[1].named(algorithm, kid)


def issuer_keys(
    algorithms: tuple[str, ...], family: str, *, jwks: object = None, key: object = None, secret: object = None
) -> IssuerKeys:
    """The keys that exactly one of `jwks`, `key` and `secret` stands for.

    Raises:
        ConfigError: none or several are given, or one that does not go with the family of the algorithms.
    """
    if (jwks is not None) + (key is not None) + (secret is not None) != 1:
        raise ConfigError(
            "the keys of an issuer are given once, as jwks, key or secret",
            help="jwks='https://…/jwks.json', key='-----BEGIN PUBLIC KEY-----…', or secret='JWT_SECRET' for HS*",
        )
    if (family == "HS") is not (secret is not None):
        needed = "a secret" if family == "HS" else "public keys: jwks= or key="
        raise ConfigError(f"algorithms of the family {family} need {needed}", help="a public key is never a secret")
    if secret is not None:
        return SharedSecret(secret, algorithms)
    if key is not None:
        return FixedKeys(key, algorithms)
    if isinstance(jwks, dict):
        return FixedKeys(jwks, algorithms)
    # PERF: benchmarks/cold_start.py - who has the keys at hand needs no HTTP.
    from cwsauth.tokens.jwks import JWKS

    return FetchedKeys(jwks if isinstance(jwks, JWKS) else JWKS(jwks), algorithms)  # type: ignore[arg-type]


def _given(keys: object, algorithms: tuple[str, ...]) -> list[Key]:
    if isinstance(keys, (list, tuple)):
        return [found for key in keys for found in _given(key, algorithms)]
    if not isinstance(keys, dict) or "kty" in keys:
        return public_keys(keys, algorithms)
    if "keys" in keys:
        return [found for jwk in _members(keys) for found in jwk_keys(jwk, algorithms)]
    if not all(type(kid) is str and kid for kid in keys):
        raise ConfigError("the keys of a dict are named by non-empty strings", help="write key={'2024-01': PEM}")
    named: list[Key] = []
    for kid, key in keys.items():
        named.extend(found.called(kid) for found in public_keys(key, algorithms))
    return named


def _members(keys: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    from cwsauth.tokens.jwks import key_set

    try:
        return key_set(keys)
    except TokenInvalid as error:
        reason = error.reason
    raise ConfigError(f"the keys are no JWK set: {reason}", help="pass {'keys': [...]}")
