"""`cws logs`: what a stage's function wrote, line by line."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from coworks_compat.deploy.aws import aws_errors
from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SPAN: Final = re.compile(r"(\d+)([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a log: milliseconds since 1970, the stream it is of, its text."""

    at: int
    stream: str
    text: str


def span(text: str) -> int:
    """The seconds of `10m`, `2h`, `1d`, `30s`.

    Raises:
        ConfigError: none of these.
    """
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ConfigError(f"invalid time span {text!r}", help="write 30s, 10m, 2h or 1d")
    return int(match[1]) * _SECONDS[match[2]]


def lines(
    client: Any,
    group: str,
    *,
    since: int = 600,
    pattern: str | None = None,
    follow: bool = False,
    pause: float = 2.0,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Line]:
    """The lines of a log group of the last `since` seconds, oldest first; with `follow` also those to come.

    Raises:
        DeployError: there is no such group, or AWS did not answer.
    """
    start = int((time.time() - since) * 1000)
    seen: set[str] = set()
    while True:
        for line, identifier in _page(client, group, start, pattern):
            if identifier not in seen:
                seen.add(identifier)
                # Lambda's lines come late: what is as old as the newest is asked for again, and known by its id.
                start = max(start, line.at - 10_000)
                yield line
        if not follow:
            return
        sleep(pause)


def _page(client: Any, group: str, start: int, pattern: str | None) -> Iterator[tuple[Line, str]]:
    options = {"filterPattern": pattern} if pattern else {}
    found: list[tuple[Line, str]] = []
    with aws_errors(f"read the log group {group!r}"):
        pages = client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start, **options)
        for page in pages:
            for event in page.get("events", ()):
                line = Line(
                    int(event["timestamp"]), str(event.get("logStreamName", "")), str(event["message"]).rstrip("\n")
                )
                found.append((line, str(event.get("eventId", f"{line.at}{line.text}"))))
    yield from sorted(found, key=lambda item: item[0].at)
