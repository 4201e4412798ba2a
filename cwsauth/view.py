"""A request that reads its event as it is asked."""

from __future__ import annotations

from types import MappingProxyType

from cwsauth.request import DEFAULTS, AuthRequest, set_fields, set_kind, set_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def view(
    kind: str, event: Mapping[str, Any], fields: Mapping[str, Callable[[Mapping[str, Any]], object]]
) -> AuthRequest:
    """A request that reads `event` as it is asked: `fields` has a function of the event for each field it knows.

    A function raises `EventError` where the event contradicts its kind; what nobody asks for is not decoded.
    """
    request = View.__new__(View)
    set_kind(request, kind)
    set_raw(request, event)
    set_fields(request, fields)
    return request


class View(AuthRequest):
    """A request that reads its event as it is asked; made by `view`."""

    __slots__ = ()

    def __getattr__(self, name: str) -> object:
        # Reached only for a slot that is still empty: a field of a `view` that is asked for the first time.
        if name not in DEFAULTS:
            raise AttributeError(f"AuthRequest has no attribute {name!r}")
        fields: Mapping[str, Callable[[Mapping[str, Any]], object]] | None = self._fields
        read = None if fields is None else fields.get(name)
        value = DEFAULTS[name] if read is None else read(self.raw)
        if type(value) is dict:
            value = MappingProxyType(value)
        object.__setattr__(self, name, value)
        return value
