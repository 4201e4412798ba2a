"""The decision log: what it says, what it never says, and that it changes nothing."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics

from cwsauth import AuthRequest, Grant, Unauthenticated, authorizer
from cwsauth.decision_log import LEFT_OUT, DecisionLog, DecisionMetrics, DecisionRecord, Watch, sampled
from cwsauth.errors import AuthorizerFailure, ConfigError, TokenExpired
from cwsauth.guard import Guard

HEAD = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"
ROUTES = ["GET /product/{id}", "GET /product/{id}/secret", "PUT /admin"]
LAMBDA = SimpleNamespace(aws_request_id="lambda-1")


def request(path: str = "GET/product/1", token: str = "abcdef", **more: Any) -> dict[str, Any]:
    context = {"requestId": "gateway-1"}
    return {
        "type": "REQUEST",
        "methodArn": f"{HEAD}/{path}",
        "headers": {"Authorization": token},
        "requestContext": context,
        **more,
    }


class Ticks:
    """A clock that is two milliseconds later at every look."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 0.002
        return self.seconds


def watched(
    function: Callable[[AuthRequest], Any], event: object, context: object = LAMBDA, **options: Any
) -> dict[str, Any]:
    """The one record of one call, as data."""
    found: list[DecisionRecord] = []
    handler = authorizer(**options, observe=Watch(found.append, clock=Ticks(), now=lambda: 1000.0))(function)
    with suppress(Unauthenticated, AuthorizerFailure):
        handler(event, context)
    assert len(found) == 1
    return found[0].as_dict()


def test_an_allowed_call() -> None:
    """Who, which route, by which rule, and for how long the answer may be kept."""
    assert watched(lambda _: Grant(["product/*"], principal_id="ann"), request(), routes=ROUTES) == {
        "request_id": "gateway-1",
        "kind": "rest.request",
        "outcome": "allowed",
        "principal_id": "ann",
        "method": "GET",
        "route": "/product/{id}",
        "rule": "product/*",
        "reason": "ALLOWED_BY_RULE",
        "exact": True,
        "cacheable": True,
        "ttl": 300,
        "milliseconds": 2.0,
    }


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        (["product/*"], "PUT/admin", {"outcome": "denied", "reason": "NO_RULE", "route": "/admin"}),
        (["**", "!admin"], "PUT/admin", {"outcome": "denied", "reason": "DENIED_BY_RULE", "rule": "!admin"}),
        (False, "PUT/admin", {"outcome": "denied", "reason": "NO_RULES"}),
        (None, "PUT/admin", {"outcome": "denied", "reason": "NO_ANSWER"}),
        (["**"], "GET/elsewhere", {"outcome": "allowed", "route": None}),
        (["product/*", "product/a/b"], "GET/product/1", {"exact": True}),
    ],
)
def test_what_is_said_of_a_decision(rules: object, path: str, expected: dict[str, Any]) -> None:
    """Rule and reason are those of the matcher; the route is that of the table."""
    found = watched(lambda _: rules, request(path), routes=ROUTES)
    assert {name: found.get(name) for name in expected} == expected


def test_a_narrowed_document_is_not_cacheable() -> None:
    """Where IAM cannot say the rules, the advice is to keep nothing."""
    found = watched(lambda _: ["a/*/b/**"], request("GET/a/x/b/c"))
    assert (found["outcome"], found["exact"], found["cacheable"], found["ttl"]) == ("allowed", False, False, 0)


@pytest.mark.parametrize(("expires_at", "ttl"), [(None, 300), (1060.9, 60), (5000, 300), (1000, 0), (900, 0)])
def test_the_end_of_the_token_bounds_the_advice(expires_at: float | None, ttl: int) -> None:
    """What is left of the token, in whole seconds, where that is less than the declared TTL."""
    assert watched(lambda _: Grant(True, expires_at=expires_at), request())["ttl"] == ttl


def _expired(_: AuthRequest) -> bool:
    raise TokenExpired("it ended")


def _broken(request: AuthRequest) -> bool:
    raise RuntimeError(f"no such token: {request.token}")


@pytest.mark.parametrize(
    ("function", "options", "expected"),
    [
        (_expired, {}, ("unauthenticated", "TokenExpired", False, 0)),
        (_broken, {}, ("failed", "RuntimeError", False, 0)),
        (_broken, {"on_error": "deny"}, ("failed", "RuntimeError", True, 300)),
        (_expired, {"on_error": "deny"}, ("unauthenticated", "TokenExpired", False, 0)),
    ],
)
def test_errors(function: Any, options: dict[str, Any], expected: tuple[object, ...]) -> None:
    """The class of the error, and never its text; API Gateway keeps no error."""
    found = watched(function, request(), **options)
    assert (found["outcome"], found["reason"], found["cacheable"], found["ttl"]) == expected
    assert found["request_id"] == "gateway-1"


