"""How long an answer may be kept: a token ends, and a cache does not know when.

REST and HTTP APIs keep an answer for as long as the authorizer is declared to, whatever the token says; an answer cannot
shorten that. So a token that ends sooner goes on counting until the cached answer does. Times are seconds since the epoch.
"""

from __future__ import annotations

from cwsauth.errors import ConfigError, TokenExpired

# What API Gateway declares by itself.
DEFAULT_TTL = 300
# Kinds whose answers API Gateway caches for the declared time. WebSocket APIs cache none, AppSync and IoT are told how long.
CACHED = frozenset({"rest.token", "rest.request", "http.v1", "http.v2"})


def cache_seconds(ttl: int, expires_at: float | None, now: float) -> int:
    """The seconds for which an answer may be kept: `ttl`, but not beyond the end of the token; 0 for not at all."""
    if expires_at is None:
        return ttl
    left = expires_at - now
    if left >= ttl:
        return ttl
    # Also where it is NaN, which compares with nothing.
    return int(left) if left >= 1 else 0


def staleness(ttl: int, expires_at: float | None, now: float) -> float:
    """The seconds for which a token would count after its end, if its answer is cached for `ttl` seconds from now on."""
    if expires_at is None or ttl == 0:
        return 0.0
    over = now + ttl - expires_at
    return 0.0 if over <= 0 else over


def check_staleness(ttl: int, expires_at: float | None, now: float, max_staleness: float) -> None:
    """Refuses a token whose cached answer would outlive it by more than `max_staleness` seconds.

    Raises:
        TokenExpired: it would. A 401 is not cached, and makes the client fetch a token that lasts longer.
    """
    # Not `>`: an end that is NaN is none that anybody could wait for.
    if not staleness(ttl, expires_at, now) <= max_staleness:
        raise TokenExpired(f"the token ends before its answer leaves the cache: more than {max_staleness:g} s too soon")


def check_lifetime(ttl: int, lifetime: float, max_staleness: float | None) -> None:
    """Refuses a TTL that is longer than any token of the issuer lives, and than a token may count after its end.

    Raises:
        ConfigError: every cached answer could outlive its token by more than `max_staleness` seconds (None: 0).
    """
    longest = lifetime + (max_staleness or 0)
    if ttl > longest:
        raise ConfigError(
            f"answers would be cached for {ttl} seconds, and tokens live for {lifetime:g} at most",
            help=f"declare a TTL of {int(longest)} or less, here and at API Gateway, or allow more with max_staleness=",
        )


def check_deployed(deployed: int, declared: int | None, lifetime: float | None, max_staleness: float | None) -> None:
    """Refuses a deployment that caches answers for longer than their authorizer reckons with.

    `deployed` is the TTL at API Gateway, `declared` the `ttl=` of the authorizer, None where it says nothing.

    Raises:
        ConfigError: `deployed` is longer than `declared`, or than the 300 seconds that `max_staleness` reckons with by itself,
            or than tokens live.
    """
    reckoned = DEFAULT_TTL if declared is None and max_staleness is not None else declared
    if reckoned is not None and deployed > reckoned:
        raise ConfigError(
            f"answers would be cached for {deployed} seconds, and the authorizer reckons with {reckoned}",
            help=f"deploy a TTL of {reckoned} or less, or say ttl={deployed} in the authorizer, too",
        )
    if lifetime is not None:
        check_lifetime(deployed, lifetime, max_staleness)


def checked_lifetime(value: object) -> float | None:
    """The option `max_lifetime`: None, or a positive number of seconds.

    Raises:
        ConfigError: it is neither.
    """
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 < value < float("inf"):  # type: ignore[operator]
        raise ConfigError(
            "max_lifetime is a positive number of seconds, or None",
            help="it says how long the issuer's tokens live at most",
        )
    return value  # type: ignore[return-value]


def checked_staleness(value: object) -> float | None:
    """The option `max_staleness`: None, or a number of seconds.

    Raises:
        ConfigError: it is neither.
    """
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 <= value <= 3600:  # type: ignore[operator]
        raise ConfigError(
            "max_staleness is a number of seconds from 0 to 3600, or None",
            help="it says how long after its end a token may go on counting, because its answer is cached",
        )
    return value  # type: ignore[return-value]
