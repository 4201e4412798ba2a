"""Static tokens: secrets shared with callers, and what each of them opens."""

from __future__ import annotations

# PERF: benchmarks/cold_start.py - `hmac` has the same function, and loads OpenSSL with it.
from _operator import _compare_digest as compare

from cwsauth.policy.policy import Grant
from cwsauth.tokens.sources import sources
from cwsauth.tokens.verifier import Identity, Verifier, WouldBlock, bearer, config_error, invalid, rules_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from cwsauth.policy.policy import Policy
    from cwsauth.request import AuthRequest
    from cwsauth.tokens.location import Location
    from cwsauth.tokens.sources import Source
    from cwsauth.tokens.verifier import Rules

    Secret = str | bytes | Source
    Secrets = Secret | tuple[Secret, ...]


class StaticTokens(Verifier):
    """Tokens that are known beforehand: `StaticTokens({"ADMIN_TOKEN": True, "USER_TOKEN": ["product/*"]})`.

    A key is the name of an environment variable, a source (`SSM("/shop/admin")`), or a tuple of them: all that count while a
    token is rotated. A value is what an auth function may return: True, a list of rules, a `Policy`, a `Grant`. What is
    unset or empty matches nothing. Every value is compared with every request, as bytes and in constant time. A token that
    opens two entries is refused, because nobody can say which of them was meant.

    As an auth function it answers the rules of the token. `verify` names the caller after the entry's first source, or
    after the `principal_id` of its `Grant`.

    Raises:
        ConfigError: no entry, or one that is no name, source or rules. PatternError: a rule is wrong.
    """

    __slots__ = ("_entries", "_location", "_rules")

    def __init__(self, tokens: Mapping[Secrets, Rules], *, location: Location = bearer) -> None:
        if not hasattr(tokens, "items") or not tokens:
            raise config_error(
                "static tokens are a dict from the names of environment variables to rules",
                help='write StaticTokens({"ADMIN_TOKEN": True, "USER_TOKEN": ["product/*"]})',
            )
        self._location = location
        self._entries: list[tuple[tuple[Source, ...], Identity]] = []
        self._rules: dict[Identity, Policy | Grant] = {}
        for secret, opened in tokens.items():
            kept = sources(secret)
            rules = rules_of(opened, kept[0].name)
            named = rules.principal_id if isinstance(rules, Grant) else None
            identity = Identity(named or kept[0].name)
            self._entries.append((kept, identity))
            self._rules[identity] = rules

    def verify(self, request: AuthRequest) -> Identity:
        """Whose token came with the request."""
        return self._verify(request, True)

    async def verify_async(self, request: AuthRequest) -> Identity:
        """`verify`; a secret that has to be fetched is fetched in a thread."""
        try:
            return self._verify(request, False)
        except WouldBlock:
            import asyncio

            return await asyncio.to_thread(self._verify, request, True)

    def answer(self, identity: Identity, request: AuthRequest) -> object:
        """The rules of the token."""
        return self._rules[identity]

    @property
    def rules(self) -> dict[str, Policy | Grant]:
        """What each token opens, by the name of its caller: for a matrix, a test, a report."""
        return {str(identity.principal_id): rules for identity, rules in self._rules.items()}

    def _verify(self, request: AuthRequest, wait: bool) -> Identity:
        token = self._location(request)
        if not token:
            from cwsauth.errors import TokenMissing

            raise TokenMissing("no token was sent")
        given = token.encode("utf-8", "surrogatepass")
        # INVARIANT: no early exit. Each value costs the same, and as much as the token that was sent is long.
        hits = 0
        bit = 1
        for kept, _ in self._entries:
            for place in kept:
                for value in place.values(wait=wait):
                    hits |= bit * compare(value, given)
            bit <<= 1
        if not hits or hits & (hits - 1):
            raise invalid(
                "the token opens more than one entry: give each a value of its own"
                if hits
                else f"the token is none of those that are set{self._unset(wait)}"
            )
        return self._entries[hits.bit_length() - 1][1]

    def _unset(self, wait: bool) -> str:
        """Which places hold nothing: what somebody who wonders about a refusal looks for first."""
        names = [place.name for kept, _ in self._entries for place in kept if not place.values(wait=wait)]
        return f"; nothing is in {', '.join(names)}" if names else ""

    def __repr__(self) -> str:
        names = ", ".join("|".join(place.name for place in kept) for kept, _ in self._entries)
        return f"StaticTokens({names})"
