"""YAML and JSON texts as data, with the line of every value, and with errors that a writer of policies understands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NoReturn

import yaml

from cwsauth.errors import ConfigError, CwsAuthError

if TYPE_CHECKING:
    from collections.abc import Sequence

    Path = tuple[str | int, ...]


class Lines:
    """Where the values of a text stand: `of(("roles", "user", 1))` is a line, counted from 1."""

    def __init__(self, lines: dict[Path, int]) -> None:
        self._lines = lines

    def of(self, path: Sequence[str | int]) -> int:
        """The line of the value at `path`, or of what holds it, where the text has no such value; 0 for none."""
        steps = tuple(path)
        while steps and steps not in self._lines:
            steps = steps[:-1]
        return self._lines.get(steps, 0)

    def has(self, path: Sequence[str | int]) -> bool:
        """Whether the text has a value at `path`."""
        return tuple(path) in self._lines


def read_text(text: str, name: str) -> tuple[object, Lines]:
    """The data of a YAML text, or of a JSON text where `name` ends in `.json`.

    Raises:
        ConfigError: the text is not YAML or JSON, a key stands twice or is not a string, or it is nested too deeply.
    """
    try:
        return _read_json(text, name) if name.lower().endswith(".json") else _read_yaml(text, name)
    except RecursionError:
        pass
    raise ConfigError(f"invalid file '{name}': it is nested too deeply", help="write it with fewer levels")


def _read_json(text: str, name: str) -> tuple[object, Lines]:
    data = read_json(text, name)
    try:
        return data, Lines(_lines(yaml.compose(text, yaml.SafeLoader), name))
    except yaml.YAMLError:
        return data, Lines(_no_lines(data))  # JSON that is not YAML (tabs): its errors have no line


def _read_yaml(text: str, name: str) -> tuple[object, Lines]:
    node: yaml.Node | None = None
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        lines = _lines(node, name)
        return None if node is None else loader.construct_document(node), Lines(lines)
    except CwsAuthError:
        raise
    except yaml.MarkedYAMLError as error:
        _refuse_yaml(error, name)
    except RecursionError:
        raise _too_deep(name) from None
    except yaml.YAMLError:
        raise ConfigError(
            f"invalid file '{name}': it holds characters that YAML does not have",
            help="save it as UTF-8 text",
        ) from None
    except (ValueError, AttributeError, TypeError, OverflowError):
        # What PyYAML does with a date, a number or a character that is none. Its text quotes the value.
        line = _faulty_line(node)
    raise ConfigError(
        f"invalid file '{name}'{f' line {line}' if line else ''}: it looks like a date, a number or an escaped character, and is none",
        help="put it into quotation marks if it is text",
    )


def _faulty_line(root: yaml.Node | None) -> int:
    """The line of the first value that PyYAML cannot make; 0 where nobody can tell."""
    waiting = [] if root is None else [root]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop(0)
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            try:
                yaml.SafeLoader("").construct_object(node)
            except (ValueError, AttributeError, TypeError, OverflowError):
                return int(node.start_mark.line) + 1
            except yaml.YAMLError:
                pass
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            waiting.extend(part for pair in node.value for part in pair)
    return 0


def read_json(text: str, name: str) -> object:
    """The data of a JSON text.

    Raises:
        ConfigError: it is not JSON, or a key stands twice.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=lambda pairs: _object(pairs, name))
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"invalid file '{name}' line {error.lineno}: not JSON: {error.msg.lower()}",
            help=f"look at column {error.colno}",
        ) from None
    except RecursionError:
        raise _too_deep(name) from None
    except CwsAuthError:
        raise
    except ValueError:
        raise ConfigError(f"invalid file '{name}': it has a number of too many digits", help="shorten it") from None
    except _NotJson:
        raise ConfigError(f"invalid file '{name}': not JSON: NaN and Infinity are no JSON values") from None


def _too_deep(name: str) -> ConfigError:
    return ConfigError(f"invalid file '{name}': it is nested too deeply", help="no policy file has that many levels")


class _NotJson(Exception):
    pass


def _refuse_constant(_name: str) -> NoReturn:
    raise _NotJson


def _object(pairs: list[tuple[str, object]], name: str) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise ConfigError(f"invalid file '{name}': the key '{twice}' stands twice", help="keep one of them")
    return made


def _lines(root: yaml.Node | None, name: str) -> dict[Path, int]:
    """The line of each value; on the way, keys that stand twice or are no strings are refused."""
    lines: dict[Path, int] = {}
    waiting: list[tuple[Path, yaml.Node]] = [] if root is None else [((), root)]
    seen: set[int] = set()  # an anchor may stand for itself
    while waiting:
        path, node = waiting.pop()
        lines[path] = node.start_mark.line + 1
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting.extend(((*path, place), item) for place, item in enumerate(node.value))
        elif isinstance(node, yaml.MappingNode):
            waiting.extend(((*path, key), value) for key, value in _entries(node, name))
    return lines


def _no_lines(data: object) -> dict[Path, int]:
    """Every value of the data, without a line."""
    lines: dict[Path, int] = {}
    waiting: list[tuple[Path, object]] = [((), data)]
    while waiting:
        path, value = waiting.pop()
        lines[path] = 0
        if isinstance(value, dict):
            waiting.extend(((*path, key), item) for key, item in value.items())
        elif isinstance(value, list):
            waiting.extend(((*path, place), item) for place, item in enumerate(value))
    return lines


def _entries(node: yaml.MappingNode, name: str) -> list[tuple[str, yaml.Node]]:
    entries: dict[str, yaml.Node] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.tag == "tag:yaml.org,2002:merge":
            continue
        if key.tag != "tag:yaml.org,2002:str":
            what = f"'{key.value}'" if isinstance(key, yaml.ScalarNode) else "a list or mapping"
            raise ConfigError(
                f"invalid file '{name}' line {line}: the key {what} is not a string",
                help="put the key into quotation marks",
            )
        if key.value in entries:
            raise ConfigError(
                f"invalid file '{name}' line {line}: the key '{key.value}' stands twice",
                help="keep one of them",
            )
        entries[key.value] = value
    return list(entries.items())


def _refuse_yaml(error: yaml.MarkedYAMLError, name: str) -> NoReturn:
    mark = error.problem_mark or error.context_mark
    line = f" line {mark.line + 1}" if mark is not None else ""
    problem = (error.problem or "a syntax error").lower()
    if "could not determine a constructor" in problem:
        raise ConfigError(
            f"invalid file '{name}'{line}: an unquoted '!' begins a YAML tag",
            help="put a rule that begins with '!' into quotation marks: '!admin/**'",
        ) from None
    if "alias" in f"{error.context} {problem}":
        raise ConfigError(
            f"invalid file '{name}'{line}: an unquoted '*' begins a YAML alias",
            help="put a rule that begins with '*' into quotation marks: '**'",
        ) from None
    raise ConfigError(
        f"invalid file '{name}'{line}: not YAML: {problem}", help="check indentation and quotes"
    ) from None
