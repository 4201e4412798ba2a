"""Every adapter as a door: a request in over the wire's form, a status and the handler's view out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from cwsauth import protect
from cwsauth.gateway import events
from cwsauth.gateway.stage import Stage

Event = dict[str, Any]
Build = Callable[[str, str, Mapping[str, str]], Event]


@dataclass
class Seen:
    """What came back, and what the handler was told; `called` is whether it was."""

    status: int
    headers: dict[str, str]
    body: str
    called: bool = False
    told: dict[str, Any] = field(default_factory=dict)


def http(method: str, target: str, headers: Mapping[str, str]) -> Event:
    """An HTTP API event with a named stage and `$default` as its route."""
    return events.http_proxy(method, target, headers=dict(headers), stage=Stage("dev"), route_key="$default")


def rest_base_path(method: str, target: str, headers: Mapping[str, str]) -> Event:
    """A REST API event through a custom domain, whose base path is part of `path` but of nothing else."""
    event = rest_greedy(method, target, headers)
    event["path"] = "/shop" + event["path"]
    return event


def rest_greedy(method: str, target: str, headers: Mapping[str, str]) -> Event:
    """A REST API event of a function behind `/{proxy+}`."""
    path = target.partition("?")[0].strip("/")
    template = "/{proxy+}" if path else "/"
    parameters = {"proxy": path} if path else None
    return events.rest_proxy(method, target, headers=dict(headers), template=template, path_parameters=parameters)


EVENTS: dict[str, Build] = {
    "rest": rest_greedy,
    "rest, base path": rest_base_path,
    "http": http,
    "http, $default stage": lambda m, t, h: events.http_proxy(m, t, headers=dict(h)),
    "http 1.0": lambda m, t, h: events.http_proxy_v1(m, t, headers=dict(h)),
    "alb": lambda m, t, h: events.alb(m, t, headers=dict(h)),
    "alb, multi-value": lambda m, t, h: events.alb(m, t, headers=dict(h), multi_value=True),
    "function url": lambda m, t, h: events.function_url(m, t, headers=dict(h)),
    "lattice": lambda m, t, h: events.lattice(m, t, headers=dict(h)),
    "lattice 1.0": lambda m, t, h: events.lattice_v1(m, t, headers=dict(h)),
}
# Doors whose events do not tell an escape from what it stands for: there it is refused.
DECODED = {"http", "http, $default stage", "http 1.0"}


def seen(answer: Mapping[str, Any], calls: list[dict[str, Any]]) -> Seen:
    """A Lambda proxy answer, with what the handler was told if it was called."""
    headers = {name: values[0] for name, values in (answer.get("multiValueHeaders") or {}).items()}
    headers |= answer.get("headers") or {}
    lower = {name.lower(): value for name, value in headers.items()}
    return Seen(answer["statusCode"], lower, answer.get("body") or "", bool(calls), calls[-1] if calls else {})


@dataclass(frozen=True)
class Door:
    """One adapter at one kind of event. `ask(auth, method, target, headers, **options)`."""

    name: str
    ask: Callable[..., Seen]
    decoded: bool = False

    def __str__(self) -> str:
        return self.name


def _protected(build: Build) -> Callable[..., Seen]:
    def ask(auth: Any, method: str, target: str, headers: Mapping[str, str] | None = None, **options: Any) -> Seen:
        calls: list[dict[str, Any]] = []

        @protect(auth, **options)
        def handler(event: Event, context: object) -> Event:
            calls.append(event["requestContext"]["authorizer"]["cwsauth"])
            return {"statusCode": 200, "body": "done"}

        event = build(method, target, headers or {})
        before = json.dumps(event)
        answer = handler(event, None)
        assert json.dumps(event) == before, "the caller's event is not touched"
        return seen(answer, calls)

    return ask


PROTECTED = [Door(f"protect, {name}", _protected(build), name in DECODED) for name, build in EVENTS.items()]
ALL = [*PROTECTED]


def decoded(path: str) -> str:
    """A path as a handler reads it."""
    return unquote(path)
