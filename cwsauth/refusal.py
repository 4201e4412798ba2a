"""The answer that a caller gets in place of the handler's: 401 with a challenge, 403, 500; with CORS headers where configured."""

from __future__ import annotations

import re

from cwsauth.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REASONS = {204: "No Content", 401: "Unauthorized", 403: "Forbidden", 500: "Internal Server Error"}
# The bodies that API Gateway itself sends.
_BODIES = {
    204: "",
    401: '{"message":"Unauthorized"}',
    403: '{"message":"Forbidden"}',
    500: '{"message":"Internal Server Error"}',
}
_QUOTABLE = re.compile(r"[ !#-\[\]-~]*")  # what stands in a quoted string without an escape (RFC 9110, 5.6.4)
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?")


class Refusal:
    """A status, header lines and a body, for whatever carries them."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        self.status = status
        self.body = _BODIES[status]
        self.headers: dict[str, str] = {**headers}
        if status != 204:
            self.headers = {"Content-Type": "application/json", "Cache-Control": "no-store", **self.headers}

    def __repr__(self) -> str:
        return f"Refusal({self.status})"


class Challenge:
    """How a 401 asks for a credential: `WWW-Authenticate: Bearer realm="shop"`.

    A token that was sent and not accepted is told so (`error="invalid_token"`, RFC 6750), one that is missing is not.
    """

    __slots__ = ("realm", "scheme")

    def __init__(self, scheme: str = "Bearer", realm: str | None = None) -> None:
        if re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", scheme) is None:
            raise ConfigError(f"invalid scheme {scheme!r} of a challenge", help="write one word, for example 'Bearer'")
        if realm is not None and _QUOTABLE.fullmatch(realm) is None:
            raise ConfigError(f"invalid realm {realm!r}", help="write plain ASCII without quotes and backslashes")
        self.scheme = scheme
        self.realm = realm

    def header(self, *, sent: bool) -> str:
        """The value of the header; `sent` is whether a credential came with the request."""
        parameters = [] if self.realm is None else [f'realm="{self.realm}"']
        if sent and self.scheme.lower() == "bearer":
            parameters.append('error="invalid_token"')
        return f"{self.scheme} {', '.join(parameters)}" if parameters else self.scheme


class Cors:
    """What a browser may see of a refusal, and the answer to its preflight.

    `origins` is `"*"`, an origin or several; one that is allowed is echoed, others get no header. With `credentials` the
    origins have to be named.

    Raises:
        ConfigError: an origin is none (`https://app.example`), or a `*` stands beside credentials.
    """

    __slots__ = ("credentials", "headers", "max_age", "methods", "origins")

    def __init__(
        self,
        origins: str | Sequence[str],
        *,
        methods: Sequence[str] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
        headers: Sequence[str] = ("Authorization", "Content-Type"),
        credentials: bool = False,
        max_age: int = 600,
    ) -> None:
        self.origins = (origins,) if isinstance(origins, str) else tuple(origins)
        for origin in self.origins:
            if origin != "*" and (type(origin) is not str or _ORIGIN.fullmatch(origin) is None):
                raise ConfigError(f"invalid origin {origin!r}", help="write it as in 'https://app.example', or '*'")
        if credentials and "*" in self.origins:
            raise ConfigError("credentials are for named origins only", help="name the origins in place of '*'")
        for name in (*methods, *headers):
            if re.fullmatch(r"[A-Za-z0-9-]+|\*", name) is None:
                raise ConfigError(f"invalid method or header name {name!r}", help="write it as it stands in a request")
        self.methods = ", ".join(methods)
        self.headers = ", ".join(headers)
        self.credentials = credentials
        self.max_age = max_age

    def allowed(self, origin: str | None) -> dict[str, str]:
        """The header lines for a request from `origin`."""
        if "*" in self.origins:
            return {"Access-Control-Allow-Origin": "*"}
        if origin is None or origin not in self.origins:
            return {"Vary": "Origin"}
        found = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
        if self.credentials:
            found["Access-Control-Allow-Credentials"] = "true"
        return found

    def preflight(self, method: str, headers: Mapping[str, str]) -> Refusal | None:
        """The answer to a preflight, which carries no credential and asks nothing of the handler; None for another request."""
        if method != "OPTIONS" or "origin" not in headers or "access-control-request-method" not in headers:
            return None
        return Refusal(
            204,
            {
                **self.allowed(headers["origin"]),
                "Access-Control-Allow-Methods": self.methods,
                "Access-Control-Allow-Headers": self.headers,
                "Access-Control-Max-Age": str(self.max_age),
            },
        )
