"""Fault 1: `['product/*']` becomes `*/roduct/*`, because a leading slash is taken for granted and cut.

Measured on Chalice, hence in CoWorks' own documented example: it denies /product/1, and allows /roduct/1.
"""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth import authorizer
from tests.security.naive import HEAD, Handler, allows, answer, caught, token_event

SPELLINGS = ["product/*", "/product/*"]


def ours(route: str) -> Handler:
    return authorizer(lambda auth_request: [route])


def naive(route: str) -> Handler:
    """One character is cut from every route."""
    return lambda event, context: answer(f"{HEAD}/*/{route[1:]}")


def the_route_is_what_was_written(make: Any, spelling: str) -> None:
    response = make(spelling)(token_event(), None)
    assert allows(response, "GET/product/1")
    assert not allows(response, "GET/roduct/1")
    assert not allows(response, "GET/x/roduct/1")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_route_is_what_was_written(spelling: str) -> None:
    """With and without a leading slash a route means the same, and nothing else."""
    the_route_is_what_was_written(ours, spelling)


def test_a_cut_character_would_be_caught() -> None:
    """The naive writer fails it for the spelling without a slash."""
    caught(the_route_is_what_was_written, naive, "product/*")


def test_chalice_still_cuts_it() -> None:
    """What was measured can be measured again: Chalice's own writer, on the example of the CoWorks guide."""
    chalice = pytest.importorskip("chalice", reason="its writer is measured")
    request = chalice.app.AuthRequest("TOKEN", "abc", f"{HEAD}/GET/product/1")
    response = chalice.AuthResponse(["product/*"], "user").to_dict(request)
    if allows(response, "GET/product/1"):
        pytest.skip("this Chalice does not cut it any more")
    assert allows(response, "GET/roduct/1")
    ours_on_it = authorizer(lambda auth_request: chalice.AuthResponse(["product/*"], "user"))
    the_route_is_what_was_written(lambda spelling: ours_on_it, "product/*")
