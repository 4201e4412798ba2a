"""Names of terraform resources out of routes: readable, and no two templates get the same one."""

from __future__ import annotations

import re
from typing import Final

_PARAMETER: Final = re.compile(r"\{([^{}+]+)(\+?)\}")


def resource_name(template: str) -> str:
    """The name of a path: `/product/{id}` is `path__product___vid`.

    `__` begins a segment, `_v` a variable, `_g` a greedy one; `_` and two hexadecimal digits stand for a character that
    terraform does not take. Every `_` is followed by what says its meaning, so the name can be read back.
    """
    return "path" + "".join("__" + _segment(part) for part in template.strip("/").split("/") if part)


def method_name(method: str, template: str) -> str:
    """The name of a method: `GET /product/{id}` is `get__product___vid`, `GET /` is `get`."""
    return method.lower() + resource_name(template).removeprefix("path")


def authorizer_name(name: str) -> str:
    """The name of an authorizer's resource."""
    return "authorizer__" + _literal(name)


def _segment(part: str) -> str:
    parameter = _PARAMETER.fullmatch(part)
    if parameter is None:
        return _literal(part)
    return ("_g" if parameter[2] else "_v") + _literal(parameter[1])


def _literal(text: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c == "-") else f"_{ord(c):02x}" for c in text)
