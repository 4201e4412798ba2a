"""TechMicroService and the `cws` command: what a service written for CoWorks of April 2020 needs, on cwsauth.

`from coworks_compat import TechMicroService` in place of `from coworks import TechMicroService` is the whole change.
Names are loaded when they are first asked for: a command line or a pytest plugin in this package never pays for Chalice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coworks_compat.blueprint.base import Blueprint as Blueprint
    from coworks_compat.marks import entry as entry
    from coworks_compat.marks import public as public
    from coworks_compat.marks import requires as requires
    from coworks_compat.multipart import FileParam as FileParam
    from coworks_compat.techms import TechMicroService as TechMicroService

__all__ = ["Blueprint", "FileParam", "TechMicroService", "entry", "public", "requires"]

_HOMES = {
    "Blueprint": "coworks_compat.blueprint.base",
    "FileParam": "coworks_compat.multipart",
    "TechMicroService": "coworks_compat.techms",
    "entry": "coworks_compat.marks",
    "public": "coworks_compat.marks",
    "requires": "coworks_compat.marks",
}
_OUTSIDE = ("At", "BizFactory", "BizMicroService", "Every", "Once")


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is not None:
        from importlib import import_module

        value = getattr(import_module(home), name)
        globals()[name] = value
        return value
    if name in _OUTSIDE:
        from coworks_compat.outside import refuse

        refuse(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
