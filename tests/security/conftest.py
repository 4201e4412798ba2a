"""The identity provider."""

from __future__ import annotations

from tests.oidc import provider as provider
