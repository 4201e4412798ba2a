"""A stage of a project, set up to run on this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from coworks_compat.config import Project, Resolver
from coworks_compat.local import local_gateway
from cwsauth.gateway import Stage as LocalStage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chalice.app import Chalice

    from coworks_compat.config import Stage
    from cwsauth.gateway import Gateway, OnCall

DEFAULT_STAGE = "dev"


def use_stage(directory: str | Path, name: str, variables: Mapping[str, str] | None = None) -> Stage:
    """The settings of a stage, after its variables were put into the environment of this process.

    `variables` are what `${var:name}` refers to.

    Raises:
        ConfigError: the configuration cannot be used, there is no such stage, or a reference leads nowhere.
    """
    stage = Project.load(directory).stage(name)
    for variable, secret in stage.environ(Resolver(variables or {})).items():
        os.environ[variable] = secret.reveal()
    return stage


def local_stage(stage: Stage) -> LocalStage:
    """The stage as the local gateway takes it: its name at API Gateway, its stage variables."""
    return LocalStage(name=stage.api_gateway_stage, variables=stage.stage_variables)


def stage_gateway(app: Chalice, stage: Stage, on_call: OnCall | None = None) -> Gateway:
    """The gateway in front of a service at a stage: its authorizers are as the stage configures them.

    Raises:
        ConfigError: what is not emulated, or contradicts itself.
    """
    return local_gateway(
        app,
        stage=local_stage(stage),
        ttl=stage.authorizer_ttl,
        authorizer_type=stage.authorizer_type or "TOKEN",
        identity_sources=stage.authorizer_identity_sources,
        on_call=on_call,
    )
