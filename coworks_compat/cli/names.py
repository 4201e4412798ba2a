"""Names of projects and services out of names of directories."""

from __future__ import annotations

import re

from cwsauth.errors import ConfigError


def app_name(directory: str) -> str:
    """A name for a service: the directory's, with what AWS would not take left out.

    Raises:
        ConfigError: nothing is left.
    """
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", directory).strip("-")[:47]
    if not name:
        raise ConfigError(
            f"no service can be named after the directory {directory!r}", help="give it a name of letters"
        )
    return name


def class_name(name: str) -> str:
    """The name of a class for a service: `my-shop` is `MyShop`.

    Raises:
        ConfigError: it would not begin with a letter.
    """
    made = "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", name) if word)
    if not made or not made[0].isalpha():
        raise ConfigError(f"no class can be named after {name!r}", help="begin the name with a letter")
    return made
