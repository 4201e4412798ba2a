"""The fixture under its old address: `from coworks_compat.pytest.fixture import local_server_factory` in a conftest."""

from coworks_compat.pytest.plugin import gateway as gateway
from coworks_compat.pytest.plugin import local_server_factory as local_server_factory

__all__ = ["gateway", "local_server_factory"]
