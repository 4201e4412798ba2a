"""`cws run` at work: the service behind the local gateway, read anew when its files change."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from coworks_compat.cli.service import forget_modules, load_service
from coworks_compat.project import local_stage, stage_gateway, use_stage
from cwsauth.cli import failure
from cwsauth.errors import CwsAuthError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from chalice.app import Chalice

    from coworks_compat.config import Stage
    from cwsauth.gateway import CallRecord, Gateway

_IGNORED = ("/.chalice/deployed/", "/.chalice/terraform", "/.chalice/deployments/")
_FOLDERS = frozenset(
    {".git", ".venv", "venv", "__pycache__", "node_modules", "terraform", ".pytest_cache", ".mypy_cache"}
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a service comes from: a project's directory, a module of it and a variable, and a stage."""

    directory: Path
    module: str = "app"
    attribute: str = "app"
    stage: str = "dev"
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A service as it is served: the application, the settings of its stage, and the gateway before it."""

    app: Chalice
    stage: Stage
    gateway: Gateway


class LocalService:
    """A WSGI application: the service behind its gateway, as its files are now.

    `reload()` reads them again. Where that fails, what was there before goes on being served.

    Raises:
        CwsAuthError: the service or its stage cannot be had.
    """

    def __init__(self, source: Source, on_call: Callable[[CallRecord], object]) -> None:
        self.source = source
        self._on_call = on_call
        self._before: dict[str, str | None] = {}
        self.read = snapshot(source.directory)
        self.loaded = self._load()

    def reload(self) -> CwsAuthError | None:
        """Reads the files again; the error where they cannot be served now."""
        forget_modules(self.source.directory)
        self._restore_environment()
        try:
            self.loaded = self._load()
        except CwsAuthError as error:
            return error
        return None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        return self.loaded.gateway(environ, start_response)

    def _load(self) -> Loaded:
        source = self.source
        before = dict(os.environ)
        stage = use_stage(source.directory, source.stage, source.variables)
        self._before = {name: before.get(name) for name in stage.environment_variables}
        app = load_service(source.directory, source.module, source.attribute)
        gateway = stage_gateway(app, stage, self._on_call)
        return Loaded(app, stage, gateway)

    def _restore_environment(self) -> None:
        """Takes the variables of the stage back, so that one which was removed from the configuration is gone."""
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def show_call(record: CallRecord) -> None:
    """One line for a request: what was asked, what was decided, and why."""
    colour = "green" if record.status < 400 else "yellow" if record.status < 500 else "red"
    click.secho(str(record), fg=colour)


def show_access(loaded: Loaded) -> None:
    """The access matrix of a service, asked with the tokens of its stage."""
    from coworks_compat.cli.access import access_matrix, known_tokens
    from cwsauth.cli.matrix_text import table
    from cwsauth.cli.output import console

    tokens = known_tokens(loaded.stage.environment_variables)
    made, problems = access_matrix(loaded.app, tokens, local_stage(loaded.stage))
    console().print(table(made))
    for problem in problems:
        click.echo(f"warning: {problem}", err=True)


def follow_changes(service: LocalService, stop: threading.Event) -> None:
    """Reloads the service whenever a file of its project changes, until `stop` is set or Ctrl-C."""
    for changes in _changes(service.source.directory, stop, service.read):
        error = service.reload()
        click.echo(f"changed: {', '.join(sorted(changes))}")
        if error is None:
            show_access(service.loaded)
        else:
            failure.report(error)
            click.echo("the service is still served as it was before", err=True)


def _changes(directory: Path, stop: threading.Event, known: Mapping[str, int]) -> Iterator[set[str]]:
    """The files that changed, whenever some did. `known` is how they were when they were read: a change that came
    before the watcher was there is seen too.
    """
    from watchfiles import watch

    root = directory.resolve()
    watching = watch(
        root,
        watch_filter=lambda _change, path: _matters(root, path),
        stop_event=stop,
        debounce=200,
        step=20,
        rust_timeout=500,
        yield_on_timeout=True,
        raise_interrupt=True,
    )
    for count, changes in enumerate(watching):
        found = {os.path.relpath(path, root) for _, path in changes}
        if count == 0:
            now = snapshot(root)
            found |= {path for path in now.keys() | known.keys() if now.get(path) != known.get(path)}
        if found:
            yield found


def snapshot(directory: Path) -> dict[str, int]:
    """The files of a project that matter, with the time of their last change, in nanoseconds."""
    root = directory.resolve()
    found: dict[str, int] = {}
    for place, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _FOLDERS]
        for name in files:
            path = os.path.join(place, name)
            if _matters(root, path):
                with contextlib.suppress(OSError):
                    found[os.path.relpath(path, root)] = os.stat(path).st_mtime_ns
    return found


def _matters(root: Path, path: str) -> bool:
    """Whether a change of this file may change the service."""
    shown = "/" + os.path.relpath(path, root)
    parts = shown.split("/")
    return shown.endswith((".py", ".json", ".env")) and not (
        _FOLDERS & set(parts) or any(part in shown for part in _IGNORED)
    )
