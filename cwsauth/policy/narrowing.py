"""A document that says less than its policy: what can be said, and the call at hand; or the errors of those who want all or nothing."""

from __future__ import annotations

from cwsauth.errors import NotExact, TooLarge
from cwsauth.policy.document import MAX_RESOURCE, Document, Plan
from cwsauth.policy.language.wildcard import matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from cwsauth.arn import MethodArn
    from cwsauth.policy.policy import Policy


def narrowed(policy: Policy, plan: Plan, call: MethodArn, inexact: str, limit: int, complement: bool) -> Document:
    """The document of a plan that is not exact, or does not fit into `limit` bytes or into the length of a resource.

    Raises:
        NotExact, TooLarge: with `inexact="refuse"`.
    """
    prefix = call.prefix
    fits = plan.size(prefix) <= limit
    if inexact == "refuse":
        _refuse(plan, prefix, limit, fits)
    if complement:
        # INVARIANT: silence would let a resource policy's Allow win, so a narrowed document denies what it does not allow.
        room = MAX_RESOURCE - len(prefix) - 1
        if not fits or plan.longest > room or not plan.allow:
            return Document((), (prefix + "/*",), False, False, plan.lost)
        return plan.at(prefix, cacheable=False)
    document = _with_call(policy, plan if fits else Plan((), (), False, plan.lost), call, prefix)
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
        if any(matches(denied, text) for denied in plan.deny):
            plan = Plan((), (), False, plan.lost)
        if not any(matches(allowed, text) for allowed in plan.allow):
            extra = (text,)
    if not plan.allow and not extra:
        return Document((), (prefix + "/*",), False, False, plan.lost)
    return plan.at(prefix, extra, cacheable=False)


def is_plain(text: str) -> bool:
    """Whether the text of a request may stand in a resource: printable ASCII, no wildcard, no policy variable."""
    return text.isascii() and text.isprintable() and "*" not in text and "?" not in text and "${" not in text


def _refuse(plan: Plan, prefix: str, limit: int, fits: bool) -> NoReturn:
    if not plan.exact:
        first = plan.lost[0] if plan.lost else None
        witness = (
            ""
            if first is None
            else f": {first.rule.written!r} cannot be said without refusing {first.method} {first.told}"
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
