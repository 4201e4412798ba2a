"""What was deployed, as plain data to compare with: `cws update` sends code only when nothing else changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coworks_compat.config.references import Reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coworks_compat.config import Stage
    from coworks_compat.deploy.service import Route, Service

Facts = dict[str, object]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was deployed. Values of the environment are not in it."""

    what: str
    deployed: str
    wanted: str

    def __str__(self) -> str:
        if not self.deployed:
            return f"{self.what}: new"
        if not self.wanted:
            return f"{self.what}: gone"
        return f"{self.what}: {self.deployed} -> {self.wanted}"


def digest(data: object) -> str:
    """The SHA-256 of plain data, the same for equal data on every machine."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def route_facts(service: Service) -> dict[str, str]:
    """Route by route, who may call it and how: `{"GET /product": "authorizer auth"}`."""
    return {str(route): _guard(route) for route in service.routes}


def authorizer_facts(service: Service) -> dict[str, str]:
    """Authorizer by authorizer: kind, identity sources, ttl, handler."""
    return {
        authorizer.name: (
            f"{authorizer.kind} {','.join(authorizer.identity_sources)} "
            f"ttl {authorizer.cache_seconds} handler {authorizer.handler}"
        )
        for authorizer in service.authorizers
    }


def facts(service: Service, stage: Stage, *, requirements: str = "") -> Facts:
    """Everything but the code. `requirements` is the digest of what lies in a layer that was built.

    Plain values of the environment are there as digests, secrets as the text that points to them.
    """
    environment = {name: _variable(stage, name, value) for name, value in stage.environment_variables.items()}
    settings = {
        "handler": service.handler,
        "python_version": stage.python_version or "",
        "memory": str(stage.memory),
        "timeout": str(stage.timeout),
        "architecture": stage.architecture,
        "layers": " ".join(stage.layers),
        "layer of requirements": requirements,
        "xray": str(stage.xray),
        "log retention": str(stage.log_retention_in_days),
        "role": f"{stage.iam_role_arn or ''} {stage.iam_policy_file or ''}".strip(),
        "vpc": " ".join((*stage.subnet_ids, *stage.security_group_ids)),
        "concurrency": "" if stage.reserved_concurrency is None else str(stage.reserved_concurrency),
        "binary types": " ".join(service.binary_types),
        "secrets": stage.secrets,
    }
    return {
        "routes": route_facts(service),
        "authorizers": authorizer_facts(service),
        "settings": settings,
        "environment": environment,
        "stage variables": dict(stage.stage_variables),
    }


def differences(deployed: Mapping[str, object], wanted: Mapping[str, object]) -> tuple[Difference, ...]:
    """Every fact in which two sets of facts differ, in a stable order."""
    found: list[Difference] = []
    for group in wanted:
        before, after = _texts(deployed.get(group)), _texts(wanted[group])
        for name in sorted(before.keys() | after.keys()):
            old, new = before.get(name, ""), after.get(name, "")
            if old != new or (name in before) != (name in after):
                found.append(Difference(_named(group, name), old or _empty(name, before), new or _empty(name, after)))
    return tuple(found)


def _empty(name: str, texts: Mapping[str, str]) -> str:
    return "nothing" if name in texts else ""


def _texts(group: object) -> dict[str, str]:
    return {str(name): str(value) for name, value in group.items()} if isinstance(group, dict) else {}


def _named(group: str, name: str) -> str:
    words = {"routes": "route", "authorizers": "authorizer", "environment": "environment variable"}
    words["stage variables"] = "stage variable"
    return f"{words[group]} {name}" if group in words else name


def _variable(stage: Stage, name: str, value: str | Reference) -> str:
    """What is recorded of a variable. One of a file may be a weak secret, so its digest is slow to try guesses against."""
    if isinstance(value, Reference):
        return value.text
    if name not in stage.hidden_variables:
        return f"sha256:{digest(value)[:16]}"
    salt = f"{stage.function_name} {name}".encode()
    return f"scrypt:{hashlib.scrypt(value.encode(), salt=salt, n=2**14, r=8, p=1, dklen=8).hex()}"


def _guard(route: Route) -> str:
    words = ["public" if route.authorizer is None else f"authorizer {route.authorizer}"]
    if route.api_key:
        words.append("api key")
    if route.cors:
        words.append(f"cors {digest(route.cors)[:8]}")
    return ", ".join(words)
