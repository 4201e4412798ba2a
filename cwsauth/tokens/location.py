"""Where in a request a credential is: the Authorization header, another header, the query string, a cookie.

A location is a function of the request that gives the credential, or None where there is none.
"""

from __future__ import annotations

from cwsauth.tokens.verifier import bearer as bearer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cwsauth.request import AuthRequest

    Location = Callable[[AuthRequest], str | None]


def header(name: str) -> Location:
    """The value of the header `name`, whatever its case.

    A TOKEN event has no headers, only the value of the one header that the authorizer is declared with: that is taken for it.
    """
    _check(name)

    def read(request: AuthRequest) -> str | None:
        if request.kind == "rest.token":
            return request.authorization
        return request.headers.get(name)

    return read


def query(name: str) -> Location:
    """The value of the query parameter `name`: for a WebSocket's `$connect`, where a browser cannot send a header."""
    _check(name)
    return lambda request: request.query.get(name)


def cookie(name: str) -> Location:
    """The value of the cookie `name`."""
    _check(name)
    return lambda request: request.cookies.get(name)


def _check(name: object) -> None:
    if type(name) is not str or not name or not name.isprintable() or " " in name:
        from cwsauth.errors import ConfigError

        raise ConfigError(
            "the name of a header, parameter or cookie is a non-empty string", help="for example 'x-api-key'"
        )
