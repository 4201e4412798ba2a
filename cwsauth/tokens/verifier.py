"""What every verifier is: a check of who is calling, and an auth function that says what that caller, an identity, may do.

PERF: benchmarks/cold_start.py - modules of verifiers load `cwsauth.errors` when something is refused, and not before.
"""

from __future__ import annotations

from types import MappingProxyType

from cwsauth.policy.policy import Grant, Policy
from cwsauth.policy.rule import Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from cwsauth.errors import ConfigError, TokenInvalid
    from cwsauth.request import AuthRequest
    from cwsauth.tokens.then import Then

    Rules = bool | str | Rule | Policy | Grant | Sequence[str | Rule]
    GrantOf = Rules | Callable[["Identity"], object]

_NO_CLAIMS: Mapping[str, Any] = MappingProxyType({})


class Identity:
    """A caller who is known. Immutable; `repr` shows no claim but the principal.

    `principal_id` is the caller's name, or None where the token names nobody (the authorizer's default stands then).
    `claims` is a read-only mapping of what the token says. `expires_at` is the end of the token in seconds since the
    epoch, or None. `scopes` and `groups` are frozen sets of strings; a claim of another shape counts as empty.
    """

    __slots__ = ("_groups_claim", "claims", "expires_at", "principal_id")
    claims: Mapping[str, Any]
    expires_at: float | None
    principal_id: str | None
    _groups_claim: str

    def __init__(
        self,
        principal_id: str | None = None,
        claims: Mapping[str, Any] = _NO_CLAIMS,
        expires_at: float | None = None,
        *,
        groups_claim: str = "groups",
    ) -> None:
        _set_principal(self, principal_id)
        _set_claims(self, MappingProxyType(claims) if type(claims) is dict else claims)
        _set_expires(self, expires_at)
        _set_groups_claim(self, groups_claim)

    @property
    def scopes(self) -> frozenset[str]:
        """What the token was issued for: `scope` (RFC 9068, words) or `scp` (a list, or words)."""
        scope = self.claims.get("scope")
        return words(self.claims.get("scp") if scope is None else scope)

    @property
    def groups(self) -> frozenset[str]:
        """The groups of the caller, out of the claim that the verifier was told (`groups`, `cognito:groups`)."""
        claim = self.claims.get(self._groups_claim)
        return frozenset((claim,)) if isinstance(claim, str) and claim else words(claim)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an identity cannot be changed: {name}")

    def __repr__(self) -> str:
        return f"Identity(principal_id={self.principal_id!r}, expires_at={self.expires_at!r})"


_set_principal, _set_claims, _set_expires, _set_groups_claim = (
    Identity.__dict__[slot].__set__ for slot in ("principal_id", "claims", "expires_at", "_groups_claim")
)


def words(claim: object) -> frozenset[str]:
    """The words of a claim that is one string of them, or a list of strings; none for any other shape."""
    if isinstance(claim, str):
        return frozenset(claim.split(" ")) - {""}
    if isinstance(claim, list) and all(isinstance(word, str) for word in claim):
        return frozenset(claim) - {""}
    return frozenset()


class WouldBlock(Exception):
    """Something has to be fetched, and the caller said that it cannot wait. Never leaves this package."""


class Verifier:
    """The protocol of all verifiers.

    `verify(request)` gives the `Identity` of the caller, or raises `TokenMissing` (no such credential was sent),
    `TokenExpired` or `TokenInvalid`, whose `reason` is for the log and holds no part of a token. A verifier is itself an auth
    function, so `authorizer(verifier)` makes a Lambda authorizer: `verifier(request)` verifies, and answers what the caller
    may do. For an event loop there are `verify_async`, `answer_async` and `call_async`, which never block it on the network
    or on a slow hash.
    """

    __slots__ = ()

    @property
    def max_lifetime(self) -> float | None:
        """The seconds that the shortest-lived tokens live at most: no answer may be cached for longer. None if unknown."""
        return None

    def verify(self, request: AuthRequest) -> Identity:
        """Who is calling. Raises `Unauthenticated` in one of its three forms."""
        raise NotImplementedError

    def answer(self, identity: Identity, request: AuthRequest) -> object:
        """What the caller may do: a result as an auth function returns it."""
        raise NotImplementedError

    def identify(self, request: AuthRequest) -> tuple[Verifier, Identity]:
        """Who is calling, and the verifier that knows it: this one, or one of several behind it."""
        return self, self.verify(request)

    def __call__(self, request: AuthRequest) -> object:
        """Verifies the request and answers what its caller may do."""
        return self.answer(self.verify(request), request)

    async def verify_async(self, request: AuthRequest) -> Identity:
        """`verify`, without blocking the event loop."""
        return self.verify(request)

    async def answer_async(self, identity: Identity, request: AuthRequest) -> object:
        """`answer`, without blocking the event loop."""
        return self.answer(identity, request)

    async def identify_async(self, request: AuthRequest) -> tuple[Verifier, Identity]:
        """`identify`, without blocking the event loop."""
        return self, await self.verify_async(request)

    async def call_async(self, request: AuthRequest) -> object:
        """`verifier(request)`, without blocking the event loop."""
        verifier, identity = await self.identify_async(request)
        return await verifier.answer_async(identity, request)

    def then(self, function: Callable[[AuthRequest], object]) -> Then:
        """This verifier with an auth function behind it: `@JWT(...).then` above a function of the request.

        The function is called for verified callers only, and finds what the token says in `request.claims`.
        """
        from cwsauth.tokens.then import Then

        return Then(self, function)


def rules_of(rules: object, where: str) -> Policy | Grant:
    """Constant rules, compiled: a `Policy`, or the `Grant` that was given with its rules compiled.

    Raises:
        PatternError: a rule is wrong; ConfigError: `rules` is nothing that an auth function might return.
    """
    if isinstance(rules, Grant):
        return _filled(rules, rules_of(rules.rules, where))
    if isinstance(rules, (bool, str, Rule, Policy, list, tuple)):
        return Policy.of(rules)
    raise config_error(
        f"the rules of {where} are {type(rules).__name__}",
        help="pass True, False, a list of rules such as ['product/*'], a Grant or a Policy",
    )


def _filled(grant: Grant, rules: object) -> Grant:
    return Grant(
        rules,
        principal_id=grant.principal_id,
        context=grant.context,
        usage_identifier_key=grant.usage_identifier_key,
        conditions=grant.conditions,
        expires_at=grant.expires_at,
    )


def bearer(request: AuthRequest) -> str | None:
    """The token of `Authorization: Bearer x`, or the whole value where it has no scheme; None for another scheme."""
    # A scheme that `AuthRequest` does not know stays in front of the token, and then no token is equal to it.
    return None if request.scheme == "Basic" else request.token


def config_error(message: str, help: str = "") -> ConfigError:
    """The error of an option that cannot be used, to be raised."""
    from cwsauth.errors import ConfigError

    return ConfigError(message, help=help)


def invalid(reason: str) -> TokenInvalid:
    """The error of a token that is not accepted, to be raised."""
    from cwsauth.errors import TokenInvalid

    return TokenInvalid(reason)
