"""A policy as an IAM document for one stage of one API: the same meaning, or less, and it says so."""

from __future__ import annotations

import json
import re

from cwsauth.arn import MethodArn
from cwsauth.errors import ConfigError, NotExact, TooLarge
from cwsauth.policy.cover import Cover, fewer_guards, literal_text, simple
from cwsauth.policy.rule import ALLOW, VERBS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from cwsauth.policy.language.impossible import Missing, Proof
    from cwsauth.policy.narrowing import Narrowing
    from cwsauth.policy.pattern import Segment
    from cwsauth.policy.policy import Policy
    from cwsauth.policy.rule import Rule

    Segments = tuple[Segment, ...]

ACTION = "execute-api:Invoke"
VERSION = "2012-10-17"
# Characters of a Resource. Source: API Gateway developer guide, "Output from an API Gateway Lambda authorizer".
MAX_RESOURCE = 512
# Bytes of a whole result. WebSocket: API Gateway quotas. Elsewhere none is documented; this is ours.
LIMIT_WEBSOCKET = 8192
LIMIT = 65536
# The text of a call that may stand in a resource: printable ASCII without what IAM would read as more than itself.
_PLAIN = re.compile(r"[ -)+->@-~]*")


class Lost:
    """A request that the matcher allows and the document does not: what narrowing cost, and why.

    `why` is a `Narrowing`. `proof`, where it is `UNSAYABLE`, has three paths for `method`: the policy allows `granted` and
    `also`, and not `refused`; each text of IAM that matches the first matches the second, and each that matches the second
    matches the third. So no Allow holds the first alone, and no Deny takes the second out of it.
    """

    __slots__ = ("method", "path", "proof", "rule", "why")

    def __init__(self, method: str, path: str, rule: Rule, why: Narrowing, proof: Proof | None = None) -> None:
        self.method = method
        self.path = path
        self.rule = rule
        self.why = why
        self.proof = proof

    @property
    def reason(self) -> str:
        """Why the request is refused, in a few words, with the requests that show it where no document can say it."""
        if self.proof is None:
            return self.why.value
        shown = self.proof
        return (
            f"{self.why.value}: any Allow for {shown.granted} is also one for {shown.refused}, which is not to be allowed, and"
            f" any Deny of that is also one of {shown.also}, which is (a character that no resource names for each"
            f" {shown.letter!r})"
        )

    def __repr__(self) -> str:
        return f"Lost({self.method} {self.path}, rule={self.rule.text!r}, why={self.why.name})"


class Document:
    """An IAM document and how well it says its policy.

    `allow` and `deny` are the resources. `exact`: it allows every canonical declared call that the policy allows.
    `cacheable`: it is right for every call of this API and stage, so API Gateway may keep it for other routes. `lost` has a
    witness for each rule that had to be narrowed. `conditional` are statements under a condition: effect, resources and the
    condition as IAM has it. `policy` is the IAM dict, a new one each time.
    """

    __slots__ = ("allow", "cacheable", "conditional", "deny", "exact", "lost")

    def __init__(
        self,
        allow: tuple[str, ...],
        deny: tuple[str, ...],
        exact: bool = True,
        cacheable: bool = True,
        lost: tuple[Lost, ...] = (),
        conditional: tuple[tuple[str, tuple[str, ...], dict[str, Any]], ...] = (),
    ) -> None:
        self.allow = allow
        self.deny = deny
        self.exact = exact
        self.cacheable = cacheable
        self.lost = lost
        self.conditional = conditional

    @property
    def policy(self) -> dict[str, Any]:
        """The document as IAM reads it."""
        statements: list[dict[str, Any]] = []
        if self.allow:
            statements.append({"Effect": "Allow", "Action": ACTION, "Resource": [*self.allow]})
        if self.deny:
            statements.append({"Effect": "Deny", "Action": ACTION, "Resource": [*self.deny]})
        for effect, resources, condition in self.conditional:
            statements.append({"Effect": effect, "Action": ACTION, "Resource": [*resources], "Condition": condition})
        return {"Version": VERSION, "Statement": statements}

    @property
    def size(self) -> int:
        """Bytes of the document as compact JSON."""
        return len(json.dumps(self.policy, separators=(",", ":")).encode())

    @property
    def warning(self) -> str | None:
        """One line that says what was narrowed, with a request that shows it; None for an exact document."""
        if self.exact or not self.lost:
            return None if self.exact else "the document says less than the policy"
        first = self.lost[0]
        rules = ", ".join(repr(text) for text in dict.fromkeys(lost.rule.text for lost in self.lost))
        if any(lost.rule.when is not None for lost in self.lost):
            return (
                f"what {rules} says depends on the call, which a document that is cached cannot: it may refuse"
                f" {first.method} {first.path}; declare ttl=0 here and at API Gateway, or iam_conditions=True"
            )
        shown = next((lost for lost in self.lost if lost.proof is not None), first)
        told = f"IAM cannot say {rules} exactly" if shown.proof else f"no document was found that says {rules} exactly"
        return (
            f"{told}: the document refuses {shown.method} {shown.path}"
            f" unless it is the call at hand, and must not be cached; {shown.why.value}"
        )

    @property
    def unsayable(self) -> bool:
        """Whether it is proved that no document of Allow and Deny, of whatever size, says the policy exactly."""
        return any(lost.proof is not None for lost in self.lost)

    def __repr__(self) -> str:
        return (
            f"Document(allow={len(self.allow)}, deny={len(self.deny)}, exact={self.exact}, cacheable={self.cacheable})"
        )


