"""What the gateway itself answers: REST API's gateway responses, with their status, headers and body."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; `headers` are lines, so a name may stand in several."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        values = self.header_values(name)
        return values[0] if values else None

    def header_values(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> object:
        """The body as JSON."""
        return json.loads(self.body)


class ResponseType(Enum):
    """Gateway response types that can come up here, with their status.

    Source: API Gateway developer guide, "Gateway response types".
    """

    DEFAULT_4XX = 400
    DEFAULT_5XX = 500
    ACCESS_DENIED = "ACCESS_DENIED"
    API_CONFIGURATION_ERROR = "API_CONFIGURATION_ERROR"
    AUTHORIZER_CONFIGURATION_ERROR = "AUTHORIZER_CONFIGURATION_ERROR"
    AUTHORIZER_FAILURE = "AUTHORIZER_FAILURE"
    INTEGRATION_FAILURE = "INTEGRATION_FAILURE"
    INTEGRATION_TIMEOUT = "INTEGRATION_TIMEOUT"
    INVALID_API_KEY = "INVALID_API_KEY"
    MISSING_AUTHENTICATION_TOKEN = "MISSING_AUTHENTICATION_TOKEN"  # noqa: S105 - the name of a response
    REQUEST_TOO_LARGE = "REQUEST_TOO_LARGE"
    UNAUTHORIZED = "UNAUTHORIZED"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that the gateway answers itself: the type of the answer, and its text."""

    type: ResponseType
    status: int
    message: str | None
    error_type: str
    reason: str
    key: str = "message"
    authorizer: Mapping[str, object] = field(default_factory=dict)


def _refusal(kind: ResponseType, status: int, message: str | None, error: str, key: str = "message") -> Refusal:
    return Refusal(kind, status, message, error, "", key)


_T = ResponseType
UNKNOWN_ROUTE = _refusal(
    _T.MISSING_AUTHENTICATION_TOKEN,
    403,
    "Missing Authentication Token",
    "MissingAuthenticationTokenException",
)
UNAUTHORIZED = _refusal(_T.UNAUTHORIZED, 401, "Unauthorized", "UnauthorizedException")
IMPLICIT_DENY = _refusal(
    _T.ACCESS_DENIED,
    403,
    "User is not authorized to access this resource",
    "AccessDeniedException",
    "Message",
)
EXPLICIT_DENY = _refusal(
    _T.ACCESS_DENIED,
    403,
    "User is not authorized to access this resource with an explicit deny",
    "AccessDeniedException",
    "Message",
)
AUTHORIZER_FAILED = _refusal(_T.AUTHORIZER_FAILURE, 500, None, "AuthorizerConfigurationException")
AUTHORIZER_MALFORMED = _refusal(_T.AUTHORIZER_CONFIGURATION_ERROR, 500, None, "AuthorizerConfigurationException")
INVALID_API_KEY = _refusal(_T.INVALID_API_KEY, 403, "Forbidden", "ForbiddenException")
BAD_REQUEST = _refusal(_T.DEFAULT_4XX, 400, "Bad Request", "BadRequestException")
TOO_LARGE = _refusal(_T.REQUEST_TOO_LARGE, 413, "Request Too Long", "RequestTooLongException")
URI_TOO_LONG = _refusal(_T.DEFAULT_4XX, 414, "Request URI too long", "RequestUriTooLongException")
HEADERS_TOO_LARGE = _refusal(_T.DEFAULT_4XX, 431, "Request Header Fields Too Large", "BadRequestException")
BACKEND_FAILED = _refusal(_T.DEFAULT_5XX, 502, "Internal server error", "InternalServerErrorException")
BAD_BASE64 = _refusal(_T.API_CONFIGURATION_ERROR, 500, "Internal server error", "InternalServerErrorException")
TIMED_OUT = _refusal(_T.INTEGRATION_TIMEOUT, 504, "Endpoint request timed out", "InternalServerErrorException")


NOT_EMULATED = _refusal(_T.DEFAULT_5XX, 501, "not emulated", "NotEmulated")
"""Not an answer of API Gateway: nobody knows what it would do, so it is never customised."""


