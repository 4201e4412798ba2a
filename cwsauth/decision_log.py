"""Who asked, and what was decided: one record a decision, for a log and for metrics. Nothing of it is loaded unasked.

    auth = authorizer(verifier, routes=app, observe=DecisionLog())

An observer is a function of one argument, the `DecisionRecord`. What it raises changes no decision.
"""

from __future__ import annotations

import json
import logging
from binascii import crc32
from time import perf_counter, time

from cwsauth.errors import ConfigError, CwsAuthError
from cwsauth.expiry import CACHED, cache_seconds
from cwsauth.redaction import holds_credential, holds_secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType
    from typing import Any, Protocol

    from cwsauth.outcome import Outcome
    from cwsauth.policy.normalize import Answer
    from cwsauth.policy.policy import Decision, Policy
    from cwsauth.policy.routes import RouteTable
    from cwsauth.request import AuthRequest

    Observer = Callable[["DecisionRecord"], object]

    class Declared(Protocol):
        """How the authorizer is declared."""

        routes: RouteTable | None
        ttl: int
        on_error: str


log = logging.getLogger("cwsauth")

LEFT_OUT = "(left out: it holds something of the request)"
_ALLOWED, _DENIED, _UNAUTHENTICATED, _FAILED = "allowed", "denied", "unauthenticated", "failed"


class DecisionRecord:
    """One decision. `as_dict` and `repr` hold no token, header, query parameter, claim and path.

    - `outcome`: `"allowed"`, `"denied"`, `"unauthenticated"` (401) or `"failed"` (500, or 403 with `on_error="deny"`).
    - `request_id`: API Gateway's, or Lambda's where the event has none; `""` for neither.
    - `kind`, `method`: of the event; `""` where it could not be read.
    - `route`: the template that the call falls on, where the routes are known.
    - `principal_id`: who the caller is; None where nobody is known.
    - `rule`: the rule that decided, as it was written; `reason`: the name of a `Reason`, or of the class of the error.
    - `exact`, `cacheable`: of the document; None where there is none.
    - `ttl`: the seconds for which the answer may be kept, by its cacheability and the end of the token; None in process.
    - `milliseconds`: what it took, from the event to the answer.
    - `request`: what was asked, for an observer that wants more; None where the event could not be read. It holds the token.
    """

    __slots__ = (
        *("cacheable", "exact", "kind", "method", "milliseconds", "outcome", "principal_id", "reason", "request"),
        *("request_id", "route", "rule", "ttl"),
    )

    def __init__(
        self,
        outcome: str,
        reason: str,
        *,
        request: AuthRequest | None = None,
        request_id: str = "",
        principal_id: str | None = None,
        route: str | None = None,
        rule: str | None = None,
        exact: bool | None = None,
        cacheable: bool | None = None,
        ttl: int | None = None,
        milliseconds: float = 0.0,
    ) -> None:
        self.outcome = outcome
        self.reason = reason
        self.request = request
        self.kind = "" if request is None else request.kind
        self.method = "" if request is None else request.method
        self.request_id = request_id
        self.principal_id = principal_id
        self.route = route
        self.rule = rule
        self.exact = exact
        self.cacheable = cacheable
        self.ttl = ttl
        self.milliseconds = milliseconds

    @property
    def allowed(self) -> bool:
        """Whether the call was allowed."""
        return self.outcome == _ALLOWED

    def as_dict(self) -> dict[str, Any]:
        """The record as plain data; without what is not known."""
        found: dict[str, Any] = {
            "request_id": self.request_id or None,
            "kind": self.kind or None,
            "outcome": self.outcome,
            "principal_id": self.principal_id,
            "method": self.method or None,
            "route": self.route,
            "rule": self.rule,
            "reason": self.reason,
            "exact": self.exact,
            "cacheable": self.cacheable,
            "ttl": self.ttl,
            "milliseconds": round(self.milliseconds, 3),
        }
        return {name: value for name, value in found.items() if value is not None}

    def __repr__(self) -> str:
        return f"DecisionRecord({self.outcome!r}, {self.reason!r})"


