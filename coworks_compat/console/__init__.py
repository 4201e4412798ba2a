"""The console of `cws run`: a page at /_cws/ where one tries a token against every route of the service."""

from coworks_compat.console.wsgi import Console as Console
from coworks_compat.console.wsgi import Trail as Trail

__all__ = ["Console", "Trail"]