class Plan:
    """A document without its prefix: what is the same for every API and stage. Texts are `VERB/path`, `*`, or a route key.

    `longest` is the length of the longest text, `room` the bytes of all of them as JSON.
    """

    __slots__ = ("allow", "deny", "exact", "longest", "lost", "room")

    def __init__(self, allow: tuple[str, ...], deny: tuple[str, ...], exact: bool, lost: tuple[Lost, ...]) -> None:
        self.allow = allow
        self.deny = deny
        self.exact = exact
        self.lost = lost
        texts = allow + deny
        self.longest = max(map(len, texts), default=0)
        # One dump for all; each text but the first has two more characters before it, and brackets are around them.
        self.room = len(json.dumps(texts)) - 2 * max(len(texts), 1)

    def size(self, prefix: str) -> int:
        """Bytes of the document at `prefix` as compact JSON, without making it."""
        frame = len(_FRAME) + len(_ALLOW) * bool(self.allow) + len(_DENY) * bool(self.deny)
        commas = max(len(self.allow) - 1, 0) + max(len(self.deny) - 1, 0) + (bool(self.allow) and bool(self.deny))
        return frame + self.room + commas + (len(self.allow) + len(self.deny)) * (len(prefix) + 1)

    def at(self, prefix: str, extra: tuple[str, ...] = (), cacheable: bool = True) -> Document:
        """The document for the stage that `prefix` names."""
        head = prefix + "/"
        allow = tuple([head + text for text in (*self.allow, *extra)])
        deny = tuple([head + text for text in self.deny])
        return Document(allow, deny, self.exact, cacheable, self.lost)


# What stands around the resources.
_FRAME = '{"Version":"2012-10-17","Statement":[]}'
_ALLOW = '{"Effect":"Allow","Action":"execute-api:Invoke","Resource":[]}'
_DENY = '{"Effect":"Deny","Action":"execute-api:Invoke","Resource":[]}'

NOTHING = Plan((), ("*",), True, ())
EVERYTHING = Plan(("*",), (), True, ())


