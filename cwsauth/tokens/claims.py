"""The registered claims of a token, checked (RFC 7519, section 4.1)."""

from __future__ import annotations

from cwsauth.errors import TokenExpired, TokenInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Audience = Callable[[Mapping[str, Any]], bool]

# The end of the year 9999. What lies beyond is milliseconds, or an attack on whoever makes a date of it.
LATEST = 253_402_300_799


class Expectation:
    """What the claims of a token must say: one of `issuers`, an accepted audience, a time, all of `required`.

    `audience` is a function of the claims that says whether the token is for us. `leeway` and `lifetime` are in seconds.
    """

    __slots__ = ("audience", "issuers", "leeway", "lifetime", "required")

    def __init__(
        self,
        issuers: frozenset[str],
        audience: Audience,
        *,
        leeway: float = 0,
        lifetime: float | None = None,
        required: tuple[str, ...] = (),
    ) -> None:
        self.issuers = issuers
        self.audience = audience
        self.leeway = leeway
        self.lifetime = lifetime
        self.required = required

    def check(self, claims: Mapping[str, Any], now: float) -> int:
        """The end of the token, in seconds since the epoch, if its claims are as expected at the time `now`.

        Raises:
            TokenExpired: all is as expected but the time. TokenInvalid: anything else; it names the claim, not its value.
        """
        issuer = claims.get("iss")
        if type(issuer) is not str or issuer not in self.issuers:
            raise TokenInvalid("the claim 'iss' is not an accepted issuer")
        if self.audience(claims) is not True:
            raise TokenInvalid("the token is for another audience")
        latest = now + self.leeway
        expires = _time(claims, "exp")
        if expires is None:
            raise TokenInvalid("the claim 'exp' is missing")
        for name in ("nbf", "iat"):
            if name in claims:
                begins = _time(claims, name)
                if begins is None or begins > latest:
                    raise TokenInvalid(f"the claim {name!r} lies in the future")
        for name in ("sub", "jti"):
            if name in claims and type(claims[name]) is not str:
                raise TokenInvalid(f"the claim {name!r} is not a string")
        for name in self.required:
            if claims.get(name) is None:
                raise TokenInvalid(f"the claim {name!r} is missing")
        if self.lifetime is not None and not expires - claims.get("iat", now) <= self.lifetime + self.leeway:
            raise TokenInvalid("the token lives longer than the tokens of the issuer do")
        # The last check, so that only a token that is good in every other way is called expired.
        if expires <= now - self.leeway:
            raise TokenExpired("the token has expired")
        return expires


def for_us(audiences: frozenset[str]) -> Audience:
    """The check that `aud` is one of `audiences`, or a list of strings with one of them in it."""

    def accepts(claims: Mapping[str, Any]) -> bool:
        audience = claims.get("aud")
        if type(audience) is str:
            return audience in audiences
        if type(audience) is not list or not all(type(name) is str for name in audience):
            return False
        return not audiences.isdisjoint(audience)

    return accepts


def _time(claims: Mapping[str, Any], name: str) -> int | None:
    """A NumericDate, its fraction cut off; None where there is none. A string or a bool is not a number."""
    value = claims.get(name)
    if value is None:
        return None
    kind = type(value)
    if (kind is not int and kind is not float) or not 0 <= value <= LATEST:
        raise TokenInvalid(f"the claim {name!r} is not a time in seconds since the epoch")
    return int(value)
