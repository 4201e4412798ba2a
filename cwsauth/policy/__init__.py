"""What may be called: patterns, rules, decisions, documents. Pure: no I/O, clock, environment or logging."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.policy.document import Document as Document
    from cwsauth.policy.evaluate import Verdict as Verdict
    from cwsauth.policy.evaluate import evaluate as evaluate
    from cwsauth.policy.explain import explain as explain
    from cwsauth.policy.normalize import normalize as normalize
    from cwsauth.policy.policy import Decision as Decision
    from cwsauth.policy.policy import Grant as Grant
    from cwsauth.policy.policy import Policy as Policy
    from cwsauth.policy.reason import Reason as Reason
    from cwsauth.policy.routes import Route as Route
    from cwsauth.policy.routes import RouteTable as RouteTable
    from cwsauth.policy.rule import Effect as Effect
    from cwsauth.policy.rule import Rule as Rule

_HOME = {
    "Decision": "policy",
    "Document": "document",
    "Effect": "rule",
    "Grant": "policy",
    "Policy": "policy",
    "Reason": "reason",
    "Route": "routes",
    "RouteTable": "routes",
    "Rule": "rule",
    "Verdict": "evaluate",
}

__all__ = [*_HOME]  # noqa: PLE0604 - names of the lazy table, all of them str


def __getattr__(name: str) -> object:
    # PERF: benchmarks/cold_start.py - a name costs its module only when it is asked for.
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
