"""The local WebSocket API, as far as authorization goes: the handshake of `$connect`, and no socket behind it.

API Gateway asks a Lambda authorizer for `$connect` only. This front answers a handshake as API Gateway would: 101,
401, 403 or 500. A 101 says that the connection would be open; it is closed, and no messages are exchanged.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cwsauth.errors import ConfigError
from cwsauth.gateway.authorize import Authorizers, Finding, Question, condition_keys
from cwsauth.gateway.backend import status_code
from cwsauth.gateway.config import as_function
from cwsauth.gateway.declared import identity_of, ttl_of
from cwsauth.gateway.front import Front
from cwsauth.gateway.identity import IdentitySource, context_values
from cwsauth.gateway.record import CallRecord, OnCall
from cwsauth.gateway.responses import Answer, not_emulated
from cwsauth.gateway.result import AuthorizerResult, check_websocket_result
from cwsauth.gateway.screen import screen, shown
from cwsauth.gateway.websocket_event import ConnectCall, connect_authorizer_event, connect_event

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cwsauth.gateway.incoming import Incoming
    from cwsauth.gateway.invoke import Clock, Function, Handler
    from cwsauth.gateway.stage import Stage

TIMEOUT = 29.0
"""Seconds that a WebSocket API waits for an integration. Source: "Quotas and important notes"."""

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_CONNECT = "$connect"
_FORBIDDEN = "User is not authorized to access this resource"
_FINDINGS: dict[Finding, tuple[int, str | None]] = {
    Finding.DENIED: (403, _FORBIDDEN + " with an explicit deny"),
    Finding.NOT_ALLOWED: (403, _FORBIDDEN),
    Finding.UNAUTHORIZED: (401, "Unauthorized"),
    Finding.FAILED: (500, None),
    Finding.MALFORMED: (500, None),
}


@dataclass(frozen=True, slots=True, init=False)
class ConnectAuthorizer:
    """The Lambda authorizer of `$connect`: REQUEST, with identity sources such as `route.request.querystring.token`.

    Raises:
        ConfigError: what API Gateway would not take.

    Source: developer guide, "Creating a Lambda REQUEST authorizer function" (WebSocket APIs).
    """

    function: Function
    identity: tuple[IdentitySource, ...]
    ttl: int
    name: str

    def __init__(
        self,
        handler: Handler | Function,
        *,
        identity: str | Iterable[str] | None = None,
        ttl: int | None = None,
        name: str = "",
    ) -> None:
        function = as_function(handler)
        sources = identity_of(handler, identity, "websocket", "route.request.header.Authorization")
        ttl = ttl_of(handler, ttl)
        if ttl and not sources:
            raise ConfigError(
                "an authorizer whose answers are cached needs an identity source", help="name one, or set ttl=0"
            )
        object.__setattr__(self, "function", function)
        object.__setattr__(self, "identity", sources)
        object.__setattr__(self, "ttl", ttl)
        object.__setattr__(self, "name", name or function.name)


class WebSocketGateway(Front):
    """The handshake of a WebSocket API: `WebSocketGateway(ConnectAuthorizer(auth))`.

    `connect` is the integration of `$connect`, where there is one; what it answers decides after the authorizer.
    """

    name = "websocket"

    def __init__(
        self,
        authorizer: ConnectAuthorizer | None = None,
        connect: Handler | Function | None = None,
        *,
        stage: Stage | None = None,
        on_call: OnCall | None = None,
        clock: Clock | None = None,
        now: Clock | None = None,
    ) -> None:
        super().__init__(stage, on_call=on_call, clock=clock, now=now)
        if self.stage.name == "$default":
            raise ConfigError("a WebSocket API has no stage '$default'", help="that is HTTP API's")
        self.authorizer = authorizer
        self.connect = None if connect is None else as_function(connect)
        self._authorizers = Authorizers(self.clock)

    def __repr__(self) -> str:
        return f"<WebSocketGateway {self.stage.api_id}/{self.stage.name}>"

    def flush_authorizer_cache(self) -> None:
        """Forget what the authorizer answered."""
        self._authorizers.flush()

    def answer(self, request: Incoming) -> tuple[Answer, CallRecord]:
        """The answer to a handshake, and what happened to it."""
        record = CallRecord(self.name, shown(request.method), shown(request.path))
        refusal = screen(request)
        if refusal is not None:
            answer = (
                not_emulated(refusal.reason) if refusal.status == 501 else _message(refusal.status, refusal.message)
            )
            return answer, replace(record, reason=refusal.reason)
        if request.path not in ("/", f"/{self.stage.name}") or not _is_handshake(request):
            reason = "what is not a handshake of a WebSocket is not emulated"
            return not_emulated(reason), replace(record, reason=reason)
        record = replace(record, route=_CONNECT)
        call = ConnectCall(request, self.stage, time=self.now())
        context: dict[str, Any] | None = None
        if self.authorizer is not None:
            outcome, record = self._authorize(self.authorizer, call, record)
            if isinstance(outcome, Answer):
                return outcome, record
            context = {**outcome.context, "principalId": outcome.principal_id, "integrationLatency": outcome.latency}
        return self._open(call, context, record)

    def _authorize(
        self, authorizer: ConnectAuthorizer, call: ConnectCall, record: CallRecord
    ) -> tuple[AuthorizerResult | Answer, CallRecord]:
        record = replace(record, authorizer=authorizer.name)
        context = context_values(call.request, self.stage)
        context |= {"connectionId": call.connection_id, "eventType": "CONNECT", "routeKey": _CONNECT}
        values = tuple(source.read(call.request, self.stage.variables, context) for source in authorizer.identity)
        if None in values:
            missing = authorizer.identity[values.index(None)].text
            reason = f"the identity source {missing} is missing or empty"
            return _message(401, "Unauthorized"), replace(record, reason=reason)
        question = Question(
            authorizer=authorizer.name,
            function=authorizer.function,
            event=lambda: connect_authorizer_event(call),
            check=check_websocket_result,
            key=(authorizer.name, self.stage.name, values),
            ttl=authorizer.ttl,
            patience=TIMEOUT,
            arn=call.arn,
            keys=condition_keys(call.request, call.time),
        )
        ruling = self._authorizers.rule(question)
        record = replace(record, cached=ruling.cached, judgement=ruling.judgement)
        if ruling.finding is Finding.ALLOWED and ruling.result is not None:
            return replace(ruling.result, latency=ruling.latency), record
        return _message(*_FINDINGS[ruling.finding]), replace(record, reason=ruling.reason)

    def _open(self, call: ConnectCall, context: dict[str, Any] | None, record: CallRecord) -> tuple[Answer, CallRecord]:
        """The end of the handshake, after the integration had its say."""
        if self.connect is not None:
            outcome = self.connect.invoke(connect_event(call, context), clock=self.clock, limit=TIMEOUT)
            status = None
            if not outcome.failed and isinstance(outcome.value, dict):
                status = status_code(outcome.value.get("statusCode", 200))
            if status is None:
                reason = f"the integration failed: {outcome.error_type or 'its answer is malformed'}"
                return _message(500, "Internal server error"), replace(record, reason=reason)
            if status >= 300:
                return _message(status, "Forbidden"), replace(record, reason="the integration refused")
        key = (call.request.header("Sec-WebSocket-Key") or "").encode()
        accept = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest()).decode()
        lines = (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept))
        return Answer(101, lines), record


def _is_handshake(request: Incoming) -> bool:
    """Source: RFC 6455, 4.2.1."""
    upgrade = (request.header("Upgrade") or "").lower()
    tokens = [token.strip().lower() for token in (request.header("Connection") or "").split(",")]
    return (
        request.method == "GET"
        and upgrade == "websocket"
        and "upgrade" in tokens
        and bool(request.header("Sec-WebSocket-Key"))
    )


def _message(status: int, text: str | None) -> Answer:
    body = json.dumps({"message": text}, separators=(",", ":")).encode()
    return Answer(status, (("Content-Type", "application/json"),), body)
