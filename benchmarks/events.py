"""What does a call of a warm authorizer cost? An event in, the answer out, with a policy that was seen before.

    python -m benchmarks.events [--full]

Every function reads the token. Chalice and Powertools get their cheapest form of the same routes. Checked first: each answer
allows the call of the event and no other, as the evaluator reads it, and what is done to an answer does not change the next:
changing the document of ours, which is one for all answers of a policy, is refused, and the answers of the peers are new each
time. The lower bound is a function that gives one ready dict whatever it is asked.
"""

from __future__ import annotations

import json
import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Bench, Case, Report, beside, installed, repeated, spread, turns
from cwsauth import Policy, Verdict, authorizer, evaluate, secret_equals

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.measure import Pass

    Handler = Callable[[dict[str, Any], object], Any]

ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/"
COUNTS = (1, 10, 100)
TOKEN, REQUEST = "TOKEN event", "REQUEST event"
OURS = "cwsauth, a Policy"
BUDGETS = {"Chalice": (2, 10, 100), "Powertools": (8, 50, 500)}


def event(kind: str, number: int) -> dict[str, Any]:
    """One of the events; the path differs by `number`, the token does not."""
    path = f"product/{number}/r0"
    if kind == TOKEN:
        return {"type": "TOKEN", "authorizationToken": "Bearer t", "methodArn": ARN + path}
    headers = {"Host": "abc123.example", "Authorization": "Bearer t", "User-Agent": "x", "Accept": "*/*"}
    return {
        "type": "REQUEST",
        "methodArn": ARN + path,
        "resource": "/product/{proxy+}",
        "path": f"/{path}",
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {},
        "multiValueQueryStringParameters": {},
        "pathParameters": {"proxy": path.partition("/")[2]},
        "stageVariables": {},
        "requestContext": {
            "path": f"/dev/{path}",
            "accountId": "123456789012",
            "resourceId": "abc",
            "stage": "dev",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "x"},
            "resourcePath": "/product/{proxy+}",
            "httpMethod": "GET",
            "apiId": "abc123",
        },
    }


def first(kind: str) -> dict[str, Any]:
    """An event for a route that is granted."""
    made = event(kind, 0)
    made["methodArn"] = f"{ARN}product/r0"
    return made


def ours(kind: str, answer: object) -> Handler:
    """An authorizer that reads the token, in the way of the kind of its events, and gives `answer`."""
    if kind == TOKEN:
        return authorizer(lambda request: answer if request.token else False)
    return authorizer(lambda request: answer if request.headers.get("authorization") else False)


def making(kind: str, make: Callable[[], object]) -> Handler:
    """The same with an answer that is made anew for each event."""
    if kind == TOKEN:
        return authorizer(lambda request: make() if request.token else False)
    return authorizer(lambda request: make() if request.headers.get("authorization") else False)


def handler(name: str, kind: str, count: int) -> Handler:
    """A handler for `count` routes."""
    rules = [f"GET product/r{number}" for number in range(count)]
    constant, policy = tuple(rules), Policy.of(rules)
    if name == OURS:
        return ours(kind, policy)
    if name == "cwsauth, a tuple":
        return ours(kind, constant)
    if name == "cwsauth, a new list":
        return making(kind, lambda: list(rules))
    if name == "cwsauth, secret_equals and a tuple":

        @authorizer
        def compared(request: Any) -> object:
            return constant if secret_equals(request.token, "t") else False

        return compared
    if name == "a ready dict":
        ready = ours(kind, policy)(first(kind), None)
        return lambda event, context: ready if event["type"] else None
    if name == "json in and out (what the runtime client adds)":
        ready = ours(kind, policy)(first(kind), None)
        text = json.dumps(first(kind))
        return lambda event, context: json.loads(json.dumps(ready)) if json.loads(text) else None
    return _chalice(count) if name == "Chalice" else _powertools(kind, count)


def _chalice(count: int) -> Handler:
    from chalice.app import AuthResponse, ChaliceAuthorizer

    routes: list[Any] = [f"/product/r{number}" for number in range(count)]

    def auth(request: Any) -> object:
        return AuthResponse(routes=routes if request.token else [], principal_id="user")

    made: Any = ChaliceAuthorizer("auth", auth, scopes=None)
    return made  # type: ignore[no-any-return]


def _powertools(kind: str, count: int) -> Handler:
    from aws_lambda_powertools.utilities.data_classes.api_gateway_authorizer_event import (
        APIGatewayAuthorizerRequestEvent,
        APIGatewayAuthorizerResponse,
        APIGatewayAuthorizerTokenEvent,
    )

    def handler(event: dict[str, Any], context: object) -> Any:
        request: Any = (APIGatewayAuthorizerTokenEvent if kind == TOKEN else APIGatewayAuthorizerRequestEvent)(event)
        arn = request.parsed_arn
        answer = APIGatewayAuthorizerResponse(
            principal_id="user",
            region=arn.region,
            aws_account_id=arn.aws_account_id,
            api_id=arn.api_id,
            stage=arn.stage,
        )
        if request.authorization_token if kind == TOKEN else request.headers["Authorization"]:
            for number in range(count):
                answer.allow_route("GET", f"/product/r{number}")
        return answer.asdict()

    return handler


