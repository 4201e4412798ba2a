"""A policy: rules and what they decide. Immutable, hashable, picklable; safe to share between threads."""

from __future__ import annotations

from cwsauth.policy.rule import DENY, VERBS, Rule, read
from cwsauth.policy.segments import DEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from cwsauth.policy.document import Document
    from cwsauth.policy.matcher import Table
    from cwsauth.policy.reason import Reason
    from cwsauth.policy.routes import RouteTable
    from cwsauth.request import AuthRequest


class Decision:
    """What a policy says of one call: `allowed`, the deciding `rule` (or None), a `reason`; truthy if allowed."""

    __slots__ = ("allowed", "method", "path", "policy", "rule")

    def __init__(self, allowed: bool, rule: Rule | None, method: str, path: str, policy: Policy) -> None:
        self.allowed = allowed
        self.rule = rule
        self.method = method
        self.path = path
        self.policy = policy

    @property
    def reason(self) -> Reason:
        """Why, in one word."""
        from cwsauth.policy.reason import reason_of

        return reason_of(self)

    def __bool__(self) -> bool:
        return self.allowed

    def __repr__(self) -> str:
        rule = None if self.rule is None else self.rule.text
        return f"Decision(allowed={self.allowed}, rule={rule!r}, reason={self.reason.name})"


# The tables of a policy that was not asked for a decision yet: an authorizer needs none for most of its documents.
_NOT_BUILT: dict[str, Table] = {}


class Policy:
    """Rules, compiled. `Policy.of(["product/*", "!product/internal"])`.

    `rules` is a tuple of `Rule`; `routes` the table of the API, or None where every path is possible. A rule with a
    condition or a placeholder grants nothing, and denies all it could deny, until `settle` has seen the request.
    `lasting` is None, or, for a policy that holds for one call only (because of its time or address), what of it stands for
    every call of the same caller: all that may be cached.
    """

    __slots__ = ("_documents", "_hash", "_tables", "_unlimited", "effective", "lasting", "routes", "rules")
    rules: tuple[Rule, ...]
    routes: RouteTable | None
    effective: tuple[Rule, ...]
    lasting: Policy | None
    _unlimited: Rule | None
    _tables: dict[str, Table]
    _documents: dict[object, Any]
    _hash: int | None

    def __init__(
        self, rules: Iterable[Rule], routes: RouteTable | None = None, *, lasting: Policy | None = None
    ) -> None:
        written = effective = tuple(rules)
        # PERF: benchmarks/build.py - a plain path without a condition needs none of the questions below.
        special = [rule for rule in effective if rule.literal is None or rule.when is not None]
        if not all(rule.settled for rule in special if rule.when is not None or "$" in rule.text):
            effective = tuple(certain for rule in effective if (certain := _certain(rule)) is not None)
            special = list(effective)
        _set_rules(self, written)
        _set_routes(self, routes)
        _set_effective(self, effective)
        _set_lasting(self, lasting)
        _set_unlimited(self, _unlimited(effective, special))
        _set_tables(self, _NOT_BUILT)
        _set_documents(self, {})
        _set_hash(self, None)

    @classmethod
    def of(cls, answer: object, *, routes: object = None) -> Policy:
        """The policy of True (everything), False (nothing), a rule, a list or tuple of rules, or of a policy.

        `routes` is whatever `RouteTable.of` takes; what else an `auth` function may return is read by
        `cwsauth.policy.normalize`.

        Raises:
            PatternError: one of the rules is none; then there is no policy at all.
        """
        table = None
        if routes is not None:
            from cwsauth.policy.routes import RouteTable

            table = RouteTable.of(routes)
        if type(answer) is Policy:
            return answer if table is None or table == answer.routes else cls(answer.rules, table)
        if answer is True:
            return cls((Rule("*"),), table)
        if answer is False:
            return cls((), table)
        if isinstance(answer, (str, Rule)):
            answer = (answer,)
        if not isinstance(answer, (list, tuple)):
            from cwsauth.errors import PatternError

            raise PatternError(
                f"invalid policy: a list of rules is needed, not {type(answer).__name__}",
                help="pass True, False, or a list such as ['GET product/*']",
            )
        return cls(read(answer), table)

    @property
    def everything(self) -> bool:
        """Whether one rule allows every verb and every path, and nothing is denied."""
        return self._unlimited is not None

    @property
    def settled(self) -> bool:
        """Whether every rule says the same for every request."""
        return self.effective is self.rules

    def settle(
        self, request: AuthRequest, values: Mapping[str, object] | None = None, *, now: float | None = None
    ) -> Policy:
        """The policy as it stands for one verified request: conditions asked, placeholders filled.

        `values` maps placeholder names (`claims.sub`) to texts; by default they come from the request's claims. `now` is the
        time in seconds since the epoch; without it, conditions on the time cannot be decided, and count against the caller.
        """
        if self.settled:
            return self
        if values is None:
            values = {f"claims.{name}": value for name, value in request.claims.items()}
        lasting = [left for rule in self.rules for left in rule.settle(request, values)]
        if all(rule.when is None for rule in lasting):
            return Policy(lasting, self.routes)
        rules = [rule for left in lasting if (rule := left.at(request, now)) is not None]
        return Policy(rules, self.routes, lasting=Policy(lasting, self.routes))

    def routed(self, routes: RouteTable) -> Policy:
        """The same policy for an API with these routes."""
        lasting = None if self.lasting is None else self.lasting.routed(routes)
        return Policy(self.rules, routes, lasting=lasting)

    def allows(self, method: str, path: str) -> bool:
        """Whether the call is allowed: `decide` without the reason, and faster."""
        # PERF: benchmarks/decisions.py - the usual call splits the path once, and takes a lookup and a comparison.
        try:
            table = self._tables[method]
            if path in table.sure:
                return True
            parts = path.split("/")
            leaf = table.following.get(parts[table.at], table.other)
        except LookupError:  # no tables yet, no such verb, or a short path
            return self.decide(method, path).allowed
        if parts[0] or not parts[-1] or "//" in path:
            # What is not canonical is folded first, and then it may be in `sure`.
            return self._find(table, path)[0]
        size = len(parts)
        while leaf is not None:
            # Taken apart piece by piece: among many rules, each piece is another line of the processor's cache.
            least = leaf[0]
            if (size == least or (leaf[1] and size > least)) and parts[leaf[2]] == leaf[3]:
                get = leaf[4]
                if get is None or get(parts) == leaf[5]:
                    if "/." in path:
                        return self._find(table, path)[0]
                    return table.deny is None or table.deny.find(path, parts) < 0
            leaf = leaf[7]
        return table.trie is not None and self._find(table, path)[0]

    def remembering(self, method: str, paths: int = 1024) -> Callable[[str], bool]:
        """`allows` for one verb, with the answers for the last `paths` paths remembered: for a loop that asks the same ones.

        It never holds more, however many paths somebody makes up; each costs what its text does and about 200 bytes.

        Raises:
            ValueError: `paths` is not a number from 1 on.
        """
        if type(paths) is not int or paths < 1:
            raise ValueError(f"a number of paths from 1 on is needed, not {paths!r}")
        from functools import lru_cache, partial

        return lru_cache(maxsize=paths)(partial(self.allows, method))

    def decide(self, method: str, path: str) -> Decision:
        """What the policy says of one call.

        `method` is an upper-case verb ('' for a WebSocket's `$connect`, whose path is `/$connect`). A trailing slash and
        doubled slashes are folded; '.' and '..' segments are refused by every policy that does not allow everything.
        """
        table = self._tables.get(method)
        if table is None:
            table = self._built().get(method)
        if table is None:
            return Decision(self._unlimited is not None, self._unlimited, method, path, self)
        allowed, rule = self._find(table, path)
        return Decision(allowed, rule, method, path, self)

    def _built(self) -> dict[str, Table]:
        """The tables, built at the first decision."""
        # INVARIANT: whoever asks gets the tables, also where another thread builds them at the same time.
        if self._tables is _NOT_BUILT:
            from cwsauth.policy.matcher import tables

            _set_tables(self, tables(self.effective) if self.effective else {})
        return self._tables

    def _find(self, table: Table, path: str) -> tuple[bool, Rule | None]:
        parts = ["", *[part for part in path.split("/") if part]]
        if "." in parts or ".." in parts:
            return self._unlimited is not None, self._unlimited
        place, allowed = table.find("/".join(parts) or "/", parts)
        return allowed, self.effective[place] if place >= 0 else None

    def document(
        self,
        arn: object,
        *,
        inexact: str = "narrow",
        complement: str | None = None,
        limit: int | None = None,
        cached: bool = True,
        iam_conditions: bool = False,
    ) -> Document:
        """The IAM document of this policy for the API and stage of `arn`; see `cwsauth.policy.document.document`."""
        from cwsauth.policy.document import document

        return document(
            self,
            arn,
            inexact=inexact,
            complement=complement,
            limit=limit,
            cached=cached,
            iam_conditions=iam_conditions,
        )

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a policy cannot be changed: {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a policy cannot be changed: {name}")

    def __repr__(self) -> str:
        return f"Policy({[rule.text for rule in self.rules]})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Policy) and (
            self.rules == other.rules and self.routes == other.routes and self.lasting == other.lasting
        )

    def __hash__(self) -> int:
        if self._hash is None:
            _set_hash(self, hash((self.rules, self.routes)))
        return self._hash  # type: ignore[return-value]

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (self.rules, self.routes, self.lasting)


