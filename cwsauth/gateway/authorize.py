"""The authorizer's part of a request, the same for every kind of API: cache, call, check, evaluation.

What differs (identity sources, events, what an answer may look like, the words of a refusal) comes in from the
front and goes out as a `Ruling`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from cwsauth.errors import DocumentError
from cwsauth.gateway.cache import TtlCache
from cwsauth.gateway.resource_policy import together
from cwsauth.gateway.result import AuthorizerResult, Malformed
from cwsauth.policy.evaluate import Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from cwsauth.gateway.incoming import Incoming
    from cwsauth.gateway.invoke import Clock, Function, Outcome


class Finding(Enum):
    """How asking an authorizer can end."""

    ALLOWED = "allowed"
    DENIED = "denied explicitly"
    NOT_ALLOWED = "not allowed"
    UNAUTHORIZED = "unauthorized"
    FAILED = "the authorizer failed"
    MALFORMED = "the authorizer's answer is malformed"


@dataclass(frozen=True, slots=True)
class Question:
    """What an authorizer is asked: `key` finds the cached answer, `keys` are the condition keys of the request.

    `beside` is what the API's resource policy says, where there is one.
    """

    authorizer: str
    function: Function
    event: Callable[[], Mapping[str, Any]]
    check: Callable[[Outcome], AuthorizerResult | Malformed]
    key: Hashable
    ttl: int
    patience: float
    arn: str
    keys: Mapping[str, object]
    beside: Judgement | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """The end of it: `result` where the authorizer answered properly, `judgement` where a policy was evaluated."""

    finding: Finding
    reason: str = ""
    cached: bool = False
    result: AuthorizerResult | None = None
    judgement: Judgement | None = None
    latency: int = 0


_BY_VERDICT = {
    Verdict.ALLOW: Finding.ALLOWED,
    Verdict.EXPLICIT_DENY: Finding.DENIED,
    Verdict.IMPLICIT_DENY: Finding.NOT_ALLOWED,
}


class Authorizers:
    """The authorizers of one deployed stage, with what they answered before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cache: TtlCache[AuthorizerResult] = TtlCache(clock)
        self._revisions: dict[Function, int] = {}

    @property
    def kept(self) -> int:
        """How many answers are kept."""
        return len(self._cache)

    def flush(self) -> None:
        """Forget every answer."""
        self._cache.flush()

    def rule(self, question: Question) -> Ruling:
        """The ruling on one request. What is cached is the answer: the policy is evaluated for each request."""
        self._follow(question.function)
        result = self._cache.get(question.key) if question.ttl else None
        if result is not None:
            return _judge(result, question, cached=True)
        outcome = question.function.invoke(question.event(), clock=self._clock, limit=question.patience)
        if outcome.failed:
            if outcome.error_message == "Unauthorized":
                return Ruling(Finding.UNAUTHORIZED, "the authorizer raised 'Unauthorized'")
            return Ruling(Finding.FAILED, f"the authorizer failed: {outcome.error_type}")
        checked = question.check(outcome)
        if isinstance(checked, Malformed):
            return Ruling(Finding.MALFORMED, checked.reason)
        self._cache.put(question.key, checked, question.ttl)
        return _judge(checked, question, cached=False)

    def _follow(self, function: Function) -> None:
        """Forgets answers that were made of a policy file that has changed since: nobody waits for a TTL at a desk."""
        revision = getattr(function.handler, "revision", None)
        if revision is not None and self._revisions.setdefault(function, revision) != revision:
            self._revisions[function] = revision
            self.flush()


def _judge(result: AuthorizerResult, question: Question, *, cached: bool) -> Ruling:
    try:
        judgement = result.policy.judge(question.arn, question.keys)
    except DocumentError as error:
        return Ruling(Finding.MALFORMED, error.message, cached)
    if question.beside is not None:
        judgement = together(judgement, question.beside)
    finding = _BY_VERDICT[judgement.verdict]
    latency = 0 if cached else result.latency
    return Ruling(finding, judgement.reason, cached, result, judgement, latency)


def condition_keys(request: Incoming, time: float) -> dict[str, object]:
    """The condition keys that a policy finds in a request.

    Source: developer guide, "AWS condition keys that can be used in API Gateway resource policies".
    """
    moment = datetime.fromtimestamp(time, UTC)
    keys: dict[str, object] = {
        "aws:SourceIp": request.source_ip,
        "aws:CurrentTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "aws:EpochTime": str(int(time)),
        "aws:SecureTransport": "true",  # API Gateway is reached by TLS only
    }
    for key, name in (("aws:UserAgent", "User-Agent"), ("aws:Referer", "Referer")):
        value = request.header(name)
        if value is not None:
            keys[key] = value
    return keys
