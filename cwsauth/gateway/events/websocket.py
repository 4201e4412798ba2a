"""WebSocket API: the authorizer of `$connect`, the only route that may have one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cwsauth.gateway.events.defaults import SOURCE_IP, TIME, TRACE_ID, Headers, request
from cwsauth.gateway.stage import Stage
from cwsauth.gateway.websocket_event import ConnectCall, connect_authorizer_event

if TYPE_CHECKING:
    from cwsauth.gateway.rest_event import Event


def websocket_connect(
    query: str = "", *, headers: Headers = None, source_ip: str = SOURCE_IP, stage: Stage | None = None
) -> Event:
    """The event of the authorizer of `$connect`; browsers can send a token in the `query` only."""
    where = stage or Stage()
    given = {
        "Connection": "upgrade",
        "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        "Upgrade": "websocket",
        **(headers or {}),
    }
    incoming = request("GET", f"/?{query}" if query else "/", given, b"", source_ip, where.domain)
    return connect_authorizer_event(
        ConnectCall(incoming, where, "EXqgWgXxSK4EJug=", "dE2xvcEAIAMCIlw=", TRACE_ID, TIME)
    )