def because(refusal: Refusal, reason: str, authorizer: Mapping[str, object] | None = None) -> Refusal:
    """The same refusal with the reason that the decision trail shows and the client never sees.

    `authorizer` is the context of the authorizer that refused: a customised body may name it.
    """
    return replace(refusal, reason=reason, authorizer=authorizer or {})


_REFERENCE = re.compile(r"\$(?:context\.[A-Za-z0-9_.]+|stageVariables\.[A-Za-z0-9_]+|\w+(?:\.\w+)*)")
_KNOWN = (
    "error.message",
    "error.messageString",
    "error.responseType",
    "requestId",
    "stage",
    "path",
    "httpMethod",
    "resourcePath",
    "identity.sourceIp",
)


@dataclass(frozen=True, slots=True)
class GatewayResponse:
    """A customised gateway response: what is None or empty stays as API Gateway has it.

    `body` may name `$context.error.message`, `$context.error.messageString` (quoted),
    `$context.authorizer.KEY` and a few more; `headers` are static.

    Raises:
        ConfigError: a status outside 400 to 599, or a variable that is not emulated.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None

    def __post_init__(self) -> None:
        if self.status is not None and not 200 <= self.status <= 599:
            raise ConfigError(f"invalid status {self.status}", help="a gateway response has 200 to 599")
        for name, value in self.headers.items():
            if "\n" in value or "\r" in value or "\n" in name or "\r" in name:
                raise ConfigError("a header of a gateway response holds a line break")
        for reference in _REFERENCE.findall(self.body or ""):
            name = reference.removeprefix("$context.")
            if name == reference or not (name in _KNOWN or name.startswith("authorizer.")):
                raise ConfigError(
                    f"'{reference}' in a gateway response is not emulated",
                    help="use " + ", ".join(f"$context.{known}" for known in _KNOWN),
                )


def not_emulated(reason: str) -> Answer:
    """The answer to a request of which it is not established what AWS does: it passes nowhere."""
    headers = (("Content-Type", "application/json"), ("x-cwsauth-not-emulated", "true"))
    return Answer(501, headers, json.dumps({"message": reason}).encode())


class GatewayResponses:
    """Renders refusals: by the type's own customisation, else DEFAULT_4XX or DEFAULT_5XX, else plainly."""

    def __init__(self, custom: Mapping[str, GatewayResponse] | None = None) -> None:
        self._custom: dict[ResponseType, GatewayResponse] = {}
        for name, response in (custom or {}).items():
            if name not in ResponseType.__members__:
                raise ConfigError(
                    f"gateway response '{name}' is not emulated",
                    help="one of " + ", ".join(ResponseType.__members__),
                )
            self._custom[ResponseType[name]] = response

    def render(self, refusal: Refusal, context: Mapping[str, str | None]) -> Answer:
        """The answer of a refusal; `context` has the values of `$context`, without that prefix."""
        if refusal.error_type == NOT_EMULATED.error_type:
            return not_emulated(refusal.reason)
        fallback = ResponseType.DEFAULT_4XX if refusal.status < 500 else ResponseType.DEFAULT_5XX
        own = self._custom.get(refusal.type)
        general = self._custom.get(fallback)
        custom = own or general or GatewayResponse()
        status = custom.status or (general.status if general else None) or refusal.status
        if custom.body is None:
            body = json.dumps({refusal.key: refusal.message}, separators=(",", ":"))
        else:
            body = _fill(custom.body, refusal, context)
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": refusal.error_type}
        for name, value in custom.headers.items():
            for known in [key for key in headers if key.lower() == name.lower()]:
                del headers[known]
            headers[name] = value
        return Answer(status, tuple(headers.items()), body.encode())


def _fill(template: str, refusal: Refusal, context: Mapping[str, str | None]) -> str:
    values: dict[str, str | None] = {
        **context,
        "error.message": refusal.message,
        "error.messageString": json.dumps(refusal.message),
        "error.responseType": refusal.type.name,
    }

    def value(found: re.Match[str]) -> str:
        # A variable without a value is the empty text, as in API Gateway's templates.
        return values.get(found[0].removeprefix("$context.")) or ""

    return _REFERENCE.sub(value, template)
