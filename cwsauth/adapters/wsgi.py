"""A WSGI middleware: Flask, Django and others in a Lambda function (apig-wsgi) or anywhere else.

    app.wsgi_app = Protect(app.wsgi_app, auth)

The access is in `environ["cwsauth.access"]` and in `cwsauth.guard.current_access()`. Source: PEP 3333.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from cwsauth.errors import EventError
from cwsauth.events.canonical import canonical
from cwsauth.events.fields import joined_headers, parsed_query
from cwsauth.events.plain import plain_request
from cwsauth.guard import Access, Guard, entered
from cwsauth.refusal import REASONS

if TYPE_CHECKING:
    from cwsauth.authorizer import Authorizer
    from cwsauth.request import AuthRequest

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

KEY = "cwsauth.access"
_UNPREFIXED = ("CONTENT_TYPE", "CONTENT_LENGTH")


class Protect:
    """An application that is called for those who may. `options` are those of `cwsauth.protect`, but for `cors`.

    The path that is decided is `PATH_INFO`: what the application routes by, decoded by the server. A HEAD is refused where a
    rule denies the GET, too, as the same function answers both.
    """

    def __init__(self, app: App, auth: Authorizer | Callable[[AuthRequest], object] | None, **options: Any) -> None:
        self.app = app
        self.guard = Guard(auth, **options)
        self.guard.head_is_get = True

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Asks, and calls the application or answers."""
        access = self.guard.of(lambda: self._request(environ))
        if access.allowed:
            environ[KEY] = access
            return _Body(self.app, environ, start_response, access)
        refusal = self.guard.refusal(access)
        body = refusal.body.encode()
        lines = [*refusal.headers.items(), ("Content-Length", str(len(body)))]
        start_response(f"{refusal.status} {REASONS[refusal.status]}", lines)
        return [body]

    def _request(self, environ: Environ) -> AuthRequest:
        lines = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        lines |= {name.replace("_", "-"): environ[name] for name in _UNPREFIXED if environ.get(name)}
        headers = {name.lower(): [value] for name, value in lines.items()}
        # WSGI joins two headers of one name with a comma.
        parted = joined_headers({"headers": lines})
        identity = self.guard.identity
        name = "authorization" if identity is None or identity.place != "header" else identity.name
        if name in parted:
            headers[name] = parted[name]
        event = environ.get("apig_wsgi.full_event")
        return plain_request(
            "wsgi",
            environ["REQUEST_METHOD"],
            _path(environ),
            headers,
            parsed_query(environ.get("QUERY_STRING") or ""),
            identity=identity,
            source_ip=environ.get("REMOTE_ADDR") or None,
            event=event if isinstance(event, dict) else None,
        )


class _Body:
    """The application's answer, with the access current while it is made and while it is sent."""

    def __init__(self, app: App, environ: Environ, start_response: StartResponse, access: Access) -> None:
        self._access = access
        with entered(access):
            self._body = app(environ, start_response)
        self._parts: Iterator[bytes] = iter(self._body)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with entered(self._access):
            return next(self._parts)

    def close(self) -> None:
        """Closes the application's answer."""
        close = getattr(self._body, "close", None)
        if close is not None:
            with entered(self._access):
                close()


def _path(environ: Environ) -> str:
    """The path that the application routes by. Raises EventError where it is no UTF-8, or has two readings."""
    path = str(environ.get("PATH_INFO") or "/")
    try:
        text = path.encode("latin-1").decode()
    except ValueError:
        text = ""  # the error holds the path, so ours is raised outside of its chain
    if not text:
        raise EventError("the path of the request is no UTF-8", help="encode it as such")
    return canonical(text, encoded=False)
