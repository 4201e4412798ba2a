"""What every command of deployment begins with: the project, the stage, the app, the account."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from coworks_compat.config import Project, Resolver, Secret, Stage
from coworks_compat.deploy.aws import Aws
from coworks_compat.deploy.branch import current_branch, stage_of_branch
from coworks_compat.deploy.caching import check_answers
from coworks_compat.deploy.service import Service
from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Context:
    """A project's stage, and the account it is deployed to. `say` hears what is being done."""

    project: Path
    stage: Stage
    aws: Aws
    resolver: Resolver = field(repr=False)
    say: Callable[[str], None] = lambda line: None

    @classmethod
    def open(
        cls,
        directory: str | Path,
        stage: str,
        *,
        profile: str | None = None,
        region: str | None = None,
        variables: Mapping[str, str] | None = None,
        say: Callable[[str], None] = lambda line: None,
    ) -> Context:
        """The context of a stage; `auto` is the one of the git branch.

        Raises:
            ConfigError: the project's configuration is wrong, or has no such stage.
        """
        project = Project.load(directory)
        if stage == AUTO:
            name = stage_of_branch(current_branch(project.directory))
            say(f"stage {name}, after the git branch")
            settings = project.stage(name, undeclared=True)
        else:
            settings = project.stage(stage)
        aws = Aws(profile or settings.profile, region or settings.region)
        resolver = Resolver(variables=variables or {}, session=lambda: aws.session)
        return cls(project.directory, settings, aws, resolver, say)

    def service(self, module: str = "app", attribute: str = "app") -> Service:
        """The service of the project's app, with what the stage says of it.

        The app is imported with the variables of the stage in place, as the function will be; those that only AWS knows
        are missing.

        Raises:
            ConfigError: no such module or app, one that cannot be deployed, or answers that must not be cached.
        """
        environ = self._import_environ()
        with _environment(environ):
            app = import_app(self.project, module, attribute)
            service = Service.of(app, module=module, attribute=attribute).configured(self.stage)
            check_answers(app, service, environ)
            return service

    def environ(self) -> dict[str, Secret]:
        """The variables of the stage, resolved."""
        return self.stage.environ(self.resolver)

    def _import_environ(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in self.stage.environment_variables.items():
            if isinstance(value, str):
                found[name] = value
            elif not value.kinds & {"ssm", "secretsmanager"}:
                found[name] = self.resolver.secret(value, where=name).reveal()
        return found


def import_app(project: Path, module: str, attribute: str) -> Any:
    """The app `attribute` of the module of a project.

    Raises:
        ConfigError: no module, no app in it, or a module that cannot be imported; file and line are named.
    """
    sys.path.insert(0, str(project))
    try:
        for name in [name for name in sys.modules if name == module or name.startswith(f"{module}.")]:
            del sys.modules[name]  # another project's module of the same name
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name == module or module.startswith(f"{error.name}."):
            raise ConfigError(
                f"no module {module!r} in {str(project)!r}", help="name it with -m, without '.py'"
            ) from None
        raise ConfigError(
            f"module {module!r} imports {error.name!r}, which is not installed here", help=f"pip install {error.name}"
        ) from None
    except SyntaxError as error:
        raise ConfigError(
            f"module {module!r} is no Python: {error.filename}, line {error.lineno}: {error.msg}"
        ) from None
    finally:
        sys.path.remove(str(project))
    if not hasattr(loaded, attribute):
        raise ConfigError(f"module {module!r} has no {attribute!r}", help="name the app with -a")
    return getattr(loaded, attribute)


def _environment(values: Mapping[str, str]) -> AbstractContextManager[None]:
    import os
    from contextlib import contextmanager

    @contextmanager
    def placed() -> Iterator[None]:
        before = {name: os.environ.get(name) for name in values}
        os.environ.update(values)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value

    return placed()
