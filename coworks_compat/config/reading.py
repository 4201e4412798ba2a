"""Files as plain data: JSON with line and column of what is wrong, and files of variables."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

_LINE: Final = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*)")


def read_text(path: Path, *, what: str) -> str:
    """The text of a file.

    Raises:
        ConfigError: it is not there, cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"no {what} at {str(path)!r}", help="check the path") from None
    except OSError as error:
        raise ConfigError(f"cannot read {what} {str(path)!r}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{what} {str(path)!r} is not UTF-8 (byte {error.start})") from None


def read_json(text: str, *, path: Path, what: str) -> dict[str, object]:
    """The JSON object in `text`.

    Raises:
        ConfigError: no JSON (with line and column, as `error.line` and `error.column`), no object, or a key twice.
    """

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                raise ConfigError(
                    f"invalid {what} {str(path)!r}: the key {name!r} stands twice", help="remove one of them"
                )
        return dict(pairs)

    try:
        data = json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"invalid {what} {str(path)!r}: line {error.lineno}, column {error.colno}: {_reason(error)}",
            help=_remedy(text, error),
        ) from None
    if not isinstance(data, dict):
        raise ConfigError(
            f"invalid {what} {str(path)!r}: not a JSON object", help="it begins with '{' and ends with '}'"
        )
    return data


def read_variables(path: Path, *, what: str) -> dict[str, str]:
    """The variables of a file: a JSON object of texts, or lines `NAME=value` with `#` comments.

    Raises:
        ConfigError: neither of both. No value is in the message.
    """
    text = read_text(path, what=what)
    if text.lstrip().startswith("{"):
        data = read_json(text, path=path, what=what)
        for name, value in data.items():
            if not isinstance(value, str):
                raise ConfigError(
                    f"invalid {what} {str(path)!r}: {name!r} is no text but {type(value).__name__}",
                    help=f'put the value of "{name}" in quotes',
                )
        return {name: str(value) for name, value in data.items()}
    variables: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        if match is None:
            raise ConfigError(f"invalid {what} {str(path)!r}: line {number} is not NAME=value", help="or write JSON")
        if match[1] in variables:
            raise ConfigError(f"invalid {what} {str(path)!r}: line {number}: {match[1]!r} stands twice")
        variables[match[1]] = _unquoted(match[2])
    return variables


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value


def _reason(error: json.JSONDecodeError) -> str:
    return error.msg[:1].lower() + error.msg[1:]


def _remedy(text: str, error: json.JSONDecodeError) -> str:
    if text[error.pos : error.pos + 2] in ("//", "/*") or text[error.pos : error.pos + 1] == "#":
        return "JSON has no comments"
    if text[error.pos : error.pos + 1] == "'":
        return "JSON takes double quotes only"
    if text[: error.pos].rstrip().endswith(",") or "trailing comma" in error.msg:
        return "there is a comma after the last value: remove it"
    if error.msg.startswith("Expecting ',' delimiter"):
        return "is a comma missing at the end of the value before?"
    return "check the text at that place"
