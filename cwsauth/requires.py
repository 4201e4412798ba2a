"""Beside the route: `@requires("orders:read")`, `@requires(role="admin")`, `@public`.

The decorators mark a function and leave it as it is. Who reads the marks: `cwsauth.beside` makes a policy of those of an
app, `protect` and the middleware of Powertools ask them in process, and `TechMicroService` has them of its entries.
"""

from __future__ import annotations

from cwsauth.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])

_NEEDS = "__cwsauth_needs__"
_PUBLIC = "__cwsauth_public__"


class Needs:
    """What a caller must have for a route: one of `roles` (if there are any) and all of `scopes`."""

    __slots__ = ("roles", "scopes")

    def __init__(self, roles: frozenset[str], scopes: frozenset[str]) -> None:
        self.roles = roles
        self.scopes = scopes

    def met_by(self, roles: frozenset[str], scopes: frozenset[str]) -> bool:
        """Whether a caller with these roles and scopes has what is needed."""
        return (not self.roles or bool(self.roles & roles)) and self.scopes <= scopes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Needs) and (self.roles, self.scopes) == (other.roles, other.scopes)

    def __hash__(self) -> int:
        return hash((self.roles, self.scopes))

    def __str__(self) -> str:
        roles = " or ".join(sorted(self.roles))
        scopes = " and ".join(sorted(self.scopes))
        return " with ".join(part for part in (roles and f"role {roles}", scopes and f"scope {scopes}") if part)

    def __repr__(self) -> str:
        return f"Needs(roles={sorted(self.roles)}, scopes={sorted(self.scopes)})"


def requires(*scopes: str, role: str | Iterable[str] = ()) -> Callable[[Function], Function]:
    """Says that a caller of this route needs all of `scopes`, and one of the roles `role`.

    Raises:
        ConfigError: nothing is required, or something that is no name; or the route already says what it requires.
    """
    if any(callable(scope) for scope in scopes):
        raise ConfigError("requires names no scope and no role", help="write @requires('orders:read')")
    roles = frozenset((role,) if isinstance(role, str) else role)
    if not scopes and not roles:
        raise ConfigError(
            "requires names no scope and no role", help="write @requires('orders:read') or (role='admin')"
        )
    for name in (*scopes, *roles):
        if not isinstance(name, str) or not name or not name.isprintable() or set(name) & set(' ,"\\'):
            raise ConfigError(
                "requires takes names without spaces, commas and quotes",
                help="write @requires('orders:read', 'orders:write')",
            )
    needs = Needs(roles, frozenset(scopes))

    def mark(function: Function) -> Function:
        return _marked(function, _NEEDS, needs)

    return mark


def public(function: Function) -> Function:
    """Says that this route is open to everybody.

    Raises:
        ConfigError: the route also says what it requires.
    """
    return _marked(function, _PUBLIC, True)


def needs_of(function: object) -> Needs | None:
    """What `@requires` says beside a function; None where it does not stand there."""
    needs = getattr(function, _NEEDS, None)
    return needs if isinstance(needs, Needs) else None


def is_public(function: object) -> bool:
    """Whether `@public` stands beside a function."""
    return getattr(function, _PUBLIC, False) is True


def names_in(*sources: Any) -> frozenset[str]:
    """The roles that claims or contexts name: `role`, `roles`, `groups`, `cognito:groups`; lists, or words.

    A value of another shape names none.
    """
    found: set[str] = set()
    for source in sources:
        for key in ("role", "roles", "groups", "cognito:groups"):
            value = source.get(key)
            if isinstance(value, str):
                found.update(value.replace(",", " ").split())
            elif isinstance(value, (list, tuple)) and all(isinstance(name, str) for name in value):
                found.update(value)
    return frozenset(found)


def _marked(function: Function, name: str, value: object) -> Function:
    if not callable(function):
        raise ConfigError(f"a function is marked, not {type(function).__name__}", help="write it above 'def'")
    for mark in (_NEEDS, _PUBLIC):
        if getattr(function, mark, None) is not None:
            raise ConfigError(
                f"{getattr(function, '__name__', 'a function')!r} says twice who may call it",
                help="keep one of @requires and @public; several scopes stand in one @requires",
            )
    setattr(function, name, value)
    return function
