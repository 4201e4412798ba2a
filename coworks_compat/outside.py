"""What CoWorks had and this package does not: importing it says so, and what to do instead."""

from __future__ import annotations

from typing import NoReturn

_INSTEAD = {
    "biz": "describe the step functions in your own terraform beside the generated files",
    "tech": "call the service's own client library from your views",
    "middleware": "use Chalice's middleware, app.register_middleware()",
    "aws": "use boto3",
}
_BIZ = frozenset({"At", "BizFactory", "BizMicroService", "Every", "Once", "biz", "sfn"})


def refuse(name: str) -> NoReturn:
    """Never returns.

    Raises:
        ImportError: always; it names what was asked for and what to use instead.
    """
    last = name.rpartition(".")[2]
    kind = "biz" if last in _BIZ else next((part for part in name.split(".") if part in _INSTEAD), "")
    instead = _INSTEAD.get(kind, "keep that part on CoWorks, or write it with Chalice alone")
    raise ImportError(
        f"{name} is outside coworks_compat, which is about TechMicroService, its authorization and its deployment; {instead}",
        name=name,
    )
