"""Several kinds of credentials at one door, and none at all."""

from __future__ import annotations

from cwsauth.errors import ConfigError, TokenExpired, TokenInvalid, TokenMissing, Unauthenticated
from cwsauth.tokens.granting import granted
from cwsauth.tokens.verifier import Identity, Verifier, rules_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.policy.policy import Grant, Policy
    from cwsauth.request import AuthRequest
    from cwsauth.tokens.verifier import Rules


class Anonymous(Verifier):
    """Callers without any credential, and what they may do: `Anonymous(["GET public/**"])`.

    Where a credential was sent it refuses (`TokenInvalid`): whoever shows a wrong or an expired token learns so, and is not
    quietly taken for nobody. Put it last in `first(...)`, which asks it only if nothing was sent that the others know.
    API Gateway itself answers 401 where a configured identity source is absent, so an authorizer that has to see anonymous
    calls is declared without one, and then without caching.
    """

    __slots__ = ("_identity", "_rules")

    def __init__(self, rules: Rules, *, principal_id: str = "anonymous") -> None:
        self._rules: Policy | Grant = rules_of(rules, "anonymous callers")
        self._identity = Identity(principal_id)

    @property
    def grants(self) -> object:
        """What callers may do: rules that were given."""
        return self._rules

    def verify(self, request: AuthRequest) -> Identity:
        """Nobody in particular."""
        if request.authorization or request.token:
            raise TokenInvalid("a credential was sent that nobody accepts")
        return self._identity

    def answer(self, identity: Identity, request: AuthRequest) -> object:
        """The rules of anonymous callers."""
        return granted(self._rules, identity, request)

    def __repr__(self) -> str:
        return "Anonymous()"


class First(Verifier):
    """Several verifiers, of which the first that knows the caller counts. Made by `first`."""

    __slots__ = ("verifiers",)

    def __init__(self, verifiers: tuple[Verifier, ...]) -> None:
        self.verifiers = verifiers

    @property
    def max_lifetime(self) -> float | None:
        """The shortest of those that are known."""
        return min((v.max_lifetime for v in self.verifiers if v.max_lifetime is not None), default=None)

    def verify(self, request: AuthRequest) -> Identity:
        """Who is calling, by the first verifier that knows."""
        return self.identify(request)[1]

    def identify(self, request: AuthRequest) -> tuple[Verifier, Identity]:
        """Who is calling, and the first verifier that knows it."""
        failures = _Failures()
        for verifier in self.verifiers:
            if failures.allow(verifier):
                try:
                    return verifier.identify(request)
                except Unauthenticated as error:
                    failures.add(verifier, error)
        raise failures.error()

    def __call__(self, request: AuthRequest) -> object:
        """What the caller may do, by the verifier that knows the caller."""
        verifier, identity = self.identify(request)
        return verifier.answer(identity, request)

    async def verify_async(self, request: AuthRequest) -> Identity:
        """`verify`, without blocking the event loop."""
        return (await self.identify_async(request))[1]

    async def identify_async(self, request: AuthRequest) -> tuple[Verifier, Identity]:
        """`identify`, without blocking the event loop."""
        failures = _Failures()
        for verifier in self.verifiers:
            if failures.allow(verifier):
                try:
                    return await verifier.identify_async(request)
                except Unauthenticated as error:
                    failures.add(verifier, error)
        raise failures.error()

    def __repr__(self) -> str:
        return f"first({', '.join(map(repr, self.verifiers))})"


class _Failures:
    """Why the verifiers that were asked did not know the caller. Keeps no exception, and so no frame with a token in it."""

    __slots__ = ("_kinds", "_reasons")

    def __init__(self) -> None:
        self._kinds: list[type[Unauthenticated]] = []
        self._reasons: list[str] = []

    def add(self, verifier: Verifier, error: Unauthenticated) -> None:
        self._kinds.append(type(error))
        self._reasons.append(f"{type(verifier).__name__}: {error.reason}")

    def allow(self, verifier: Verifier) -> bool:
        """Whether a verifier may still be asked: anonymous access is for callers who sent nothing that others refused."""
        return not isinstance(verifier, Anonymous) or all(issubclass(kind, TokenMissing) for kind in self._kinds)

    def error(self) -> Unauthenticated:
        """One error for all: expired if any of them said so, else invalid, else missing."""
        reason = "; ".join(self._reasons)
        for kind in (TokenExpired, TokenInvalid):
            if any(issubclass(found, kind) for found in self._kinds):
                return kind(reason)
        return TokenMissing(reason) if all(issubclass(k, TokenMissing) for k in self._kinds) else TokenInvalid(reason)


def first(*verifiers: Verifier) -> First:
    """A verifier that asks several, in their order: `first(JWT(...), ApiKey({...}), Anonymous([...]))`.

    The first that knows the caller counts, and what it grants is what is granted: a caller who is known, and may do nothing,
    is not handed on to the next. Where none knows the caller, the error is `TokenExpired` if any of them said so, else
    `TokenInvalid`, and `TokenMissing` only if all of them found no credential; its reason has those of all. `Anonymous` is
    asked only if all before it found no credential. An error of another kind than `Unauthenticated` ends the attempt.

    Raises:
        ConfigError: there is none, or one that is no verifier.
    """
    if not verifiers:
        raise ConfigError("first() has nothing to try", help="pass at least one verifier")
    for verifier in verifiers:
        if not isinstance(verifier, Verifier):
            raise ConfigError(
                f"first() tries verifiers, not {type(verifier).__name__}",
                help="for example first(JWT(...), Basic({...}))",
            )
    if any(isinstance(verifier, Anonymous) for verifier in verifiers[:-1]):
        raise ConfigError("verifiers after Anonymous would see its refusals only", help="put Anonymous last")
    return First(verifiers)
