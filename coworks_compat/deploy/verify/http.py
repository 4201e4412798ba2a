"""Calls whose path goes out byte by byte as written: the usual clients tidy paths, and tidied ones show nothing."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TIMEOUT: Final = 35.0  # seconds: API Gateway itself gives up after 29


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers by lower-case name, and the body as JSON where it is some. Status 0 is no answer at all."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> dict[str, Any]:
        """The body as an object; empty where it is none."""
        try:
            data = json.loads(self.text)
        except ValueError:
            return {}
        return data if isinstance(data, dict) else {}


def call(
    base: str, method: str, path: str, headers: Sequence[tuple[str, str]] = (), *, timeout: float = _TIMEOUT
) -> Answer:
    """The answer to one call below `base`, nothing followed, nothing tidied.

    Raises:
        ConfigError: `base` is no http or https URL.
    """
    parts = urlsplit(base)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ConfigError(f"invalid URL {base!r}", help="it begins with https://")
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.putrequest(method, parts.path.rstrip("/") + path, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.putheader("Content-Length", "0")
        connection.endheaders()
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, text)
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, {}, type(error).__name__)
    finally:
        connection.close()