# Name → kinds of events, and the module that it needs.
NAMES: dict[str, tuple[tuple[str, ...], str | None]] = {
    "a ready dict": ((TOKEN,), None),
    OURS: ((TOKEN, REQUEST), None),
    "cwsauth, a tuple": ((TOKEN,), None),
    "cwsauth, a new list": ((TOKEN, REQUEST), None),
    "cwsauth, secret_equals and a tuple": ((TOKEN,), None),
    "Chalice": ((TOKEN,), "chalice"),
    "Powertools": ((TOKEN, REQUEST), "aws_lambda_powertools"),
    "json in and out (what the runtime client adds)": ((TOKEN,), None),
}


def check(name: str, kind: str, count: int) -> None:
    """Stops the run where an answer is not right, or where what is done to one changes the next."""
    call = handler(name, kind, count)
    for _ in range(3):
        answer = call(first(kind), None)
        document = answer["policyDocument"]
        assert evaluate(document, f"{ARN}product/r0") is Verdict.ALLOW, name
        assert evaluate(document, f"{ARN}admin/r0") is not Verdict.ALLOW, name
        if name.startswith("cwsauth"):
            assert refuses(document["Statement"][0]["Resource"]), name
            assert refuses(document["Statement"]), name
            answer["policyDocument"] = None
        elif name != "a ready dict":
            document["Statement"][0]["Resource"][:] = ["*"]
            document["Statement"].clear()


def refuses(items: list[Any]) -> bool:
    """Whether a list cannot be changed."""
    try:
        items[:] = ["*"]
    except TypeError:
        return True
    return False


def passing(name: str, kind: str, count: int) -> tuple[Pass, int]:
    """A pass over fifty events."""
    logging.getLogger("cwsauth").setLevel(logging.ERROR)
    call = handler(name, kind, count)
    events = [event(kind, number) for number in range(50)]

    def run() -> int:
        start = time.process_time_ns()
        for each in events:
            call(each, None)
        return time.process_time_ns() - start

    return run, len(events)


def unseen(count: int) -> tuple[Pass, int]:
    """A policy that was never seen before, for each event: built, its document made, and answered."""
    logging.getLogger("cwsauth").setLevel(logging.ERROR)
    numbers = iter(range(10**9))
    call = making(TOKEN, lambda: [f"GET product{next(numbers)}/r{route}" for route in range(count)])
    asked = event(TOKEN, 0)
    return repeated(lambda: call(asked, None), 10)


def report(bench: Bench) -> Report:
    """The tables of both kinds."""
    labels = [str(count) for count in COUNTS]
    columns = [f"{count} route{'s' * (count > 1)}" for count in COUNTS]
    least = bench.times.least()
    tables = []
    for kind in (TOKEN, REQUEST):
        table = Report(f"{kind} to answer", "CPU µs from the event to the answer, by routes in the policy", columns)
        for name, (kinds, needs) in NAMES.items():
            series = f"{kind}: {name}"
            if kind in kinds and series in least:
                table.rows.append(Case(name, [bench.times.cell(series, label) for label in labels]))
                table.values[name] = least[series]
            elif kind in kinds and not installed(needs):
                table.missing.append(name)
        if kind == TOKEN:
            table.rows.append(
                Case("cwsauth, never seen before", [bench.times.cell("unseen", label) for label in labels])
            )
        tables.append(table)
    tables[0].more = [tables[1], *[taking_turns(kind, 60 if bench.full else 30) for kind in (TOKEN, REQUEST)]]
    return tables[0]


def taking_turns(kind: str, rounds: int) -> Report:
    """Ours and its rivals in one process, each in its turn: how many times as long they take."""
    table = Report(
        f"{kind} in turn",
        f"How many times as long as {OURS}, which has its turn in the same round and process, and what was asked for",
        [f"{count} route{'s' * (count > 1)}" for count in COUNTS],
    )
    names = [OURS, *[peer for peer in BUDGETS if kind in NAMES[peer][0] and installed(NAMES[peer][1])]]
    taken = {count: turns({name: passing(name, kind, count) for name in names}, rounds) for count in COUNTS}
    for name in names:
        table.values[name] = {str(count): spread(taken[count][name])[0] for count in COUNTS}
        if name != OURS:
            budgets = BUDGETS[name] if kind == TOKEN else [None] * len(COUNTS)
            cells = [
                beside(taken[count], name, OURS) + (f" (asked {budget})" if budget else "")
                for count, budget in zip(COUNTS, budgets, strict=True)
            ]
            table.rows.append(Case(name, cells))
    return table


def main() -> None:
    """Measures, and prints the report."""
    bench = Bench("benchmarks.events", __doc__, processes=2)
    for kind in (TOKEN, REQUEST):
        for name, (kinds, needs) in NAMES.items():
            if kind in kinds and installed(needs):
                for count in COUNTS:
                    make, asserted = (partial(each, name, kind, count) for each in (passing, check))
                    bench.time(f"{kind}: {name}", str(count), make, asserted)  # type: ignore[arg-type]
    for count in COUNTS:
        bench.time("unseen", str(count), partial(unseen, count))
    bench.done(lambda: report(bench))


if __name__ == "__main__":
    main()
