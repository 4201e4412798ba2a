"""How long an answer may be kept: a token ends, and a cache does not know when.

REST and HTTP APIs keep an answer for as long as the authorizer is declared to, whatever the token says; an answer cannot
shorten that. So a token that ends sooner goes on counting until the cached answer does. Times are seconds since the epoch.
"""

from __future__ import annotations

from cwsauth.errors import ConfigError, TokenExpired

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
