"""Keys that verify signatures: parsed once, tied to one algorithm each. The cryptography is PyJWT's and the standard library's.

Source: RFC 7517 (JWK), RFC 7518 (algorithms, key sizes), RFC 8725 section 3.1 (one algorithm for one key).
"""

from __future__ import annotations

from cwsauth.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from jwt.algorithms import Algorithm

FAMILIES: dict[str, tuple[str, ...]] = {
    "HS": ("HS256", "HS384", "HS512"),
    "RS": ("RS256", "RS384", "RS512"),
    "PS": ("PS256", "PS384", "PS512"),
    "ES": ("ES256", "ES256K", "ES384", "ES512"),
    "EdDSA": ("EdDSA",),
}
_FAMILY = {name: family for family, names in FAMILIES.items() for name in names}
_KEY_TYPE = {"RS": "RSA", "PS": "RSA", "ES": "EC", "EdDSA": "OKP"}
# Members of a JWK that only its owner may know. A set that publishes one of them has given the key away.
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
# The work of a verification grows with the square of the modulus.
MAX_RSA_BITS = 8192


def family_of(algorithms: object) -> tuple[str, tuple[str, ...]]:
    """The family of `algorithms` and their names, each once.

    Raises:
        ConfigError: none, an unknown one, `none`, or algorithms of two families, which confusion attacks live on.
    """
    names = (algorithms,) if isinstance(algorithms, str) else tuple(dict.fromkeys(algorithms))  # type: ignore[call-overload]
    known = ", ".join(_FAMILY)
    if not names:
        raise ConfigError("no algorithm is allowed, so no token would be", help=f"name one of {known}")
    for name in names:
        if name not in _FAMILY:
            raise ConfigError(f"invalid algorithm {name!r}", help=f"name one of {known}")
    families = {_FAMILY[name] for name in names}
    if len(families) > 1:
        raise ConfigError(
            f"algorithms of several families: {', '.join(names)}",
            help="name those of one family; for two kinds of tokens write first(JWT(...), JWT(...))",
        )
    return families.pop(), names


class Key:
    """A key that verifies signatures of one algorithm; `kid` is its name, or None. `repr` shows no material."""

    __slots__ = ("algorithm", "kid", "verifies")
    verifies: Callable[[bytes, bytes], bool]
    """Whether a text is signed by a signature: `key.verifies(signed, signature)`, by this key and its algorithm."""

    def __init__(self, algorithm: str, kid: str | None, verifies: Callable[[bytes, bytes], bool]) -> None:
        self.algorithm = algorithm
        self.kid = kid
        # PERF: benchmarks/tokens.py - a function of this key alone, prepared when it is made.
        self.verifies = verifies

    def called(self, kid: str) -> Key:
        """The same key under another name."""
        return Key(self.algorithm, kid, self.verifies)

    def __repr__(self) -> str:
        return f"Key({self.algorithm}, kid={self.kid!r})"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled: its secret would lie wherever the pickle goes")


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


def secret_key(value: bytes, algorithm: str) -> Key:
    """The key of a shared secret.

    Raises:
        ConfigError: the secret is shorter than the hash (RFC 7518, 3.2), or is a public key or a JWK, which anybody may know.
    """
    implementation = _implementation(algorithm)
    from jwt.exceptions import InvalidKeyError

    try:
        material = implementation.prepare_key(value)
    except InvalidKeyError:
        material = None
    if material is None:
        raise ConfigError(
            f"the secret for {algorithm} is empty, or a public key, a certificate or a JWK",
            help="use random bytes: python -c 'import secrets; print(secrets.token_urlsafe(64))'",
        )
    if implementation.check_key_length(material) is not None:
        raise ConfigError(
            f"the secret for {algorithm} has {len(value)} bytes, fewer than its hash",
            help="use 32 random bytes for HS256, 48 for HS384, 64 for HS512",
        )
    return Key(algorithm, None, _hmac(algorithm, material))


