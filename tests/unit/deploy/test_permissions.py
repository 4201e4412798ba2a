"""Which permissions at AWS are taken for this stage's own: on a plan that terraform made, and a policy as Lambda writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from coworks_compat.deploy.permissions import Permissions
from coworks_compat.deploy.terraform.plan import Plan
from coworks_compat.deploy.terraform.runner import Failed
from cwsauth.errors import DeployError

PLANS = Path(__file__).parent.parent.parent / "deploy" / "plans"
API, AUTHORIZER = "aws_lambda_permission.api", 'aws_lambda_permission.authorizer["auth"]'
CONFLICT = "adding Lambda Permission: ResourceConflictException: The statement id (api) provided already exists"
STATEMENT: Mapping[str, Any] = {
    "Sid": "api",
    "Effect": "Allow",
    "Principal": {"Service": "apigateway.amazonaws.com"},
    "Action": "lambda:InvokeFunction",
    "Resource": "arn:aws:lambda:eu-west-1:000000000000:function:shop-dev:live",
    "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:eu-west-1:000000000000:0000000000/dev/*/*"}},
}


class NoPolicy(Exception):
    """What the client raises for an alias that has no policy."""


class Lambda:
    """A client of Lambda that knows the policy of one alias."""

    exceptions = SimpleNamespace(ResourceNotFoundException=NoPolicy)

    def __init__(self, *statements: Mapping[str, Any]) -> None:
        self.statements = statements
        self.asked = 0

    def get_policy(self, FunctionName: str, Qualifier: str) -> dict[str, str]:
        assert (FunctionName, Qualifier) == ("shop-dev", "live")
        self.asked += 1
        if not self.statements:
            raise NoPolicy
        return {"Policy": json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": list(self.statements)})}


def created(name: str = "stage_created") -> Plan:
    return Plan.of(json.loads((PLANS / f"{name}.json").read_text()))


def permissions_only() -> Plan:
    """The plan of a stage that lacks its permissions only."""
    return Plan(created().of_type("aws_lambda_permission"))


def failed(*errors: tuple[str, str]) -> Failed:
    return Failed("terraform cannot apply", errors=errors)


def test_the_statement_of_the_plan_is_found() -> None:
    """A statement that is what the plan makes is named as `terraform import` wants it."""
    client = Lambda(STATEMENT)
    (found,) = Permissions(client, "shop-dev").in_the_way(created(), failed((API, CONFLICT)))
    assert (found.address, found.statement, found.identity) == (API, "api", "shop-dev:live/api")
    assert Permissions(client, "shop-dev").unknown(permissions_only()) == (found,)


@pytest.mark.parametrize(
    "changes",
    [
        {"Sid": "other"},
        {"Effect": "Deny"},
        {"Action": "lambda:*"},
        {"Principal": "*"},
        {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}},
        {"Principal": {"Service": "events.amazonaws.com"}},
        {"Condition": {}},
        {"Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:eu-west-1:000000000000:ffffffffff/dev/*/*"}}},
        {"Condition": {**STATEMENT["Condition"], "StringEquals": {"AWS:SourceAccount": "000000000000"}}},
        {"Resource": "arn:aws:lambda:eu-west-1:000000000000:function:shop-dev"},
        {"Resource": "arn:aws:lambda:eu-west-1:000000000000:function:shop-dev:other"},
        {"Resource": "arn:aws:lambda:eu-west-1:000000000000:function:other-shop-dev:live"},
        {"FunctionUrlAuthType": "NONE"},
    ],
    ids=str,
)
def test_any_other_statement_is_somebody_elses(changes: dict[str, Any]) -> None:
    """A statement that differs in anything from the planned one is not taken in."""
    permissions = Permissions(Lambda({**STATEMENT, **changes}), "shop-dev")
    assert permissions.in_the_way(created(), failed((API, CONFLICT))) == ()
    assert permissions.unknown(permissions_only()) == ()


@pytest.mark.parametrize(
    "errors",
    [
        [],
        [("", CONFLICT)],
        [(API, "AccessDeniedException: no")],
        [(API, CONFLICT), ("aws_cloudwatch_log_group.function", "ResourceAlreadyExistsException: it exists")],
        [(API, CONFLICT), ("", "the plugin crashed")],
        [(API, CONFLICT), (AUTHORIZER, CONFLICT)],
        [("aws_lambda_permission.mine", CONFLICT)],
        [("aws_lambda_function.function", "ResourceConflictException: Function already exist: shop-dev")],
    ],
    ids=str,
)
def test_an_apply_that_failed_for_more_than_that(errors: list[tuple[str, str]]) -> None:
    """Where one error is another one, or one statement is not there as planned, nothing is taken in."""
    assert Permissions(Lambda(STATEMENT), "shop-dev").in_the_way(created(), failed(*errors)) == ()


def test_a_function_that_is_still_to_be_made() -> None:
    """Before the first deploy a function of that name is somebody else's: its permissions are not even looked at."""
    client = Lambda(STATEMENT)
    assert Permissions(client, "shop-dev").unknown(created()) == ()
    assert client.asked == 0


def test_a_permission_that_is_replaced() -> None:
    """One that terraform knows is not taken in before it is replaced; the one that replaces it is, where it was in the way."""
    plan = created("stage_renamed")
    source = "arn:aws:execute-api:eu-west-1:000000000000:c2bbb353/master/*/*"
    permissions = Permissions(Lambda({**STATEMENT, "Condition": {"ArnLike": {"AWS:SourceArn": source}}}), "shop-dev")
    assert permissions.unknown(plan) == ()
    assert [found.address for found in permissions.in_the_way(plan, failed((API, CONFLICT)))] == [API]


@pytest.mark.parametrize("plan", ["nothing", "settings_changed", "stage_destroyed", "route_opened"])
def test_a_plan_without_new_permissions(plan: str) -> None:
    """AWS is asked only where a permission is to be made."""
    client = Lambda(STATEMENT)
    assert Permissions(client, "shop-dev").unknown(created(plan)) == ()
    assert client.asked == 0


def test_another_function() -> None:
    """A permission of the plan that is on another function is left alone."""
    assert Permissions(Lambda(STATEMENT), "shop-master").unknown(permissions_only()) == ()


def test_an_alias_without_permissions() -> None:
    """AWS knows no policy of it, so there is nothing to take in."""
    assert Permissions(Lambda(), "shop-dev").unknown(permissions_only()) == ()


def test_aws_that_refuses_to_say() -> None:
    """The error says what could not be read."""
    from botocore.exceptions import ClientError

    class Refusing(Lambda):
        def get_policy(self, FunctionName: str, Qualifier: str) -> dict[str, str]:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetPolicy")

    with pytest.raises(DeployError, match="cannot read the permissions on 'shop-dev': AccessDeniedException"):
        Permissions(Refusing(), "shop-dev").unknown(permissions_only())
