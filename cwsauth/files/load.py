"""From a policy file to policies: read, checked, and ready to decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from cwsauth.errors import ConfigError, CwsAuthError
from cwsauth.files.models import Case, DecisionTable, Misplaced, OpenApiRoutes, PolicyFile
from cwsauth.files.text import Lines, read_text
from cwsauth.policy import Policy, RouteTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic_core import ErrorDetails

    from cwsauth.policy import Route

Model = TypeVar("Model", bound=BaseModel)
Value = TypeVar("Value")

_FAULTS = {  # pydantic's error type: what is wrong, what to do
    "bool_type": ("it is not true or false", "write true or false"),
    "dict_type": ("it is not a mapping of names to values", "write 'name: value', a line each"),
    "extra_forbidden": ("this name is not known", "'cwsauth schema' prints all that are"),
    "missing": ("it is missing", "'cwsauth schema' prints what a file may hold"),
    "model_type": ("it is not a mapping of names to values", "write 'name: value', a line each"),
    "string_too_short": ("it is empty", "write some text"),
    "string_type": ("it is not a string", "put it into quotation marks"),
    "too_short": ("it is empty", "give at least one"),
    "tuple_type": ("it is not a list", "write it as a list, also with one item"),
    "union_tag_not_found": ("it has none of its possible forms", "'cwsauth schema' prints them"),
    "union_tag_invalid": ("it has none of its possible forms", "'cwsauth schema' prints them"),
}


@dataclass(frozen=True, slots=True)
class PolicySet(Mapping[str, Policy]):
    """The policies of a file by the name of their role: `load("policy.yaml")["editor"].allows("GET", "/product/1")`.

    `routes` is the route table that the file declares or refers to, None where it has none.
    """

    name: str
    file: PolicyFile
    routes: RouteTable | None
    lines: Lines

    def __getitem__(self, role: str) -> Policy:
        if role not in self.file.roles:
            raise KeyError(role)
        return Policy.of(self.file.rules_of(role), routes=self.routes)

    def of_roles(self, roles: Iterable[str]) -> Policy:
        """The policy of somebody who has several roles; a name that the file does not have grants nothing."""
        return Policy.of(self.file.rules_of(*[role for role in roles if role in self.file.roles]), routes=self.routes)

    def __iter__(self) -> Iterator[str]:
        return iter(self.file.roles)

    def __len__(self) -> int:
        return len(self.file.roles)

    def line_of_rule(self, role: str, text: str) -> int:
        """The line on which a role, or one that it includes, has the rule; 0 where nobody wrote it down."""
        waiting = [role]
        while waiting:
            name = waiting.pop(0)
            spec = self.file.roles[name]
            path: tuple[str, ...] = ("roles", name)
            if self.lines.has((*path, "rules")):
                path = (*path, "rules")
            place = spec.place_of(text)
            if place is not None:
                return self.lines.of((*path, place))
            if spec.rules is True and text == "*":
                return self.lines.of(path)
            waiting.extend(spec.includes)
        return 0

    def line_of_route(self, route: Route) -> int:
        """The line on which the file declares the route, or says where its routes are; 0 where it does neither."""
        declared = self.file.routes
        if isinstance(declared, tuple):
            for place, text in enumerate(declared):
                if route in RouteTable.of([text]).routes:
                    return self.lines.of(("routes", place))
        return self.lines.of(("routes",)) if self.lines.has(("routes",)) else 0


def load(path: str | PurePath, *, read: Callable[[PurePath], str] | None = None, name: str | None = None) -> PolicySet:
    """The policies of the YAML or JSON file at `path`.

    `read` gives the text of a file, for files that are not on the disk (a revision of git); an OpenAPI document that the
    file refers to is read with it too. `name` is what errors call the file.

    Raises:
        ConfigError: a file cannot be read, or is not a policy file; names file, line and place.
    """
    where = PurePath(path)
    read = read or read_file
    return parse(read(where), name or str(path), read=lambda other: read(where.parent / other))


def parse(text: str, name: str, *, read: Callable[[str], str]) -> PolicySet:
    """The policies of the text of a policy file; see `load`."""
    data, lines = read_text(text, name)
    file = validate(PolicyFile, data, lines, name)
    return PolicySet(name, file, _route_table(file, name, read), lines)


def load_cases(
    path: str | PurePath, *, read: Callable[[PurePath], str] | None = None
) -> tuple[tuple[Case, ...], Lines]:
    """The rows of a decision table: a file with `tests:`, a bare list of them, or a policy file that has some."""
    name = str(path)
    data, lines = read_text((read or read_file)(PurePath(path)), name)
    if isinstance(data, dict) and "roles" in data:
        return validate(PolicyFile, data, lines, name).tests, lines
    if isinstance(data, list):
        return validate_as(TypeAdapter(tuple[Case, ...]), data, lines, name), lines
    return validate(DecisionTable, data, lines, name).tests, lines


def read_file(path: PurePath) -> str:
    """The text of a file.

    Raises:
        ConfigError: there is none, or it is not UTF-8.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        what = (error.strerror or "it cannot be read").lower()
        raise ConfigError(f"cannot read '{path}': {what}", help="give the path of a YAML or JSON file") from None
    except UnicodeDecodeError:
        raise ConfigError(f"cannot read '{path}': it is not UTF-8 text", help="save it as UTF-8") from None


def validate(model: type[Model], data: object, lines: Lines, name: str) -> Model:
    """`data` as a model; see `validate_as`."""
    return validate_as(TypeAdapter(model), data, lines, name)


def validate_as(adapter: TypeAdapter[Value], data: object, lines: Lines, name: str) -> Value:
    """`data` as what `adapter` describes.

    Raises:
        ConfigError: with the first fault, its place and line.
    """
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    raise _config_error(first, lines, name)


def _config_error(fault: ErrorDetails, lines: Lines, name: str) -> ConfigError:
    path = _written_path(fault["loc"], lines)
    what, help = _FAULTS.get(fault["type"], (fault["msg"][:1].lower() + fault["msg"][1:], ""))
    cause: Any = fault.get("ctx", {}).get("error")
    if isinstance(cause, CwsAuthError):
        what, help = cause.message, cause.help
    elif isinstance(cause, Misplaced):
        path, what, help = cause.path, str(cause), cause.help
    elif isinstance(cause, ValueError):
        what = str(cause)
    at = f" line {lines.of(path)}" if lines.of(path) else ""
    # The name of a token may be the token itself, put there by mistake.
    shown = ("tokens", *path[2:]) if path[:1] == ("tokens",) else path
    place = ".".join(str(step) for step in shown)
    return ConfigError(f"invalid file '{name}'{at}: {place + ': ' if place else ''}{what}", help=help)


_FORMS = ("flag", "list", "mapping", "none", "[key]")


def _written_path(steps: tuple[int | str, ...], lines: Lines) -> tuple[int | str, ...]:
    """The place of a fault as the file has it: without the names of models and shorthands that pydantic puts in."""
    path: tuple[int | str, ...] = ()
    for place, step in enumerate(steps):
        last = place == len(steps) - 1
        if lines.has((*path, step)) or (last and step not in _FORMS and not str(step).startswith("form:")):
            path = (*path, step)
    return path


def _route_table(file: PolicyFile, name: str, read: Callable[[str], str]) -> RouteTable | None:
    if file.routes is None:
        return None
    if isinstance(file.routes, OpenApiRoutes):
        data, _ = read_text(read(file.routes.openapi), file.routes.openapi)
        return RouteTable.of(data)
    return RouteTable.of(list(file.routes))
