"""A project directory and its `.chalice/config.json`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from coworks_compat.config.model import ConfigFile, Settings
from coworks_compat.config.problems import config_error, nearest
from coworks_compat.config.reading import read_json, read_text
from coworks_compat.config.stage import resolve
from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from coworks_compat.config.stage import Stage

# The settings of stages that `--stage auto` makes and the file does not name.
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Project:
    """A directory with a valid configuration. `Project.load(".")`."""

    directory: Path
    file: ConfigFile

    @classmethod
    def load(cls, directory: str | Path) -> Project:
        """The project in `directory`.

        Raises:
            ConfigError: there is no configuration, or it is wrong; line and column, or the key, are named.
        """
        root = Path(directory).resolve()
        path = root / ".chalice" / "config.json"
        if not path.is_file():
            raise ConfigError(
                f"no project in {str(directory)!r}: there is no '.chalice/config.json'",
                help="run 'cws init' there, or name another directory with --project-dir",
            )
        data = read_json(read_text(path, what="configuration"), path=path, what="configuration")
        version = data.get("version", "2.0")
        if version != "2.0":
            raise ConfigError(
                f"invalid configuration {str(path)!r}: version {version!r} is not '2.0'",
                help='write "version": "2.0", with the stages below "stages"',
            )
        try:
            file = ConfigFile.model_validate(data)
        except ValidationError as error:
            raise config_error(error, ConfigFile, path) from None
        return cls(root, file)

    @property
    def app_name(self) -> str:
        """The name of the service."""
        return self.file.app_name

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that the file names, without the settings for `--stage auto`."""
        return tuple(name for name in self.file.stages if name != AUTO)

    def stage(self, name: str, *, undeclared: bool = False) -> Stage:
        """The settings of a stage. `undeclared=True` gives a stage that the file lacks the settings of `auto`.

        Raises:
            ConfigError: the file has no such stage, or the stage's settings contradict each other.
        """
        settings = self.file.stages.get(name)
        if settings is None or name == AUTO:
            if not undeclared or name == AUTO:
                raise self._unknown(name)
            settings = self.file.stages.get(AUTO, Settings.model_validate({}))
        return resolve(self.file, name, directory=self.directory / ".chalice", settings=settings)

    def _unknown(self, name: str) -> ConfigError:
        guess = nearest(name, self.stages)
        if guess is not None:
            help = f"did you mean {guess!r}?"
        elif self.stages:
            help = (
                f"there are {', '.join(repr(stage) for stage in self.stages)}; add {name!r} to 'stages' for a new one"
            )
        else:
            help = f'add "stages": {{"{name}": {{}}}} to .chalice/config.json'
        return ConfigError(f"unknown stage {name!r}", help=help)
