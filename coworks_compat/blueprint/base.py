"""A class of routes that services register."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice.app import Blueprint as ChaliceBlueprint

if TYPE_CHECKING:
    from collections.abc import Callable


class Blueprint(ChaliceBlueprint):
    """Routes by method names, as in a `TechMicroService`, added by `app.register_blueprint(bp, url_prefix="/x")`.

    A method `auth(self, auth_request)`, or `authorizer=`, guards the routes of this blueprint; without one the service's
    does. Other keywords are accepted and ignored, as CoWorks did.
    """

    component_name = ""

    def __init__(
        self, import_name: str | None = None, *, authorizer: Callable[..., object] | None = None, **_ignored: object
    ) -> None:
        super().__init__(import_name or type(self).__name__)
        self._own_authorizer = authorizer

    @property
    def import_name(self) -> str:
        """The name under which the service keeps the blueprint."""
        return self._import_name
