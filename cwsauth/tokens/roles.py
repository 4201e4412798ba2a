"""From what a token says of its caller to rules: roles, and scopes."""

from __future__ import annotations

from cwsauth.errors import ConfigError, Forbidden
from cwsauth.policy.policy import Grant, Policy
from cwsauth.tokens.verifier import rules_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, Protocol

    from cwsauth.policy.rule import Rule
    from cwsauth.tokens.verifier import Rules

    class Claimed(Protocol):
        """Whoever has verified claims: an `Identity`, or an `AuthRequest` behind a verifier."""

        @property
        def claims(self) -> Mapping[str, Any]:
            """What the token says."""
            ...


EVERYONE = "*"
_MAX_POLICIES = 256


class Roles:
    """Roles to rules: `Roles({"admin": ["**"], "editor": ["GET,PUT product/*"], "*": ["GET product"]}, claim="cognito:groups")`.

    A function of an identity (or of a request with claims) that gives the rules of all its roles together, as a `Policy`;
    pass it as `grant=`. `"*"` is every authenticated caller. `inherits={"admin": ["editor"]}` gives a role what others have.
    A role that is not listed grants nothing.

    `claim` is the claim's name, or a tuple of names for one that is nested (`("realm_access", "roles")`). The claim is a list
    of strings, or one string for one role (or several, with `separator`); absent, null or empty it means no role. Of any
    other shape, nobody can say what it grants or takes away, so the call is refused (`Forbidden`).

    Raises:
        ConfigError: no role, roles that inherit in a circle or from one that is not there. PatternError: a rule is wrong.
    """

    __slots__ = ("_claim", "_policies", "_rules", "_separator")

    def __init__(
        self,
        roles: Mapping[str, Rules],
        *,
        claim: str | tuple[str, ...],
        inherits: Mapping[str, Sequence[str]] | None = None,
        separator: str | None = None,
    ) -> None:
        self._claim = (claim,) if isinstance(claim, str) else tuple(claim)
        if not self._claim or not all(type(name) is str and name for name in self._claim):
            raise ConfigError("the claim of roles is a name, or a tuple of names", help='write claim="cognito:groups"')
        if separator == "":
            raise ConfigError("the separator of roles is empty", help="write separator=',' or leave it out")
        own = {name: _role_rules(name, rules) for name, rules in _members(roles, "role")}
        self._rules = {name: _inherited(name, own, dict(inherits or {})) for name in own}
        for name in inherits or {}:
            if name not in own:
                raise ConfigError(f"a role that is not there inherits: {name!r}", help="list it among the roles")
        self._separator = separator
        self._policies: dict[tuple[str, ...], Policy] = {}

    def __call__(self, caller: Claimed) -> Policy:
        """The rules of the caller's roles. Raises Forbidden for a claim of another shape."""
        held = frozenset(self._held(caller.claims))
        # In the order of the roles, and without those that are not listed: as many keys as there are sets of known roles.
        names = tuple([name for name in self._rules if name in held or name == EVERYONE])
        policy = self._policies.get(names)
        if policy is None:
            policy = self._policy(names)
            if len(self._policies) >= _MAX_POLICIES:
                self._policies.clear()
            self._policies[names] = policy
        return policy

    @property
    def roles(self) -> dict[str, tuple[Rule, ...]]:
        """Each role with its rules, inherited ones included: for a matrix, a test, a report."""
        return dict(self._rules)

    def policies(self) -> Iterator[tuple[tuple[str, ...], Policy]]:
        """What callers get, by the roles that they hold: those with few roles first. There are 2 to the number of roles."""
        from itertools import combinations

        listed = [name for name in self._rules if name != EVERYONE]
        for size in range(len(listed) + 1):
            for held in combinations(listed, size):
                yield held, self._policy([name for name in self._rules if name in held or name == EVERYONE])

    def _policy(self, names: Sequence[str]) -> Policy:
        return Policy(dict.fromkeys(rule for name in names for rule in self._rules[name]))

    def _held(self, claims: Mapping[str, Any]) -> list[str]:
        value: object = claims
        for name in self._claim:
            if value is None:
                return []
            if not hasattr(value, "keys"):
                raise Forbidden(f"the claim {'.'.join(self._claim)!r} is not nested as expected")
            value = value.get(name)  # type: ignore[attr-defined]
        if value is None:
            return []
        if isinstance(value, str):
            parts = [value] if self._separator is None else value.split(self._separator)
            return _listed([part.strip() for part in parts if part.strip()], self._claim)
        if isinstance(value, (list, tuple)) and all(isinstance(role, str) for role in value):
            return _listed(list(value), self._claim)
        raise Forbidden(f"the claim {'.'.join(self._claim)!r} is not a list of strings")

    def __repr__(self) -> str:
        return f"Roles({list(self._rules)}, claim={'.'.join(self._claim)!r})"


