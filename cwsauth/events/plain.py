"""The request of a web server interface (ASGI, WSGI): no event, but the same questions."""

from __future__ import annotations

from cwsauth.errors import EventError
from cwsauth.events.fields import cookie_header, last_of, single
from cwsauth.events.proxy import UNCHECKED, outline
from cwsauth.request import AuthRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cwsauth.events.fields import Values
    from cwsauth.events.identity import IdentitySource


def plain_request(
    kind: str,
    method: str,
    path: str,
    headers: Values,
    query: Values,
    *,
    identity: IdentitySource | None = None,
    source_ip: str | None = None,
    event: Mapping[str, Any] | None = None,
) -> AuthRequest:
    """The request with a canonical `path`; `headers` by lower-case name. `event` is that of the Lambda, where there is one.

    Raises:
        EventError: the method is no verb, or there are two credentials.
    """
    if not (method.isascii() and method.isalpha() and method.isupper()):
        raise EventError("the request has a method that is no verb", help="send it in upper case")
    if identity is None:
        authorization = single(headers, "authorization", "Authorization header")
    else:
        authorization = identity.reader(lambda _: headers, lambda _: query)({})
    return AuthRequest(
        outline(event)[0] or kind,
        authorization=authorization,
        method=method,
        path=path,
        headers={name: value for name, value in last_of(headers).items() if not name.startswith(UNCHECKED)},
        query=last_of(query),
        cookies=cookie_header(headers),
        source_ip=source_ip,
        raw=event or {},
    )


def mounted(path: str, root: str) -> str:
    """The path within an application that is mounted at `root`, whether or not the server has cut it off already."""
    root = root.rstrip("/")
    if root and (path == root or path.startswith(root + "/")):
        return path[len(root) :] or "/"
    return path
