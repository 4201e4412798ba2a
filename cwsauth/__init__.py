"""The authorizer policy engine for serverless Python: one meaning, in process and in IAM."""

from __future__ import annotations

from cwsauth.authorizer import authorizer as authorizer
from cwsauth.errors import Forbidden as Forbidden
from cwsauth.errors import Unauthenticated as Unauthenticated
from cwsauth.policy.policy import Decision as Decision
from cwsauth.policy.policy import Grant as Grant
from cwsauth.policy.policy import Policy as Policy
from cwsauth.policy.rule import Rule as Rule
from cwsauth.request import AuthRequest as AuthRequest
from cwsauth.secret import secret_equals as secret_equals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.adapters.protect import protect as protect
    from cwsauth.policy.document import Document as Document
    from cwsauth.policy.evaluate import Verdict as Verdict
    from cwsauth.policy.evaluate import evaluate as evaluate
    from cwsauth.policy.routes import RouteTable as RouteTable

__version__ = "0.1.0"

# Names that cost more than an authorizer needs when it starts: imported when they are asked for.
_LAZY = {
    "Document": "cwsauth.policy.document",
    "RouteTable": "cwsauth.policy.routes",
    "Verdict": "cwsauth.policy.evaluate",
    "evaluate": "cwsauth.policy.evaluate",
    "protect": "cwsauth.adapters.protect",
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
    home = _LAZY.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
