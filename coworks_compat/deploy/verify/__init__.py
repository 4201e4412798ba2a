"""`cws verify`: what a deployed stage really does, checked against what was meant, and what AWS does that no page says."""

from coworks_compat.deploy.verify.finding import Finding as Finding

__all__ = ["Finding"]
