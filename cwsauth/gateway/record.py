"""The decision trail: one frozen record a request. It never holds a token, a header, a body or a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from cwsauth.policy.evaluate import Judgement, Verdict


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What happened to one request.

    `route` is the template it was routed to, `authorizer` the name of the one asked, `cached` whether its
    result came from the cache; these are None where the request did not get so far. `judgement` names the
    statement of the policy that decided, `reason` says in words why the gateway refused.
    """

    front: str
    method: str
    path: str
    route: str | None = None
    authorizer: str | None = None
    cached: bool | None = None
    judgement: Judgement | None = None
    status: int = 0
    reason: str = ""
    milliseconds: float = 0.0

    @property
    def verdict(self) -> Verdict | None:
        """What the policy said, None when none was evaluated."""
        return None if self.judgement is None else self.judgement.verdict

    def __str__(self) -> str:
        """One line: `GET /product/1 403 explicitDeny /product/{id} auth (cached) 0.4 ms: Statement[1] denies ...`."""
        asked = f"{self.authorizer} (cached)" if self.cached else self.authorizer
        verdict = None if self.verdict is None else self.verdict.value
        parts = [self.method, self.path, str(self.status), verdict, self.route, asked]
        why = self.reason or (self.judgement.reason if self.judgement else "")
        line = " ".join(part for part in [*parts, f"{self.milliseconds:.1f} ms"] if part)
        return f"{line}: {why}" if why else line


class OnCall(Protocol):
    """Called once for each request, in its thread, after it was answered and before the answer leaves."""

    def __call__(self, record: CallRecord, /) -> object:
        """Take the record; what is returned is ignored."""
