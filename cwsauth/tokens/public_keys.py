"""Public keys, parsed once, tied to one algorithm each: given beforehand, or those of a JWK set that is fetched.

The cryptography is that of `cryptography`: asked directly for the usual forms of keys, and by PyJWT for all others. Source:
RFC 7517 (JWK), RFC 7518 (algorithms, key sizes).
"""

from __future__ import annotations

from cwsauth.tokens.keys import FAMILY, IssuerKeys, Key, implementation
from cwsauth.tokens.usual_keys import KEY_TYPE, MAX_RSA_BITS, Odd, load, usual_key
from cwsauth.tokens.verifier import config_error, invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from jwt.algorithms import Algorithm

    from cwsauth.tokens.jwks import JWKS
    from cwsauth.tokens.usual_keys import Verifies

# Members of a JWK that only its owner may know. A set that publishes one of them has given the key away.
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
# A set has a handful of keys. More would only be work for whoever parses them.
MAX_KEYS = 100


class FixedKeys(IssuerKeys):
    """Public keys that are given beforehand: one, a list of them, a dict from `kid` to key, or a JWK set as a dict."""

    __slots__ = ("_ring",)

    def __init__(self, keys: object, algorithms: tuple[str, ...]) -> None:
        self._ring = Keyring(_given(keys, algorithms))
        if not len(self._ring):
            raise config_error("there is no key to verify with", help="pass a public key, a list of them, or a JWK set")
        self.state = self._ring

    def find(self, algorithm: str, kid: str | None, wait: bool) -> tuple[Key, ...]:
        """The key that is called `kid`, or those that have no name."""
        found = () if kid is None else self._ring.named(algorithm, kid)
        found = found or self._ring.unnamed(algorithm, alone=kid is None)
        if not found:
            raise invalid("no key is known for this token")
        return found

    def until(self) -> float:
        """For ever."""
        return float("inf")


class FetchedKeys(IssuerKeys):
    """The keys of a JWK set at an address; parsed once for each set that differs."""

    __slots__ = ("_algorithms", "_jwks", "_parsed")

    def __init__(self, jwks: JWKS, algorithms: tuple[str, ...]) -> None:
        for algorithm in algorithms:
            if not load(algorithm):
                implementation(algorithm)  # says, when the Lambda starts, what is missing
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
            raise invalid("no key of the issuer is known for this token")
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


class Keyring:
    """Keys to choose from: by the algorithm and the `kid` that a token names."""

    __slots__ = ("_by_kid", "_count", "_single", "_unnamed")

    def __init__(self, keys: Iterable[Key]) -> None:
        named: dict[tuple[str, str], list[Key]] = {}
        unnamed: dict[str, tuple[Key, ...]] = {}
        everything: dict[str, list[Key]] = {}
        for key in keys:
            everything.setdefault(key.algorithm, []).append(key)
            if key.kid is None:
                unnamed[key.algorithm] = (*unnamed.get(key.algorithm, ()), key)
            else:
                named.setdefault((key.algorithm, key.kid), []).append(key)
        # Two keys of one name: nobody can say which of them is meant, so neither is.
        self._by_kid = {name: (found[0],) for name, found in named.items() if len(found) == 1}
        self._unnamed = unnamed
        self._single = {algorithm: (found[0],) for algorithm, found in everything.items() if len(found) == 1}
        self._count = len(self._by_kid) + sum(map(len, unnamed.values()))

    def named(self, algorithm: str, kid: str) -> tuple[Key, ...]:
        """The key of that name, in a tuple; an empty one if there is none."""
        return self._by_kid.get((algorithm, kid), ())

    def unnamed(self, algorithm: str, *, alone: bool = True) -> tuple[Key, ...]:
        """The keys without a name; where there are none, the only one there is, if it may stand `alone`."""
        found = self._unnamed.get(algorithm, ())
        return self._single.get(algorithm, ()) if alone and not found else found

    def __len__(self) -> int:
        return self._count


def public_keys(key: object, algorithms: Iterable[str]) -> list[Key]:
    """The keys of a public key as a user configures it: PEM text, a key of `cryptography`, or a JWK as a dict.

    Raises:
        ConfigError: it is none, of another kind than the algorithms, too small, or private.
    """
    if isinstance(key, dict):
        found = jwk_keys(key, algorithms)
        if not found:
            raise config_error(
                "the JWK is no public key for these algorithms, or it is too small",
                help="give 'kty' and its public members only; 'use' is 'sig' and 'alg' one of the algorithms, or absent",
            )
        return found
    found = []
    for algorithm in algorithms:
        try:
            verifies = usual_key(algorithm, key)
        except Odd:
            verifies = None
        found.append(Key(algorithm, None, verifies or _odd_key(algorithm, key)))
    return found


