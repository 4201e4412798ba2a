"""What an `auth` function returned, as a policy: what is not plainly an answer grants nothing."""

from __future__ import annotations

from cwsauth.policy.policy import Grant, Policy
from cwsauth.policy.rule import Rule, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cwsauth.policy.memory import Memory
    from cwsauth.policy.routes import RouteTable


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
    for item in result:
        if type(item) is Rule:
            rules.append(item)
            continue
        texts: list[str] | None = [item] if type(item) is str else None
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
