"""The configuration of a project: `.chalice/config.json`, its stages, and the secrets that it points to."""

from coworks_compat.config.project import Project as Project
from coworks_compat.config.reading import read_variables as read_variables
from coworks_compat.config.references import Reference as Reference
from coworks_compat.config.references import Resolver as Resolver
from coworks_compat.config.references import Secret as Secret
from coworks_compat.config.stage import Stage as Stage

__all__ = ["Project", "Reference", "Resolver", "Secret", "Stage", "read_variables"]
