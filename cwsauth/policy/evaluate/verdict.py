"""The outcome of an evaluation."""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """What IAM says to a call; the values are the words of IAM's own policy simulator.

    Only `ALLOW` is true, so that `if evaluate(...)` cannot be read the wrong way round.
    """

    ALLOW = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"

    def __bool__(self) -> bool:
        return self is Verdict.ALLOW


class Judgement:
    """A verdict with the statement that decided it.

    `statement_index` counts from 0 in `Statement` and is None where no statement matched. `resource` is the
    pattern that matched, None for an implicit denial and for a statement with `NotResource`. `reason` is one
    sentence for a reader.
    """

    __slots__ = ("effect", "reason", "resource", "sid", "statement_index", "verdict")

    def __init__(
        self,
        verdict: Verdict,
        *,
        statement_index: int | None = None,
        sid: str | None = None,
        effect: str | None = None,
        resource: str | None = None,
        reason: str = "",
    ) -> None:
        self.verdict = verdict
        self.statement_index = statement_index
        self.sid = sid
        self.effect = effect
        self.resource = resource
        self.reason = reason

    def to_dict(self) -> dict[str, str | int | None]:
        """The same facts as JSON values."""
        return {
            "verdict": self.verdict.value,
            "statement_index": self.statement_index,
            "sid": self.sid,
            "effect": self.effect,
            "resource": self.resource,
            "reason": self.reason,
        }

    def __eq__(self, other: object) -> bool:
        return self.to_dict() == other.to_dict() if isinstance(other, Judgement) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.verdict, self.statement_index, self.resource))

    def __repr__(self) -> str:
        return f"<Judgement {self.verdict.value}: {self.reason}>"
