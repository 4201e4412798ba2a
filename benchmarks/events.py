"""What does a call of a warm authorizer cost? A TOKEN event in, the answer out, with a policy that was seen before.

    python -m benchmarks.events [--rounds 40]

Every function reads the token. Chalice and Powertools get their cheapest form of the same routes. Checked first: each answer
allows the call of the event as the evaluator reads it, and an answer that was changed does not change the next one.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Case, Report, cpu, spread
from cwsauth import Policy, Verdict, authorizer, evaluate

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[dict[str, str], object], Any]

ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/"
EVENTS = [
    {"type": "TOKEN", "authorizationToken": f"Bearer t{number}", "methodArn": f"{ARN}product/{number}/r0"}
    for number in range(50)
]
FIRST = {"type": "TOKEN", "authorizationToken": "Bearer t", "methodArn": f"{ARN}product/r0"}


def handlers(count: int) -> dict[str, Handler]:
    """The handlers of all libraries that are there, for `count` routes."""
    rules = [f"GET product/r{number}" for number in range(count)]
    constant, policy = tuple(rules), Policy.of(rules)

    @authorizer
    def a_list(request: Any) -> object:
        return list(rules) if request.token else False

    @authorizer
    def a_tuple(request: Any) -> object:
        return constant if request.token else False

    @authorizer
    def a_policy(request: Any) -> object:
        return policy if request.token else False

    found: dict[str, Handler] = {
        "cwsauth, a Policy": a_policy,
        "cwsauth, a tuple": a_tuple,
        "cwsauth, a new list": a_list,
    }
    if importlib.util.find_spec("chalice"):
        found["Chalice"] = _chalice(count)
    if importlib.util.find_spec("aws_lambda_powertools"):
        found["Powertools"] = _powertools(count)
    return found


def _chalice(count: int) -> Handler:
    from chalice.app import AuthResponse, ChaliceAuthorizer

    routes: list[Any] = [f"/product/r{number}" for number in range(count)]

    def auth(request: Any) -> object:
        return AuthResponse(routes=routes if request.token else [], principal_id="user")

    handler: Any = ChaliceAuthorizer("auth", auth, scopes=None)
    return handler  # type: ignore[no-any-return]


def _powertools(count: int) -> Handler:
    from aws_lambda_powertools.utilities.data_classes.api_gateway_authorizer_event import (
        APIGatewayAuthorizerResponse,
        APIGatewayAuthorizerTokenEvent,
    )

    def handler(event: dict[str, str], context: object) -> Any:
        request = APIGatewayAuthorizerTokenEvent(event)
        arn = request.parsed_arn
        answer = APIGatewayAuthorizerResponse(
            principal_id="user",
            region=arn.region,
            aws_account_id=arn.aws_account_id,
            api_id=arn.api_id,
            stage=arn.stage,
        )
        if request.authorization_token:
            for number in range(count):
                answer.allow_route("GET", f"/product/r{number}")
        return answer.asdict()

    return handler


def check(handler: Handler) -> None:
    """Stops the run where an answer is not right, or where changing one changes the next."""
    for _ in range(3):
        answer = handler(FIRST, None)
        assert evaluate(answer["policyDocument"], FIRST["methodArn"]) is Verdict.ALLOW
        answer["policyDocument"]["Statement"][0]["Resource"][:] = ["*"]
        answer["policyDocument"]["Statement"].clear()


def measure(rounds: int = 40) -> Report:
    """The table for 1, 10 and 100 routes."""
    logging.getLogger("cwsauth").setLevel(logging.ERROR)
    report = Report("event to response", "CPU µs a TOKEN event, median", ["1", "10", "100 routes"])
    rows: dict[str, list[str]] = {}
    middles: dict[str, dict[str, float]] = {}
    for count in (1, 10, 100):
        loops: dict[str, Callable[[], object]] = {}
        for name, handler in handlers(count).items():
            check(handler)
            loops[name] = _loop(handler)
        for name, taken in cpu(loops, len(EVENTS), rounds).items():
            middle, width = spread(taken)
            rows.setdefault(name, []).append(f"{middle:.2f} ± {width:.2f}")
            middles.setdefault(name, {})[str(count)] = middle
    report.rows = [Case(name, cells) for name, cells in rows.items()]
    report.values = middles
    for peer in ("Chalice", "Powertools"):
        for own in ("cwsauth, a Policy", "cwsauth, a new list"):
            if peer in middles:
                ratios = [f"{middles[peer][count] / middles[own][count]:.1f} x" for count in ("1", "10", "100")]
                report.rows.append(Case(f"{peer} / {own}", ratios))
    return report


def _loop(handler: Handler) -> Callable[[], object]:
    def loop() -> None:
        for event in EVENTS:
            handler(event, None)

    return loop


def main() -> None:
    """Prints the report."""
    parser = argparse.ArgumentParser(description="What does a call of a warm authorizer cost?")
    parser.add_argument("--rounds", type=int, default=40)
    print(measure(parser.parse_args().rounds).text())


if __name__ == "__main__":
    main()
