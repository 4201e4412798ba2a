"""Plans that were made before the Lambda started: a file that `cwsauth compile` wrote, read and checked.

INVARIANT: a plan stands under the hash of all that it depends on, so one that was made of other rules, routes or options, or
by another version, is not found, and the document is made as if there were no file.
"""

from __future__ import annotations

import json
import os
import re

from cwsauth import __version__
from cwsauth.errors import ConfigError
from cwsauth.policy.document import Plan
from cwsauth.policy.normalize import Memory
from cwsauth.policy.pattern import pattern_text
from cwsauth.policy.rule import VERBS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cwsauth.policy.language.impossible import Proof
    from cwsauth.policy.normalize import Seen
    from cwsauth.policy.policy import Policy

# What `planned` gives for the same rules may differ between two of these, or between two versions of the package.
FORMAT = 1
_KEYS = {"format", "version", "digest", "plans"}
_PLAN_KEYS = {"allow", "deny", "exact", "lost"}
# The names of `cwsauth.policy.lost.Narrowing`, which is loaded only for a plan that lost something.
_NARROWINGS = frozenset({"UNSAYABLE", "NOT_FOUND", "BUDGET", "CALL"})
_KEY = re.compile(r"[0-9a-f]{64}")
# A verb, spelled out, before a path: a plan never has a wildcard in the place of the verb.
_ANCHORED = re.compile(rf"(?:{'|'.join(VERBS)})/[^\x00-\x1f\x7f]*")
_ANEW = "delete it, and write it anew with 'cwsauth compile'"


def sha256(text: str) -> str:
    """The SHA-256 of a text, in 64 hexadecimal digits."""
    # PERF: benchmarks/compiled.py - `hashlib` has the same function, and loads OpenSSL with it.
    try:
        from _sha2 import sha256 as digest
    except ImportError:
        try:
            from _sha256 import sha256 as digest  # Python 3.11
        except ImportError:
            from hashlib import sha256 as digest
    found: str = digest(text.encode()).hexdigest()
    return found


def key_of(policy: Policy, complement: str | None) -> str:
    """The hash of all that the plan of a settled policy depends on: rules and routes in their order, options, versions."""
    rules = [[rule.effect.value, rule.methods, pattern_text(rule.segments)] for rule in policy.effective]
    routes = None if policy.routes is None else [str(route) for route in policy.routes.routes]
    parts = {"complement": complement, "routes": routes, "rules": rules, "websocket": False}
    return sha256(_canonical([FORMAT, __version__, parts]))


def digest_of(version: str, plans: Mapping[str, object]) -> str:
    """The hash of the plans of a file, by which a change that was made by hand or in transit is noticed."""
    return sha256(_canonical([FORMAT, version, plans]))


class Plans:
    """The plans of a file by their keys. `path` is where they were read from, None for a mapping.

    It is true where there is any plan.
    """

    __slots__ = ("_plans", "path")

    def __init__(self, plans: dict[str, Any], path: str | None = None) -> None:
        self._plans = plans
        self.path = path

    @classmethod
    def of(cls, source: object, function: object) -> Plans:
        """The plans of `source`, a path or what is in the file, for the authorizer of `function`.

        A relative path begins beside the module of `function`, or, where that is an object and not a function, in the working
        directory, which is the package in Lambda. Where there is no such file, or it is of another version, there are
        no plans, and the log has a warning.

        Raises:
            ConfigError: it is no such file.
        """
        if isinstance(source, Plans):
            return source
        if hasattr(source, "keys"):
            return cls(_checked(source, "the mapping of compiled=", None))
        if not isinstance(source, (str, os.PathLike)):
            raise ConfigError(
                f"compiled is a {type(source).__name__}, not the path of a file",
                help="write compiled='auth.compiled.json', the file that 'cwsauth compile' wrote",
            )
        path = os.path.join(_folder(function), os.fspath(source))
        name = os.path.basename(path)
        try:
            with open(path, encoding="utf-8") as file:
                data = json.load(file)
        except FileNotFoundError:
            _warn("'%s' is not there", name)
            return cls({}, path)
        except OSError as error:
            what = (error.strerror or "unknown error").lower()
            raise ConfigError(f"cannot read '{name}': {what}", help="name a file of 'cwsauth compile'") from None
        except (ValueError, RecursionError):  # not UTF-8, not JSON
            raise ConfigError(f"invalid file '{name}': it is not JSON", help=_ANEW) from None
        return cls(_checked(data, f"'{name}'", name), path)

    def memory(self, complement: str | None) -> Memory:
        """What an authorizer with this `complement` remembers results in."""
        return _CompiledMemory(self, complement) if self._plans else Memory()

    def find(self, policy: Policy, complement: str | None) -> Plan | None:
        """The plan of a settled policy; None where there is none for just this policy."""
        if policy.everything or not policy.settled:
            return None
        found = self._plans.get(key_of(policy, complement))
        if found is None:
            return None
        lost: tuple[Any, ...] = ()
        if found["lost"]:
            from cwsauth.policy.lost import Lost, Narrowing

            if any(place >= len(policy.effective) for _, _, place, _, _ in found["lost"]):
                return None
            lost = tuple(
                [
                    Lost(verb, path, policy.effective[place], Narrowing[why], _proof(proof))
                    for verb, path, place, why, proof in found["lost"]
                ]
            )
        return Plan(tuple(found["allow"]), tuple(found["deny"]), found["exact"], lost)

    def __bool__(self) -> bool:
        return bool(self._plans)

    def __repr__(self) -> str:
        return f"Plans({len(self._plans)}, path={self.path!r})"


