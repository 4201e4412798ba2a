"""Fault 11: None, `1`, a bare string, a tuple from `auth` become a malformed answer, or even truth (CoWorks)."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth import authorizer
from tests.oracle import iam
from tests.security.naive import HEAD, answer, caught, token_event, verdict

NO_ANSWERS: list[Any] = [
    None,
    1,
    1.0,
    "*",
    "product/*",
    "True",
    b"*",
    {"*"},
    {"product/*": True},
    object(),
    [["product/*"]],
    ["product/*", None],
    ["product/*", True],
    NotImplemented,
    lambda: True,
]


def ours(result: Any) -> Any:
    return authorizer(lambda auth_request: result)(token_event(), None)


def naive_truth(result: Any) -> Any:
    """Whatever is true is a yes."""
    return answer(f"{HEAD}/*", effect="Allow" if result else "Deny")


def naive_types(result: Any) -> Any:
    """Knows bool and list, and hands on the rest as it is."""
    if type(result) is bool:
        return answer(f"{HEAD}/*") if result else answer()
    if type(result) is list:
        return answer(*(f"{HEAD}/*/{route}" for route in result))
    return result


def what_is_no_answer_is_denied(make: Any, result: Any) -> None:
    response = make(result)
    assert isinstance(response, dict)
    assert response.get("principalId")
    assert verdict(response, "GET/product/1") == iam.EXPLICIT_DENY


@pytest.mark.parametrize("result", NO_ANSWERS, ids=lambda value: type(value).__name__)
def test_what_is_no_answer_is_a_denial(result: Any) -> None:
    """A well-formed one, that API Gateway answers 403 for."""
    what_is_no_answer_is_denied(ours, result)


@pytest.mark.parametrize(
    "result", [1, "*", b"*", {"*"}, [["product/*"]], object()], ids=lambda value: type(value).__name__
)
def test_truth_would_be_caught(result: Any) -> None:
    """`if result:` is a yes for nearly everything."""
    caught(what_is_no_answer_is_denied, naive_truth, result)


@pytest.mark.parametrize("result", [None, 1, "*", {"*"}, ["product/*", None], ["product/*", True]], ids=repr)
def test_handing_on_would_be_caught(result: Any) -> None:
    """What is handed on as it is, is no response, or one that grants what nobody wrote."""
    caught(what_is_no_answer_is_denied, naive_types, result)


def test_a_tuple_is_a_list() -> None:
    """The one relative of a list that is meant as one."""
    response = ours(("product/*",))
    assert verdict(response, "GET/product/1") == iam.ALLOW
    assert verdict(response, "GET/admin") != iam.ALLOW
