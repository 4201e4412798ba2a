"""Authorizers out of policy files: `auth = authorizer_from_file("policy.yaml")`.

Needs pydantic and PyYAML (`cwsauth[policy-files]`).
"""

from __future__ import annotations

from cwsauth.from_file.auth import FileAuth as FileAuth
from cwsauth.from_file.auth import authorizer_from_file as authorizer_from_file
