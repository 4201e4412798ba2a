"""Decorators for the methods of a service: `@entry`, `@public`, `@requires`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar, overload

from cwsauth.errors import ConfigError

F = TypeVar("F", bound=Callable[..., object])

_ENTRY = "__cws_entry__"
_OPEN = "__cws_open__"
_NEEDS = "__cws_needs__"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a caller must have for a route: one of `roles` (if there are any) and all of `scopes`."""

    roles: frozenset[str]
    scopes: frozenset[str]

    def met_by(self, roles: frozenset[str], scopes: frozenset[str]) -> bool:
        """Whether a caller with these roles and scopes has what is needed."""
        return (not self.roles or bool(self.roles & roles)) and self.scopes <= scopes


@overload
def entry(function: F, /) -> F: ...
@overload
def entry(*, no_auth: bool = ...) -> Callable[[F], F]: ...
def entry(function: F | None = None, /, *, no_auth: bool = False) -> F | Callable[[F], F]:
    """Says that a method is a route, whatever its name is like: `@entry` or `@entry(no_auth=True)`.

    A method named `post_x` is a route without it; `postal_code` is one only with it. `no_auth=True` opens the route to
    everybody, as `@public` does.
    """

    def mark(marked: F) -> F:
        setattr(marked, _ENTRY, True)
        if no_auth is True:
            setattr(marked, _OPEN, True)
        return marked

    if no_auth is not True and no_auth is not False:
        raise ConfigError("entry(no_auth=...) is True or False", help="write @entry(no_auth=True) to open the route")
    return mark if function is None else mark(function)


def public(function: F) -> F:
    """Opens a route to everybody: no authorizer is asked. The same as `@entry(no_auth=True)`."""
    return entry(no_auth=True)(function)


def requires(*roles: str, scopes: str | Iterable[str] = ()) -> Callable[[F], F]:
    """Narrows a route to callers with one of `roles` and all of `scopes`, beside what `auth` grants.

    A caller's roles and scopes are what `auth` says of the caller in the context of its `Grant`: `role`, `roles` or
    `groups`, and `scope` or `scopes`; a list, or a string with spaces or commas between. Where it says nothing, the route
    is denied. The view is guarded a second time in process, by the context that API Gateway hands over.

    Raises:
        ConfigError: nothing is required, or something that is no name.
    """
    wanted = frozenset(scopes.split() if isinstance(scopes, str) else scopes)
    names = frozenset(roles)
    if any(callable(role) for role in roles) or not (names or wanted):
        raise ConfigError("requires() names no role and no scope", help="write @requires('admin')")
    for name in names | wanted:
        if not isinstance(name, str) or not name or set(name) & set(" ,"):
            raise ConfigError(
                "requires() takes names without spaces and commas", help="write @requires('admin', 'editor')"
            )

    def mark(marked: F) -> F:
        setattr(marked, _NEEDS, Needs(names, wanted))
        return marked

    return mark


def is_entry(function: object) -> bool:
    """Whether `@entry` or `@public` marks the function."""
    return getattr(function, _ENTRY, False) is True


def is_open(function: object) -> bool:
    """Whether the function is open to everybody."""
    return getattr(function, _OPEN, False) is True


def needs_of(function: object) -> Needs | None:
    """What `@requires` says, None without it."""
    needs = getattr(function, _NEEDS, None)
    return needs if isinstance(needs, Needs) else None
