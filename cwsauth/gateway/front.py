"""What every front of the local gateway shares: calls without a socket, WSGI, the decision trail."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING

from cwsauth.gateway.incoming import HeaderLines, Incoming
from cwsauth.gateway.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from werkzeug.test import Client

    from cwsauth.gateway.invoke import Clock, Function
    from cwsauth.gateway.record import CallRecord, OnCall
    from cwsauth.gateway.responses import Answer


class Front(ABC):
    """A WSGI application that answers as one kind of API does.

    `clock` counts seconds for TTLs and time-outs, `now` tells the time of day; tests hand in their own.
    """

    name = ""

    def __init__(self, stage: Stage | None, *, on_call: OnCall | None, clock: Clock | None, now: Clock | None) -> None:
        self.stage = stage or Stage()
        self.on_call = on_call
        self.clock = clock or time.monotonic
        self.now = now or time.time

    @abstractmethod
    def answer(self, request: Incoming) -> tuple[Answer, CallRecord]:
        """The answer to a request, and what happened to it."""

    def handle(self, request: Incoming) -> Answer:
        """The answer to a request, after the decision trail was told."""
        begin = self.clock()
        answer, record = self.answer(request)
        if self.on_call is not None:
            elapsed = (self.clock() - begin) * 1000
            self.on_call(replace(record, status=answer.status, milliseconds=elapsed))
        return answer

    def call(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str | Iterable[str]] | HeaderLines | None = None,
        body: bytes | str = b"",
        source_ip: str = "127.0.0.1",
    ) -> Answer:
        """The answer to a request, without a socket; `target` is path and query as they stand on the wire.

        A Host header is added where there is none, as every client does.
        """
        request = Incoming.of(method, target, headers=headers, body=body, source_ip=source_ip)
        if request.header("Host") is None:
            request = replace(request, headers=(("Host", self.stage.domain), *request.headers))
        return self.handle(request)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        from cwsauth.gateway.wsgi import respond

        return respond(self, environ, start_response)

    def test_client(self) -> Client:
        """Werkzeug's test client on this gateway."""
        from werkzeug.test import Client

        return Client(self)


class Functions:
    """The Lambda functions of one gateway: the same handler is the same function, wherever it is named."""

    def __init__(self) -> None:
        self._known: list[Function] = []

    def of(self, function: Function) -> Function:
        """The function to call for a handler, known or new."""
        for known in self._known:
            if known == function:
                return known
        self._known.append(function)
        return function
