"""MiniStack as its own process, with what it lacks and a stage needs.

Run with the Python that has `ministack`. `${stageVariables.x}` in the URIs of integrations and authorizers is taken out
of the stage that is called, as API Gateway does, and a stage's cache of authorizer answers can be flushed. Two values
that nobody gave, and that AWS does not answer, are left out of its answers: they would drift. Every request is a line of
the log, with its status: what a client asks for once more can be told from what was answered. A change that an SDK sends
again, because the server lost the answer on the way, gets the same answer: now and then Hypercorn closes a connection on it.
"""

from __future__ import annotations

import contextvars
import json
import re
import sys
import time
from typing import Any

from ministack import app  # type: ignore[import-not-found, import-untyped, unused-ignore]
from ministack.services import apigateway_v1 as api  # type: ignore[import-not-found, import-untyped, unused-ignore]

_variables: contextvars.ContextVar[dict[str, str]] = contextvars.ContextVar("variables", default={})  # noqa: B039
_app = app.app
_answered: dict[tuple[bytes, str, str], list[Any]] = {}
_execute, _reference, _handle = api._execute_in_scope, api._extract_lambda_ref_from_integration_uri, api.handle_request
_STAGE_OR_MOCK = re.compile(r"/(stages/[^/]+|integration)/?\Z")
_CACHE = re.compile(r"/restapis/([^/]+)/stages/([^/]+)/cache/authorizers/?\Z")


async def execute(request: Any, api_id: str, stage_name: str, *rest: Any, **named: Any) -> Any:
    """A call: its stage's variables are known for as long as it lasts."""
    stage = api._stages_v1.get(api_id, {}).get(stage_name) or {}
    token = _variables.set(stage.get("variables") or {})
    try:
        return await _execute(request, api_id, stage_name, *rest, **named)
    finally:
        _variables.reset(token)


def reference(uri: str) -> str:
    """The function in a URI, with the variables of the stage filled in."""
    values = _variables.get()
    return str(_reference(re.sub(r"\$\{stageVariables\.(\w+)\}", lambda m: values.get(m[1], ""), uri or "")))


async def handle(method: str, path: str, *rest: Any, **named: Any) -> Any:
    """A control call: `FlushStageAuthorizersCache` empties what belongs to the stage, the others are MiniStack's."""
    match = _CACHE.search(path)
    if method == "DELETE" and match:
        for key in [key for key in api._authorizer_cache if key[2] == match[1] and key[4] == match[2]]:
            del api._authorizer_cache[key]
        return 202, {"Content-Type": "application/json"}, b""
    status, headers, body = await _handle(method, path, *rest, **named)
    return (
        status,
        headers,
        json.dumps(_given(json.loads(body))).encode() if _STAGE_OR_MOCK.search(path) and body else body,
    )


async def repeatable(scope: Any, receive: Any, send: Any) -> None:
    """A request; one that an SDK sends again under the same invocation gets what was answered before."""
    named = dict(scope.get("headers") or ()).get(b"amz-sdk-invocation-id", b"")
    if not named or scope["method"] == "GET" or scope["path"] == "/":
        await _app(scope, receive, send)
        return
    key = (named, scope["method"], scope["path"])
    if key in _answered:
        for message in _answered[key]:
            await send(message)
        return
    messages: list[Any] = []

    async def kept(message: Any) -> None:
        messages.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            _answered[key] = messages
        await send(message)

    await _app(scope, receive, kept)


async def logged(scope: Any, receive: Any, send: Any) -> None:
    """A request, and a line that says what became of it and how long that took."""
    began, status = time.time(), "no answer"

    async def sent(message: Any) -> None:
        nonlocal status
        status = str(message.get("status", status))
        await send(message)

    try:
        await repeatable(scope, receive, sent)
    finally:
        if scope["type"] == "http":
            clock = time.strftime("%H:%M:%S", time.localtime(began))
            took = (time.time() - began) * 1000
            print(f"{clock} {scope['method']} {scope['path']} {status}, {took:.0f} ms", flush=True)


def _given(data: Any) -> Any:
    if isinstance(data, dict):
        if data.get("type") == "MOCK":
            data.pop("httpMethod", None)
        if not (data.get("accessLogSettings") or {}).get("destinationArn"):
            data.pop("accessLogSettings", None)
    return data


if __name__ == "__main__":
    app.app = logged
    api._execute_in_scope = execute
    api._extract_lambda_ref_from_integration_uri = reference
    api.handle_request = handle
    sys.argv = ["ministack"]
    app.main()
