"""Fault 6: the requested ARN is echoed as the resource. It breaks on the next route under caching, and a `*` in the path, which the
caller writes, widens the grant (CoWorks today, AWS's own examples).
"""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth import authorizer
from tests.security.naive import allows, answer, caught, token_event

RULES = ["GET a", "GET b", "GET files/*/meta/**"]


def ours(call: str) -> Any:
    return authorizer(lambda auth_request: RULES)(token_event(call), None)


def naive(call: str) -> Any:
    """What is asked for is allowed, if the rules (or somebody) say so."""
    return answer(token_event(call)["methodArn"])


def the_next_route_works(make: Any) -> None:
    response = make("GET/a")
    assert allows(response, "GET/a")
    assert allows(response, "GET/b")


def a_hostile_path_widens_nothing(make: Any, path: str) -> None:
    response = make(f"GET/files/{path}/meta/x")
    for other in ("files/secret/meta/x", "files/a/b/meta/x", "admin", "files/1/meta/y"):
        assert not allows(response, f"GET/{other}"), other


HOSTILE = ["*", "?ecret", "s*", "*/*", "**"]


def test_a_document_works_for_the_next_route() -> None:
    """The cached answer to one call is right for the others."""
    the_next_route_works(ours)


@pytest.mark.parametrize("path", HOSTILE)
def test_wildcards_of_a_caller_never_reach_a_resource(path: str) -> None:
    """Also where the policy had to be narrowed, and the call at hand is allowed."""
    a_hostile_path_widens_nothing(ours, path)


def test_a_policy_variable_of_a_caller_never_reaches_a_resource() -> None:
    """`${` in a path would be read as a variable."""
    for path in ("${aws:username}", "${*}", "${"):
        response = ours(f"GET/files/{path}/meta/x")
        assert "${" not in str(response["policyDocument"])


def test_an_echo_would_be_caught() -> None:
    """It fails on the next route, and on the hostile path."""
    caught(the_next_route_works, naive)
    for path in ("*", "?ecret", "s*"):
        caught(a_hostile_path_widens_nothing, naive, path)
