"""The authorizer policy engine for serverless Python: one meaning, in process and in IAM."""

from __future__ import annotations

from cwsauth.authorizer import authorizer as authorizer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.adapters.protect import protect as protect
    from cwsauth.errors import Forbidden as Forbidden
    from cwsauth.errors import Unauthenticated as Unauthenticated
    from cwsauth.policy.document import Document as Document
    from cwsauth.policy.evaluate import Verdict as Verdict
    from cwsauth.policy.evaluate import evaluate as evaluate
    from cwsauth.policy.policy import Decision as Decision
    from cwsauth.policy.policy import Grant as Grant
    from cwsauth.policy.policy import Policy as Policy
    from cwsauth.policy.routes import RouteTable as RouteTable
    from cwsauth.policy.rule import Rule as Rule
    from cwsauth.request import AuthRequest as AuthRequest
    from cwsauth.secret import secret_equals as secret_equals

__version__ = "0.1.0"

# PERF: benchmarks/cold_start.py - a name costs its module only when it is asked for.
_HOME = {
    "AuthRequest": "cwsauth.request",
    "Decision": "cwsauth.policy.policy",
    "Document": "cwsauth.policy.document",
    "Forbidden": "cwsauth.errors",
    "Grant": "cwsauth.policy.policy",
    "Policy": "cwsauth.policy.policy",
    "RouteTable": "cwsauth.policy.routes",
    "Rule": "cwsauth.policy.rule",
    "Unauthenticated": "cwsauth.errors",
    "Verdict": "cwsauth.policy.evaluate",
    "evaluate": "cwsauth.policy.evaluate",
    "protect": "cwsauth.adapters.protect",
    "secret_equals": "cwsauth.secret",
}

__all__ = [
    "AuthRequest",
    "Decision",
    "Document",
    "Forbidden",
    "Grant",
    "Policy",
    "RouteTable",
    "Rule",
    "Unauthenticated",
    "Verdict",
    "authorizer",
    "evaluate",
    "protect",
    "secret_equals",
]


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
