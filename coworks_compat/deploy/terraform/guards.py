"""What a plan must not do unless somebody says that it may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cwsauth.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coworks_compat.deploy.terraform.plan import Change, Plan

_OF_A_STAGE: Final = frozenset({
    "aws_api_gateway_stage", "aws_api_gateway_deployment", "aws_api_gateway_method_settings",
    "aws_api_gateway_base_path_mapping",
})  # fmt: skip
_OF_A_FUNCTION: Final = frozenset({"aws_lambda_function", "aws_lambda_alias", "aws_lambda_permission"})
_SHARED: Final = frozenset({"aws_api_gateway_rest_api", "aws_api_gateway_authorizer"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What a plan may touch: one API, one stage of it, one function. `guests` are other stages on the same API."""

    rest_api_id: str | None
    api_stage: str
    function_name: str
    guests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the user said may be done: `--allow-api-deletion`, `--allow-other-stages`."""

    api_deletion: bool = False
    other_stages: bool = False


def check(plan: Plan, scope: Scope, allowed: Allowed) -> None:
    """Refuses a plan that deletes or replaces the API, or that touches another stage.

    Raises:
        DeployError: the first thing that the plan must not do, and the option by which it may.
    """
    if not allowed.api_deletion:
        for change in plan.of_type("aws_api_gateway_rest_api"):
            if change.deletes:
                how = "replace" if change.replaces else "delete"
                raise DeployError(
                    f"the plan would {how} the REST API {change.value('id') or change.name!r}, and with it its address",
                    help=f"{_why(change)}pass --allow-api-deletion if that is what you want",
                )
    if not allowed.other_stages:
        for reason in _strangers(plan, scope):
            raise DeployError(reason, help="pass --allow-other-stages if that is what you want")


def _strangers(plan: Plan, scope: Scope) -> Iterator[str]:
    for change in plan.changes:
        api = change.value("rest_api_id")
        if change.type in _OF_A_STAGE and api and scope.rest_api_id and api != scope.rest_api_id:
            yield f"the plan would touch another API: {change.address} is on {api}"
        stage = change.value("stage_name")
        if change.type in _OF_A_STAGE and stage and stage != scope.api_stage:
            yield f"the plan would touch another stage: {change.address} is of stage {str(stage)!r}"
        function = change.value("function_name")
        if change.type in _OF_A_FUNCTION and function and _bare(str(function)) != scope.function_name:
            yield f"the plan would touch another function: {change.address} is of {_bare(str(function))!r}"
        if scope.guests and change.type in _SHARED and change.deletes:
            yield (
                f"the plan would {'replace' if change.replaces else 'delete'} {change.address}, "
                f"which the stages {', '.join(scope.guests)} use"
            )


def _bare(function: str) -> str:
    """A function's name out of its name or ARN."""
    return (
        function.split(":")[6]
        if function.startswith("arn:") and function.count(":") >= 6
        else function.split(":", maxsplit=1)[0]
    )


def _why(change: Change) -> str:
    reasons = [name for name, before, _ in change.differing() if before != "nothing"] if change.replaces else []
    return f"it is because of {', '.join(reasons[:3])}; " if reasons else ""
