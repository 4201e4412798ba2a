"""Who is calling, once a verifier has made sure of it."""

from __future__ import annotations

from types import MappingProxyType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

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
