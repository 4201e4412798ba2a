"""Keys that verify signatures, and where those of an issuer come from: a secret, keys given beforehand, a JWK set that is fetched.

Source: RFC 7518 (algorithms), RFC 8725 section 3.1 (one algorithm for one key).
PERF: benchmarks/cold_start.py - `shared_secret` and `public_keys` are loaded by those who have one.
"""

from __future__ import annotations

from cwsauth.tokens.verifier import config_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from jwt.algorithms import Algorithm

FAMILIES: dict[str, tuple[str, ...]] = {
    "HS": ("HS256", "HS384", "HS512"),
    "RS": ("RS256", "RS384", "RS512"),
    "PS": ("PS256", "PS384", "PS512"),
    "ES": ("ES256", "ES256K", "ES384", "ES512"),
    "EdDSA": ("EdDSA",),
}
FAMILY = {name: family for family, names in FAMILIES.items() for name in names}


def family_of(algorithms: object) -> tuple[str, tuple[str, ...]]:
    """The family of `algorithms` and their names, each once.

    Raises:
        ConfigError: none, an unknown one, `none`, or algorithms of two families, which confusion attacks live on.
    """
    names = (algorithms,) if isinstance(algorithms, str) else tuple(dict.fromkeys(algorithms))  # type: ignore[call-overload]
    known = ", ".join(FAMILY)
    if not names:
        raise config_error("no algorithm is allowed, so no token would be", help=f"name one of {known}")
    for name in names:
        if name not in FAMILY:
            raise config_error(f"invalid algorithm {name!r}", help=f"name one of {known}")
    families = {FAMILY[name] for name in names}
    if len(families) > 1:
        raise config_error(
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


def issuer_keys(
    algorithms: tuple[str, ...], family: str, *, jwks: object = None, key: object = None, secret: object = None
) -> IssuerKeys:
    """The keys that exactly one of `jwks`, `key` and `secret` stands for.

    Raises:
        ConfigError: none or several are given, or one that does not go with the family of the algorithms.
    """
    if (jwks is not None) + (key is not None) + (secret is not None) != 1:
        raise config_error(
            "the keys of an issuer are given once, as jwks, key or secret",
            help="jwks='https://…/jwks.json', key='-----BEGIN PUBLIC KEY-----…', or secret='JWT_SECRET' for HS*",
        )
    if (family == "HS") is not (secret is not None):
        needed = "a secret" if family == "HS" else "public keys: jwks= or key="
        raise config_error(f"algorithms of the family {family} need {needed}", help="a public key is never a secret")
    if secret is not None:
        from cwsauth.tokens.shared_secret import SharedSecret

        return SharedSecret(secret, algorithms)
    from cwsauth.tokens.public_keys import FetchedKeys, FixedKeys

    if key is not None:
        return FixedKeys(key, algorithms)
    if isinstance(jwks, dict):
        return FixedKeys(jwks, algorithms)
    # Who has the keys at hand needs no HTTP.
    from cwsauth.tokens.jwks import JWKS

    return FetchedKeys(jwks if isinstance(jwks, JWKS) else JWKS(jwks), algorithms)  # type: ignore[arg-type]


def implementation(algorithm: str) -> Algorithm:
    """PyJWT's implementation of an algorithm: a fresh one, that no other module's registering can replace.

    Raises:
        ConfigError: PyJWT or cryptography is not there.
    """
    try:
        from jwt import PyJWS
    except ImportError:
        raise config_error("JSON Web Tokens need PyJWT", help="install it with cwsauth[jwt]") from None
    found: Algorithm | None
    try:
        found = PyJWS([algorithm]).get_algorithm_by_name(algorithm)
    except NotImplementedError:
        found = None
    if found is None:
        raise config_error(f"{algorithm} needs cryptography", help="install it with cwsauth[jwt]")
    return found
