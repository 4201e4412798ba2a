"""Not built: importing this module says so. `cws export` writes OpenAPI and terraform."""

from coworks_compat.outside import refuse

refuse(__name__)