def jwk_keys(jwk: Mapping[str, Any], algorithms: Iterable[str]) -> list[Key]:
    """The keys of one JWK, one for each of `algorithms` that it may be used with; none for one that is odd.

    Odd is: private or symmetric material, another `use`, `key_ops`, `alg` or type, a wrong curve, a size out of bounds.
    """
    jwk = dict(jwk)  # read by several, and the same by all
    kid = jwk.get("kid")
    if not (kid is None or (type(kid) is str and kid)) or not _PRIVATE.isdisjoint(jwk):
        return []
    operations = jwk.get("key_ops")
    if jwk.get("use", "sig") != "sig" or not (
        operations is None or (isinstance(operations, list) and "verify" in operations)
    ):
        return []
    found = []
    for algorithm in algorithms:
        if jwk.get("kty") != KEY_TYPE.get(FAMILY[algorithm]) or jwk.get("alg", algorithm) != algorithm:
            continue
        try:
            verifies = usual_key(algorithm, jwk)
        except Odd:
            verifies = _odd_jwk(algorithm, jwk)
        if verifies is not None:
            found.append(Key(algorithm, kid, verifies))
    return found


def _given(keys: object, algorithms: tuple[str, ...]) -> list[Key]:
    if isinstance(keys, (list, tuple)):
        return [found for key in keys for found in _given(key, algorithms)]
    if not isinstance(keys, dict) or "kty" in keys:
        return public_keys(keys, algorithms)
    if "keys" in keys:
        members = key_set(keys)
        if isinstance(members, str):
            raise config_error(f"the keys are no JWK set: {members}", help="pass {'keys': [...]}")
        return [found for jwk in members for found in jwk_keys(jwk, algorithms)]
    if not all(type(kid) is str and kid for kid in keys):
        raise config_error("the keys of a dict are named by non-empty strings", help="write key={'2024-01': PEM}")
    named: list[Key] = []
    for kid, key in keys.items():
        named.extend(found.called(kid) for found in public_keys(key, algorithms))
    return named


def key_set(members: object) -> tuple[dict[str, Any], ...] | str:
    """The JWKs of a JWK set, or what is wrong with it; what is odd in a single key is not looked at here."""
    keys = members.get("keys") if isinstance(members, dict) else None
    if not isinstance(keys, list) or not keys:
        return "the JWK set has no 'keys'"
    if len(keys) > MAX_KEYS:
        return f"the JWK set has more than {MAX_KEYS} keys"
    return tuple([key for key in keys if isinstance(key, dict)])


def _odd_key(algorithm: str, key: object) -> Verifies:
    """By a key that is no usual one, as PyJWT reads it. Raises ConfigError where it may not be used."""
    made = implementation(algorithm)
    material = _attempt(made.prepare_key, key)
    if material is None:
        raise config_error(
            f"the key is no public key for {algorithm}",
            help="pass PEM text (-----BEGIN PUBLIC KEY-----), a public key of cryptography, or a JWK as a dict",
        )
    if hasattr(material, "sign"):
        raise config_error("the key is a private key", help="pass the public key: verifying needs no other")
    if _size_problem(made, material):
        raise config_error(f"the key is too small or too large for {algorithm}", help="use RSA of 2048 to 8192 bits")
    return _signature(made, material)


def _odd_jwk(algorithm: str, jwk: dict[str, Any]) -> Verifies | None:
    from cwsauth.errors import ConfigError

    try:
        made = implementation(algorithm)
    except ConfigError:
        return None  # without PyJWT it is no key; an issuer may publish one, and the others go on to count
    material = _attempt(lambda value: made.prepare_key(made.from_jwk(value)), jwk)
    if material is None or hasattr(material, "sign") or _size_problem(made, material):
        return None
    return _signature(made, material)


def _signature(made: Algorithm, material: Any) -> Verifies:
    """Whether a signature is one of a text, by PyJWT's implementation and a public key."""
    verify: Callable[[bytes, Any, bytes], bool] = made.verify

    def verifies(signed: bytes, signature: bytes) -> bool:
        return verify(signed, material, signature)

    return verifies


def _size_problem(made: Algorithm, material: Any) -> bool:
    return made.check_key_length(material) is not None or getattr(material, "key_size", 0) > MAX_RSA_BITS


def _attempt(prepare: Callable[[Any], Any], value: object) -> Any:
    """What `prepare` makes of a key that may be anything; None where it refuses. Its errors may quote the key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from jwt.exceptions import PyJWTError

    try:
        return prepare(value)
    except (PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
        return None
