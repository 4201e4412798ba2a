"""What a plan means for the service: one sentence a change, routes by verb and path, variables by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from coworks_compat.deploy.terraform.plan import Change, Plan

# What a person calls each kind of resource.
_KINDS: Final = {
    "aws_api_gateway_rest_api": "REST API",
    "aws_api_gateway_authorizer": "authorizer",
    "aws_api_gateway_deployment": "deployment of the API to the stage",
    "aws_api_gateway_stage": "stage",
    "aws_api_gateway_method_settings": "throttling of the stage",
    "aws_api_gateway_gateway_response": "gateway response",
    "aws_cloudwatch_log_group": "log group",
    "aws_iam_role": "role",
    "aws_iam_role_policy": "policy of the role",
    "aws_lambda_function": "function",
    "aws_lambda_alias": "alias",
    "aws_lambda_layer_version": "layer",
    "aws_lambda_permission": "permission to call the function",
}
_NAMED_BY: Final = ("statement_id", "stage_name", "layer_name", "response_type", "name", "function_name")
# Parts of a route, told with it.
_PARTS: Final = frozenset({
    "aws_api_gateway_resource", "aws_api_gateway_integration", "aws_api_gateway_integration_response",
    "aws_api_gateway_method_response",
})  # fmt: skip


def sentences(plan: Plan, routes: Mapping[str, str]) -> tuple[str, ...]:
    """What the plan does, in order. `routes` maps names of method resources to routes, `VERB /path`."""
    told = list(_routes(plan, routes))
    for change in plan.changes:
        if change.type in _PARTS or change.type == "aws_api_gateway_method":
            continue
        told.extend(_sentence(change))
    return tuple(told)


def _routes(plan: Plan, routes: Mapping[str, str]) -> Iterator[str]:
    """Methods as routes; an integration alone is told only where its method stays."""
    methods = {change.name: change for change in plan.of_type("aws_api_gateway_method")}
    for name, change in sorted(methods.items()):
        route = routes.get(name, f"{change.value('http_method')} at {change.address}")
        before, after = change.before.get("authorization"), change.after.get("authorization")
        if change.actions == ("create",):
            yield f"adds route {route}" + (", open to everyone" if after == "NONE" else "")
        elif change.actions == ("delete",):
            yield f"removes route {route}"
        elif after == "NONE" and before != "NONE":
            yield f"OPENS route {route} to everyone"
        elif before == "NONE" and after != "NONE":
            yield f"closes route {route}: it needs the authorizer now"
        else:
            yield f"changes route {route}{_list(change)}"
    for change in plan.of_type("aws_api_gateway_integration"):
        if change.name not in methods and change.actions != ("delete",):
            yield f"changes what answers {routes.get(change.name, change.address)}{_list(change)}"


def _sentence(change: Change) -> Iterator[str]:
    kind = _KINDS.get(change.type)
    name = next((str(value) for key in _NAMED_BY if (value := change.value(key))), change.name)
    what = f"{kind} '{name}'" if kind else change.address
    if change.type == "aws_api_gateway_deployment":
        what = str(kind)
    if change.replaces:
        if change.type == "aws_api_gateway_deployment":
            yield "deploys the API's present routes to the stage"
        else:
            yield f"REPLACES {what}{_list(change)}"
    elif change.actions == ("create",):
        yield f"creates {what}"
    elif change.actions == ("delete",):
        yield f"DELETES {what}"
    else:
        yield from _updated(change, what)


def _updated(change: Change, what: str) -> Iterator[str]:
    for name, before, after in change.differing():
        if name == "environment":
            yield from _variables(change)
        elif name == "variables":
            yield from _map(change.before.get(name), change.after.get(name), f"variable of {what}")
        elif name == "tags":
            yield f"changes the tags of {what}"
        elif name == "deployment_id":
            yield f"{what} shows the new deployment"
        else:
            yield f"changes {name.replace('_', ' ')} of {what}: {before} -> {after}"


def _variables(change: Change) -> Iterator[str]:
    """The environment of a function, variable by variable."""
    sides = [_block(change.before.get("environment")), _block(change.after.get("environment"))]
    yield from _map(sides[0], sides[1], "environment variable")


def _block(value: object) -> object:
    return value[0].get("variables") if isinstance(value, list) and value and isinstance(value[0], dict) else None


def _map(before: object, after: object, what: str) -> Iterator[str]:
    old = before if isinstance(before, dict) else {}
    new = after if isinstance(after, dict) else {}
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield f"adds {what} {name}: {new[name]}"
        elif name not in new:
            yield f"removes {what} {name}"
        elif old[name] != new[name]:
            yield f"changes {what} {name}: {old[name]} -> {new[name]}"


def _list(change: Change) -> str:
    differing = change.differing()
    if not differing:
        return ""
    return ": " + "; ".join(f"{name.replace('_', ' ')} {before} -> {after}" for name, before, after in differing[:6])
