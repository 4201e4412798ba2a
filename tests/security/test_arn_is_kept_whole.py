r"""Fault 5: the partition is dropped (`aws-cn` becomes `aws`), the path is cut at `:`, `% : @ ~` are rejected, and a trailing newline is
accepted (`$` in a regular expression). Measured on Powertools; Chalice cut at the colon, too.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from cwsauth import authorizer
from tests.oracle import iam
from tests.security.naive import allows, answer, caught

PATH = "GET/t/2021-08-01T00:00:00Z/a%20b@c~d"


def ours(arn: str, rules: list[str]) -> Any:
    return authorizer(lambda auth_request: rules)({"type": "TOKEN", "authorizationToken": "x", "methodArn": arn}, None)


def naive_split(arn: str, rules: list[str]) -> Any:
    """Split at every colon, and joined again with `aws`."""
    parts = arn.split(":")
    region, account, call = parts[3], parts[4], parts[5]
    api, stage, *_ = call.split("/")
    return answer(*(f"arn:aws:execute-api:{region}:{account}:{api}/{stage}/GET/{rule}" for rule in rules))


def naive_echo(arn: str, rules: list[str]) -> Any:
    """The path of the call, as far as the first colon of it."""
    return answer(":".join(arn.split(":")[:6]))


def the_arn_is_kept_whole(make: Any, partition: str) -> None:
    head = f"arn:{partition}:execute-api:cn-north-1:123456789012:abc123/dev"
    response = make(f"{head}/{PATH}", ["t/**"])
    assert allows(response, PATH, head)
    assert allows(response, "GET/t/x:y", head)
    for other in ("aws", "aws-cn", "aws-us-gov"):
        if other != partition:
            assert not allows(response, PATH, head.replace(partition, other))


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_partition_and_colons_are_kept(partition: str) -> None:
    """A rule holds in the partition of the call, and for paths with any character that a URL has."""
    the_arn_is_kept_whole(ours, partition)


@pytest.mark.parametrize("naive", [naive_split, naive_echo])
def test_a_split_at_every_colon_would_be_caught(naive: Any) -> None:
    """Both classic ways of doing it fail: another partition, a shorter path."""
    caught(the_arn_is_kept_whole, naive, "aws-cn")


@pytest.mark.parametrize("character", list("%:@~!$&'()+,;=-._"))
def test_characters_of_a_url_can_be_granted(character: str) -> None:
    """None of them is rejected, and none means more than itself."""
    head = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"
    segment = f"a{character}b"
    rule = "GET files/" + re.sub(r"([!$])", r"\\\1", segment)
    response = ours(f"{head}/GET/x", [rule])
    assert allows(response, f"GET/files/{segment}", head)
    assert not allows(response, "GET/files/axb", head)
    assert not allows(response, "GET/files/a", head)


def a_trailing_newline_is_another_path(make: Any) -> None:
    head = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"
    response = make(f"{head}/GET/x", ["GET admin"])
    assert not allows(response, "GET/admin\n", head)
    odd = make("arn:aws:execute-api:eu-west-1:123456789012:abc123/dev\n/GET/x", ["**"])
    assert iam.verdict(odd["policyDocument"], f"{head}/GET/x") != iam.ALLOW


def test_a_trailing_newline_is_no_end_of_a_name() -> None:
    """Not of a path, and not of a stage."""
    a_trailing_newline_is_another_path(ours)


def test_a_dollar_would_be_caught() -> None:
    """A stage that is checked with `$` may end in a line end, and is written into the document without it."""

    def naive(arn: str, rules: list[str]) -> Any:
        stage = arn.split(":", 5)[5].split("/")[1]
        matched = re.match(r"([a-z]+)$", stage)
        clean = matched[1] if matched else "none"
        return answer(f"arn:aws:execute-api:eu-west-1:123456789012:abc123/{clean}/*")

    caught(a_trailing_newline_is_another_path, naive)
