"""Not built: importing this module says so."""

from coworks_compat.outside import refuse

refuse(__name__)
