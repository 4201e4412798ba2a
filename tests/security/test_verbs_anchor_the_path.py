"""Fault 2: `*` in the place of the verb un-anchors the path: `dev/*/admin` also allows `GET /user/admin`.

Found in Chalice and in most blueprints; Tenchi Security, "Security Implications of AWS API Gateway Lambda Authorizers and IAM
Wildcard Expansion".
"""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth import authorizer
from cwsauth.policy.rule import VERBS
from tests.security.naive import HEAD, allows, answer, caught, token_event

CASES = [("admin", "admin"), ("product/*", "product/1"), ("a/*/b", "a/1/b"), ("**/b", "x/b"), ("/", "")]


def ours(rule: str) -> Any:
    return authorizer(lambda auth_request: [rule])(token_event(), None)


def naive(rule: str) -> Any:
    return answer(f"{HEAD}/*/{rule.removeprefix('/').replace('**', '*')}")


def the_path_is_anchored(make: Any, rule: str, path: str) -> None:
    response = make(rule)
    for resource in response["policyDocument"]["Statement"][0]["Resource"]:
        assert resource == f"{HEAD}/*" or resource[len(HEAD) + 1 :].partition("/")[0] in VERBS
    if not rule.startswith("**"):
        for prefix in ("user/", "x/y/", "GET/", "/x/"):
            for verb in ("GET", "POST"):
                assert not allows(response, f"{verb}/{prefix}{path}"), prefix


@pytest.mark.parametrize(("rule", "path"), CASES)
def test_a_path_is_anchored_at_its_verb(rule: str, path: str) -> None:
    """Verbs are enumerated, so that nothing can stand in front of the path."""
    the_path_is_anchored(ours, rule, path)


@pytest.mark.parametrize(("rule", "path"), CASES)
def test_a_wildcard_verb_would_be_caught(rule: str, path: str) -> None:
    """`*/admin`, as it is usually written, does not pass."""
    caught(the_path_is_anchored, naive, rule, path)


def test_every_verb_of_the_rule_is_allowed() -> None:
    """Enumerating loses none of them."""
    response = ours("admin")
    assert all(allows(response, f"{verb}/admin") for verb in VERBS)
