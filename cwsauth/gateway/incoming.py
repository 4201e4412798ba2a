"""One HTTP request as it came: the raw path, every header in its own line and spelling, the body as bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

HeaderLines = Iterable[tuple[str, str]]

# What RFC 9112 lets stand in a request target, no fragment. Everything else must come percent-encoded.
_TARGET = re.compile(r"/[\x21\x22\x24-\x7e]*")
_SEPARATORS = re.compile(r"[&;]")


@dataclass(frozen=True, slots=True, repr=False)
class Incoming:
    """A request before anybody looked at it. `path`, `query` are raw, `headers` keep order and duplicates."""

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    source_ip: str = "127.0.0.1"
    protocol: str = "HTTP/1.1"
    scheme: str = "http"
    port: int = 80

    def __repr__(self) -> str:
        return f"<Incoming {self.method} {self.path}>"

    @classmethod
    def of(
        cls,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str | Iterable[str]] | HeaderLines | None = None,
        body: bytes | str = b"",
        source_ip: str = "127.0.0.1",
    ) -> Incoming:
        """A request written by hand; `target` is what stands in the request line, percent-encoded.

        Raises:
            ValueError: the target could not stand in a request line.
        """
        if not _TARGET.fullmatch(target):
            raise ValueError("invalid request target: begin with '/' and percent-encode the rest")
        path, _, query = target.partition("?")
        data = body.encode() if isinstance(body, str) else body
        return cls(method, path, query, header_lines(headers), data, source_ip)

    def header(self, name: str) -> str | None:
        """The last value of a header, which is the one REST API works with; None when it was not sent."""
        wanted = name.lower()
        found = None
        for key, value in self.headers:
            if key.lower() == wanted:
                found = value
        return found

    def header_values(self, name: str) -> list[str]:
        """Every value of a header, in the order of the lines."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]

    def query_values(self) -> dict[str, list[str]]:
        """The decoded query string: `+` is a blank, `&` and `;` both separate.

        Source: captures of REST events; "Important notes" of the developer guide for the semicolon.
        """
        found: dict[str, list[str]] = {}
        for pair in _SEPARATORS.split(self.query):
            if pair:
                name, _, value = pair.partition("=")
                found.setdefault(unquote_plus(name), []).append(unquote_plus(value))
        return found


def header_lines(
    headers: Mapping[str, str | Iterable[str]] | HeaderLines | None,
) -> tuple[tuple[str, str], ...]:
    """Header lines of a mapping (a value may be a list: one line each) or of pairs."""
    if headers is None:
        return ()
    lines: list[tuple[str, str]] = []
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    for name, value in pairs:
        values = [value] if isinstance(value, str) else value
        lines.extend((name, item.strip(" \t")) for item in values)  # as a parser of HTTP does
    return tuple(lines)
