"""Documents of policies that hold for one call only, because rules depend on its time, its address or its path.

Such a policy has a `lasting` part: what stands for every call of the same caller, and what alone may be cached. A document
says that, and

- where answers are not cached (the deployment's TTL is 0), the call at hand, too, if it is allowed;
- with `iam_conditions=True`, everything, if it can be said with IAM's conditions on `aws:SourceIp` and `aws:CurrentTime`.
  That API Gateway evaluates conditions in the answer of an authorizer is not confirmed, so nobody gets them unasked. Where
  it does not know a key, the statements that need it grant nothing and deny no less.
"""

from __future__ import annotations

from itertools import product

from cwsauth.errors import NotExact
from cwsauth.policy.document import LIMIT, LIMIT_WEBSOCKET, MAX_RESOURCE, Document, Plan, placed, plan_for
from cwsauth.policy.lost import Lost, Narrowing
from cwsauth.policy.segments import ANY, DEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from cwsauth.arn import MethodArn
    from cwsauth.policy.policy import Policy
    from cwsauth.policy.rule import Condition, Rule

    Group = tuple[tuple[dict[str, Any], ...], Plan]

# Each of so many conditions may hold or not: more than this many documents in one are no longer small.
MAX_CONDITIONS = 3


def momentary_document(
    policy: Policy,
    lasting: Policy,
    call: MethodArn,
    inexact: str,
    complement: str | None,
    limit: int | None,
    cached: bool,
    iam_conditions: bool,
) -> Document:
    """The document of `policy`, whose `lasting` part may be cached. The call at hand is added only if nothing is `cached`.

    Raises:
        NotExact: with `inexact="refuse"`, where the rules that depend on the call cannot be said.
    """
    websocket = bool(call.route_key)
    if iam_conditions:
        said = _conditioned(lasting, call, complement, limit)
        if said is not None:
            return said
    plan = plan_for(lasting, websocket=websocket, complement=complement)
    lost = (*plan.lost, *_unsaid(lasting, websocket))
    if inexact == "refuse":
        raise NotExact(
            "what these rules say depends on the call: " + ", ".join(repr(one.rule.written) for one in lost),
            lost=lost,
            help="declare ttl=0 here and at API Gateway and allow narrowing, or decide in process",
        )
    # INVARIANT: what is cached answers for other times and addresses, too, so only what lasts may be in it.
    narrowed = Plan(plan.allow, plan.deny, False, lost)
    return placed(lasting if cached else policy, narrowed, call, inexact, limit, complement is not None)


def _unsaid(lasting: Policy, websocket: bool) -> Iterable[Lost]:
    """The rules that depend on the call, each with a request that it is about."""
    from cwsauth.policy.told import filled, told

    claims = filled(lasting.rules)
    for rule in lasting.rules:
        if rule.when is not None:
            words = ["x" if segment is ANY else segment for segment in rule.segments if segment is not DEEP]
            path = "/" + "/".join(word if type(word) is str else "x" for word in words)
            yield Lost("" if websocket else rule.methods[0], path, rule, Narrowing.CALL, told=told(path, claims))


def _conditioned(lasting: Policy, call: MethodArn, complement: str | None, limit: int | None) -> Document | None:
    """The document with IAM conditions; None where it cannot be written, or not within the limits.

    Which conditions hold is one of 2^n cases. At any time just one of them is the case, and its statements are those of the
    policy that is left then. One more case is that API Gateway does not know the address or the time.
    """
    conditions: list[Condition] = list(dict.fromkeys(rule.when for rule in lasting.rules if rule.when is not None))
    if len(conditions) > MAX_CONDITIONS:
        return None
    groups: list[Group] = []
    for case in product((True, False), repeat=len(conditions)):
        blocks = _blocks(conditions, case)
        if blocks is None:
            return None
        if blocks:
            held = dict(zip(conditions, case, strict=True))
            rules = [rule.under(None) for rule in lasting.rules if rule.when is None or held[rule.when]]
            groups.append((blocks, _plan(rules, lasting, call, complement)))
    groups.append((_unknown(conditions), plan_for(lasting, websocket=bool(call.route_key), complement=complement)))
    if not all(plan.exact for _, plan in groups):
        return None
    document = _joined(groups, call.prefix)
    if limit is None:
        limit = LIMIT_WEBSOCKET if call.route_key else LIMIT
    longest = max(plan.longest for _, plan in groups)
    return document if document.size <= limit and len(call.prefix) + 1 + longest <= MAX_RESOURCE else None


def _plan(rules: list[Rule], lasting: Policy, call: MethodArn, complement: str | None) -> Plan:
    return plan_for(type(lasting)(rules, lasting.routes), websocket=bool(call.route_key), complement=complement)


def _blocks(conditions: list[Condition], case: tuple[bool, ...]) -> tuple[dict[str, Any], ...] | None:
    """The condition blocks of a case, of which one holds if it is the case; none if it never is, None if IAM cannot say it."""
    from cwsauth.policy.conditions.lowering import blocks

    return blocks(conditions, case)


def _unknown(conditions: list[Condition]) -> tuple[dict[str, Any], ...]:
    from cwsauth.policy.conditions.lowering import keys

    return tuple([{"Null": {key: "true"}} for key in keys(conditions)])


def _joined(groups: list[Group], prefix: str) -> Document:
    """One document of all cases. What all of them allow, or all deny, needs no condition."""
    head = prefix + "/"
    always_allow = frozenset.intersection(*[frozenset(plan.allow) for _, plan in groups])
    always_deny = frozenset.intersection(*[frozenset(plan.deny) for _, plan in groups])
    conditional: list[tuple[str, tuple[str, ...], dict[str, Any]]] = []
    for blocks, plan in groups:
        for effect, texts, always in (("Allow", plan.allow, always_allow), ("Deny", plan.deny, always_deny)):
            resources = tuple([head + text for text in texts if text not in always])
            conditional.extend((effect, resources, block) for block in blocks if resources)
    return Document(
        tuple([head + text for text in groups[0][1].allow if text in always_allow]),
        tuple([head + text for text in groups[0][1].deny if text in always_deny]),
        conditional=tuple(conditional),
    )
