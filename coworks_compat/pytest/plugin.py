"""The pytest plugin: fixtures `gateway` and `local_server_factory`. It imports nothing until one of them is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from coworks_compat.pytest.client import ServiceClient
    from coworks_compat.pytest.local_server import ThreadedLocalServer


@pytest.fixture
def gateway() -> Callable[..., ServiceClient]:
    """A service behind the local API Gateway, without a socket: `gateway(app).get("/product/1", token="...")`.

    Takes the service, or any Chalice app; `stage`, `variables` (of the stage), `ttl` (seconds), `authorizer_type` and
    `identity_sources` are optional.
    """
    from coworks_compat.pytest.client import ServiceClient

    return ServiceClient


@pytest.fixture
def local_server_factory() -> Iterator[Callable[..., ThreadedLocalServer]]:
    """A server on a free port for a service, as in CoWorks: `local_server_factory(app).make_call(requests.get, "/")`.

    `config_path` is a directory with a `.chalice/config.json`, whose variables for `stage` are set during the test;
    `config` is a Chalice configuration, whose variables are.
    """
    from coworks_compat.pytest.local_server import serving

    with serving() as create:
        yield create