def document(
    policy: Policy,
    arn: object,
    *,
    inexact: str = "narrow",
    complement: str | None = None,
    limit: int | None = None,
    cached: bool = True,
    iam_conditions: bool = False,
) -> Document:
    """The document that says `policy` at the API and stage of `arn`.

    It holds for all routes, whatever call `arn` is of. Where IAM cannot say the policy, `inexact="narrow"` says less, adds
    the call at hand if the policy allows it, and marks the document as not cacheable; `inexact="refuse"` raises.
    `complement="deny"` also denies the declared rest explicitly, for an API whose resource policy would allow it.
    `limit`: bytes of the whole document, 8192 for a WebSocket API and 65536 elsewhere by default.
    `cached` and `iam_conditions` are for a policy that holds for one call only, see `cwsauth.policy.momentary`.

    Raises:
        ArnError: `arn` is not the ARN of a method.
        NotExact: with `inexact="refuse"`; `lost` has the witnesses.
        TooLarge: the document is over `limit` and `inexact="refuse"`, or there is no smaller one that says anything.
    """
    if inexact not in ("narrow", "refuse"):
        raise ConfigError(f"invalid value {inexact!r} for inexact", help="use 'narrow' or 'refuse'")
    if complement not in (None, "deny"):
        raise ConfigError(f"invalid value {complement!r} for complement", help="use None or 'deny'")
    call = arn if type(arn) is MethodArn else MethodArn.parse(arn)
    if not call.concrete:
        # Nothing is granted where account, API or stage is not named, so there is nothing that could be named here.
        nothing = not any(rule.effect is ALLOW for rule in policy.effective)
        return Document((), ("*",), exact=nothing, cacheable=nothing)
    if policy.lasting is not None:
        from cwsauth.policy.momentary import momentary_document

        return momentary_document(policy, policy.lasting, call, inexact, complement, limit, cached, iam_conditions)
    key = ("plan", bool(call.route_key), complement)
    plan = policy._documents.get(key)
    if plan is None:
        plan = policy._documents[key] = plan_for(policy, websocket=bool(call.route_key), complement=complement)
    return placed(policy, plan, call, inexact, limit, complement is not None)


def plan_for(policy: Policy, *, websocket: bool = False, complement: str | None = None) -> Plan:
    """The plan of a policy: the same for every call, stage and API."""
    if policy.everything:
        return EVERYTHING
    if not any(rule.effect is ALLOW for rule in policy.effective):
        return NOTHING
    if websocket:
        return EVERYTHING if policy.allows("", "/$connect") else NOTHING
    allow: list[str] = []
    deny: list[str] = []
    exact = True
    lost: list[Lost] = []
    for verbs, cover, rules in _covers(policy, complement):
        denied = fewer_guards(cover.deny)
        for verb in verbs:
            allow.extend(f"{verb}/{text}" for text in cover.allow)
            deny.extend(f"{verb}/{text}" for text in denied)
            exact = exact and cover.exact
            lost.extend(_lost(verb, rules, each) for each in cover.lost)
    if not allow and exact:
        return NOTHING
    return Plan(tuple(allow), tuple(deny), exact, tuple(lost))


