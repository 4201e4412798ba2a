"""AWS IoT Core: a custom authorizer, asked over HTTP, MQTT, or MQTT over WebSocket."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def iot(
    token: str | None = None,
    *,
    signature_verified: bool = False,
    headers: Mapping[str, str] | None = None,
    query: str | None = None,
    username: str | None = None,
    password: str | bytes | None = None,
    client_id: str | None = None,
    server_name: str = "abc123-ats.iot.eu-west-1.amazonaws.com",
) -> dict[str, Any]:
    """The event of an IoT custom authorizer; what the protocol does not have is left out, the password is base64."""
    protocols = ["tls"]
    data: dict[str, Any] = {"tls": {"serverName": server_name}}
    if headers is not None or query is not None:
        protocols.append("http")
        data["http"] = {"headers": dict(headers or {}), "queryString": f"?{query}" if query else ""}
    secret = password.encode() if isinstance(password, str) else password
    encoded = None if secret is None else base64.b64encode(secret).decode()
    mqtt = {"username": username, "password": encoded, "clientId": client_id}
    if any(value is not None for value in mqtt.values()):
        protocols.append("mqtt")
        data["mqtt"] = {name: value for name, value in mqtt.items() if value is not None}
    event: dict[str, Any] = {} if token is None else {"token": token}
    return {
        **event,
        "signatureVerified": signature_verified,
        "protocols": protocols,
        "protocolData": data,
        "connectionMetadata": {"id": "e56f08c3-c559-490f-aa9f-7e8427d0f57b"},
    }
