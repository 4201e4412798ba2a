"""What an `auth` function returned, as a policy, read once: what is not plainly an answer grants nothing.

PERF: benchmarks/events.py - a warm Lambda answers from results that were seen before. INVARIANT: what is kept is known by what
it says. A list is known by the texts in it, each of exactly the type `str`, because a list may have changed when it comes again
and an object may call itself equal to a rule; only what can never change (True, False, a tuple of such texts, a `Policy`) is
known by being the same object.
"""

from __future__ import annotations

from _operator import countOf, is_

from cwsauth.policy.policy import Grant, Policy
from cwsauth.policy.rule import VERBS, Rule, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from cwsauth.policy.frozen import FrozenDict
    from cwsauth.policy.routes import RouteTable

# Results kept, rules in all of them together, stages a result: what a caller can make us keep.
MOST = 128
MOST_RULES = 50_000
MOST_PLACES = 8


class Answer:
    """A normalized result: a policy, and what came with it.

    `principal_id`, `context`, `usage_identifier_key` are None where the result said nothing of them. `finished` is a whole
    response that was handed back, still to be checked against the ARN of the call. `problem` is None, or a sentence for the
    error log that names the type of a result that is none, and never its value; then the policy grants nothing.
    """

    __slots__ = ("context", "expires_at", "finished", "policy", "principal_id", "problem", "usage_identifier_key")

    def __init__(
        self,
        policy: Policy,
        *,
        principal_id: str | None = None,
        context: Mapping[str, object] | None = None,
        usage_identifier_key: str | None = None,
        expires_at: float | None = None,
        finished: Mapping[str, Any] | None = None,
        problem: str | None = None,
    ) -> None:
        self.policy = policy
        self.principal_id = principal_id
        self.context = context
        self.usage_identifier_key = usage_identifier_key
        self.expires_at = expires_at
        self.finished = finished
        self.problem = problem


EVERYTHING = Policy.of(True)
NOTHING = Policy.of(False)

_WANTED = "return True, False, a list of rules such as ['product/*'], a Grant or a Policy"


def normalize(result: object, *, routes: RouteTable | None = None, memory: Memory | None = None) -> Answer:
    """The answer that `result` is. Never raises: whatever is not an answer grants nothing and has a `problem`.

    `routes` is the table of the API, used where the result does not bring one. `memory` knows results of the same function
    and routes that came before; what is new is remembered.
    """
    if memory is None:
        return _read(result, routes, None)
    seen = memory.find(result)
    if seen is not None:
        return Answer(seen.policy)
    answer = _read(result, routes, memory)
    if answer.problem is None and answer.finished is None:
        memory.keep(result, answer.policy)
    return answer


def _read(result: object, routes: RouteTable | None, memory: Memory | None) -> Answer:
    if result is True:
        return Answer(EVERYTHING if routes is None else Policy(EVERYTHING.rules, routes))
    if result is False:
        return Answer(NOTHING if routes is None else Policy((), routes))
    kind = type(result)
    if kind is list or kind is tuple:
        return _rules(result, routes)  # type: ignore[arg-type]
    if kind is Policy:
        return Answer(_routed(result, routes))  # type: ignore[arg-type]
    if issubclass(kind, Grant):
        return _grant(result, routes, memory)  # type: ignore[arg-type]
    if kind is dict and "policyDocument" in result:  # type: ignore[operator]
        return Answer(NOTHING, finished=result)  # type: ignore[arg-type]
    from cwsauth.policy.foreign import read

    foreign = read(result)
    if foreign is not None:
        return _grant(foreign, routes, memory)
    return _refused(f"auth returned {kind.__name__}, which is no answer: {_WANTED}")


def _refused(problem: str) -> Answer:
    return Answer(NOTHING, problem=problem)


def _routed(policy: Policy, routes: RouteTable | None) -> Policy:
    return policy if routes is None or policy.routes is not None else policy.routed(routes)


def _rules(result: list[object] | tuple[object, ...], routes: RouteTable | None) -> Answer:
    rules: list[Rule] = []
    together = _texts(result)
    for item in (together,) if together else result:
        if type(item) is Rule:
            rules.append(item)
            continue
        texts: Sequence[str] | None = together or ([item] if type(item) is str else None)
        if texts is None:
            from cwsauth.policy.foreign import read_route

            texts = read_route(item)
        if texts is None:
            return _refused(f"auth returned a list with {type(item).__name__} in it, which is no rule: {_WANTED}")
        try:
            rules.extend(read(texts))
        except ValueError as error:
            from cwsauth.errors import PatternError

            if not isinstance(error, PatternError):
                return _refused("auth returned a list with a wrong rule in it")
            return _refused(f"auth returned a list with a wrong rule in it: {error.message}; {error.help}")
    return Answer(Policy(rules, routes))