def _covers(policy: Policy, complement: str | None) -> Iterable[tuple[list[str], Cover, list[Rule]]]:
    """One cover for each set of verbs that share their templates and rules."""
    table = policy.routes
    groups: dict[object, tuple[list[str], tuple[Segments, ...] | None, list[Rule]]] = {}
    for verb in VERBS if table is None else table.verbs:
        rules = [rule for rule in policy.effective if verb in rule.methods]
        templates = None if table is None else table.for_verb(verb)
        key = (tuple(rule.segments for rule in rules), tuple(rule.effect for rule in rules), templates)
        groups.setdefault(key, ([], templates, rules))[0].append(verb)
    solved: dict[object, Cover] = {}
    hard = []
    for group, (_, templates, rules) in groups.items():
        allows = list(dict.fromkeys(rule.segments for rule in rules if rule.effect is ALLOW))
        denies = list(dict.fromkeys(rule.segments for rule in rules if rule.effect is not ALLOW))
        cover = None if complement else simple(templates, allows, denies)
        if cover is None:
            hard.append((len(templates or ((),)) * len(allows), group, templates, allows, denies))
        else:
            solved[group] = cover
    if hard:
        from cwsauth.policy.language import BUDGET, Budget, solve

        left = BUDGET
        # Each group may spend an equal part of what is left, and the larger ones also what the smaller ones leave.
        hard.sort(key=lambda entry: entry[0])
        for number, (_, group, templates, allows, denies) in enumerate(hard):
            share = Budget(left // (len(hard) - number))
            left -= share.left
            solved[group] = solve(templates, allows, denies, complement=complement is not None, budget=share)
            left += max(share.left, 0)
    for group, (verbs, _, rules) in groups.items():
        yield verbs, solved[group], rules


def _lost(verb: str, rules: list[Rule], missing: Missing) -> Lost:
    return Lost(verb, "/" + missing.path, _rule(rules, missing.rule), missing.why, missing.proof)


def _rule(rules: list[Rule], segments: Segments) -> Rule:
    return next(rule for rule in rules if rule.effect is ALLOW and rule.segments == segments)


def placed(policy: Policy, plan: Plan, call: MethodArn, inexact: str, limit: int | None, complement: bool) -> Document:
    """The plan at the stage of `call`: fitted into the limits, with the call itself where the plan is not exact."""
    prefix = call.prefix
    if limit is None:
        limit = LIMIT_WEBSOCKET if call.route_key else LIMIT
    fits = plan.size(prefix) <= limit
    if plan.exact and fits and len(prefix) + 1 + plan.longest <= MAX_RESOURCE:
        return plan.at(prefix)
    if inexact == "refuse":
        _refuse(plan, prefix, limit, fits)
    if complement:
        # INVARIANT: silence would let a resource policy's Allow win, so a narrowed document denies what it does not allow.
        room = MAX_RESOURCE - len(prefix) - 1
        if not fits or plan.longest > room or not plan.allow:
            return Document((), (prefix + "/*",), False, False, plan.lost)
        return plan.at(prefix, cacheable=False)
    narrowed = plan if fits else Plan((), (), False, plan.lost)
    document = _with_call(policy, narrowed, call, prefix)
    if document.size > limit:
        # Without the rest there is room for the call at hand, wherever there is room for anything.
        document = _with_call(policy, Plan((), (), False, plan.lost), call, prefix)
    return document


def _with_call(policy: Policy, plan: Plan, call: MethodArn, prefix: str) -> Document:
    """What a plan says within the limits, plus the call at hand if the policy allows it and its text is plain."""
    room = MAX_RESOURCE - len(prefix) - 1
    if any(len(text) > room for text in plan.deny):
        # INVARIANT: what a deny holds back is not granted without it.
        plan = Plan((), (), False, plan.lost)
    plan = Plan(tuple(text for text in plan.allow if len(text) <= room), plan.deny, False, plan.lost)
    extra: tuple[str, ...] = ()
    text = call.route_key or f"{call.method}/{call.path}"
    if policy.allows(call.method, "/" + (call.route_key or call.path)) and is_plain(text) and len(text) <= room:
        from cwsauth.policy.language.wildcard import matches

        if any(matches(denied, text) for denied in plan.deny):
            plan = Plan((), (), False, plan.lost)
        if not any(matches(allowed, text) for allowed in plan.allow):
            extra = (text,)
    if not plan.allow and not extra:
        return Document((), (prefix + "/*",), False, False, plan.lost)
    return plan.at(prefix, extra, cacheable=False)


def is_plain(text: str) -> bool:
    """Whether the text of a request may stand in a resource: printable ASCII, no wildcard, no policy variable."""
    return _PLAIN.fullmatch(text) is not None and "${" not in text


def _refuse(plan: Plan, prefix: str, limit: int, fits: bool) -> None:
    if not plan.exact:
        first = plan.lost[0] if plan.lost else None
        witness = (
            ""
            if first is None
            else f": {first.rule.text!r} cannot be said without refusing {first.method} {first.path}"
        )
        raise NotExact(
            f"IAM cannot say this policy exactly{witness}",
            lost=plan.lost,
            help="give the route table of the API, write the rule in whole segments, or allow narrowing",
        )
    if not fits:
        raise TooLarge(
            f"the document is larger than {limit} bytes",
            size=plan.size(prefix),
            limit=limit,
            help="write fewer, wider rules, for example 'product/**' in place of its parts",
        )
    raise TooLarge(
        f"a resource is longer than {MAX_RESOURCE} characters",
        size=len(prefix) + 1 + plan.longest,
        limit=MAX_RESOURCE,
        help="write a shorter rule",
    )


__all__ = ["Document", "Lost", "Plan", "document", "is_plain", "literal_text", "placed", "plan_for"]
