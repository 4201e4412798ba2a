"""The local REST API: what API Gateway does between a client and two Lambda functions, and nothing it does
not do.

The order is REST API's: sizes, routing, identity source, authorizer or its cache, policy, API key, backend.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cwsauth.errors import ConfigError
from cwsauth.gateway import responses as r
from cwsauth.gateway.address import Address
from cwsauth.gateway.authorize import Authorizers, Finding, Question, Ruling, condition_keys
from cwsauth.gateway.backend import proxy_answer
from cwsauth.gateway.front import Front, Functions
from cwsauth.gateway.identity import context_values
from cwsauth.gateway.record import CallRecord, OnCall
from cwsauth.gateway.resource_policy import ResourcePolicy, by_resource_policy
from cwsauth.gateway.responses import Answer, GatewayResponse, GatewayResponses, Refusal, because
from cwsauth.gateway.rest_event import Event, RestCall, proxy_event, request_event, token_event
from cwsauth.gateway.result import check_policy_result
from cwsauth.gateway.routing import Doubt, ResourceTree
from cwsauth.gateway.screen import ARN, screen, shown
from cwsauth.policy.evaluate import Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cwsauth.gateway.config import ApiKeys, Authorizer, Cors, Route
    from cwsauth.gateway.incoming import Incoming
    from cwsauth.gateway.invoke import Clock, Function
    from cwsauth.gateway.stage import Stage

INTEGRATION_TIMEOUT = 29.0
"""Seconds that REST API waits for a backend. Source: "Quotas and important notes"."""

_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+\-*]+/[A-Za-z0-9!#$&^_.+\-*]+")


@dataclass(frozen=True, slots=True)
class _Method:
    """A method of a resource: a route with its functions, or the answer to preflight."""

    route: Route | None
    backend: Function | None = None
    authorizer: Function | None = None
    preflight: tuple[tuple[str, str], ...] = ()


_REFUSALS = {
    Finding.DENIED: r.EXPLICIT_DENY,
    Finding.NOT_ALLOWED: r.IMPLICIT_DENY,
    Finding.UNAUTHORIZED: r.UNAUTHORIZED,
    Finding.FAILED: r.AUTHORIZER_FAILED,
    Finding.MALFORMED: r.AUTHORIZER_MALFORMED,
}


class Gateway(Front):
    """A REST API on this machine: `Gateway([Route("GET", "/product/{id}", backend, authorizer=auth)])`.

    `responses` customises gateway responses by type, `cors` adds preflight, `binary_media_types`, `api_keys` and
    `resource_policy` are those of the API. `on_call` gets a `CallRecord` for every request.

    Raises:
        ConfigError: what API Gateway would not take, or what is not emulated here.
    """

    name = "rest"

    def __init__(
        self,
        routes: Iterable[Route],
        *,
        stage: Stage | None = None,
        address: Address | None = None,
        responses: Mapping[str, GatewayResponse] | None = None,
        cors: Cors | None = None,
        binary_media_types: Iterable[str] = (),
        api_keys: ApiKeys | None = None,
        resource_policy: Mapping[str, object] | None = None,
        on_call: OnCall | None = None,
        clock: Clock | None = None,
        now: Clock | None = None,
    ) -> None:
        super().__init__(stage, on_call=on_call, clock=clock, now=now)
        if self.stage.name == "$default":
            raise ConfigError("a REST API has no stage '$default'", help="that is HTTP API's")
        self.routes = tuple(routes)
        self.address = address or Address()
        self.binary_media_types = tuple(binary_media_types)
        for media_type in self.binary_media_types:
            if not _MEDIA_TYPE.fullmatch(media_type):
                raise ConfigError(f"invalid binary media type '{media_type}'", help="write it as 'image/png'")
        self._api_keys = api_keys
        self._cors = cors
        self._responses = GatewayResponses(_with_cors(responses or {}, cors))
        self._resource_policy = None if resource_policy is None else ResourcePolicy(resource_policy, self.stage)
        self._authorizers = Authorizers(self.clock)
        self._tree = self._build(self.routes, cors)

    def __repr__(self) -> str:
        return f"<Gateway {self.stage.api_id}/{self.stage.name}: {len(self.routes)} routes>"

    def cwsauth_routes(self) -> list[str]:
        """The declared routes as text: `RouteTable.of(gateway)` is the table of this API."""
        return [str(route) for route in self.routes]

    @property
    def cached_answers(self) -> int:
        """How many answers of authorizers are kept."""
        return self._authorizers.kept

    def flush_authorizer_cache(self) -> None:
        """Forget what authorizers answered."""
        self._authorizers.flush()

    def _build(self, routes: tuple[Route, ...], cors: Cors | None) -> ResourceTree[_Method]:
        tree: ResourceTree[_Method] = ResourceTree()
        functions = Functions()
        names: dict[str, Authorizer] = {}
        for route in routes:
            authorizer = route.authorizer
            if authorizer is not None and names.setdefault(authorizer.name, authorizer) != authorizer:
                raise ConfigError(
                    f"two authorizers are called '{authorizer.name}'",
                    help="give each a name=, caches are by name",
                )
            if route.api_key_required and self._api_keys is None:
                raise ConfigError(f"route '{route}' requires an API key, and there are none", help="api_keys=")
            method = _Method(
                route,
                functions.of(route.backend),
                functions.of(authorizer.function) if authorizer else None,
            )
            tree.add(route.methods, route.template, method)
        if cors is not None:
            for template, declared in tree.resources():
                if "OPTIONS" not in declared:
                    lines = tuple(cors.preflight(_verbs(declared)))
                    tree.add(("OPTIONS",), template, _Method(None, preflight=lines))
        return tree

    def answer(self, request: Incoming) -> tuple[Answer, CallRecord]:
        """The answer to a request, and what happened to it."""
        record = CallRecord(self.name, shown(request.method), shown(request.path))
        refusal = screen(request, overrides=True)
        if refusal is not None:
            return self._refuse(refusal, None, request), replace(record, reason=refusal.reason)
        paths = self.address.resolve(request.path, self.stage)
        match = paths and self._tree.match(request.method, self.address.inner(paths))
        if isinstance(match, Doubt):
            reason = f"whether '{match.template}' serves a verb that a better resource does not declare is not emulated"
            return self._refuse(because(r.NOT_EMULATED, reason), None, request), replace(record, reason=reason)
        if not paths or not match:
            refusal = because(r.UNKNOWN_ROUTE, "no route has this path and verb")
            return self._refuse(refusal, None, request), replace(record, reason=refusal.reason)
        record = replace(record, route=match.template)
        call = RestCall(
            request,
            self.stage,
            match.template,
            paths.event,
            paths.context,
            self.stage.arn(request.method, paths.arn),
            match.parameters,
            api_key=request.header("x-api-key") if self._keys_by_header() else None,
            time=self.now(),
        )
        return self._serve(match.value, call, record)

    def _serve(self, method: _Method, call: RestCall, record: CallRecord) -> tuple[Answer, CallRecord]:
        if method.route is None or method.backend is None:
            return self._finish(Answer(200, method.preflight), call), replace(record, reason="preflight")
        granted: Ruling | None = None
        beside = None
        if self._resource_policy is not None:
            beside = self._resource_policy.judge(call.arn, condition_keys(call.request, call.time))
            if beside.verdict is Verdict.EXPLICIT_DENY or (not beside.verdict and method.authorizer is None):
                refusal = by_resource_policy(call.arn, beside)
                return self._refused(refusal, call, replace(record, judgement=beside))
        if method.route.authorizer is not None and method.authorizer is not None:
            outcome, record = self._authorize(method.route.authorizer, method.authorizer, call, record, beside)
            if isinstance(outcome, Refusal):
                return self._refused(outcome, call, record)
            granted = outcome
        if method.route.api_key_required:
            call = replace(call, api_key=self._api_key(call, granted))
            if self._api_keys is None or call.api_key not in self._api_keys.keys:
                return self._refused(because(r.INVALID_API_KEY, "no valid API key"), call, record)
        answer = self._invoke_backend(method.backend, call, granted)
        if isinstance(answer, Refusal):
            return self._refused(answer, call, record)
        return self._finish(answer, call), record

    # authorization

    def _authorize(
        self,
        authorizer: Authorizer,
        function: Function,
        call: RestCall,
        record: CallRecord,
        beside: Judgement | None,
    ) -> tuple[Ruling | Refusal, CallRecord]:
        """The ruling where the policy allows the call, else the refusal."""
        record = replace(record, authorizer=authorizer.name)
        if len(call.arn.encode()) > ARN:
            return because(r.URI_TOO_LONG, f"the ARN of the call is longer than {ARN} bytes"), record
        identity = self._identity(authorizer, call)
        if isinstance(identity, Refusal):
            return identity, record

        def event() -> Event:
            return token_event(call, identity[0] or "") if authorizer.type == "TOKEN" else request_event(call)

        question = Question(
            authorizer=authorizer.name,
            function=function,
            event=event,
            check=check_policy_result,
            key=(authorizer.name, self.stage.name, identity),
            ttl=authorizer.ttl,
            patience=INTEGRATION_TIMEOUT,
            arn=call.arn,
            keys=condition_keys(call.request, call.time),
            beside=beside,
        )
        ruling = self._authorizers.rule(question)
        record = replace(record, cached=ruling.cached, judgement=ruling.judgement)
        if ruling.finding is Finding.ALLOWED:
            return ruling, record
        context = ruling.result.context if ruling.result else {}
        return because(_REFUSALS[ruling.finding], ruling.reason, context), record

    def _identity(self, authorizer: Authorizer, call: RestCall) -> tuple[str | None, ...] | Refusal:
        """The values of the identity sources, or 401 without a call.

        Without caching a REQUEST authorizer is called whatever is missing.
        """
        context = context_values(call.request, self.stage)
        context |= {
            "httpMethod": call.request.method,
            "path": call.context_path,
            "resourcePath": call.resource,
        }
        values = tuple(source.read(call.request, self.stage.variables, context) for source in authorizer.identity)
        if None in values and (authorizer.type == "TOKEN" or authorizer.ttl):
            missing = authorizer.identity[values.index(None)].text
            return because(r.UNAUTHORIZED, f"the identity source {missing} is missing or empty")
        if authorizer.validation is not None and not authorizer.validation.fullmatch(values[0] or ""):
            return because(r.UNAUTHORIZED, "the token does not match the validation expression")
        return values

    # API keys and backend

    def _keys_by_header(self) -> bool:
        return self._api_keys is not None and self._api_keys.source == "HEADER"

    def _api_key(self, call: RestCall, granted: Ruling | None) -> str | None:
        if self._keys_by_header():
            return call.api_key
        return granted.result.usage_identifier_key if granted and granted.result else None

    def _invoke_backend(self, function: Function, call: RestCall, granted: Ruling | None) -> Answer | Refusal:
        authorizer: dict[str, object] | None = None
        if granted is not None and granted.result is not None:
            authorizer = {
                **granted.result.context,
                "principalId": granted.result.principal_id,
                "integrationLatency": granted.latency,
            }
        event = proxy_event(call, authorizer, self.binary_media_types)
        outcome = function.invoke(event, clock=self.clock, limit=INTEGRATION_TIMEOUT)
        if outcome.timed_out:
            return because(r.TIMED_OUT, "the backend timed out")
        if outcome.error_type == "RequestEntityTooLargeException":
            return because(r.TOO_LARGE, "the event is larger than Lambda takes")
        if outcome.failed:
            return because(r.BACKEND_FAILED, f"the backend failed: {outcome.error_type}")
        return proxy_answer(outcome.value, call.request, self.binary_media_types)

    # answers

    def _refused(self, refusal: Refusal, call: RestCall, record: CallRecord) -> tuple[Answer, CallRecord]:
        return self._refuse(refusal, call, call.request), replace(record, reason=refusal.reason)

    def _refuse(self, refusal: Refusal, call: RestCall | None, request: Incoming) -> Answer:
        context = {
            "path": call.context_path if call else request.path,
            "httpMethod": request.method,
            "stage": self.stage.name,
            "identity.sourceIp": request.source_ip,
            "resourcePath": call.resource if call else None,
            "requestId": call.request_id if call else None,
            **{f"authorizer.{name}": str(value or "") for name, value in refusal.authorizer.items()},
        }
        return self._finish(self._responses.render(refusal, context), call)

    def _finish(self, answer: Answer, call: RestCall | None) -> Answer:
        if call is None:
            return answer
        ids = (("x-amzn-RequestId", call.request_id), ("x-amz-apigw-id", call.extended_id))
        return replace(answer, headers=(*answer.headers, *ids))


def _verbs(declared: tuple[str, ...]) -> tuple[str, ...]:
    return ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT") if "ANY" in declared else declared


def _with_cors(custom: Mapping[str, GatewayResponse], cors: Cors | None) -> Mapping[str, GatewayResponse]:
    """The customised responses, with the allowed origin on the two defaults where CORS asks for it."""
    if cors is None or not cors.refusals:
        return custom
    origin = {"Access-Control-Allow-Origin": cors.origin}
    if cors.credentials:
        origin["Access-Control-Allow-Credentials"] = "true"
    merged = {name: replace(response, headers={**origin, **response.headers}) for name, response in custom.items()}
    for name in ("DEFAULT_4XX", "DEFAULT_5XX"):
        merged.setdefault(name, GatewayResponse(headers=origin))
    return merged
