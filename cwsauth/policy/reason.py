"""Why a call was allowed or refused."""

from __future__ import annotations

from enum import Enum

from cwsauth.policy.rule import VERBS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.policy.policy import Decision


class Reason(Enum):
    """Why a call was allowed or refused."""

    ALLOWED_BY_RULE = "allowed by a rule"
    DENIED_BY_RULE = "denied by a rule"
    NO_RULE = "no rule matches"
    NO_RULES = "nothing is granted at all"
    NOT_CANONICAL = "the path has a '.' or '..' segment"


def reason_of(decision: Decision) -> Reason:
    """The reason of a decision."""
    if decision.rule is not None:
        return Reason.ALLOWED_BY_RULE if decision.allowed else Reason.DENIED_BY_RULE
    if not decision.policy.effective:
        return Reason.NO_RULES
    known = decision.method in VERBS or decision.method == ""
    parts = decision.path.split("/")
    return Reason.NOT_CANONICAL if known and ("." in parts or ".." in parts) else Reason.NO_RULE
