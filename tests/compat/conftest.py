from coworks_compat.pytest.fixture import gateway as gateway
from coworks_compat.pytest.fixture import local_server_factory as local_server_factory