class _CompiledMemory(Memory):
    """A memory whose policies get their plans when they are seen for the first time."""

    __slots__ = ("_complement", "_plans")

    def __init__(self, plans: Plans, complement: str | None) -> None:
        super().__init__()
        self._plans = plans
        self._complement = complement

    def keep(self, result: object, policy: Policy) -> Seen | None:
        """Remembers the policy of a result, with its plan."""
        seen = super().keep(result, policy)
        key = ("plan", False, self._complement)
        if seen is not None and key not in policy._documents:
            plan = self._plans.find(policy, self._complement)
            if plan is not None:
                policy._documents[key] = plan
        return seen

    def __reduce__(self) -> tuple[Any, ...]:
        return _CompiledMemory, (self._plans, self._complement)


def _canonical(data: object) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"))


def _checked(data: Any, what: str, name: str | None) -> dict[str, Any]:
    """The plans of the data of a file; none of them can be anything but a plan."""
    if not hasattr(data, "keys") or data.keys() != _KEYS or not hasattr(data["plans"], "keys"):
        raise ConfigError(f"{what} is not what 'cwsauth compile' writes", help=_ANEW)
    if data["format"] != FORMAT or data["version"] != __version__:
        _warn("%s was written by another version", name or what)
        return {}
    plans = dict(data["plans"])
    try:
        intact = data["digest"] == digest_of(__version__, plans)
    except (TypeError, ValueError, RecursionError):
        intact = False  # a mapping that is not of JSON
    if not intact:
        raise ConfigError(f"{what} was changed after it was written: its digest is another one", help=_ANEW)
    for key, plan in plans.items():
        if type(key) is not str or _KEY.fullmatch(key) is None or not _is_plan(plan):
            raise ConfigError(f"{what} has a plan in it that 'cwsauth compile' does not write", help=_ANEW)
    return plans


def _is_plan(plan: Any) -> bool:
    return (
        hasattr(plan, "keys")
        and plan.keys() == _PLAN_KEYS
        and type(plan["exact"]) is bool
        and all(_is_list(plan[name]) for name in ("allow", "deny", "lost"))
        and all(map(_is_text, plan["allow"]))
        and (list(plan["deny"]) == ["*"] or all(map(_is_text, plan["deny"])))
        and all(map(_is_lost, plan["lost"]))
    )


def _is_list(value: object) -> bool:
    return isinstance(value, (list, tuple))


def _is_text(text: object) -> bool:
    return type(text) is str and _ANCHORED.fullmatch(text) is not None and "${" not in text


def _proof(paths: Any) -> Proof | None:
    if paths is None:
        return None
    from cwsauth.policy.language.impossible import Proof

    return Proof(*paths)


def _is_lost(lost: Any) -> bool:
    return (
        _is_list(lost)
        and [type(part) for part in lost[:4]] == [str, str, int, str]
        and len(lost) == 5
        and lost[0] in VERBS
        and lost[1][:1] == "/"
        and lost[2] >= 0
        and lost[3] in _NARROWINGS
        and (lost[4] is None or (_is_list(lost[4]) and [type(part) for part in lost[4]] == [str] * 4))
    )


def _folder(function: Any) -> str:
    """The directory of the module where a function was written; the working directory for anything else."""
    for _ in range(20):
        inner = next((found for name in _INNER if (found := getattr(function, name, None)) is not None), None)
        if not callable(inner):
            break
        function = inner
    module = getattr(function, "__globals__", {}).get("__file__")
    return os.path.dirname(os.path.abspath(module)) if module else ""


# What stands around a function: a decorator, functools.partial, `Verifier.then`.
_INNER = ("__wrapped__", "func", "function")


def _warn(text: str, name: str) -> None:
    from cwsauth.failure import log

    log.warning(text + ": documents are made when they are asked for, until 'cwsauth compile' has run", name)
