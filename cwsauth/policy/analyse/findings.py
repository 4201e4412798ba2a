"""What is probably wrong with a list of rules: each finding names the rule or route, and shows a request where there is one."""

from __future__ import annotations

from cwsauth.policy.analyse.best_case import at_most, best_case
from cwsauth.policy.analyse.universe import calls
from cwsauth.policy.document import plan_for
from cwsauth.policy.language.meet import meet
from cwsauth.policy.policy import Policy
from cwsauth.policy.routes import RouteTable
from cwsauth.policy.rule import ALLOW, DENY, VERBS, Rule
from cwsauth.policy.segments import ANY, DEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from cwsauth.policy.analyse.universe import Call
    from cwsauth.policy.lost import Lost
    from cwsauth.policy.routes import Route

ERROR, WARNING, NOTE = "error", "warning", "note"
_RANK = {ERROR: 0, WARNING: 1, NOTE: 2}


class Finding:
    """One finding: a `code`, its `severity` (`error`, `warning`, `note`), a `message` and `help`.

    `rule` or `route` is what it is about; `request` shows it, where one can.
    """

    __slots__ = ("code", "help", "message", "request", "route", "rule", "severity")

    def __init__(
        self,
        code: str,
        severity: str,
        message: str,
        help: str,
        *,
        rule: Rule | None = None,
        route: Route | None = None,
        request: str | None = None,
    ) -> None:
        self.code = code
        self.severity = severity
        self.message = message
        self.help = help
        self.rule = rule
        self.route = route
        self.request = request

    def to_dict(self) -> dict[str, Any]:
        """The finding as data."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "help": self.help,
            "rule": None if self.rule is None else self.rule.text,
            "route": None if self.route is None else str(self.route),
            "request": self.request,
        }

    def __repr__(self) -> str:
        return f"Finding({self.code}: {self.message})"


def lint(policy: Policy, *, routes: object = None) -> tuple[Finding, ...]:
    """Findings about a policy, the worst first; with a route table also those about its routes.

    A rule under a condition, or with a placeholder, is judged by all that it may come to say, and by the rules that stand for
    every request.

    - `unreachable-rule` (error): no declared route can meet the rule.
    - `shadowed-rule` (error): denies cover all that the rule would allow.
    - `redundant-rule` (warning): without it the policy would mean the same. Of a rule under a condition: what it allows is
      allowed without the condition.
    - `broad-rule` (warning): it allows every route, or begins with `**`.
    - `inexact-rule` (warning): IAM cannot say it, so its document is narrowed and not cacheable.
    - `falls-through` (warning): a verb that a route does not declare reaches a `{proxy+}` that the policy allows.
    - `unreached-route` (note): no rule allows any call of it.
    - `short-star` (note): declared routes lie deeper than a last `*` reaches; in CoWorks and Chalice it reached them.

    Raises:
        TooComplex: the rules tell more calls apart than can be looked at.
    """
    table = policy.routes if routes is None else RouteTable.of(routes)
    widest = tuple(map(at_most, policy.rules))
    sorts = [*calls(widest, table, by_template=table is not None)]
    found = [*_about_rules(policy.rules, sorts, table), *_inexact(Policy(policy.effective, table))]
    if table is not None:
        best = best_case(policy)
        reaching = sorts if best is policy else [*calls(best.effective, table, by_template=True)]
        found.extend(_about_routes(best.effective, reaching, table))
        found.extend(_falling_through(policy, table))
        found.extend(_short_stars(policy, table))
    return tuple(sorted(found, key=lambda finding: (_RANK[finding.severity], finding.code)))


def _about_rules(rules: Sequence[Rule], sorts: Sequence[Call], table: RouteTable | None) -> Iterator[Finding]:
    """Findings about `rules`; in `sorts` each of them matches all that it may come to match."""
    # INVARIANT: only what stands for every request takes another rule's meaning away.
    sure = frozenset(place for place, rule in enumerate(rules) if rule.settled)
    denies = frozenset(place for place in sure if rules[place].effect is DENY)
    for place, rule in enumerate(rules):
        met = [call for call in sorts if place in call.matched]
        if not met:
            help = "remove it, or declare the route that it is meant for" if table else "remove it"
            yield Finding("unreachable-rule", ERROR, f"no declared route can meet {rule.text!r}", help, rule=rule)
            continue
        if rule.effect is ALLOW and all(call.matched & denies for call in met):
            blocker = next(rules[other] for other in sorted(met[0].matched & denies))
            yield Finding(
                "shadowed-rule",
                ERROR,
                f"{rule.text!r} allows nothing: {blocker.text!r} denies it",
                "remove one of them; a deny wins whatever the order",
                rule=rule,
                request=f"{met[0].verb} {met[0].path}",
            )
        elif _superfluous(place, met, rules, sure, denies):
            yield Finding(
                "redundant-rule",
                WARNING,
                f"without {rule.text!r} the policy would mean the same",
                "remove it"
                if rule.settled or rule.effect is DENY
                else "remove it, or, if its condition is to count, the rules that allow the same without it",
                rule=rule,
            )
        if rule.effect is ALLOW and rule.settled and _broad(rule, len(met) == len(sorts), len(rules)):
            yield Finding(
                "broad-rule",
                WARNING,
                f"{rule.text!r} allows more than one part of the API",
                "name the parts, as in 'product/**', or return True where everything is meant",
                rule=rule,
            )


def _superfluous(
    place: int, met: Sequence[Call], rules: Sequence[Rule], sure: frozenset[int], denies: frozenset[int]
) -> bool:
    """Whether every call that a rule decides would be decided alike without it; of two equal rules the first stays."""
    rule = rules[place]
    before = frozenset(other for other in range(place) if rules[other] == rule)
    after = frozenset(other for other in range(place + 1, len(rules)) if rules[other] == rule)
    for call in met:
        others = call.matched - {place} - after
        if others & before or others & denies:
            continue
        if rule.effect is ALLOW:
            if not any(other in sure and rules[other].effect is ALLOW for other in others):
                return False
        elif any(rules[other].effect is ALLOW for other in others):
            return False
    return True


def _broad(rule: Rule, everything: bool, count: int) -> bool:
    whole = rule.segments == (DEEP,) and rule.methods == VERBS
    return (everything and not whole and count > 0) or (rule.segments[:1] == (DEEP,) and not whole)


def _inexact(policy: Policy) -> Iterator[Finding]:
    seen = set()
    for lost in plan_for(policy).lost:
        if lost.rule.text not in seen:
            seen.add(lost.rule.text)
            yield Finding(
                "inexact-rule",
                WARNING,
                f"{_told(lost)}: the document is narrowed and not cacheable",
                "write it in whole segments, grant what lies below as well, or set the authorizer's TTL to 0",
                rule=lost.rule,
                request=f"{lost.method} {lost.path}",
            )


def _told(lost: Lost) -> str:
    if lost.proof is not None:
        return f"IAM cannot say {lost.rule.text!r} exactly, at any size"
    return f"no document was found that says {lost.rule.text!r} exactly"


def _about_routes(rules: Sequence[Rule], sorts: Sequence[Call], table: RouteTable) -> Iterator[Finding]:
    denies = frozenset(place for place, rule in enumerate(rules) if rule.effect is DENY)
    reached = {
        (call.verb, template)
        for call in sorts
        if call.matched and not call.matched & denies
        for template in call.templates
    }
    for route in table:
        if (route.method, route.segments) not in reached:
            yield Finding(
                "unreached-route",
                NOTE,
                f"no rule allows any call of '{route}'",
                "add a rule for it, or leave it as it is if nobody may call it",
                route=route,
            )


def _falling_through(policy: Policy, table: RouteTable) -> Iterator[Finding]:
    """API Gateway routes by path and verb: an undeclared verb of a path goes on to the `{proxy+}` above it."""
    declared: dict[tuple[object, ...], set[str]] = {}
    for route in table:
        declared.setdefault(route.segments, set()).add(route.method)
    greedy = [route for route in table if route.segments[-1:] == (DEEP,)]
    for route in dict.fromkeys(table):
        if route.segments[-1:] == (DEEP,):
            continue
        for other in greedy:
            common = meet(route.segments, other.segments)
            if other.method in declared[route.segments] or not common:
                continue
            path = "/" + "/".join(s if isinstance(s, str) else "x" for s in common[0] if s is not DEEP)
            if policy.allows(other.method, path) and not policy.allows(route.method, path):
                yield Finding(
                    "falls-through",
                    WARNING,
                    f"'{other.method} {route.template}' is not declared, falls through to '{other}' and is allowed there",
                    f"declare the verb on '{route.template}', or deny it",
                    route=route,
                    request=f"{other.method} {path}",
                )


def _short_stars(policy: Policy, table: RouteTable) -> Iterator[Finding]:
    for rule in policy.effective:
        if rule.effect is DENY or rule.segments[-1:] != (ANY,):
            continue
        deeper = (*rule.segments, ANY, DEEP)
        missed = [
            route
            for route in table
            if route.method in rule.methods
            and any(not policy.allows(route.method, _sample(common)) for common in meet(route.segments, deeper))
        ]
        if missed:
            names = ", ".join(f"'{route}'" for route in missed[:3]) + (" and more" if len(missed) > 3 else "")
            yield Finding(
                "short-star",
                NOTE,
                f"{rule.text!r} does not reach {names}",
                f"write {Rule.made(rule.effect, rule.methods, (*rule.segments, DEEP)).text!r} if everything below is meant",
                rule=rule,
                route=missed[0],
            )


def _sample(segments: tuple[object, ...]) -> str:
    return "/" + "/".join(segment if isinstance(segment, str) else "x" for segment in segments if segment is not DEEP)
