"""The two terraform roots of a stage on disk: `terraform/STAGE/api` and `terraform/STAGE/stage` of the project."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from coworks_compat.deploy.fingerprint import digest
from coworks_compat.deploy.generate.api import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coworks_compat.deploy.generate.backend import Backend

MODULE: Final = Path(__file__).parent.parent / "module"
API_FILE: Final = "api.tf.json"
VALUES_FILE: Final = "cws.auto.tfvars.json"
# Where and by what terraform works: no part of the API.
_PLUMBING: Final = frozenset({"provider.tf.json", "backend.tf.json", "versions.tf.json"})
_NOTE: Final = "Written by cws deploy, which writes it again. Add resources in files of your own beside this one."
_IGNORED: Final = "# terraform's own files; a state can hold secrets\n.terraform/\n*.tfstate\n*.tfstate.*\n*.tfplan\n"


@dataclass(frozen=True, slots=True)
class Roots:
    """Where the roots of a stage lie."""

    project: Path
    stage: str

    @property
    def api(self) -> Path:
        """The root of the API, which only its owner has."""
        return self.project / "terraform" / self.stage / "api"

    @property
    def of_stage(self) -> Path:
        """The root of the stage."""
        return self.project / "terraform" / self.stage / "stage"


def write_api(roots: Roots, content: Mapping[str, object], backend: Backend, *, region: str, eject: bool) -> None:
    """Write the API root. An ejected one that exists is the user's, and left as it is."""
    _prepare(roots, roots.api)
    if eject and (roots.api / API_FILE).exists():
        return
    _json(roots.api / API_FILE, {"//": _NOTE, **content})
    _json(roots.api / "versions.tf.json", versions())
    _plumbing(roots.api, backend, region, f"{roots.stage}/api")


def write_stage(roots: Roots, values: Mapping[str, object], backend: Backend, *, region: str, eject: bool) -> None:
    """Write the stage root: the module's files as they are shipped, and their values. No secret is among the values."""
    _prepare(roots, roots.of_stage)
    if not (eject and (roots.of_stage / "main.tf").exists()):
        for path in sorted(MODULE.glob("*.tf")):
            shutil.copyfile(path, roots.of_stage / path.name)
        _plumbing(roots.of_stage, backend, region, f"{roots.stage}/stage")
    _json(roots.of_stage / VALUES_FILE, values)


def api_fingerprint(directory: Path) -> str:
    """The digest of an API root, the user's own files included: another one needs another deployment."""
    parts: dict[str, Any] = {}
    for path in sorted([*directory.glob("*.tf"), *directory.glob("*.tf.json")]):
        if path.name == API_FILE:
            parts[path.name] = fingerprint(json.loads(path.read_text(encoding="utf-8"))["resource"])
        elif path.name not in _PLUMBING:
            parts[path.name] = path.read_text(encoding="utf-8")
    return digest(parts)


def _prepare(roots: Roots, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    ignored = roots.project / "terraform" / ".gitignore"
    if not ignored.exists():
        ignored.write_text(_IGNORED, encoding="utf-8")


def write_backend(directory: Path, backend: Backend, key: str) -> None:
    """Write where the state of a root lies; `key` is below the backend's prefix."""
    _json(directory / "backend.tf.json", {"//": _NOTE, "terraform": {"backend": backend.block(key)}})


def _plumbing(directory: Path, backend: Backend, region: str, key: str) -> None:
    _json(directory / "provider.tf.json", {"//": _NOTE, "provider": {"aws": [{"region": region}]}})
    write_backend(directory, backend, key)


def versions() -> dict[str, object]:
    """What the module asks for, for the API root too. A test holds the two together."""
    return {
        "terraform": {
            "required_version": ">= 1.5.0",
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.40.0, < 6.0.0"}},
        }
    }


def _json(path: Path, data: Mapping[str, object]) -> None:
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
