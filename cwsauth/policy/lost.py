"""What a document that says less than its policy refuses, and why."""

from __future__ import annotations

from enum import Enum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.policy.language.impossible import Proof
    from cwsauth.policy.rule import Rule


class Narrowing(Enum):
    """Why a request that a policy allows is refused by its document."""

    UNSAYABLE = "no document of any size can say it"
    NOT_FOUND = "none of the texts that were tried says it"
    BUDGET = "the search for it would take longer than it may"
    CALL = "it depends on the call"


class Lost:
    """A request that the matcher allows and the document does not: what narrowing cost, and why.

    `told` is its path for logs: where a claim has been filled into a rule, it has the placeholder. `why` is a `Narrowing`.
    `proof`, where it is `UNSAYABLE`, has three paths for `method`: the policy allows `granted` and `also`, and not `refused`;
    each text of IAM that matches the first matches the second, and each that matches the second matches the third. So no
    Allow holds the first alone, and no Deny takes the second out of it.
    """

    __slots__ = ("method", "path", "proof", "rule", "told", "why")

    def __init__(
        self, method: str, path: str, rule: Rule, why: Narrowing, proof: Proof | None = None, told: str | None = None
    ) -> None:
        self.method = method
        self.path = path
        self.rule = rule
        self.why = why
        self.proof = proof
        self.told = path if told is None else told

    @property
    def reason(self) -> str:
        """Why the request is refused, in a few words, with the requests that show it where no document can say it."""
        if self.proof is None or self.told != self.path:
            return self.why.value
        shown = self.proof
        return (
            f"{self.why.value}: any Allow for {shown.granted} is also one for {shown.refused}, which is not to be allowed, and"
            f" any Deny of that is also one of {shown.also}, which is (a character that no resource names for each"
            f" {shown.letter!r})"
        )

    def __repr__(self) -> str:
        return f"Lost({self.method} {self.told}, rule={self.rule.written!r}, why={self.why.name})"
