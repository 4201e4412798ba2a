"""The service of a project, imported; what a newcomer meets on the way is a sentence."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import click

from cwsauth.errors import CwsAuthError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType, TracebackType

    from chalice.app import Chalice

Command = TypeVar("Command", bound="Callable[..., Any]")


class ServiceError(CwsAuthError):
    """The service of a project cannot be had: no module, no variable, or code that fails."""

    exit_code = 1


def service_options(command: Command) -> Command:
    """`-m MODULE` and `-a APP`: where the service is."""
    command = click.option(
        "-a", "--app", "attribute", default="app", show_default=True, help="The variable that holds the service."
    )(command)
    return click.option("-m", "--module", default="app", show_default=True, help="The module of the service.")(command)


def load_service(directory: Path, module: str = "app", attribute: str = "app") -> Chalice:
    """The service `attribute` of `module`, whose imports are looked up in `directory` first.

    Raises:
        ServiceError: it cannot be had; says what is missing or where the code fails.
    """
    from chalice.app import Chalice

    loaded = _load(directory.resolve(), module)
    found = getattr(loaded, attribute, None)
    if isinstance(found, Chalice):
        return found
    services = [name for name, value in vars(loaded).items() if isinstance(value, Chalice)]
    hint = (
        f"did you mean --app {services[0]}?"
        if services
        else "make one: app = Shop(), of a class Shop(TechMicroService)"
    )
    if found is None:
        raise ServiceError(f"module '{module}' has no service '{attribute}'", help=hint)
    what = f"the class {found.__name__}" if isinstance(found, type) else f"a {type(found).__name__}"
    if isinstance(found, type) and issubclass(found, Chalice):
        hint = f"write {attribute.lower()} = {found.__name__}(), and name that with --app"
    raise ServiceError(f"'{attribute}' of module '{module}' is {what}, not a service", help=hint)


def _load(directory: Path, module: str) -> ModuleType:
    if not directory.is_dir():
        raise ServiceError(f"there is no directory '{directory}'", help="name the project's with --project-dir")
    name = module.removesuffix(".py").replace("/", ".")
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))
    sys.path_importer_cache.pop(str(directory), None)
    with _Importing(directory, name):
        if "." not in name and find_spec(name) is None:
            raise ServiceError(
                f"there is no module '{name}' in '{directory}'",
                help="run cws new to make a project, or name its module with --module",
            )
        return import_module(name)
    raise AssertionError("unreachable")


def forget_modules(directory: Path) -> None:
    """Forgets the modules whose files are in `directory`, so that they are imported anew."""
    root = str(directory.resolve())
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if path and name != "__main__" and _is_own(path, root):
            del sys.modules[name]
    sys.path_importer_cache.clear()


def _is_own(path: str, root: str) -> bool:
    """Whether a module's file is the project's: below its directory, and not of an environment in it."""
    if not path.startswith(root + "/"):
        return False
    parts = path[len(root) + 1 :].split("/")
    return "site-packages" not in parts and parts[0] not in (".venv", "venv", "env")


class _Importing:
    """Turns what importing raises into a sentence with a place; the text of the error itself may hold anything."""

    def __init__(self, directory: Path, module: str) -> None:
        self.directory = directory
        self.module = module

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, ServiceError) or not isinstance(error, (Exception, SystemExit)):
            return
        place = self._place(trace)
        if isinstance(error, SyntaxError):
            file = self._shown(error.filename or self.module)
            where = f"{file} line {error.lineno}, column {error.offset}"
            raise ServiceError(f"{where}: {error.msg}", help="correct the line, and try again") from error
        if isinstance(error, ModuleNotFoundError) and error.name != self.module:
            raise ServiceError(
                f"{place} imports '{error.name}', which is not installed",
                help=f"pip install {(error.name or '').partition('.')[0]}, and add it to requirements.txt",
            ) from error
        if isinstance(error, CwsAuthError):
            raise ServiceError(f"{place}: {error.message}", help=error.help) from error
        # Chalice's own complaints name the routes that collide, and no value.
        text = (
            f": {' '.join(str(error).split())}"
            if type(error) is ValueError and "Duplicate method" in str(error)
            else ""
        )
        raise ServiceError(
            f"{place} raised {type(error).__name__}{text}", help="run it again with --debug for the traceback"
        ) from error

    def _place(self, trace: TracebackType | None) -> str:
        """The last line of the project's own code on the way to the error."""
        place = f"module '{self.module}'"
        while trace is not None:
            file = trace.tb_frame.f_code.co_filename
            if _is_own(file, str(self.directory)):
                place = f"{self._shown(file)} line {trace.tb_lineno}"
            trace = trace.tb_next
        return place

    def _shown(self, file: str) -> str:
        path = Path(file)
        return str(path.relative_to(self.directory)) if path.is_relative_to(self.directory) else path.name
