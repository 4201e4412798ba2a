"""Made by cws: the entry of a function whose secrets are read when it starts, or whose authorizer stands apart.

`CWS_HANDLER` and `CWS_AUTH_HANDLER` name the app and the authorizer as `module.attribute`. `CWS_SECRETS` is a JSON
object of variables and what they point to, such as `{"TOKEN": "${ssm:/shop/token}"}`. A secret that cannot be read lets
the function fail to start, so nothing is served without it; no value is in any message.
"""

from __future__ import annotations

import json
import os
import re
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_REFERENCE = re.compile(r"\$\$\{|\$\{(ssm|secretsmanager):([^{}]*)\}")


def _read(kind: str, name: str, clients: dict[str, Any]) -> str:
    import botocore.session

    if kind not in clients:
        clients[kind] = botocore.session.get_session().create_client(kind)
    if kind == "ssm":
        return str(clients[kind].get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    secret, _, key = name.partition("#")
    text = clients[kind].get_secret_value(SecretId=secret)["SecretString"]
    return str(json.loads(text)[key] if key else text)


def _load_secrets() -> None:
    clients: dict[str, Any] = {}

    def found(match: re.Match[str]) -> str:
        return "${" if match[1] is None else _read(match[1], match[2], clients)

    for variable, text in json.loads(os.environ.get("CWS_SECRETS", "{}")).items():
        os.environ[variable] = _REFERENCE.sub(found, text)


def _load(handler: str) -> Any:
    module, _, attribute = handler.rpartition(".")
    return getattr(import_module(module), attribute)


_load_secrets()
_app = _load(os.environ["CWS_HANDLER"])
_auth = _load(os.environ.get("CWS_AUTH_HANDLER") or os.environ["CWS_HANDLER"])


def handler(event: Any, context: Any) -> Any:
    """Hand authorizer events to the authorizer, all others to the app."""
    if isinstance(event, dict) and event.get("type") in ("TOKEN", "REQUEST"):
        return _auth(event, context)
    return _app(event, context)