# A policy is frozen by `__setattr__`; its own slots are filled through their descriptors.
_set_rules, _set_routes, _set_effective, _set_lasting, _set_unlimited, _set_tables, _set_documents, _set_hash = (
    Policy.__dict__[slot].__set__
    for slot in ("rules", "routes", "effective", "lasting", "_unlimited", "_tables", "_documents", "_hash")
)


def _restored(rules: tuple[Rule, ...], routes: RouteTable | None, lasting: Policy | None) -> Policy:
    return Policy(rules, routes, lasting=lasting)


def _unlimited(rules: tuple[Rule, ...], special: list[Rule]) -> Rule | None:
    """The rule that allows everything, if there is one among the `special` of `rules` and no deny takes something away."""
    found = [rule for rule in special if rule.segments == (DEEP,) and rule.methods == VERBS]
    if not found or any(rule.effect is DENY for rule in rules):
        return None
    return found[0]


def _certain(rule: Rule) -> Rule | None:
    return rule if rule.settled else rule.unsettled()


class Grant:
    """Rules with an identity: what an `auth` function returns to say who the caller is, too.

    `principal_id` is a non-empty string; `context` is handed to the backend; `usage_identifier_key` is an API key of a
    usage plan; `conditions` limit every rule of the grant.
    """

    __slots__ = ("conditions", "context", "expires_at", "principal_id", "rules", "usage_identifier_key")

    def __init__(
        self,
        rules: object,
        *,
        principal_id: str | None = None,
        context: Mapping[str, object] | None = None,
        usage_identifier_key: str | None = None,
        conditions: object = None,
        expires_at: float | None = None,
    ) -> None:
        self.rules = rules
        self.principal_id = principal_id
        self.context = context
        self.usage_identifier_key = usage_identifier_key
        self.conditions = conditions
        self.expires_at = expires_at

    def __repr__(self) -> str:
        return f"Grant({self.rules!r}, principal_id={'...' if self.principal_id else None})"
