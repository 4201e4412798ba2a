"""Method names to routes: `get_product(self, ref, lang="en")` is `GET /product/{_0}` with the keyword `lang`."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from types import CellType, FunctionType
from typing import TYPE_CHECKING

from coworks_compat.marks import is_entry, needs_of
from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VERBS = ("get", "post", "put", "delete", "patch")
_ORDINARY = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method of a class that is served.

    `name` is that of the attribute, `path` begins with a slash and numbers its parameters, `/content/{_0}/{_1}`; `positional` and `keywords` name the
    function's parameters without and with a default; `any_keyword` says that it takes `**kw`.
    """

    name: str
    verb: str
    path: str
    function: Callable[..., object]
    positional: tuple[str, ...]
    keywords: tuple[str, ...]
    any_keyword: bool


def endpoints(component: type, prefix: str, beyond: tuple[type, ...]) -> list[Endpoint]:
    """The endpoints of a class in the order of their names; those of the `beyond` classes do not count.

    `prefix` has no slash at its ends. A method whose name merely begins with a verb is not taken for a route by accident.

    Raises:
        ConfigError: such a method, without `@entry`.
    """
    return [_endpoint(name, function, verb, prefix) for name, function, verb in _routed(component, beyond)]


def route_path(name: str, verb: str) -> str:
    """The route that a method name says, without slashes at its ends: `get_a_b` → `a/b`."""
    return name[len(verb) + 1 :].strip("_").replace("_", "/")


def _routed(component: type, beyond: tuple[type, ...]) -> Iterator[tuple[str, FunctionType, str]]:
    seen: dict[str, object] = {}
    for base in component.__mro__:
        if base in beyond or base is object:
            continue
        for name, value in vars(base).items():
            seen.setdefault(name, value)
    for name, value in sorted(seen.items()):
        verb = _verb(name)
        if not isinstance(value, FunctionType):
            continue
        if verb is None:
            if is_entry(value) or needs_of(value) is not None:
                raise ConfigError(
                    f"method '{name}' of {component.__name__} is marked as a route, and its name says none",
                    help="begin it with get, post, put, delete or patch, for example 'get_" + name.strip("_") + "'",
                )
            continue
        if not (name == verb or name.startswith(f"{verb}_") or is_entry(value)):
            if verb == "get" and needs_of(value) is None:
                continue  # `get1` and `getter` never were routes
            raise ConfigError(
                f"method '{name}' of {component.__name__} merely begins with '{verb}': it would be the public route "
                f"{verb.upper()} /{route_path(name, verb)}",
                help=f"rename a helper to '_{name}', a route to '{verb}_...', or mark it with @entry to serve it as that",
            )
        if value.__name__ != name and needs_of(value) is None and _hides_needs(value):
            raise ConfigError(
                f"a decorator of method '{name}' of {component.__name__} hides its @requires",
                help="put @requires above that decorator, or let it use functools.wraps",
            )
        yield name, value, verb


def _hides_needs(function: FunctionType, depth: int = 0) -> bool:
    """Whether a function that a decorator made, without `functools.wraps`, calls one that bears `@requires`."""
    return any(
        needs_of(inner) is not None or (depth < 10 and _hides_needs(inner, depth + 1))
        for cell in function.__closure__ or ()
        if isinstance(inner := _contents(cell), FunctionType)
    )


def _contents(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def _verb(name: str) -> str | None:
    return next((verb for verb in VERBS if name.startswith(verb)), None)


def _endpoint(name: str, function: FunctionType, verb: str, prefix: str) -> Endpoint:
    positional: list[str] = []
    keywords: list[str] = []
    any_keyword = False
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        if parameter.kind in _ORDINARY:
            (positional if parameter.default is parameter.empty else keywords).append(parameter.name)
        elif parameter.kind is parameter.VAR_KEYWORD:
            any_keyword = True
    parts = [prefix, route_path(name, verb), *(f"{{_{place}}}" for place in range(len(positional)))]
    path = "/" + "/".join(part for part in parts if part)
    return Endpoint(name, verb.upper(), path, function, tuple(positional), tuple(keywords), any_keyword)
