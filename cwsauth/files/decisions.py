"""Decision tables: what each row expects, and what a policy says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cwsauth.errors import ConfigError
from cwsauth.files.models import Case, check_role
from cwsauth.policy import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cwsauth.policy import Decision, Policy


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
            role = check_role(case, tuple(policies))
        except ValueError as error:
            raise ConfigError(str(error), help="name one of them as 'role:'") from None
        decision = policies[role].decide(case.method, case.path)
        outcomes.append(Outcome(role, case, decision, _problem(case, decision)))
    return outcomes


def _problem(case: Case, decision: Decision) -> str:
    is_, rule = "allowed" if decision.allowed else "denied", decision.rule
    by = f"by '{rule.text}'" if rule is not None else f"because {decision.reason.value}"
    if decision.allowed is not (case.expect == "allow"):
        return f"it is {is_} {by}"
    if case.rule is not None and (rule is None or rule != Rule(case.rule)):
        return f"it is {is_} {by}, not by '{case.rule}'"
    return ""