class Scopes:
    """Scopes to rules: `Scopes({"orders:read": ["GET orders/**"], "orders:write": ["POST,PUT orders/**"]})`.

    A function of an identity (or of a request with claims) that gives the rules of all its scopes, as a `Policy`; pass it as
    `grant=`. By default the scopes are the words of the claim `scope` (RFC 9068), or of `scp`, which may be a list. `"*"` is
    every authenticated caller. Of any other shape, the claim makes the call refused (`Forbidden`).
    """

    __slots__ = ("_claims", "_roles")

    def __init__(self, scopes: Mapping[str, Rules], *, claim: str | None = None) -> None:
        self._claims = ("scope", "scp") if claim is None else (claim,)
        for name, _ in _members(scopes, "scope"):
            if any(char.isspace() for char in name):
                raise ConfigError(f"invalid scope {name!r}: a scope is one word", help="list each of them by itself")
        self._roles = {name: Roles(scopes, claim=name, separator=" ") for name in self._claims}

    def __call__(self, caller: Claimed) -> Policy:
        """The rules of the caller's scopes. Raises Forbidden for a claim of another shape."""
        claims = caller.claims
        name = next((name for name in self._claims if claims.get(name) is not None), self._claims[0])
        return self._roles[name](caller)

    def policies(self) -> Iterator[tuple[tuple[str, ...], Policy]]:
        """What callers get, by the scopes that they hold; see `Roles.policies`."""
        return self._roles[self._claims[0]].policies()

    def __repr__(self) -> str:
        return f"Scopes({list(self._roles[self._claims[0]].roles)})"


def _members(table: Mapping[str, Rules], what: str) -> list[tuple[str, Rules]]:
    if not hasattr(table, "items") or not table:
        raise ConfigError(f"a dict from {what}s to rules is needed", help=f'write {{"{what}": ["GET product/*"]}}')
    for name in table:
        if type(name) is not str or not name:
            raise ConfigError(f"a {what} is a non-empty string, not {type(name).__name__}")
    return list(table.items())


def _role_rules(name: str, rules: Rules) -> tuple[Rule, ...]:
    policy = rules_of(rules, f"role {name!r}")
    if isinstance(policy, Grant):
        raise ConfigError(f"the rules of role {name!r} are a Grant", help="a role has rules only; list them")
    return policy.rules


def _inherited(
    name: str, own: Mapping[str, tuple[Rule, ...]], inherits: Mapping[str, Sequence[str]]
) -> tuple[Rule, ...]:
    """The rules of a role and of all that it inherits from, each once."""
    rules: dict[Rule, None] = {}
    done: set[str] = set()

    def visit(role: str, path: tuple[str, ...]) -> None:
        if role in path:
            raise ConfigError(f"roles inherit in a circle: {' > '.join((*path, role))}", help="take one of them out")
        if role not in own:
            raise ConfigError(f"the role {path[-1]!r} inherits from {role!r}, which is not there", help="list it, too")
        if role in done:
            return
        rules.update(dict.fromkeys(own[role]))
        parents = inherits.get(role, ())
        if isinstance(parents, str):
            raise ConfigError(f"the role {role!r} inherits from a string", help=f"write {{{role!r}: [{parents!r}]}}")
        for parent in parents:
            visit(parent, (*path, role))
        done.add(role)

    visit(name, ())
    return tuple(rules)


def _listed(roles: list[str], claim: tuple[str, ...]) -> list[str]:
    # A role that is called "*" would be everyone's, which is granted anyway; it is no role of anybody.
    return [role for role in roles if role != EVERYONE]
