"""The zip that Lambda runs: the app, its requirements, and the runtime, as the same bytes for the same input."""

from coworks_compat.deploy.package.build import Package as Package
from coworks_compat.deploy.package.build import build as build

__all__ = ["Package", "build"]