def _grant(grant: Grant, routes: RouteTable | None, memory: Memory | None) -> Answer:
    if isinstance(grant.rules, Grant):
        return _refused(f"auth returned a Grant of a Grant: {_WANTED}")
    answer = normalize(grant.rules, routes=routes, memory=memory)
    if answer.problem is not None or answer.finished is not None:
        return (
            answer if answer.finished is None else _refused(f"auth returned a Grant of a finished response: {_WANTED}")
        )
    if grant.conditions is not None:
        if not hasattr(grant.conditions, "settle"):
            return _refused(
                "auth returned a Grant with conditions that are none: use those of cwsauth.policy.conditions"
            )
        # What holds for one call only is asked again, together with the conditions.
        granted = answer.policy if answer.policy.lasting is None else answer.policy.lasting
        try:
            conditioned = [_conditioned(rule, grant.conditions) for rule in granted.rules]
        except (TypeError, ValueError):  # every PatternError is one
            return _refused("auth returned a Grant with conditions that cannot be joined with those of its rules")
        answer = Answer(Policy(conditioned, granted.routes))
    if grant.context is not None and not isinstance(grant.context, dict):
        return _refused(f"auth returned a Grant whose context is {type(grant.context).__name__}, not a dict")
    if grant.principal_id is not None and (type(grant.principal_id) is not str or not grant.principal_id):
        return _refused("auth returned a Grant whose principal_id is not a non-empty string")
    key = grant.usage_identifier_key
    if key is not None and (type(key) is not str or not key):
        return _refused("auth returned a Grant whose usage_identifier_key is not a non-empty string")
    return Answer(
        answer.policy,
        principal_id=grant.principal_id,
        context=grant.context,
        usage_identifier_key=grant.usage_identifier_key,
        expires_at=grant.expires_at,
    )


def _conditioned(rule: Rule, conditions: Any) -> Rule:
    when = conditions.bound(rule) if hasattr(conditions, "bound") else conditions
    return rule.under(when if rule.when is None else when & rule.when)


class Seen:
    """A result with its policy. `answers` has the frozen documents by stage (`arn:…:API/STAGE`), of those that hold for every call.

    `latest` is a pair of the stage that was asked for last: what an ARN there begins with, a text for each verb
    (`arn:…:API/STAGE/GET/`), and the document. INVARIANT: only what was read as a whole is a head, so an ARN that begins with
    one names the same stage and a verb, whatever its path; and heads and document change together, in one step.
    """

    __slots__ = ("answers", "latest", "policy", "result", "texts")

    def __init__(self, result: object, policy: Policy) -> None:
        self.result = result
        self.texts: tuple[str, ...] = result if type(result) is tuple else ()
        self.policy = policy
        self.answers: dict[str, FrozenDict] = {}
        self.latest: tuple[tuple[str, ...], FrozenDict | None] = ((), None)

    def keep(self, prefix: str, answer: FrozenDict) -> None:
        """Remembers the document for a stage, which holds for every call there."""
        if len(self.answers) >= MOST_PLACES:
            self.answers.clear()
        self.answers[prefix] = answer
        self.latest = (tuple([f"{prefix}/{verb}/" for verb in VERBS]), answer)


# What no result is: no other object is this one.
_NOBODY = Seen(object(), Policy(()))


class Memory:
    """The results of one function, at most `MOST` of them with `MOST_RULES` rules; the oldest leave first.

    `objects` finds a result by the `id` of the very object that `Seen.result` is; `latest` is what was found last.
    """

    __slots__ = ("_rules", "_texts", "latest", "objects")

    def __init__(self) -> None:
        self.objects: dict[int, Seen] = {}
        self._texts: dict[tuple[str, ...], Seen] = {}
        self.latest = _NOBODY
        self._rules = 0

    def find(self, result: object) -> Seen | None:
        """What is known of `result`; None if it was not seen, or is not what can be known."""
        seen = self.objects.get(id(result))
        if seen is not None and seen.result is result:
            self.latest = seen
            return seen
        kind = type(result)
        if kind is not list and kind is not tuple:
            return None
        # Texts that are the same objects, as those of a constant are, are known without a look at them.
        latest = self.latest
        if len(result) == len(latest.texts) and result and all(map(is_, result, latest.texts)):  # type: ignore[arg-type,call-overload]
            return latest
        texts: tuple[object, ...] = tuple(result)  # type: ignore[arg-type]
        if countOf(map(type, texts), str) != len(texts):
            return None
        seen = self._texts.get(texts)  # type: ignore[arg-type]
        if seen is not None:
            self.latest = seen
        return seen

    def keep(self, result: object, policy: Policy) -> Seen | None:
        """Remembers the policy of a result, if both say the same for every request."""
        if not policy.settled:
            return None
        texts = _texts(result)
        if not texts and type(result) is not bool and type(result) is not Policy:
            return None
        cost = len(policy.rules) + 1
        while self.objects and (len(self.objects) >= MOST or self._rules + cost > MOST_RULES):
            self._forget()
        # The list itself is not kept: its texts are.
        seen = Seen(texts or result, policy)
        self.objects[id(seen.result)] = seen
        if texts:
            self._texts[texts] = seen
        self._rules += cost
        return seen

    def __reduce__(self) -> tuple[Any, ...]:
        # INVARIANT: a copy remembers nothing. The documents in it would be plain ones, which answers share and anybody can change.
        return Memory, ()

    def _forget(self) -> None:
        oldest = self.objects.pop(next(iter(self.objects)))
        if type(oldest.result) is tuple and self._texts.get(oldest.result) is oldest:
            del self._texts[oldest.result]
        self._rules -= len(oldest.policy.rules) + 1


def _texts(result: object) -> tuple[str, ...]:
    """The texts of a list or tuple that has nothing else in it; else none."""
    kind = type(result)
    if kind is list:
        texts: tuple[str, ...] = tuple(result)  # type: ignore[arg-type]
    elif kind is tuple:
        texts = result  # type: ignore[assignment]
    else:
        return ()
    return texts if countOf(map(type, texts), str) == len(texts) else ()
