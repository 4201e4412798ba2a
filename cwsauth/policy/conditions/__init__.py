"""Conditions of rules: `Rule("users/{id}/**", when=claim("sub").equals(path("id")) & source_ip("10.0.0.0/8"))`.

A condition holds, does not hold, or cannot be decided, for example because a claim is missing or is of another type. What
cannot be decided counts against the caller: an allow that is undecided grants nothing, a deny that is undecided denies. The
combinators are Kleene's: `all_` does not hold if one part does not, `any_` holds if one part does, and `not_` of undecided is
undecided; nothing is ever made true by a fact that is missing. No condition raises when it is asked.

Claims, scopes, groups and the stage stand for as long as the token does: they are settled before a document is made, and a
path parameter that must equal one becomes a literal of the pattern. The caller's address and the time belong to one call.
"""

from cwsauth.policy.conditions.claims import claim as claim
from cwsauth.policy.conditions.claims import group as group
from cwsauth.policy.conditions.claims import path as path
from cwsauth.policy.conditions.claims import scope as scope
from cwsauth.policy.conditions.claims import stage as stage
from cwsauth.policy.conditions.logic import Condition as Condition
from cwsauth.policy.conditions.logic import all_ as all_
from cwsauth.policy.conditions.logic import any_ as any_
from cwsauth.policy.conditions.logic import not_ as not_
from cwsauth.policy.conditions.moment import after as after
from cwsauth.policy.conditions.moment import before as before
from cwsauth.policy.conditions.moment import between as between
from cwsauth.policy.conditions.moment import daily as daily
from cwsauth.policy.conditions.moment import source_ip as source_ip

__all__ = [
    "Condition",
    "after",
    "all_",
    "any_",
    "before",
    "between",
    "claim",
    "daily",
    "group",
    "not_",
    "path",
    "scope",
    "source_ip",
    "stage",
]