def public_keys(key: object, algorithms: Iterable[str]) -> list[Key]:
    """The keys of a public key as a user configures it: PEM text, a key of `cryptography`, or a JWK as a dict.

    Raises:
        ConfigError: it is none, of another kind than the algorithms, too small, or private.
    """
    if isinstance(key, dict):
        found = jwk_keys(key, algorithms)
        if not found:
            raise ConfigError(
                "the JWK is no public key for these algorithms, or it is too small",
                help="give 'kty' and its public members only; 'use' is 'sig' and 'alg' one of the algorithms, or absent",
            )
        return found
    found = []
    for algorithm in algorithms:
        implementation = _implementation(algorithm)
        material = _attempt(implementation.prepare_key, key)
        if material is None:
            raise ConfigError(
                f"the key is no public key for {algorithm}",
                help="pass PEM text (-----BEGIN PUBLIC KEY-----), a public key of cryptography, or a JWK as a dict",
            )
        if hasattr(material, "sign"):
            raise ConfigError("the key is a private key", help="pass the public key: verifying needs no other")
        if _size_problem(implementation, material):
            raise ConfigError(f"the key is too small or too large for {algorithm}", help="use RSA of 2048 to 8192 bits")
        found.append(Key(algorithm, None, _signature(implementation, material)))
    return found


def jwk_keys(jwk: Mapping[str, Any], algorithms: Iterable[str]) -> list[Key]:
    """The keys of one JWK, one for each of `algorithms` that it may be used with; none for one that is odd.

    Odd is: private or symmetric material, another `use`, `key_ops`, `alg` or type, a wrong curve, a size out of bounds.
    """
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
        if jwk.get("kty") != _KEY_TYPE.get(_FAMILY[algorithm]) or jwk.get("alg", algorithm) != algorithm:
            continue
        implementation = _implementation(algorithm)
        material = _attempt(lambda value, made=implementation: made.prepare_key(made.from_jwk(value)), dict(jwk))  # type: ignore[misc]
        if material is not None and not hasattr(material, "sign") and not _size_problem(implementation, material):
            found.append(Key(algorithm, kid, _signature(implementation, material)))
    return found


def _hmac(algorithm: str, secret: bytes) -> Callable[[bytes, bytes], bool]:
    """Whether a signature is the HMAC of a text with `secret`: the standard library's, with its key set up once."""
    import hmac

    prepared = hmac.new(secret, digestmod=algorithm.replace("HS", "sha"))
    # The object of OpenSSL inside, where there is one: its `copy` and `update` are one call less each.
    copy = (getattr(prepared, "_hmac", None) or prepared).copy
    compare = hmac.compare_digest

    def verifies(signed: bytes, signature: bytes) -> bool:
        mac = copy()
        mac.update(signed)
        return compare(mac.digest(), signature)

    return verifies


def _signature(implementation: Algorithm, material: Any) -> Callable[[bytes, bytes], bool]:
    """Whether a signature is one of a text, by PyJWT's `implementation` and a public key."""
    verify: Callable[[bytes, Any, bytes], bool] = implementation.verify

    def verifies(signed: bytes, signature: bytes) -> bool:
        return verify(signed, material, signature)

    return verifies


def _size_problem(implementation: Algorithm, material: Any) -> bool:
    return implementation.check_key_length(material) is not None or getattr(material, "key_size", 0) > MAX_RSA_BITS


def _attempt(prepare: Callable[[Any], Any], value: object) -> Any:
    """What `prepare` makes of a key that may be anything; None where it refuses. Its errors may quote the key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from jwt.exceptions import PyJWTError

    try:
        return prepare(value)
    except (PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
        return None


def _implementation(algorithm: str) -> Algorithm:
    """PyJWT's implementation of an algorithm: a fresh one, that no other module's registering can replace."""
    try:
        from jwt import PyJWS
    except ImportError:
        raise ConfigError("JSON Web Tokens need PyJWT", help="install it with cwsauth[jwt]") from None
    implementation: Algorithm | None
    try:
        implementation = PyJWS([algorithm]).get_algorithm_by_name(algorithm)
    except NotImplementedError:
        implementation = None
    if implementation is None:
        raise ConfigError(f"{algorithm} needs cryptography", help="install it with cwsauth[jwt]")
    return implementation
