"""A policy as an IAM document for one stage of one API: the same meaning, or less, and it says so."""

from __future__ import annotations

import json

from cwsauth.arn import MethodArn
from cwsauth.policy.rule import ALLOW

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cwsauth.policy.lost import Lost
    from cwsauth.policy.policy import Policy

ACTION = "execute-api:Invoke"
VERSION = "2012-10-17"
# Characters of a Resource. Source: API Gateway developer guide, "Output from an API Gateway Lambda authorizer".
MAX_RESOURCE = 512
# Bytes of a whole result. WebSocket: API Gateway quotas. Elsewhere none is documented; this is ours.
LIMIT_WEBSOCKET = 8192
LIMIT = 65536


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
        if self.conditional:
            from copy import deepcopy

            statements += [
                {"Effect": effect, "Action": ACTION, "Resource": [*resources], "Condition": deepcopy(condition)}
                for effect, resources, condition in self.conditional
            ]
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
        rules = ", ".join(repr(text) for text in dict.fromkeys(lost.rule.written for lost in self.lost))
        if any(lost.rule.when is not None for lost in self.lost):
            return (
                f"what {rules} says depends on the call, which a document that is cached cannot: it may refuse"
                f" {first.method} {first.told}; declare ttl=0 here and at API Gateway, or iam_conditions=True"
            )
        shown = next((lost for lost in self.lost if lost.proof is not None), first)
        said = f"IAM cannot say {rules} exactly" if shown.proof else f"no document was found that says {rules} exactly"
        return (
            f"{said}: the document refuses {shown.method} {shown.told}"
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
        from cwsauth.errors import ConfigError

        raise ConfigError(f"invalid value {inexact!r} for inexact", help="use 'narrow' or 'refuse'")
    if complement not in (None, "deny"):
        from cwsauth.errors import ConfigError

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
    from cwsauth.policy.planning import planned

    return planned(policy, complement)


def placed(policy: Policy, plan: Plan, call: MethodArn, inexact: str, limit: int | None, complement: bool) -> Document:
    """The plan at the stage of `call`: fitted into the limits, with the call itself where the plan is not exact."""
    prefix = call.prefix
    if limit is None:
        limit = LIMIT_WEBSOCKET if call.route_key else LIMIT
    if plan.exact and len(prefix) + 1 + plan.longest <= MAX_RESOURCE and plan.size(prefix) <= limit:
        return plan.at(prefix)
    from cwsauth.policy.narrowing import narrowed

    return narrowed(policy, plan, call, inexact, limit, complement)
