"""Documents as languages: what takes a search over the product of routes, rules and IAM texts."""

from __future__ import annotations

from cwsauth.policy.language.explore import BUDGET as BUDGET
from cwsauth.policy.language.explore import Budget as Budget
from cwsauth.policy.language.search import solve as solve