class DecisionLog:
    """An observer that writes one JSON line a decision: `authorizer(..., observe=DecisionLog())`.

    `logger` is one of the standard library, by default `cwsauth.decisions`, or a Logger of Powertools, which writes the
    record under `decision`. Of the allowed calls a share of `sample` is written (0.1 is every tenth, about), of the others
    `sample_refusals`; which ones follows from the request's id, so that every log that knows the id keeps the same requests.
    What has no id is written. `path=True` also writes the path of the call, in which people put secrets.

    Raises:
        ConfigError: a share is no number from 0 to 1; the logger is none.
    """

    def __init__(
        self,
        logger: Any = None,
        *,
        level: int = logging.INFO,
        sample: float = 1.0,
        sample_refusals: float = 1.0,
        path: bool = False,
    ) -> None:
        for name, share in (("sample", sample), ("sample_refusals", sample_refusals)):
            if type(share) not in (int, float) or not 0 <= share <= 1:
                raise ConfigError(f"{name} is a number from 0 to 1", help="0.1 writes every tenth decision, about")
        self._logger = logging.getLogger("cwsauth.decisions") if logger is None else logger
        if not callable(getattr(self._logger, "log", None)):
            raise ConfigError(
                f"a decision log needs a logger, not {type(logger).__name__}",
                help="pass logging.getLogger('decisions') or a Logger of Powertools",
            )
        # A Logger of Powertools has a JSON formatter of its own, so that it takes fields in place of a text.
        self._takes_fields = hasattr(self._logger, "append_keys")
        self._level = level
        self._sample = sample
        self._sample_refusals = sample_refusals
        self._path = path

    def __call__(self, record: DecisionRecord) -> None:
        """Writes the line, if this decision is one of the sample."""
        if not sampled(record.request_id, self._sample if record.allowed else self._sample_refusals):
            return
        found = record.as_dict()
        if self._path and record.request is not None:
            found["path"] = record.request.path
        if self._takes_fields:
            self._logger.log(self._level, "decision", extra={"decision": found})
        else:
            self._logger.log(self._level, "%s", json.dumps(found, separators=(",", ":")))


_COUNTED = {
    _ALLOWED: "AccessAllowed",
    _DENIED: "AccessDenied",
    _UNAUTHENTICATED: "Unauthenticated",
    _FAILED: "AccessFailed",
}


class DecisionMetrics:
    """An observer that counts: `authorizer(..., observe=DecisionMetrics(metrics))` with the Metrics of Powertools.

    `AccessAllowed`, `AccessDenied`, `Unauthenticated`, `AccessFailed`, and `AuthorizerTime` in milliseconds. For others, say
    what is to be done: `DecisionMetrics(add=lambda name, unit, value: ...)`.
    """

    def __init__(self, metrics: Any = None, *, add: Callable[[str, str, float], object] | None = None) -> None:
        if (metrics is None) is (add is None):
            raise ConfigError("metrics need one place to go", help="pass the Metrics of Powertools, or add=")
        self._add = add or (lambda name, unit, value: metrics.add_metric(name=name, unit=unit, value=value))

    def __call__(self, record: DecisionRecord) -> None:
        """Counts the decision."""
        self._add(_COUNTED[record.outcome], "Count", 1)
        self._add("AuthorizerTime", "Milliseconds", record.milliseconds)


def sampled(request_id: str, share: float) -> bool:
    """Whether a request is among a share of all: always the same answer for the same id."""
    if share >= 1:
        return True
    if share <= 0:
        return False
    return not request_id or crc32(request_id.encode("utf-8", "replace")) < share * 0x1_0000_0000


class Watch:
    """The observers of an authorizer, and the clocks they go by: what the option `observe=` becomes.

    `clock` counts seconds from anywhere, `now` since the epoch.
    """

    def __init__(
        self,
        *observers: Observer,
        clock: Callable[[], float] = perf_counter,
        now: Callable[[], float] = time,
    ) -> None:
        if not observers or not all(map(callable, observers)):
            raise ConfigError(
                "observers are functions of one argument, the DecisionRecord", help="for example observe=DecisionLog()"
            )
        self.observers = observers
        self.clock = clock
        self.now = now

    @classmethod
    def of(cls, observe: Watch | Observer | Iterable[Observer]) -> Watch:
        """A watch of one observer, of several, or of a watch."""
        if isinstance(observe, Watch):
            return observe
        return cls(observe) if callable(observe) else cls(*observe)

    def begin(self, context: object = None) -> Observation:
        """What is about to be decided; `context` is what Lambda calls the handler with."""
        return Observation(self, getattr(context, "aws_request_id", None))


