"""The local HTTP API. Simpler than REST API, and different where it matters: decoded paths, other refusals, verdicts
that are cached for every route.
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cwsauth.errors import ConfigError
from cwsauth.gateway.address import Address
from cwsauth.gateway.authorize import Authorizers, Finding, Question, Ruling, condition_keys
from cwsauth.gateway.front import Front, Functions
from cwsauth.gateway.http_answer import http_answer, without_cors
from cwsauth.gateway.http_event import (
    HttpCall,
    authorizer_event_1,
    authorizer_event_2,
    decoded,
    joined_headers,
    proxy_event_1,
    proxy_event_2,
)
from cwsauth.gateway.http_routes import RouteKeys
from cwsauth.gateway.identity import context_values
from cwsauth.gateway.record import CallRecord, OnCall
from cwsauth.gateway.responses import NOT_EMULATED, Answer, Refusal, because, not_emulated
from cwsauth.gateway.result import check_http_result, check_simple_result
from cwsauth.gateway.screen import screen, shown
from cwsauth.gateway.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cwsauth.gateway.http_config import HttpAuthorizer, HttpCors, HttpRoute
    from cwsauth.gateway.incoming import Incoming
    from cwsauth.gateway.invoke import Clock

AUTHORIZER_TIMEOUT = 10.0
"""Seconds that an HTTP API waits for an authorizer. Source: "Quotas and important notes"."""

INTEGRATION_TIMEOUT = 30.0
"""Seconds that an HTTP API waits for a backend. Source: "Quotas and important notes"."""

# What changes the shape of a path when it is decoded, and what is no UTF-8: nobody established what AWS does.
_SHAPE = re.compile(r"%(?:2[fF]|3[fF]|23|25|0[0-9a-fA-F]|1[0-9a-fA-F]|7[fF]|(?![0-9a-fA-F]{2}))")


@dataclass(frozen=True, slots=True)
class _Refused:
    """An answer of the API itself, and why."""

    status: int
    message: str
    reason: str


_FINDINGS = {
    Finding.DENIED: (403, "Forbidden"),
    Finding.NOT_ALLOWED: (403, "Forbidden"),
    Finding.UNAUTHORIZED: (500, "Internal Server Error"),  # 401 by raising is not established here
    Finding.FAILED: (500, "Internal Server Error"),
    Finding.MALFORMED: (500, "Internal Server Error"),
}
_SCREENED = {
    400: "Bad Request",
    413: "Request Entity Too Large",
    431: "Request Header Fields Too Large",
}


class HttpGateway(Front):
    """An HTTP API on this machine: `HttpGateway([HttpRoute("GET /product/{id}", backend, authorizer=auth)])`.

    The stage is `$default` where none is given. Requests of which it is not established what an HTTP API does
    (an encoded slash, a trailing slash that would change the route) are answered 501.

    Raises:
        ConfigError: what API Gateway would not take, or what is not emulated here.
    """

    name = "http"

    def __init__(
        self,
        routes: Iterable[HttpRoute],
        *,
        stage: Stage | None = None,
        address: Address | None = None,
        cors: HttpCors | None = None,
        on_call: OnCall | None = None,
        clock: Clock | None = None,
        now: Clock | None = None,
    ) -> None:
        super().__init__(stage or Stage("$default"), on_call=on_call, clock=clock, now=now)
        self.routes = tuple(routes)
        self.address = address or Address()
        if self.address.base_path:
            raise ConfigError("API mappings with a base path are not emulated for HTTP APIs")
        if self.address.stage_in_path and self.stage.name == "$default":
            raise ConfigError("the stage '$default' is not in the path", help="leave stage_in_path out")
        self.cors = cors
        self._keys = RouteKeys(self.routes)
        self._authorizers = Authorizers(self.clock)
        self._functions = Functions()
        names: dict[str, HttpAuthorizer] = {}
        for route in self.routes:
            self._functions.of(route.backend)
            if route.authorizer is not None:
                self._functions.of(route.authorizer.function)
                if names.setdefault(route.authorizer.name, route.authorizer) != route.authorizer:
                    raise ConfigError(f"two authorizers are called '{route.authorizer.name}'", help="give each a name=")

    def __repr__(self) -> str:
        return f"<HttpGateway {self.stage.api_id}/{self.stage.name}: {len(self.routes)} routes>"

    def cwsauth_routes(self) -> list[str]:
        """The declared routes as text; `$default` declares nothing."""
        return [route.key for route in self.routes if route.verb]

    def flush_authorizer_cache(self) -> None:
        """Forget what authorizers answered."""
        self._authorizers.flush()

    def answer(self, request: Incoming) -> tuple[Answer, CallRecord]:
        """The answer to a request, and what happened to it."""
        record = CallRecord(self.name, shown(request.method), shown(request.path))
        refusal = screen(request) or self._doubt(request)
        if refusal is not None:
            return self._screened(refusal), replace(record, reason=refusal.reason)
        paths = self.address.resolve(request.path, self.stage)
        inner = decoded(paths.arn) if paths else ""
        match = self._keys.match(request.method, inner) if paths else None
        if self._is_preflight(request) and (match is None or match.route.authorizer is None):
            answer = Answer(204, tuple(self.cors.preflight(request.header("Origin")))) if self.cors else None
            if answer is not None:
                return answer, replace(record, reason="preflight")
        if match is None:
            return self._refuse(_Refused(404, "Not Found", "no route has this path and verb"), request, record)
        record = replace(record, route=match.route.key)
        prefix = f"/{self.stage.name}" if self.address.stage_in_path else ""
        call = HttpCall(
            request,
            self.stage,
            match.route.key,
            prefix + inner,
            self.stage.arn(request.method, inner),
            match.parameters,
            time=self.now(),
            own_domain=not prefix and self.stage.name != "$default",
        )
        return self._serve(match.route, call, record)

    def _serve(self, route: HttpRoute, call: HttpCall, record: CallRecord) -> tuple[Answer, CallRecord]:
        ruling: Ruling | None = None
        if route.authorizer is not None:
            outcome, record = self._authorize(route.authorizer, call, record)
            if isinstance(outcome, _Refused):
                return self._refuse(outcome, call.request, record)
            ruling = outcome
        answer = self._invoke_backend(route, call, ruling)
        if isinstance(answer, _Refused):
            return self._refuse(answer, call.request, record)
        return self._finish(answer, call.request), record

    def _doubt(self, request: Incoming) -> Refusal | None:
        """The refusal of a path that an HTTP API might read in more than one way."""
        if _SHAPE.search(request.path) or "\ufffd" in decoded(request.path):
            return because(NOT_EMULATED, "a path with an encoded delimiter, control character or byte is not emulated")
        paths = self.address.resolve(request.path, self.stage)
        if paths and self._keys.is_doubtful(request.method, decoded(paths.arn)):
            return because(NOT_EMULATED, "a trailing or doubled slash that may change the route is not emulated")
        return None

    def _authorize(
        self, authorizer: HttpAuthorizer, call: HttpCall, record: CallRecord
    ) -> tuple[Ruling | _Refused, CallRecord]:
        record = replace(record, authorizer=authorizer.name)
        identity = self._identity(authorizer, call)
        if isinstance(identity, _Refused):
            return identity, record
        asked = replace(call, identity=identity if authorizer.identity else None)

        def event() -> Mapping[str, Any]:
            return authorizer_event_2(asked) if authorizer.payload == "2.0" else authorizer_event_1(asked)

        question = Question(
            authorizer=authorizer.name,
            function=self._functions.of(authorizer.function),
            event=event,
            check=check_simple_result if authorizer.simple else check_http_result,
            key=(authorizer.name, self.stage.name, identity),
            ttl=authorizer.ttl,
            patience=AUTHORIZER_TIMEOUT,
            arn=call.arn,
            keys=condition_keys(call.request, call.time),
        )
        ruling = self._authorizers.rule(question)
        record = replace(record, cached=ruling.cached, judgement=ruling.judgement)
        if ruling.finding is Finding.ALLOWED:
            return ruling, record
        return _Refused(*_FINDINGS[ruling.finding], ruling.reason), record

    def _identity(self, authorizer: HttpAuthorizer, call: HttpCall) -> tuple[str, ...] | _Refused:
        """The values of the identity sources, or 401 without a call."""
        context = context_values(call.request, self.stage)
        context |= {"httpMethod": call.request.method, "path": call.path, "routeKey": call.route_key}
        headers = joined_headers(call.request, call.trace_id)
        values: list[str] = []
        for source in authorizer.identity:
            value = source.read(
                call.request, self.stage.variables, context, header=lambda name: headers.get(name.lower())
            )
            if value is None:
                reason = f"the identity source {source.text} is missing or empty"
                return _Refused(401, "Unauthorized", reason)
            values.append(value)
        return tuple(values)

    def _invoke_backend(self, route: HttpRoute, call: HttpCall, ruling: Ruling | None) -> Answer | _Refused:
        result = ruling.result if ruling else None
        context = dict(result.context) if result else None
        if route.payload == "2.0":
            event = proxy_event_2(call, context)
        else:
            if context is not None and result is not None and result.principal_id:
                context["principalId"] = result.principal_id
            event = proxy_event_1(call, context)
        function = self._functions.of(route.backend)
        outcome = function.invoke(event, clock=self.clock, limit=INTEGRATION_TIMEOUT)
        if outcome.timed_out:
            return _Refused(503, "Service Unavailable", "the backend timed out")
        if outcome.error_type == "RequestEntityTooLargeException":
            return _Refused(413, "Request Entity Too Large", "the event is larger than Lambda takes")
        if outcome.failed:
            return _Refused(500, "Internal Server Error", f"the backend failed: {outcome.error_type}")
        answer = http_answer(outcome.value, route.payload)
        return _Refused(500, "Internal Server Error", answer) if isinstance(answer, str) else answer

    def _is_preflight(self, request: Incoming) -> bool:
        return (
            self.cors is not None
            and request.method == "OPTIONS"
            and request.header("Origin") is not None
            and request.header("Access-Control-Request-Method") is not None
        )

    def _screened(self, refusal: Refusal) -> Answer:
        if refusal.type is NOT_EMULATED.type and refusal.status == NOT_EMULATED.status:
            return not_emulated(refusal.reason)
        return _message(refusal.status, _SCREENED[refusal.status])

    def _refuse(self, refused: _Refused, request: Incoming, record: CallRecord) -> tuple[Answer, CallRecord]:
        answer = self._finish(_message(refused.status, refused.message), request)
        return answer, replace(record, reason=refused.reason)

    def _finish(self, answer: Answer, request: Incoming) -> Answer:
        lines = answer.headers
        if self.cors is not None:
            lines = (*without_cors(answer), *self.cors.actual(request.header("Origin")))
        request_id = base64.b64encode(uuid.uuid4().bytes)[:15].decode() + "="
        return replace(answer, headers=(*lines, ("apigw-requestid", request_id)))


def _message(status: int, text: str) -> Answer:
    body = json.dumps({"message": text}, separators=(",", ":")).encode()
    return Answer(status, (("content-type", "application/json"),), body)
