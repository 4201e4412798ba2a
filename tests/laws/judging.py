"""One document against the matcher, by the product's evaluator and by the oracle; used by the laws and by `nightly`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cwsauth import Document, Policy
from cwsauth.policy.evaluate import Evaluator, Verdict
from tests.laws.generate import API, Call
from tests.oracle import iam, paths

ROOT_ARN = f"{API}/GET/"


class Judge:
    """What a policy says of calls, twice (matcher and oracle), and what its document says of them, twice."""

    def __init__(self, rules: Sequence[str], policy: Policy, document: Document) -> None:
        self.rules = list(rules)
        self.policy = policy
        self.document = document
        self.iam: Mapping[str, Any] = document.policy
        self.evaluator = Evaluator(self.iam)

    def meant(self, call: Call) -> bool:
        """Whether the rules allow the call; matcher, decision and oracle have to agree on it."""
        allows = self.policy.allows(call.method, call.path)
        assert self.policy.decide(call.method, call.path).allowed is allows, (self.rules, call)
        assert paths.allowed(self.rules, call.method, call.path) is allows, (self.rules, call)
        return allows

    def granted(self, call: Call) -> bool:
        """Whether the document allows the call; evaluator and oracle have to agree on it."""
        verdict = self.evaluator.evaluate(call.arn)
        assert iam.verdict(self.iam, call.arn) == _WORDS[verdict], (self.iam, call)
        return verdict is Verdict.ALLOW

    def explicitly_denied(self, call: Call) -> bool:
        """Whether the document denies the call in so many words."""
        return self.evaluator.evaluate(call.arn) is Verdict.EXPLICIT_DENY

    def overgrants(self, calls: Iterable[Call]) -> Iterator[Call]:
        """The calls that the document allows and the rules do not."""
        return (call for call in calls if self.granted(call) and not self.meant(call))

    def missed(self, calls: Iterable[Call]) -> Iterator[Call]:
        """The canonical calls that the rules allow and the document does not."""
        return (call for call in calls if call.canonical and self.meant(call) and not self.granted(call))


_WORDS = {
    Verdict.ALLOW: iam.ALLOW,
    Verdict.EXPLICIT_DENY: iam.EXPLICIT_DENY,
    Verdict.IMPLICIT_DENY: iam.IMPLICIT_DENY,
}


def judge(rules: Sequence[str], routes: Sequence[str] | None, arn: str = ROOT_ARN, **options: Any) -> Judge:
    """The judge of these rules on an API with these routes."""
    policy = Policy.of(list(rules), routes=None if routes is None else list(routes))
    return Judge(rules, policy, policy.document(arn, **options))


def declared_calls(routes: Sequence[str], names: Sequence[str], max_rest: int = 2) -> list[Call]:
    """Every declared call with these names, and its twins with more slashes, as the oracle lists them."""
    return [Call(*call) for call in paths.declared_calls(list(routes), list(names), max_rest)]
