"""Decision tables: what each row expects, and what a policy says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cwsauth.errors import ConfigError
from cwsauth.files.conditions import seconds
from cwsauth.files.models import Case, check_roles
from cwsauth.policy import Policy, Rule
from cwsauth.request import AuthRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cwsauth.policy import Decision


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row with the decision on it; `problem` is empty when it is as expected."""

    role: str
    case: Case
    decision: Decision
    problem: str

    @property
    def passed(self) -> bool:
        """Whether the decision is the expected one, by the expected rule."""
        return not self.problem

    def to_dict(self) -> dict[str, Any]:
        """The outcome as data."""
        rule = self.decision.rule
        return {
            "role": self.role,
            "request": self.case.request,
            "expect": self.case.expect,
            "passed": self.passed,
            "allowed": self.decision.allowed,
            "rule": None if rule is None else rule.text,
            "reason": self.decision.reason.name,
            "problem": self.problem,
            "note": self.case.note,
        }


def check_cases(policies: Mapping[str, Policy], cases: Iterable[Case]) -> list[Outcome]:
    """The outcome of every row, in their order.

    Raises:
        ConfigError: a row is about a role that is not there.
    """
    outcomes = []
    for case in cases:
        try:
            roles = check_roles(case, tuple(policies))
        except ValueError as error:
            raise ConfigError(str(error), help="name one of them as 'role:'") from None
        policy = _policy([policies[role] for role in roles], case)
        decision = policy.decide(case.method, case.path)
        outcomes.append(Outcome(" + ".join(roles), case, decision, _problem(case, decision)))
    return outcomes


def _policy(policies: list[Policy], case: Case) -> Policy:
    """The policy of all roles, as it stands for the request of a case."""
    policy = policies[0]
    if len(policies) > 1:
        policy = Policy(dict.fromkeys(rule for one in policies for rule in one.rules), policy.routes)
    if policy.settled:
        return policy
    request = AuthRequest(
        method=case.method, path=case.path, claims=case.claims, source_ip=case.source_ip, stage=case.stage
    )
    return policy.settle(request, now=None if case.time is None else seconds(case.time))


def _problem(case: Case, decision: Decision) -> str:
    is_, rule = "allowed" if decision.allowed else "denied", decision.rule
    by = f"by '{rule.written}'" if rule is not None else f"because {decision.reason.value}"
    if decision.allowed is not (case.expect == "allow"):
        return f"it is {is_} {by}"
    if case.rule is not None and (rule is None or Rule(rule.written) != Rule(case.rule)):
        return f"it is {is_} {by}, not by '{case.rule}'"
    return ""
