"""What the events for tests say where the test says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cwsauth.gateway.incoming import Incoming, header_lines

Headers = Mapping[str, str | Iterable[str]] | None

TIME = 1783711144.836
"""Seconds since the epoch: 10/Jul/2026:19:19:04 +0000."""

SOURCE_IP = "192.0.2.1"
TRACE_ID = "Root=1-6a5145a8-536f3e792f6be9b44c1f46fa"
REQUEST_ID = "7c2af7db-31f3-42b5-8a6d-9ffc74e3b9e0"


def request(method: str, target: str, headers: Headers, body: bytes | str, source_ip: str, host: str) -> Incoming:
    """The request as it reached AWS: with Host, User-Agent and Accept, over TLS."""
    lines = header_lines(headers)
    names = {name.lower() for name, _ in lines}
    usual = (("Accept", "*/*"), ("Host", host), ("User-Agent", "curl/8.7.1"))
    full = (*(line for line in usual if line[0].lower() not in names), *lines)
    incoming = Incoming.of(method, target, headers=full, body=body, source_ip=source_ip)
    return replace(incoming, scheme="https", port=443)
