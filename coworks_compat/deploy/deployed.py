"""`.chalice/deployed/STAGE.json`: what was deployed, in Chalice's format (2.0) with a part of our own."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from coworks_compat.deploy.fingerprint import Facts

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Release:
    """A version of the code that the alias points or pointed to. `at` is a time in UTC, ISO 8601."""

    version: str
    sha256: str
    at: str
    by: str = "deploy"


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a stage is made of. `owner` is the stage that owns the API: this one, another, or an API's id."""

    stage: str
    api_stage: str
    rest_api_id: str
    url: str
    owner: str
    function_name: str
    function_arn: str
    account: str
    region: str
    api_fingerprint: str = ""
    alias: str = "live"
    engine: str = "terraform"
    backend: str = "local"
    facts: Facts = field(default_factory=dict)
    releases: tuple[Release, ...] = ()

    @property
    def owns_api(self) -> bool:
        """Whether the stage is the owner of its API."""
        return self.owner == self.stage

    @property
    def current(self) -> Release | None:
        """The release made last, by this record."""
        return self.releases[-1] if self.releases else None


def path_of(project: Path, stage: str) -> Path:
    """The file of a stage."""
    return project / ".chalice" / "deployed" / f"{stage}.json"


def read(project: Path, stage: str) -> Deployed | None:
    """What was deployed to a stage by cws, None where nothing was.

    Raises:
        ConfigError: the file is not one that cws wrote.
    """
    path = path_of(project, stage)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ConfigError(
            f"cannot read {str(path)!r}: {type(error).__name__}",
            help="restore it from version control, or delete it and run cws deploy",
        ) from None
    own = data.get("cws") if isinstance(data, dict) else None
    if own is None:
        return None
    return _parse(own, path)


def rest_api_of(project: Path, stage: str) -> str | None:
    """The id of the API on which a stage is, whichever engine deployed it."""
    path = path_of(project, stage)
    if not path.is_file():
        return None
    try:
        resources = json.loads(path.read_text(encoding="utf-8")).get("resources", [])
    except (UnicodeDecodeError, json.JSONDecodeError, AttributeError):
        return None
    return next((str(r["rest_api_id"]) for r in resources if "rest_api_id" in r), None)


def read_all(project: Path) -> tuple[Deployed, ...]:
    """What cws deployed, stage by stage."""
    directory = path_of(project, "x").parent
    names = sorted(path.stem for path in directory.glob("*.json")) if directory.is_dir() else []
    return tuple(found for name in names if (found := read(project, name)) is not None)


def write(project: Path, deployed: Deployed) -> Path:
    """Write the file, at once: a reader sees all of it or the one before."""
    path = path_of(project, deployed.stage)
    data = {
        "resources": [
            {"name": "api_handler", "resource_type": "lambda_function", "lambda_arn": deployed.function_arn},
            {
                "name": "rest_api",
                "resource_type": "rest_api",
                "rest_api_id": deployed.rest_api_id,
                "rest_api_url": deployed.url,
            },
        ],
        "schema_version": "2.0",
        "backend": "api",
        "cws": {"format": _FORMAT, **asdict(deployed)},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{deployed.stage}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=2, sort_keys=True)
        file.write("\n")
    os.replace(name, path)
    return path


def remove(project: Path, stage: str) -> None:
    """Forget a stage."""
    path_of(project, stage).unlink(missing_ok=True)


def _parse(own: Any, path: Path) -> Deployed:
    wrong = ConfigError(
        f"{str(path)!r} was not written by this cws", help="restore it from version control, or run cws deploy again"
    )
    if not isinstance(own, dict) or own.get("format") != _FORMAT:
        raise wrong
    values = {name: value for name, value in own.items() if name != "format"}
    try:
        values["releases"] = tuple(Release(**release) for release in values.get("releases", ()))
        return Deployed(**values)
    except TypeError:
        raise wrong from None
