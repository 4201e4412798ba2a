"""A service behind the local API Gateway, called without a socket."""

from __future__ import annotations

import json as jsonlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from coworks_compat.local import local_gateway
from cwsauth.gateway import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalice.app import Chalice

    from cwsauth.gateway import Answer, CallRecord


class ServiceClient:
    """Calls to a service: `client.get("/product/1", token="secret")` gives an `Answer` with `status`, `text`, `json()`.

    `records` holds what happened to each call: the route, the authorizer, whether its answer was cached, the statement that
    decided, and why a call was refused. `front` is the gateway itself.
    """

    def __init__(
        self,
        app: Chalice,
        *,
        stage: str = "dev",
        variables: Mapping[str, str] | None = None,
        ttl: int | None = None,
        authorizer_type: str = "TOKEN",
        identity_sources: Sequence[str] = (),
    ) -> None:
        self.records: list[CallRecord] = []
        self.front = local_gateway(
            app,
            stage=Stage(name=stage, variables=dict(variables or {})),
            ttl=ttl,
            authorizer_type=authorizer_type,
            identity_sources=identity_sources,
            on_call=self.records.append,
        )

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        json: object = None,
        body: bytes | str = b"",
    ) -> Answer:
        """The answer to a call; `token` is the whole value of the Authorization header."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = token
        if json is not None:
            sent.setdefault("Content-Type", "application/json")
            body = jsonlib.dumps(json)
        if params:
            path = f"{path}?{urlencode(params, doseq=True)}"
        return self.front.call(method, path, headers=sent, body=body)

    def get(self, path: str, **options: Any) -> Answer:
        """The answer to a GET."""
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> Answer:
        """The answer to a POST."""
        return self.call("POST", path, **options)

    def put(self, path: str, **options: Any) -> Answer:
        """The answer to a PUT."""
        return self.call("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Answer:
        """The answer to a PATCH."""
        return self.call("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        """The answer to a DELETE."""
        return self.call("DELETE", path, **options)

    def __repr__(self) -> str:
        return f"<ServiceClient of {self.front!r}>"
