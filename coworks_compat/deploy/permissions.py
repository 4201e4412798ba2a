"""Permissions on a stage's function that AWS has and terraform does not know.

When AWS adds a permission and its answer gets lost, terraform's provider asks again, hears for five minutes that the
statement exists, and gives up; every later run would fail in the same way. Such a statement is recognised by being, to
the letter, what the plan makes on this stage's own alias. It is taken into the state, so nothing at AWS is deleted, and
a stage that answers goes on answering.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from coworks_compat.deploy.aws import aws_errors
from coworks_compat.deploy.generate.api import ALIAS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from coworks_compat.deploy.terraform.plan import Change, Plan
    from coworks_compat.deploy.terraform.runner import Failed

_PERMISSION: Final = "aws_lambda_permission"
# The resources of our module; permissions that users write beside it are theirs.
_OURS: Final = frozenset({"api", "authorizer"})


@dataclass(frozen=True, slots=True)
class Found:
    """A statement at AWS that is what the resource at `address` shall be; `identity` names it for `terraform import`."""

    address: str
    statement: str
    identity: str


@dataclass(frozen=True, slots=True)
class Permissions:
    """The permissions on the alias of one function."""

    client: Any = field(repr=False)
    function: str

    def unknown(self, plan: Plan) -> tuple[Found, ...]:
        """What the plan would make and AWS has already, on a function and an alias that were there before the plan.

        Raises:
            DeployError: AWS does not say which permissions there are.
        """
        if any("create" in change.actions for change in plan.of_type("aws_lambda_function", "aws_lambda_alias")):
            # They are to be made, so one of that name that exists is somebody else's.
            return ()
        return self._found(change for change in self._planned(plan) if change.actions == ("create",))

    def in_the_way(self, plan: Plan, failed: Failed) -> tuple[Found, ...]:
        """What made an apply fail, where it is nothing but permissions that exist as the plan makes them; else nothing.

        Raises:
            DeployError: AWS does not say which permissions there are.
        """
        planned = {change.address: change for change in self._planned(plan)}
        if not all(address in planned and "ResourceConflict" in text for address, text in failed.errors):
            return ()
        wanted = {address for address, _ in failed.errors}
        found = self._found(planned[address] for address in sorted(wanted))
        return found if len(found) == len(wanted) else ()

    def _planned(self, plan: Plan) -> tuple[Change, ...]:
        return tuple(
            change
            for change in plan.of_type(_PERMISSION)
            if change.name in _OURS
            and "create" in change.actions
            and (change.after.get("function_name"), change.after.get("qualifier")) == (self.function, ALIAS)
        )

    def _found(self, changes: Iterable[Change]) -> tuple[Found, ...]:
        changes = tuple(changes)
        there = self._statements() if changes else {}
        return tuple(
            Found(change.address, name, f"{self.function}:{ALIAS}/{name}")
            for change in changes
            if self._same(there.get(name := str(change.after.get("statement_id"))), change.after)
        )

    def _statements(self) -> dict[str, Mapping[str, Any]]:
        with aws_errors(f"read the permissions on {self.function!r}"):
            try:
                answer = self.client.get_policy(FunctionName=self.function, Qualifier=ALIAS)
            except self.client.exceptions.ResourceNotFoundException:
                return {}
        return {str(statement.get("Sid")): statement for statement in json.loads(answer["Policy"])["Statement"]}

    def _same(self, statement: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
        """Whether a statement is the planned one: with a condition more or less, or another API, it is not.

        Source: Lambda developer guide, "Granting Lambda function access to AWS services".
        """
        if statement is None:
            return False
        rest = {name: value for name, value in statement.items() if name != "Resource"}
        return str(statement.get("Resource")).endswith(f":function:{self.function}:{ALIAS}") and rest == {
            "Sid": wanted.get("statement_id"),
            "Effect": "Allow",
            "Action": wanted.get("action"),
            "Principal": {"Service": wanted.get("principal")},
            "Condition": {"ArnLike": {"AWS:SourceArn": wanted.get("source_arn")}},
        }
