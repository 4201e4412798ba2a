"""Where secrets are kept: the environment, the program, and behind `cwsauth.tokens.stored` the services of AWS.

A source gives the values of one secret, as bytes: none, one, or several while it is being rotated. In this package a plain
string that stands for a secret is the name of an environment variable; a secret itself is bytes.
"""

from __future__ import annotations

import os

from cwsauth.tokens.verifier import config_error

NOT_PICKLED = "a secret is not pickled: it would lie wherever the pickle goes"


class Source:
    """A secret that is kept somewhere. `name` says where, for messages; `values()` gives what is there now."""

    __slots__ = ("name",)
    name: str

    def values(self, *, wait: bool = True) -> tuple[bytes, ...]:
        """The values of the secret; no empty one among them, and none at all where it is not set.

        With `wait=False`, `WouldBlock` is raised in place of a fetch. Raises `ConfigError` if the secret cannot be read.
        """
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class Env(Source):
    """An environment variable, read at every request; several values in one variable with `separator=","`."""

    __slots__ = ("_separator",)

    def __init__(self, name: str, *, separator: str | None = None) -> None:
        if type(name) is not str or not _is_variable(name):
            # Not quoted: somebody may have put the secret itself where its name belongs.
            raise config_error(
                "a string that stands for a secret is the name of an environment variable: upper-case letters, digits, '_'",
                help="write the name ('ADMIN_TOKEN'), or pass the secret itself as bytes where that is really wanted",
            )
        if separator == "":
            raise config_error("the separator of an environment variable is empty", help="write separator=','")
        self.name = name
        self._separator = separator

    def values(self, *, wait: bool = True) -> tuple[bytes, ...]:
        """What the variable holds now; nothing where it is unset or empty."""
        text = os.environ.get(self.name)
        if not text:
            return ()
        if self._separator is None:
            return (text.encode("utf-8", "surrogateescape"),)
        parts = (part.strip() for part in text.split(self._separator))
        return tuple(part.encode("utf-8", "surrogateescape") for part in parts if part)


class Literal(Source):
    """A secret that is in the program's hands already, as bytes."""

    __slots__ = ("_values",)

    def __init__(self, value: bytes) -> None:
        self.name = "bytes"
        self._values = (value,) if value else ()

    def values(self, *, wait: bool = True) -> tuple[bytes, ...]:
        """The one value."""
        return self._values

    def __repr__(self) -> str:
        return "Literal(...)"

    def __reduce__(self) -> str:
        raise TypeError(NOT_PICKLED)


def source(secret: object) -> Source:
    """The source that `secret` stands for: itself, the variable that a string names, or the bytes themselves."""
    if isinstance(secret, Source):
        return secret
    if isinstance(secret, str):
        return Env(secret)
    if isinstance(secret, bytes):
        return Literal(secret)
    raise config_error(
        f"a secret is the name of an environment variable, a source or bytes, not {type(secret).__name__}",
        help="for example 'ADMIN_TOKEN', SSM('/shop/admin-token') or SecretsManager('shop/admin-token')",
    )


def sources(secret: object) -> tuple[Source, ...]:
    """The sources of one secret or of a list or tuple of them: those that count while it is rotated."""
    items = secret if isinstance(secret, (list, tuple)) else (secret,)
    if not items:
        raise config_error("an empty list stands for a secret", help="name at least one variable or source")
    return tuple([source(item) for item in items])


def _is_variable(name: str) -> bool:
    return name.isascii() and name.replace("_", "A").isalnum() and name == name.upper() and not name[0].isdigit()
