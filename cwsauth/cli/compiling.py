"""The plans of the policies of an authorizer that are known before any request: what `cwsauth compile` writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from cwsauth import __version__
from cwsauth.authorizer import Authorizer
from cwsauth.cli.objects import load_object
from cwsauth.compiled import FORMAT, digest_of, key_of
from cwsauth.errors import ConfigError
from cwsauth.from_file import FileAuth
from cwsauth.policy import Grant, Policy, Rule
from cwsauth.policy.document import Plan, plan_for
from cwsauth.policy.normalize import normalize
from cwsauth.tokens.choice import Anonymous, First
from cwsauth.tokens.granting import Granting
from cwsauth.tokens.roles import Roles, Scopes
from cwsauth.tokens.static import StaticTokens
from cwsauth.tokens.then import Then

# Of a number of roles there are far more sets than callers; those with few roles come first.
MOST_SETS = 64


@dataclass(frozen=True, slots=True)
class Compiled:
    """The data of the file, the key of each policy by its name, and the names of policies that depend on the request."""

    data: dict[str, Any]
    keys: dict[str, str]
    left_out: list[str]

    def to_dict(self) -> dict[str, Any]:
        """What was compiled, for a program."""
        plans = self.data["plans"]
        return {
            "policies": [
                {
                    "name": name,
                    "key": key,
                    "exact": plans[key]["exact"],
                    "allow": len(plans[key]["allow"]),
                    "deny": len(plans[key]["deny"]),
                }
                for name, key in self.keys.items()
            ],
            "left_out": self.left_out,
        }

    def lines(self) -> list[str]:
        """What was compiled, in words."""
        count = len(self.keys)
        lines = [f"{count} {'policy' if count == 1 else 'policies'}: {', '.join(self.keys) or 'none'}"]
        inexact = [name for name, key in self.keys.items() if not self.data["plans"][key]["exact"]]
        if inexact:
            lines.append(f"narrower in IAM than in process: {', '.join(inexact)}")
        if self.left_out:
            lines.append(f"left out, since they depend on the request: {', '.join(self.left_out)}")
        return lines

    def stale(self, file: str) -> ConfigError:
        """What is said of a file that is not what would be written."""
        return ConfigError(f"'{file}' is not what would be written now", help="run 'cwsauth compile' without --check")


def load_authorizer(source: str) -> Authorizer:
    """The authorizer that `MODULE:OBJECT` names, or that of an app.

    Raises:
        ConfigError: there is none.
    """
    found = load_object(source)
    own = getattr(found, "cwsauth_authorizer", None)
    if not isinstance(found, Authorizer) and callable(own):
        found = own()
    if not isinstance(found, Authorizer):
        raise ConfigError(
            f"'{source}' is a {type(found).__name__}, not an authorizer",
            help="name what @authorizer made of a function",
        )
    return found


def load_others(sources: tuple[str, ...]) -> dict[str, object]:
    """The objects that are named, by the names that they have in their modules."""
    return {source.rpartition(":")[2]: load_object(source) for source in sources}


def is_fresh(file: str, compiled: Compiled) -> bool:
    """Whether a file has in it what would be written."""
    try:
        with open(file, encoding="utf-8") as opened:
            return bool(json.load(opened) == compiled.data)
    except (OSError, ValueError, RecursionError):
        return False


def compile_plans(handler: Authorizer, others: Mapping[str, object]) -> Compiled:
    """The plans of an authorizer's own policies and of `others` that its function returns, by name.

    Raises:
        ConfigError: nothing of it is known before the request comes, or one of `others` has no rules.
    """
    results = list(_results(handler.function, ""))
    for name, other in others.items():
        found = list(_results(other, name))
        if not found:
            raise ConfigError(
                f"'{name}' is a {type(other).__name__}, which has no rules in it",
                help="name a Policy, a list of rules, a dict of them by role, Roles, or StaticTokens",
            )
        results.extend(found)
    if not results:
        raise ConfigError(
            "what the authorizer grants depends on the request",
            help="name the policies that its function returns, too: cwsauth compile app:auth app:RULES",
        )
    plans: dict[str, dict[str, Any]] = {}
    keys: dict[str, str] = {}
    left_out: list[str] = []
    for name, result in results:
        answer = normalize(result, routes=handler.routes)
        if answer.problem is not None:
            raise ConfigError(f"'{name}' has no rules: {answer.problem}", help="write a list of rules")
        if not answer.policy.settled:
            left_out.append(name)
        elif not answer.policy.everything:  # that document is known anyway
            keys[name] = key = key_of(answer.policy, handler.complement)
            if key not in plans:
                plans[key] = _data(plan_for(answer.policy, complement=handler.complement), answer.policy)
    plans = dict(sorted(plans.items()))
    data = {"format": FORMAT, "version": __version__, "digest": digest_of(__version__, plans), "plans": plans}
    return Compiled(data, keys, left_out)


def _results(found: object, name: str) -> Iterator[tuple[str, object]]:
    """What an auth function or a verifier can answer, each with a name; nothing where nobody can know."""
    if isinstance(found, FileAuth):
        found = found.verifier
    if isinstance(found, bool | list | tuple | Rule | Policy | Grant):
        yield name or "auth", found
    elif isinstance(found, Mapping):
        yield from ((str(role), rules) for role, rules in found.items())
    elif isinstance(found, Roles | Scopes):
        yield from _sets(found)
    elif isinstance(found, StaticTokens):
        yield from found.rules.items()
    elif isinstance(found, First):
        for verifier in found.verifiers:
            yield from _results(verifier, name)
    elif isinstance(found, Granting | Anonymous):
        yield from _results(found.grants, name or type(found).__name__)
    elif isinstance(found, Then):
        yield from _results(found.function, name)


def _sets(roles: Roles | Scopes) -> Iterable[tuple[str, Policy]]:
    return (("+".join(held) or "*", policy) for held, policy in islice(roles.policies(), MOST_SETS))


def _data(plan: Plan, policy: Policy) -> dict[str, Any]:
    # The very rule: others may be equal to it, and written differently.
    places = {id(rule): place for place, rule in reversed([*enumerate(policy.effective)])}
    lost = [
        [each.method, each.path, places[id(each.rule)], each.why.name, None if each.proof is None else each.proof.paths]
        for each in plan.lost
    ]
    return {"allow": [*plan.allow], "deny": [*plan.deny], "exact": plan.exact, "lost": lost}
