"""Deploys the probe on an API of its own, asks, and destroys it again, whatever happened."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coworks_compat.config import Stage
from coworks_compat.deploy.deploy import Deployment, Options
from coworks_compat.deploy.destroy import destroy
from coworks_compat.deploy.service import Authorizer, Route, Service
from coworks_compat.deploy.verify.questions import ask
from cwsauth.errors import CwsAuthError, DeployError

if TYPE_CHECKING:
    from collections.abc import Callable

    from coworks_compat.deploy.context import Context
    from coworks_compat.deploy.verify.finding import Finding

_APP: Final = Path(__file__).parent / "probe" / "app.py"
_ROUTES: Final = (
    Route("GET", "/items/{id}", "probe"),
    Route("GET", "/items/{id}/{rest}", "probe"),
    Route("POST", "/items/{id}", "probe"),
    Route("DELETE", "/items/{id}", "probe"),
    Route("GET", "/other", "probe"),
    Route("GET", "/files/{proxy+}", "probe"),
    Route("GET", "/cached/{id}", "cached"),
    Route("ANY", "/{proxy+}", "probe"),
)


def probe_service(name: str) -> Service:
    """The service of the probe: one authorizer without a cache, one with, both in the same function."""
    authorizers = (Authorizer("cached", "app.auth", ttl=300), Authorizer("probe", "app.auth", ttl=0))
    return Service(name, "app.app", _ROUTES, authorizers)


def verify_with_probe(context: Context, told: Callable[[Finding], None]) -> tuple[Finding, ...]:
    """Every open question, asked of a probe that is deployed for it; `told` hears each answer at once.

    Raises:
        DeployError: the probe cannot be deployed, or not be destroyed: then the help says where its terraform root is.
    """
    name = f"cws-verify-{secrets.token_hex(3)}"
    directory = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    (directory / ".chalice").mkdir()
    shutil.copyfile(_APP, directory / "app.py")
    stage = Stage(name="probe", app_name=name, api_gateway_stage="probe", log_retention_in_days=1, timeout=10)
    own = replace(context, project=directory, stage=stage)
    found: list[Finding] = []
    try:
        made = Deployment(own, probe_service(name), Options()).run(lambda preview: True)
        assert made.deployed is not None
        for finding in ask(made.deployed.url):
            found.append(finding)
            told(finding)
    finally:
        _remove(own, directory)
    return tuple(found)


def _remove(context: Context, directory: Path) -> None:
    if (directory / "terraform").is_dir():
        try:
            destroy(context, lambda steps: True)
        except CwsAuthError as error:
            raise DeployError(
                f"the probe {context.stage.app_name!r} could not be destroyed: {error.message}",
                help=f"run 'terraform destroy' in {directory}/terraform/probe/stage, then in …/api",
            ) from None
    shutil.rmtree(directory)
