"""What a service can do, as a route of the service."""

from __future__ import annotations

import inspect
from typing import Any

from coworks_compat.blueprint.base import Blueprint


class Admin(Blueprint):
    """`GET routes` lists the routes with documentation and signature, `GET context` echoes the request.

    `context` shows the caller everything that came with the call, the headers too: register this blueprint on services
    with an `auth`, or give it one of its own.
    """

    def get_routes(self) -> dict[str, dict[str, dict[str, str]]]:
        """Returns the list of entrypoints with signature."""
        return {
            path: {
                verb: {
                    "doc": inspect.getdoc(entry.view_function) or "",
                    "signature": str(
                        inspect.signature(getattr(entry.view_function, "__class_func__", entry.view_function))
                    ),
                }
                for verb, entry in entries.items()
            }
            for path, entries in self.current_app.routes.items()
            if entries
        }

    def get_context(self) -> dict[Any, Any]:
        """Returns the calling context."""
        return self.current_request.to_dict()
