"""The command line under its old names: `CWSFactory`, the group `client`, and `main`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coworks_compat.cli.group import cws as client
from coworks_compat.cli.main import main as main
from coworks_compat.cli.service import load_service

__all__ = ["CWSFactory", "client", "main"]


class CWSFactory:
    """A service and the directory of its project. Other options are accepted and ignored."""

    def __init__(self, app: Any, project_dir: str, **_ignored: object) -> None:
        self.app = app
        self.project_dir = project_dir

    @staticmethod
    def import_attr(module: str, attr: str, cwd: str = ".") -> Any:
        """The service `attr` of `module` in the directory `cwd`.

        Raises:
            ServiceError: it cannot be had; says what is missing.
        """
        return load_service(Path(cwd), module, attr)