class Observation:
    """One call that is being decided. Each way out of the authorizer says here how it ended."""

    __slots__ = ("_begun", "_lambda_id", "_watch")

    def __init__(self, watch: Watch, lambda_id: object) -> None:
        self._watch = watch
        self._lambda_id = lambda_id if type(lambda_id) is str else ""
        self._begun = watch.clock()

    def answered(
        self,
        declared: Declared,
        request: AuthRequest,
        answer: Answer,
        outcome: Outcome | None,
        response: Mapping[str, Any],
    ) -> None:
        """The function has answered; `outcome` is None where it was a finished response."""
        with _quietly():
            self._report(_record(declared, request, answer, outcome, response, self._watch.now()))

    def accessed(
        self,
        request: AuthRequest | None,
        decision: Decision | None,
        *,
        status: int,
        reason: str,
        principal_id: str,
        route: str | None,
    ) -> None:
        """It was decided in process: 200, 401 or 403."""
        with _quietly():
            self._report(
                DecisionRecord(
                    {200: _ALLOWED, 401: _UNAUTHENTICATED}.get(status, _DENIED),
                    reason,
                    request=request,
                    principal_id=_principal(principal_id, request),
                    route=route or (None if decision is None else _route(decision.policy, None, decision)),
                    rule=_rule(decision, request),
                )
            )

    def failed(self, declared: Declared, request: AuthRequest | None, error: str, *, known: bool) -> None:
        """An error ended it, of this class; `known` is False where nobody was."""
        with _quietly():
            answered = declared.on_error == "deny" and known
            self._report(
                DecisionRecord(
                    _FAILED if known else _UNAUTHENTICATED,
                    error,
                    request=request,
                    cacheable=answered,
                    ttl=declared.ttl if answered else 0,
                )
            )

    def _report(self, record: DecisionRecord) -> None:
        record.milliseconds = (self._watch.clock() - self._begun) * 1000
        found = "" if record.request is None else record.request.request_id
        record.request_id = found or self._lambda_id
        for observer in self._watch.observers:
            with _quietly():
                observer(record)


def _record(
    declared: Declared,
    request: AuthRequest,
    answer: Answer,
    outcome: Outcome | None,
    response: Mapping[str, Any],
    now: float,
) -> DecisionRecord:
    if outcome is None:
        allowed, reason = _finished(response, request)
        record = DecisionRecord(allowed, reason, request=request, principal_id=_named(response), ttl=declared.ttl)
        record.cacheable = True
        record.principal_id = _principal(record.principal_id, request)
        return record
    document = outcome.document
    cacheable = document is None or document.cacheable
    record = DecisionRecord(
        _DENIED,
        "NO_RULE",
        request=request,
        principal_id=_principal(outcome.principal_id, request),
        exact=None if document is None else document.exact,
        cacheable=cacheable,
        ttl=cache_seconds(declared.ttl, outcome.expires_at, now) if cacheable and request.kind in CACHED else 0,
    )
    if request.arn:
        decision = outcome.policy.decide(request.method, request.path)
        record.outcome = _ALLOWED if decision.allowed else _DENIED
        record.reason = decision.reason.name
        record.rule = _rule(decision, request)
        record.route = _route(outcome.policy, declared.routes, decision)
    else:
        yes = response.get("isAuthorized", response.get("isAuthenticated"))
        record.outcome = _ALLOWED if yes is True else _DENIED
        record.reason = "ALLOWED_BY_RULE" if yes is True else "NO_RULE"
        record.ttl = response.get("ttlOverride", response.get("refreshAfterInSeconds", declared.ttl))
    if answer.problem is not None:
        record.reason = "NO_ANSWER"
    return record


def _finished(response: Mapping[str, Any], request: AuthRequest) -> tuple[str, str]:
    """What a response says of the call that the function made itself."""
    from cwsauth.policy.evaluate import Verdict, evaluate

    try:
        allowed = evaluate(response["policyDocument"], request.arn) is Verdict.ALLOW
    except CwsAuthError:
        allowed = False  # It has conditions that only API Gateway can ask.
    return _ALLOWED if allowed else _DENIED, "FINISHED_RESPONSE"


def _named(response: Mapping[str, Any]) -> str | None:
    named = response.get("principalId")
    return named if type(named) is str else None


def _principal(principal_id: str | None, request: AuthRequest | None) -> str | None:
    if not principal_id or request is None:
        return principal_id or None
    return LEFT_OUT if holds_credential(principal_id, request) else principal_id


def _rule(decision: Decision | None, request: AuthRequest | None) -> str | None:
    if decision is None or decision.rule is None:
        return None
    text = decision.rule.written
    return LEFT_OUT if request is not None and holds_secret(text, request) else text


def _route(policy: Policy, routes: RouteTable | None, decision: Decision) -> str | None:
    table = policy.routes if policy.routes is not None else routes
    found = None if table is None else table.match(decision.method, decision.path)
    return None if found is None else found.route.template


class _quietly:  # noqa: N801 - reads as a verb at every place where it stands
    """Keeps what an observer raises away from the decision, and says in the log which class of error it was."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if kind is None or not issubclass(kind, Exception):
            return False
        # Not its text, which may quote the record's request.
        log.error("an observer of decisions failed: %s", kind.__name__)
        return True
