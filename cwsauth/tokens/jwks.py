"""The public keys of an issuer, fetched, kept for a while, and fetched again when they have been rotated."""

from __future__ import annotations

import threading
import time

from cwsauth.tokens.fetch import Fetcher, FetchError
from cwsauth.tokens.public_keys import key_set
from cwsauth.tokens.reading import read_object
from cwsauth.tokens.verifier import WouldBlock, config_error, invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from typing import Any

_NEVER = float("-inf")


def _within(now: float, then: float, span: float) -> bool:
    """Whether `then` is less than `span` seconds ago; a clock that was put back counts as any time having passed."""
    return 0 <= now - then < span


class JWKS:
    """A JWK set at an https address; shared by any number of verifiers, safe for threads.

    The set is fetched at the first token, and again after `ttl` seconds. Where that fails, the last set counts for `stale`
    seconds more, and the next attempt is made after `retry` seconds. A token with an unknown `kid` fetches the set at once,
    but no such fetch begins within `cooldown` seconds of the last: that is how soon a rotated key counts, and all that a
    stream of made-up `kid`s can cause. Only the address that is given here is ever asked, whatever a token says (`jku`,
    `x5u`), no redirect is followed, and plain http is for loopback in tests, with `allow_loopback_http=True`.

    Raises:
        ConfigError: the address is not https, or a number is out of bounds.
    """

    __slots__ = (
        "_attempted",
        "_cooldown",
        "_fetched",
        "_fetcher",
        "_lock",
        "_retry",
        "_stale",
        "_ttl",
        "_unknown",
        "_url",
        "current",
    )

    def __init__(
        self,
        url: str,
        *,
        ttl: float = 3600,
        stale: float = 86_400,
        cooldown: float = 30,
        retry: float = 5,
        timeout: float = 3.0,
        max_bytes: int = 150_000,
        allow_loopback_http: bool = False,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        if not (ttl > 0 and stale >= 0 and cooldown > 0 and retry > 0):
            raise config_error("ttl, cooldown and retry are positive numbers of seconds, and stale is not negative")
        self._fetcher = Fetcher(
            timeout=timeout, max_bytes=max_bytes, allow_loopback_http=allow_loopback_http, ssl_context=ssl_context
        )
        self._url = self._fetcher.check(url)
        self._ttl = ttl
        self._stale = stale
        self._cooldown = cooldown
        self._retry = retry
        # What was fetched last: the JWKs as dicts, a new tuple for each set that differs. None before the first.
        self.current: tuple[dict[str, Any], ...] | None = None
        # When, by the wall clock: a function that was frozen, or restored from a snapshot, must see that time has passed.
        self._fetched = self._attempted = self._unknown = _NEVER
        self._lock = threading.Lock()

    def keys(self, *, wait: bool = True) -> tuple[dict[str, Any], ...]:
        """The set, fetched if it is time to. With `wait=False`, `WouldBlock` is raised in place of a fetch.

        Raises:
            TokenInvalid: there is no set that counts; the reason says why it could not be fetched.
        """
        now = time.time()
        current = self.current
        if current is not None and _within(now, self._fetched, self._ttl):
            return current
        if not wait:
            raise WouldBlock
        usable = current is not None and _within(now, self._fetched, self._ttl + self._stale)
        # While one thread fetches, the others go on with the set that there is, or wait for the first one.
        if not self._lock.acquire(blocking=not usable):
            return current  # type: ignore[return-value]
        try:
            now = time.time()
            problem = ""
            if self.current is None or not _within(now, self._fetched, self._ttl):
                problem = "not a moment ago either" if _within(now, self._attempted, self._retry) else self._fetch(now)
            if self.current is not None and _within(now, self._fetched, self._ttl + self._stale):
                return self.current
        finally:
            self._lock.release()
        raise invalid(f"the keys of the issuer cannot be fetched: {problem}")

    def refreshed(self, *, wait: bool = True) -> tuple[dict[str, Any], ...] | None:
        """The set after a fetch for the sake of an unknown `kid`; the one there is where it is too soon for another."""
        if _within(time.time(), self._unknown, self._cooldown):
            return self.current
        if not wait:
            raise WouldBlock
        with self._lock:
            now = time.time()
            if not _within(now, self._unknown, self._cooldown):
                self._unknown = now
                self._fetch(now)
            return self.current

    def until(self) -> float:
        """The time, in seconds since the epoch, up to which the set is fresh."""
        return self._fetched + self._ttl

    def _fetch(self, now: float) -> str:
        """Replaces the set if another one can be had; gives the reason where none can."""
        from cwsauth.errors import TokenInvalid

        self._attempted = now
        try:
            fetched = self._download()
        except FetchError as error:
            return str(error)
        except TokenInvalid as error:
            return error.reason
        if fetched != self.current:
            self.current = fetched
        self._fetched = now
        self._attempted = _NEVER
        return ""

    def _download(self) -> tuple[dict[str, Any], ...]:
        return _keys(read_object(self._fetcher.fetch(self._url), "JWK set"))

    def __repr__(self) -> str:
        return f"JWKS({self._url!r})"


class Discovery(JWKS):
    """The JWK set that an OpenID provider names in its configuration, at `issuer/.well-known/openid-configuration`.

    The configuration is read again with every set, so that a set that moves is found; its `issuer` must be the one that is
    asked, letter by letter. Source: OpenID Connect Discovery 1.0, section 4.3.
    """

    __slots__ = ("_issuer",)

    def __init__(self, issuer: str, **options: Any) -> None:
        if type(issuer) is not str or "?" in issuer or "#" in issuer:
            raise config_error(
                "an issuer is an https address without query or fragment", help="write https://host/path"
            )
        super().__init__(issuer.rstrip("/") + "/.well-known/openid-configuration", **options)
        self._issuer = issuer

    def _download(self) -> tuple[dict[str, Any], ...]:
        configuration = read_object(self._fetcher.fetch(self._url), "configuration of the issuer")
        if configuration.get("issuer") != self._issuer:
            raise invalid("the configuration is of another issuer")
        address = configuration.get("jwks_uri")
        if type(address) is not str:
            raise invalid("the configuration names no 'jwks_uri'")
        return _keys(read_object(self._fetcher.fetch(address), "JWK set"))


def _keys(members: object) -> tuple[dict[str, Any], ...]:
    found = key_set(members)
    if isinstance(found, str):
        raise invalid(found)
    return found