def test_an_event_that_cannot_be_read() -> None:
    """There is a record, with Lambda's id and without what is not known."""
    found = watched(lambda _: True, {"type": "OTHER"})
    assert found == {
        "request_id": "lambda-1",
        "outcome": "failed",
        "reason": "EventError",
        "cacheable": False,
        "ttl": 0,
        "milliseconds": 2.0,
    }


def test_a_token_event_bears_the_id_of_lambda() -> None:
    """API Gateway's is not in it."""
    event = {"type": "TOKEN", "authorizationToken": "abc", "methodArn": f"{HEAD}/GET/"}
    assert watched(lambda _: True, event)["request_id"] == "lambda-1"
    assert "request_id" not in watched(lambda _: True, event, None)


@pytest.mark.parametrize(("effect", "outcome"), [("Allow", "allowed"), ("Deny", "denied")])
def test_a_finished_response_is_evaluated(effect: str, outcome: str) -> None:
    """The function wrote the document itself; the record says what it says of the call."""
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": [f"{HEAD}/GET/product/1"]}
    response = {"principalId": "ann", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    found = watched(lambda _: response, request())
    assert (found["outcome"], found["reason"], found["principal_id"]) == (outcome, "FINISHED_RESPONSE", "ann")


def test_appsync_says_what_it_answers() -> None:
    """It has no ARN: its answer says whether, and for how long."""
    event = {
        "authorizationToken": "abcdef",
        "requestContext": {"apiId": "a", "accountId": "1", "requestId": "r-1", "queryString": "{a}"},
    }
    found = watched(lambda _: Grant(True, expires_at=4_000_000_000), event, routes=["Query.a"], ttl=60)
    assert (found["outcome"], found["kind"], found["request_id"], found["ttl"]) == ("allowed", "appsync", "r-1", 60)
    assert watched(lambda _: False, event, routes=["Query.a"])["outcome"] == "denied"


def test_in_process() -> None:
    """A guard tells of its decisions, too; nothing is cached there."""
    found: list[DecisionRecord] = []
    guard = Guard(lambda r: Grant(["product/*"], principal_id="ann"), routes=ROUTES, observe=found.append)
    assert guard(AuthRequest("rest.proxy", method="GET", path="/product/1", token="abcdef", request_id="r-1"))
    assert not guard(AuthRequest("rest.proxy", method="PUT", path="/admin", token="abcdef"))
    assert not Guard(_expired, observe=found.append)(AuthRequest("rest.proxy", method="GET", path="/"))
    assert not guard.of_event({"not": "an event"})
    assert [(one.outcome, one.reason, one.route, one.principal_id, one.ttl) for one in found] == [
        ("allowed", "ALLOWED_BY_RULE", "/product/{id}", "ann", None),
        ("denied", "NO_RULE", "/admin", None, None),
        ("unauthenticated", "TokenExpired", None, None, 0),
        ("denied", "EVENT", None, None, None),
    ]
    assert found[0].request_id == "r-1"


def test_a_guard_of_an_observed_authorizer_reports_once() -> None:
    """The observers of the authorizer are those of the guard."""
    found: list[DecisionRecord] = []
    guard = Guard(authorizer(lambda _: True, observe=found.append))
    assert guard(AuthRequest("rest.proxy", method="GET", path="/"))
    assert [one.outcome for one in found] == ["allowed"]


def test_an_observer_that_fails_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Its class is logged; the others are called, and the answer is the same."""
    found: list[DecisionRecord] = []

    def failing(record: DecisionRecord) -> None:
        assert record.request is not None
        raise RuntimeError(f"cannot write {record.request.token}")

    plain = authorizer(lambda _: ["product/*"])
    handler = authorizer(lambda _: ["product/*"], observe=[failing, found.append])
    assert handler(request(token="secret-1"), LAMBDA) == plain(request(token="secret-1"), LAMBDA)
    assert len(found) == 1
    assert "an observer of decisions failed: RuntimeError" in caplog.text
    assert "secret-1" not in caplog.text


def test_an_observer_may_stop_the_process() -> None:
    """Ctrl-C is no failure of an observer."""

    def interrupted(record: DecisionRecord) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        authorizer(lambda _: True, observe=interrupted)(request(), LAMBDA)


def test_the_log_is_one_json_line(caplog: pytest.LogCaptureFixture) -> None:
    """Through the standard library, to the logger `cwsauth.decisions`."""
    caplog.set_level(logging.INFO, "cwsauth.decisions")
    authorizer(lambda _: ["product/*"], routes=ROUTES, observe=DecisionLog())(request(), LAMBDA)
    (record,) = caplog.records
    assert record.name == "cwsauth.decisions"
    assert "\n" not in record.getMessage()
    line = json.loads(record.getMessage())
    assert (line["outcome"], line["route"], line["rule"]) == ("allowed", "/product/{id}", "product/*")
    assert "path" not in line


def test_a_logger_of_powertools_writes_fields() -> None:
    """Under `decision`, in the one JSON line that it writes."""
    stream = io.StringIO()
    logger = Logger(service="decided", stream=stream, logger_handler=logging.StreamHandler(stream))
    authorizer(lambda _: ["product/*"], observe=DecisionLog(logger, path=True))(request(), LAMBDA)
    (line,) = stream.getvalue().splitlines()
    written = json.loads(line)
    assert written["service"] == "decided"
    assert written["decision"]["outcome"] == "allowed"
    assert written["decision"]["path"] == "/product/1"


def test_metrics_of_powertools() -> None:
    """A count of the outcome, and the time it took."""
    metrics = EphemeralMetrics(namespace="shop", service="orders")
    authorizer(lambda _: False, observe=DecisionMetrics(metrics))(request(), LAMBDA)
    written: dict[str, Any] = {**metrics.serialize_metric_set()}
    assert written["AccessDenied"] == [1.0]
    assert written["AuthorizerTime"][0] > 0


def test_metrics_of_others() -> None:
    """Whatever takes a name, a unit and a value."""
    found: list[tuple[str, str, float]] = []
    handler = authorizer(lambda _: True, observe=DecisionMetrics(add=lambda *metric: found.append(metric)))
    handler(request(), LAMBDA)
    assert [name for name, _, _ in found] == ["AccessAllowed", "AuthorizerTime"]


def test_the_sample_follows_from_the_id() -> None:
    """The same request is kept or left out everywhere, and about the share that was wanted is kept."""
    ids = [f"request-{number}" for number in range(2000)]
    kept = {one for one in ids if sampled(one, 0.1)}
    assert kept == {one for one in ids if sampled(one, 0.1)}
    assert 120 < len(kept) < 280
    assert kept < {one for one in ids if sampled(one, 0.5)}
    assert all(sampled(one, 1) and not sampled(one, 0) for one in ids)
    assert sampled("", 0.001)


def test_refusals_are_sampled_apart(caplog: pytest.LogCaptureFixture) -> None:
    """By default every refusal is written, however few of the allowed calls are."""
    caplog.set_level(logging.INFO, "cwsauth.decisions")
    log = DecisionLog(sample=0)
    authorizer(lambda _: True, observe=log)(request(), LAMBDA)
    authorizer(lambda _: False, observe=log)(request(), LAMBDA)
    assert [json.loads(record.getMessage())["outcome"] for record in caplog.records] == ["denied"]
    caplog.clear()
    authorizer(lambda _: False, observe=DecisionLog(sample_refusals=0))(request(), LAMBDA)
    assert not caplog.records


def _echo(request: AuthRequest) -> object:
    return Grant([f"product/{request.token}", f"GET {request.headers['x-tenant']}/**"], principal_id=request.token)


@pytest.mark.parametrize(
    ("function", "path"),
    [(_echo, "GET/product/{}"), (_echo, "GET/{}/x"), (_broken, "GET/{}"), (lambda r: r.token, "GET/{}")],
)
def test_no_token_is_ever_written(
    function: Any, path: str, canary: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Not even where the function takes the token for a name or a rule; nor header, query, cookie or claim."""
    caplog.set_level(logging.DEBUG)
    event = request(
        path.format(canary),
        canary,
        headers={"Authorization": f"Bearer {canary}", "X-Tenant": canary, "Cookie": f"session={canary}"},
        queryStringParameters={"q": canary},
    )
    handler = authorizer(function, observe=[DecisionLog(), lambda record: print(record, record.as_dict())])
    try:
        handler(event, LAMBDA)
    except AuthorizerFailure as error:
        print(error)
    assert "outcome" in capsys.readouterr().out


def test_what_is_left_out_is_said() -> None:
    """A principal that is the token, and a rule that holds it."""
    found = watched(_echo, request("GET/product/abcdef", headers={"Authorization": "abcdef", "X-Tenant": "t"}))
    assert (found["principal_id"], found["rule"]) == (LEFT_OUT, LEFT_OUT)


@pytest.mark.parametrize(
    "make",
    [
        lambda: DecisionLog(sample=2),
        lambda: DecisionLog(sample_refusals=-1),
        lambda: DecisionLog(sample=True),
        lambda: DecisionLog("a file"),
        DecisionMetrics,
        Watch,
        lambda: authorizer(lambda _: True, observe="log"),
        lambda: authorizer(lambda _: True, observe=[]),
    ],
)
def test_what_is_no_observer(make: Callable[[], object]) -> None:
    """It shows when the authorizer is made, not at the first request."""
    with pytest.raises(ConfigError):
        make()
