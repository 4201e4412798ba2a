"""Whether a deployed stage is guarded as its code says: asked of AWS, and of the stage itself over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from coworks_compat.deploy import deployed as records
from coworks_compat.deploy.aws import aws_errors
from coworks_compat.deploy.live import missing_routes, read_api
from coworks_compat.deploy.verify.finding import Finding, Grade
from coworks_compat.deploy.verify.http import call
from cwsauth.errors import ConfigError, DeployError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coworks_compat.deploy.context import Context
    from coworks_compat.deploy.deployed import Deployed
    from coworks_compat.deploy.service import Route, Service


def verify_stage(context: Context, service: Service) -> tuple[Finding, ...]:
    """What is so and what is not, of a stage that is deployed. Nothing is changed, and no token is used.

    Raises:
        ConfigError: the stage is not deployed.
        DeployError: AWS did not answer.
    """
    known = records.read(context.project, context.stage.name)
    if known is None:
        name = context.stage.name
        raise ConfigError(f"stage {name!r} is not deployed from here", help=f"run cws deploy --stage {name}")
    return (
        *_methods(context, service, known),
        *_permissions(context, known),
        *_logs(context, known),
        *_calls(context, service, known),
    )


def _finding(question: str, wrong: list[str], good: str, help: str) -> Finding:
    if wrong:
        return Finding(question, "; ".join(wrong[:5]), Grade.WRONG, help)
    return Finding(question, good, Grade.GOOD)


def _methods(context: Context, service: Service, known: Deployed) -> Iterator[Finding]:
    api = read_api(context.aws, known.rest_api_id)
    wrong = list(missing_routes(service, api))
    yield _finding(
        "every route of the code is at API Gateway, with its authorizer or open as declared",
        wrong,
        f"{len(service.routes)} routes",
        f"run cws deploy --stage {known.owner}",
    )
    declared = {str(route) for route in service.routes}
    open_there = [
        f"{route} is open and not in the code"
        for route, guard in api.routes.items()
        if guard is None and route not in declared
    ]
    yield _finding(
        "no route is open at API Gateway that the code does not know",
        open_there,
        "none",
        "another stage of the API has it: look at its owner's code",
    )
    yield _finding(
        "every integration goes to the function of the stage that is called",
        list(api.foreign),
        "all do",
        "somebody changed the API by hand: run cws deploy",
    )


def _permissions(context: Context, known: Deployed) -> Iterator[Finding]:
    client = context.aws.client("lambda")
    question = "only this API may call the function, and its stage is named"
    try:
        with aws_errors(f"read the permissions of {known.function_name!r}"):
            answer = client.get_policy(FunctionName=known.function_name, Qualifier=known.alias)
    except DeployError as error:
        yield Finding(question, error.message, Grade.WRONG, "run cws deploy")
        return
    sources = [_source(statement) for statement in json.loads(answer["Policy"])["Statement"]]
    own = f":{known.rest_api_id}/"
    wrong = [f"{source or 'anybody'} may call it" for source in sources if own not in source]
    if not any(f"{own}{known.api_stage}/" in source for source in sources):
        wrong.append(f"no permission names the stage {known.api_stage!r}")
    yield _finding(question, wrong, f"{len(sources)} permissions", "run cws deploy, and remove what others added")


def _source(statement: dict[str, Any]) -> str:
    for operator in (statement.get("Condition") or {}).values():
        for key, value in operator.items():
            if key.lower() == "aws:sourcearn":
                return str(value)
    return ""


def _logs(context: Context, known: Deployed) -> Iterator[Finding]:
    name = f"/aws/lambda/{known.function_name}"
    with aws_errors(f"read the log group {name!r}"):
        groups = context.aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    found = next((group for group in groups if group["logGroupName"] == name), None)
    days = (found or {}).get("retentionInDays")
    wrong = [] if days else ["kept for ever" if found else "there is no log group"]
    yield _finding("logs are kept for a time", wrong, f"{days} days", "set log_retention_in_days and run cws deploy")


def _calls(context: Context, service: Service, known: Deployed) -> Iterator[Finding]:
    guarded = [route for route in service.routes if not route.public]
    wrong = []
    for route in guarded:
        answer = call(known.url, route.method, _sample(route))
        if answer.status != 401:
            wrong.append(f"{route}: {answer.status or answer.text}")
    if guarded:
        yield _finding(
            "a call without identity is refused with 401, on every guarded route",
            wrong,
            f"{len(guarded)} routes",
            "a TTL of 0 with a REQUEST authorizer asks the function instead: then 401 or 403 is its answer",
        )
    answer = call(known.url, "GET", "/.cws-verify/nothing/here")
    yield _finding(
        "a path that is not declared is refused with 403",
        [] if answer.status == 403 or _greedy(service) else [f"{answer.status or answer.text}"],
        str(answer.status),
        "is there a greedy route?",
    )
    origin = context.stage.cors.allow_origin if context.stage.cors else None
    if guarded and origin is not None:
        refused = call(known.url, guarded[0].method, _sample(guarded[0]))
        given = refused.headers.get("access-control-allow-origin")
        yield _finding(
            "refusals carry the CORS header of the configuration",
            [] if given == origin else [f"Access-Control-Allow-Origin is {given!r}"],
            str(given),
            "run cws deploy",
        )


def _sample(route: Route) -> str:
    return "/".join("cws-verify" if part.startswith("{") else part for part in route.template.split("/"))


def _greedy(service: Service) -> bool:
    return any(route.template == "/{proxy+}" or route.template.startswith("/{") for route in service.routes)
