"""What an authorizer made with cwsauth was declared with, so that a local gateway need not be told again.

Read by shape: any other handler declares nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cwsauth.errors import ConfigError
from cwsauth.gateway.identity import IdentitySource, parse_sources
from cwsauth.gateway.invoke import Function

if TYPE_CHECKING:
    from collections.abc import Iterable

TTL_LIMIT = 3600
"""Seconds. Source: "Quotas and important notes" of the developer guide."""


def ttl_of(handler: object, ttl: int | None) -> int:
    """The TTL that was given, else the declared one, else API Gateway's 300.

    Raises:
        ConfigError: a TTL that API Gateway does not take.
    """
    if ttl is None:
        declared = getattr(_handler(handler), "ttl", None)
        ttl = declared if type(declared) is int else 300
    if isinstance(ttl, bool) or not isinstance(ttl, int) or not 0 <= ttl <= TTL_LIMIT:
        raise ConfigError(f"invalid ttl {ttl!r}", help=f"whole seconds from 0 to {TTL_LIMIT}")
    return ttl


def identity_of(
    handler: object, identity: str | Iterable[str] | None, front: str, default: str
) -> tuple[IdentitySource, ...]:
    """The identity sources that were given, else the declared ones, else `default`; all in the notation of `front`."""
    if identity is None:
        declared = getattr(getattr(_handler(handler), "identity", None), "texts", None)
        identity = declared if isinstance(declared, tuple) else default
    return parse_sources(identity, front)


def is_simple(handler: object, simple: bool | None) -> bool:
    """Whether an HTTP API gets simple answers: as was said, else as was declared."""
    return getattr(_handler(handler), "simple", False) is True if simple is None else simple


def _handler(handler: object) -> object:
    return handler.handler if isinstance(handler, Function) else handler
