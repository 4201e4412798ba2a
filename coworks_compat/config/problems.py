"""What is wrong with a configuration file, in one sentence with a next step; values are never quoted."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel

from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pydantic import ValidationError

    from coworks_compat.config.model import ConfigFile

# Chalice names these, and none of them means anything for a REST API.
_ELSEWHERE = {"websocket_protocols": "cws serves REST APIs"}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    found = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return found[0] if found else None


def config_error(error: ValidationError, model: type[ConfigFile], path: Path) -> ConfigError:
    """The first problem of `error` as a `ConfigError` that names the key; the others are counted."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    # An unknown key explains a missing one (app_nam), so it goes first.
    problems.sort(key=lambda problem: problem["type"] != "extra_forbidden")
    first = problems[0]
    place = tuple(str(part) for part in first["loc"] if not _is_branch(str(part)))
    key = ".".join(place) or "the file"
    if first["type"] == "extra_forbidden":
        message, help = _unknown(place, model)
    elif first["type"] == "missing":
        message, help = f"{key!r} is missing", f"add {place[-1]!r} to the file"
    else:
        message, help = f"{key!r}: {_sentence(first['msg'])}", ""
    more = len(problems) - 1
    if more:
        help = f"{help}; {more} more problem{'s' if more > 1 else ''} after this one".lstrip("; ")
    return ConfigError(f"invalid configuration {str(path)!r}: {message}", help=help)


def _unknown(place: tuple[str, ...], model: type[BaseModel]) -> tuple[str, str]:
    known = _keys(model, place[:-1])
    word = place[-1]
    where = f" in {'.'.join(place[:-1])!r}" if place[:-1] else ""
    message = f"unknown key {word!r}{where}"
    if word in _ELSEWHERE:
        return message, _ELSEWHERE[word]
    guess = nearest(word, known)
    return message, f"did you mean {guess!r}?" if guess else f"known are {', '.join(sorted(known))}"


def _keys(model: type[BaseModel], place: tuple[str, ...]) -> set[str]:
    """The keys that may stand at `place`, a path into the file."""
    current: Any = model
    for part in place:
        if isinstance(current, type) and issubclass(current, BaseModel):
            current = _field(current, part)
        elif get_origin(current) is dict:
            current = get_args(current)[1]
        current = _closed(current)
    if not (isinstance(current, type) and issubclass(current, BaseModel)):
        return set()
    names = set(current.model_fields)
    for field in current.model_fields.values():
        names.update(str(choice) for choice in getattr(field.validation_alias, "choices", ()))
    return names


def _field(model: type[BaseModel], name: str) -> object:
    field = model.model_fields.get(name)
    return None if field is None else field.annotation


def _closed(annotation: object) -> object:
    """The model or the mapping among the choices of an annotation."""
    for choice in (annotation, *get_args(annotation)):
        if isinstance(choice, type) and issubclass(choice, BaseModel):
            return choice
        if get_origin(choice) is dict:
            return choice
    return annotation


def _is_branch(part: str) -> bool:
    """Whether pydantic put the name of a union's branch into a place, as in `cors.Cors.allow_origin`."""
    return part in ("Cors", "AccessLogs", "[key]") or part.startswith(("literal[", "constrained-", "list[", "dict["))


def _sentence(text: str) -> str:
    return (text[:1].lower() + text[1:]).rstrip(".")
