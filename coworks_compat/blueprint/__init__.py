"""Blueprints: routes and views apart from a service, and `Admin`, which lists a service's routes."""

from coworks_compat.blueprint.admin import Admin as Admin
from coworks_compat.blueprint.base import Blueprint as Blueprint

__all__ = ["Admin", "Blueprint"]
