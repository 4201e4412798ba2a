"""Conditions, one behaviour a row; the last column says it in IAM's own terms."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth.errors import DocumentError
from cwsauth.policy.evaluate import Verdict, evaluate

CALL = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/product/1"
NOON = "2026-08-01T12:00:00Z"

Json = Any


def holds(condition: Json, context: dict[str, Json] | None, *, version: str = "2012-10-17") -> bool:
    """Whether an Allow with `condition` applies."""
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*", "Condition": condition}
    return evaluate({"Version": version, "Statement": [statement]}, CALL, context) is Verdict.ALLOW


@pytest.mark.parametrize(
    ("operator", "values", "value", "met", "source"),
    [
        ("StringEquals", "a", "a", True, "exact matching"),
        ("StringEquals", "a", "A", False, "case sensitive"),
        ("StringEquals", "a*", "ab", False, "* is a character to StringEquals"),
        ("StringEquals", "a*", "a*", True, "* is a character to StringEquals"),
        ("StringEquals", "${*}", "*", True, "a variable may stand in a string comparison"),
        ("StringEquals", ["a", "b"], "b", True, "several values are joined by OR"),
        ("StringEquals", "true", True, True, "a boolean key is compared as its text"),
        ("StringEquals", "7", 7, True, "a number likewise"),
        ("StringNotEquals", "a", "b", True, "negated matching"),
        ("StringNotEquals", ["a", "b"], "b", False, "several values of a negated operator are joined by NOR"),
        ("StringLike", "a*d?", "abcde", True, "* and ? anywhere in the string"),
        ("StringLike", "a*", "ba", False, "from the first character on"),
        ("StringLike", "${*}a", "xa", False, "${*} is the character"),
        ("StringNotLike", "a*", "ba", True, "negated matching"),
        ("Bool", "true", "true", True, "boolean matching"),
        ("Bool", True, True, True, "grammar: a value may be a Boolean"),
        ("Bool", "false", "true", False, "boolean matching"),
        ("Bool", ["true", "false"], "true", True, "several values are joined by OR"),
        ("IpAddress", "203.0.113.0/24", "203.0.113.9", True, "the specified range"),
        ("IpAddress", "203.0.113.0/24", "203.0.114.9", False, "the specified range"),
        ("IpAddress", "203.0.113.9", "203.0.113.9", True, "without a prefix, /32"),
        ("IpAddress", "0.0.0.0/0", "198.51.100.1", True, "every IPv4 address"),
        ("IpAddress", "0.0.0.0/0", "2001:db8::1", False, "and no IPv6 address"),
        ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678::9", True, "IPv6, in any notation"),
        (
            "IpAddress",
            ["203.0.113.0/24", "198.51.100.0/24"],
            "198.51.100.1",
            True,
            "several are joined by OR",
        ),
        ("NotIpAddress", "203.0.113.0/24", "203.0.114.9", True, "all but the specified range"),
        ("NotIpAddress", ["203.0.113.0/24", "198.51.100.0/24"], "198.51.100.1", False, "joined by NOR"),
        ("DateLessThan", "2026-08-01T12:00:01Z", NOON, True, "before a date and time"),
        ("DateLessThan", NOON, NOON, False, "before, not at"),
        ("DateLessThan", "2026-08-01T14:00:01+02:00", NOON, True, "a zone counts"),
        ("DateLessThan", "2026-08-02", NOON, True, "a date is its midnight UTC"),
        ("DateLessThan", "2026-08-01", NOON, False, "a date is its midnight UTC"),
        ("DateLessThan", 1785585601, NOON, True, "epoch time, as a number"),
        ("DateLessThan", "1785585600", NOON, False, "epoch time, as a string"),
        ("DateLessThanEquals", NOON, 1785585600, True, "at or before; the key may be aws:EpochTime"),
        ("DateLessThanEquals", NOON, 1785585601, False, "at or before"),
        ("DateGreaterThan", NOON, "2026-08-01T12:00:00.5Z", True, "after a date and time"),
        ("DateGreaterThan", NOON, NOON, False, "after, not at"),
        ("DateGreaterThanEquals", NOON, NOON, True, "at or after"),
        ("DateGreaterThanEquals", NOON, "2026-08-01T11:59:59Z", False, "at or after"),
        ("DateEquals", "2026-08-01T12:00Z", NOON, True, "the same moment in another notation"),
        ("DateNotEquals", NOON, NOON, False, "negated matching"),
        ("Null", "true", "x", False, "true: the key does not exist"),
        ("Null", "false", "x", True, "false: the key exists"),
    ],
)
def test_an_operator_compares(operator: str, values: Json, value: Json, met: bool, source: str) -> None:
    """Source: IAM user guide, "IAM JSON policy elements: Condition operators"."""
    assert holds({operator: {"aws:key": values}}, {"aws:key": value}) is met, source
    if operator != "Null":
        assert holds({operator + "IfExists": {"aws:key": values}}, {"aws:key": value}) is met, "...IfExists: it exists"


@pytest.mark.parametrize(
    ("operator", "values", "met"),
    [
        ("StringEquals", "a", False),
        ("StringLike", "*", False),
        ("Bool", "false", False),
        ("IpAddress", "0.0.0.0/0", False),
        ("DateLessThan", "2999-01-01", False),
        ("DateGreaterThan", "1999-01-01", False),
        ("DateEquals", "1999-01-01", False),
        ("StringNotEquals", "a", True),
        ("StringNotLike", "*", True),
        ("NotIpAddress", "0.0.0.0/0", True),
        ("DateNotEquals", "1999-01-01", True),
        ("Null", "true", True),
        ("Null", "false", False),
        ("Null", True, True),
        ("Null", ["true", "false"], True),
    ],
)
@pytest.mark.parametrize("context", [None, {}, {"aws:other": "a"}, {"aws:key": None}])
def test_a_missing_key(operator: str, values: Json, met: bool, context: dict[str, Json] | None) -> None:
    """False, but true for negated operators; Null tests for it; a null value is a missing key."""
    assert holds({operator: {"aws:key": values}}, context) is met
    if operator != "Null":
        assert holds({operator + "IfExists": {"aws:key": values}}, context), "...IfExists: true when it is missing"


def test_keys_and_operators_are_joined_by_and() -> None:
    """Several keys of an operator, and several operators, must all be met."""
    both = {"StringEquals": {"aws:a": "1", "aws:b": "2"}, "Bool": {"aws:c": "true"}}
    met = {"aws:a": "1", "aws:b": "2", "aws:c": "true"}
    assert holds(both, met)
    for key in met:
        assert not holds(both, {**met, key: "false"}), key


def test_the_case_of_a_key_does_not_count() -> None:
    """Neither in the document nor in the context; twice the same key is an error in both."""
    assert holds({"StringEquals": {"AWS:sourceIP": "x"}}, {"aws:SourceIp": "x"})
    with pytest.raises(DocumentError, match=r"Statement\[0\]\.Condition\.Bool\.aws:A is given twice"):
        holds({"Bool": {"aws:a": "true", "aws:A": "true"}}, {})
    with pytest.raises(DocumentError, match="invalid context: a condition key is given twice"):
        holds({"Bool": {"aws:a": "true"}}, {"aws:a": "true", "aws:A": "true"})


def test_variables_need_the_current_version() -> None:
    """Before 2012-10-17 `${*}` in a value is text."""
    assert holds({"StringEquals": {"aws:a": "${*}"}}, {"aws:a": "${*}"}, version="2008-10-17")
    assert holds({"StringLike": {"aws:a": "${*}"}}, {"aws:a": "${x}"}, version="2008-10-17")


@pytest.mark.parametrize(
    ("condition", "message", "help"),
    [
        ({}, "Statement[0].Condition is not a JSON object with entries", "leave Condition out"),
        ([], "Statement[0].Condition is not a JSON object with entries", "leave Condition out"),
        (None, "Statement[0].Condition is not a JSON object with entries", "leave Condition out"),
        (
            {"Bool": {}},
            "Statement[0].Condition.Bool is not a JSON object with entries",
            "leave Condition out",
        ),
        ({1: {"aws:a": "x"}}, "Statement[0].Condition has a key that is not a string", "JSON keys"),
        ({"Bool": {"aws:a": []}}, "Statement[0].Condition.Bool.aws:a is an empty list", "at least one value"),
        ({"Bool": {"SourceIp": "true"}}, "Condition.Bool.SourceIp is not a condition key", "'aws:SourceIp'"),
        ({"ArnLike": {"aws:a": "x"}}, "unknown condition operator 'ArnLike'", "known are Bool, DateEquals"),
        ({"NumericEquals": {"aws:a": "1"}}, "unknown condition operator 'NumericEquals'", "known are"),
        ({"stringequals": {"aws:a": "x"}}, "unknown condition operator 'stringequals'", "StringEquals"),
        ({"IfExists": {"aws:a": "x"}}, "unknown condition operator 'IfExists'", "known are"),
        (
            {"ForAllValues:StringEquals": {"aws:a": "x"}},
            "unknown condition operator 'ForAllValues:",
            "set operators",
        ),
        (
            {"ForAnyValue:StringLike": {"aws:a": "x"}},
            "unknown condition operator 'ForAnyValue:",
            "set operators",
        ),
        ({"NullIfExists": {"aws:a": "true"}}, "'Null' takes no 'IfExists'", "write 'Null'"),
        (
            {"Bool": {"aws:a": "True"}},
            "Condition.Bool.aws:a: not 'true' or 'false' but another text",
            "lower case",
        ),
        ({"Bool": {"aws:a": 1}}, "not 'true' or 'false' but a int", "lower case"),
        ({"Null": {"aws:a": "yes"}}, "Condition.Null.aws:a: not 'true' or 'false'", "lower case"),
        ({"StringEquals": {"aws:a": None}}, "not a string but a NoneType", "quote the value"),
        ({"StringEquals": {"aws:a": 1.5}}, "not a string but a float", "quote the value"),
        ({"StringEquals": {"aws:a": {"b": "c"}}}, "not a string but a dict", "quote the value"),
        ({"StringEquals": {"aws:a": 10**5000}}, "not a string but a int", "quote the value"),
        ({"StringEquals": {"aws:a": "${aws:b}"}}, "unknown policy variable '${aws:b}'", "fill in the value"),
        ({"StringLike": {"aws:a": "${"}}, "'${' without '}'", "write '${$}{'"),
        ({"StringLike": {"aws:a": "x" * 10_241}}, "a pattern of 10241 characters", "at most 10240"),
        (
            {"IpAddress": {"aws:a": "203.0.113.0/33"}},
            "not an address range but another text",
            "write a network",
        ),
        (
            {"IpAddress": {"aws:a": "203.0.113.9/24"}},
            "not an address range",
            "without bits behind the prefix",
        ),
        ({"IpAddress": {"aws:a": "203.0.113.0/255.255.255.0"}}, "not an address range", "write a network"),
        ({"IpAddress": {"aws:a": "2001:db8::1"}}, "not an address range", "write a network"),
        ({"IpAddress": {"aws:a": "203.0.113.*"}}, "not an address range", "write a network"),
        ({"IpAddress": {"aws:a": 3405803776}}, "not an address range but a int", "write a network"),
        ({"DateLessThan": {"aws:a": "tomorrow"}}, "not a date but another text", "2030-01-31T12:00:00Z"),
        ({"DateLessThan": {"aws:a": "2026-13-01"}}, "not a date", "2030-01-31"),
        ({"DateLessThan": {"aws:a": "2026-08-01T12:00:00"}}, "not a date", "2030-01-31T12:00:00Z"),
        ({"DateLessThan": {"aws:a": "2026"}}, "not a date", "2030-01-31T12:00:00Z"),
        ({"DateLessThan": {"aws:a": "2026-08-01T12:00:00Z\n"}}, "not a date", "2030-01-31T12:00:00Z"),
        ({"DateLessThan": {"aws:a": "٢٠٢٦-٠٨-٠١"}}, "not a date", "2030-01-31T12:00:00Z"),  # noqa: RUF001
        ({"DateLessThan": {"aws:a": True}}, "not a date but a bool", "2030-01-31T12:00:00Z"),
        ({"DateLessThan": {"aws:a": float("nan")}}, "not a date but a float", "2030-01-31T12:00:00Z"),
        ({"DateLessThan": {"aws:a": 10**400}}, "not a date but a int", "2030-01-31T12:00:00Z"),
    ],
)
def test_an_invalid_condition(condition: Json, message: str, help: str) -> None:
    """It is found when the document is read, before any request."""
    with pytest.raises(DocumentError) as caught:
        holds(condition, {})
    assert message in str(caught.value)
    assert help in caught.value.help
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("operator", "values", "value"),
    [
        ("Bool", "true", "S3CRET"),
        ("IpAddress", "0.0.0.0/0", "S3CRET"),
        ("NotIpAddress", "203.0.113.0/24", "203.0.113.9, 10.0.0.1"),
        ("NotIpAddress", "fe80::/16", "fe80::1%eth0"),
        ("DateLessThan", "2026-08-01", "S3CRET"),
        ("StringEquals", "x", ["x"]),
        ("StringNotEquals", "x", {"S3CRET": 1}),
    ],
)
def test_an_unreadable_value_of_a_request_is_an_error(operator: str, values: Json, value: Json) -> None:
    """Not "no match", which would let a Deny pass; and the value is not in the message."""
    with pytest.raises(DocumentError, match="invalid condition value of aws:key") as caught:
        holds({operator: {"aws:key": values}}, {"aws:key": value})
    assert "S3CRET" not in f"{caught.value} {caught.value.help} {caught.value.__cause__}"
    assert "10.0.0.1" not in str(caught.value)
