"""Decorators for the methods of a service: `@entry`, `@public`, `@requires`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, overload

from cwsauth.errors import ConfigError
from cwsauth.requires import Needs as Needs
from cwsauth.requires import is_public
from cwsauth.requires import needs_of as needs_of
from cwsauth.requires import public as made_public
from cwsauth.requires import requires as requires

F = TypeVar("F", bound=Callable[..., object])

_ENTRY = "__cws_entry__"
_OPEN = "__cws_open__"


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
    """Opens a route to everybody: no authorizer is asked. The same as `@entry(no_auth=True)`, and as cwsauth's `@public`."""
    return entry(no_auth=True)(made_public(function))


def is_entry(function: object) -> bool:
    """Whether `@entry` or `@public` marks the function."""
    return getattr(function, _ENTRY, False) is True


def is_open(function: object) -> bool:
    """Whether the function is open to everybody."""
    return getattr(function, _OPEN, False) is True or is_public(function)
