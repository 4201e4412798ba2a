"""An ASGI middleware: Starlette, FastAPI and others in a Lambda function (Mangum) or anywhere else.

    app = Protect(app, auth)                    # or: app.add_middleware(Protect, auth=auth)

The access is in `scope["cwsauth"]` and in `cwsauth.guard.current_access()`. Source: ASGI, "HTTP & WebSocket message format".
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from cwsauth.errors import EventError
from cwsauth.events.canonical import canonical
from cwsauth.events.fields import parsed_query
from cwsauth.events.plain import mounted, plain_request
from cwsauth.guard import Access, Guard, entered

if TYPE_CHECKING:
    from cwsauth.authorizer import Authorizer
    from cwsauth.request import AuthRequest

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_PASSED_ON = frozenset({"lifespan"})
_NESTED = 50  # middlewares around an application
_POLICY_VIOLATION = 1008  # RFC 6455, 7.4.1


class Protect:
    """An application that is called for those who may. `options` are those of `cwsauth.protect`, but for `cors`.

    The path that is decided is the one that the application routes by: below its `root_path`, decoded. `auth` is asked in a
    thread, so that it may block. A WebSocket is a GET; a refused one is closed before it is accepted. A HEAD is refused where
    a rule denies the GET, too, as the same function answers both.
    """

    def __init__(self, app: App, auth: Authorizer | Callable[[AuthRequest], object] | None, **options: Any) -> None:
        self.app = app
        self.guard = Guard(auth, **options)
        self.guard.head_is_get = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Asks, and calls the application or answers."""
        if scope["type"] in _PASSED_ON:
            await self.app(scope, receive, send)
            return
        access = await asyncio.to_thread(self.guard.of, lambda: self._request(scope))
        if access.allowed:
            with entered(access):
                await self.app({**scope, "cwsauth": access}, receive, send)
        elif scope["type"] == "http":
            await self._refuse(access, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})

    async def _refuse(self, access: Access, send: Send) -> None:
        refusal = self.guard.refusal(access)
        body = refusal.body.encode()
        lines = [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
        lines.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": refusal.status, "headers": lines})
        await send({"type": "http.response.body", "body": body})

    def _request(self, scope: Scope) -> AuthRequest:
        if scope["type"] not in ("http", "websocket"):
            raise EventError(f"no request: the scope is of type {scope['type']!r}")
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        client = scope.get("client")
        event = scope.get("aws.event")  # Mangum's name for it
        return plain_request(
            "asgi",
            scope.get("method", "GET"),
            _path(scope, _root(self.app, scope)),
            headers,
            parsed_query(bytes(scope.get("query_string") or b"").decode("latin-1")),
            identity=self.guard.identity,
            source_ip=client[0] if client else None,
            event=event if isinstance(event, dict) else None,
        )


def _root(app: object, scope: Scope) -> str:
    """The path at which the application is mounted: what it says of itself, as FastAPI does, counts before the server's word."""
    for _ in range(_NESTED):
        own = getattr(app, "root_path", None)
        if isinstance(own, str) and own:
            return own
        app = getattr(app, "app", None)  # of a middleware in between
        if app is None:
            break
    return scope.get("root_path") or ""


def _path(scope: Scope, root: str) -> str:
    """The path that the application routes by; the raw one beside it has to say the same.

    Raises:
        EventError: it does not, or there are two readings.
    """
    if len(root) > 1 and root.endswith("/"):
        # Starlette cuts it off in front of a second slash only.
        raise EventError("the root_path of the application ends with a slash", help="write it as '/v1'")
    path = canonical(scope["path"], encoded=False)
    raw = scope.get("raw_path")
    if raw:
        text = raw.decode("latin-1").partition("?")[0]
        other = canonical(text, encoded=True) if text.isascii() else path
        if mounted(other, root) != mounted(path, root):
            raise EventError("the two paths of the request differ", help="decode the path once")
    return mounted(path, root)
