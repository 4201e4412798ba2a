"""Every error of the library, in one tree.

A leaf carries its facts as attributes. `str(error)` is one line, lower-case, without a full stop; the remedy is apart,
in `error.help`. No message, repr or chain ever holds a token, a secret or the value of a header.
"""

from __future__ import annotations


class CwsAuthError(Exception):
    """The root of the tree; catch it to catch everything this library raises on purpose."""

    def __init__(self, message: str = "", *, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class PatternError(CwsAuthError, ValueError):
    """A rule or route that is not in the pattern language: `pattern`, and `column` counted from 1."""

    def __init__(self, message: str, *, pattern: str = "", column: int = 0, help: str = "") -> None:
        super().__init__(message, help=help)
        self.pattern = pattern
        self.column = column


class RouteError(PatternError):
    """A route that API Gateway would not accept, or that contradicts another one of the same table."""


class ResultError(CwsAuthError, TypeError):
    """An `auth` function returned what is not an answer. Names the type, never the value."""


class ArnError(CwsAuthError, ValueError):
    """Not the ARN of a method of an API."""


class EventError(CwsAuthError, ValueError):
    """An event of an unknown kind, or one that contradicts its kind."""


class DocumentError(CwsAuthError):
    """A policy that has no valid IAM document, or a document that IAM would not read."""


class NotExact(DocumentError):
    """IAM cannot say this policy: `lost` holds requests that the document would refuse."""

    def __init__(self, message: str, *, lost: tuple[object, ...] = (), help: str = "") -> None:
        super().__init__(message, help=help)
        self.lost = lost


class TooLarge(DocumentError):
    """The answer is larger than API Gateway takes: `size` and `limit` in bytes."""

    def __init__(self, message: str, *, size: int = 0, limit: int = 0, help: str = "") -> None:
        super().__init__(message, help=help)
        self.size = size
        self.limit = limit


class Unauthenticated(CwsAuthError):
    """Raise it in `auth` for a 401: nobody is known. `reason` goes to the log only.

    `str(error)` is always exactly `Unauthorized`: REST API answers 401 for that message and no other.
    Source: API Gateway developer guide, "Output from an API Gateway Lambda authorizer".
    """

    def __init__(self, reason: str = "", *, help: str = "") -> None:
        super().__init__("Unauthorized", help=help)
        self.reason = reason


class TokenMissing(Unauthenticated):
    """No token came with the request."""


class TokenExpired(Unauthenticated):
    """The token was good once."""


class TokenInvalid(Unauthenticated):
    """The token is not one that is accepted here."""


class Forbidden(CwsAuthError):
    """Raise it in `auth` for a 403: the caller is known, and may not. `reason` goes to the log only."""

    def __init__(self, reason: str = "", *, help: str = "") -> None:
        super().__init__("Forbidden", help=help)
        self.reason = reason


class AuthorizerFailure(CwsAuthError):
    """What leaves a Lambda whose `auth` failed: a clean message, no text of the original, no chain."""


class ConfigError(CwsAuthError, ValueError):
    """A setting, option or configuration file that cannot be used."""


class DeployError(CwsAuthError):
    """A deployment step that failed; `help` names the next step."""

    exit_code = 1
