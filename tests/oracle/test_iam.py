"""The oracle itself, against tables written by hand from IAM's own words."""

from __future__ import annotations

import pytest

from tests.oracle.iam import OracleError, text_fits, verdict

API = "arn:aws:execute-api:eu-west-1:123456789012:abc123"


def document(*statements: object, version: str | None = "2012-10-17") -> dict[str, object]:
    return {"Statement": list(statements)} | ({"Version": version} if version else {})


def statement(effect: str, resource: object, **more: object) -> dict[str, object]:
    return {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource} | more


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("abc", "abc", True),
        ("abc", "abcd", False),
        ("abc", "xabc", False),
        ("abc", "ABC", False),
        ("", "", True),
        ("*", "", True),
        ("*", "a/b:c\nd", True),
        ("a*", "a", True),
        ("a*z", "a/x/z", True),
        ("a*z", "a/x/zz", True),
        ("a*z", "a/x/y", False),
        ("?", "", False),
        ("?", "/", True),
        ("?", "\n", True),
        ("??", "a", False),
        ("?*", "", False),
        ("?*", "a", True),
        ("*?*", "", False),
        ("a**b", "ab", True),
        ("a.c", "abc", False),
        ("a(b", "a(b", True),
        ("[ab]", "a", False),
        ("a\n", "a", False),
        ("a", "a\n", False),
        ("${*}", "*", True),
        ("${*}", "x", False),
        ("${?}", "?", True),
        ("${$}", "$", True),
        ("${$}{x}", "${x}", True),
        ("$a", "$a", True),
        ("a{*}", "a{b}", True),
    ],
)
def test_wildcards_of_the_current_version(pattern: str, text: str, fits: bool) -> None:
    """`*` is any run, `?` any one character, an escape its character, and all else stands for itself."""
    assert text_fits(pattern, text, variables=True) is fits


@pytest.mark.parametrize(
    ("text", "fits"), [("${}", True), ("${abc}", True), ("*", False), ("${*}", True), ("${a", False)]
)
def test_the_old_version_knows_no_escapes(text: str, fits: bool) -> None:
    """In version 2008-10-17 `${*}` is a dollar, a brace, a wildcard and a brace."""
    assert text_fits("${*}", text, variables=False) is fits


@pytest.mark.parametrize(
    ("statements", "path", "expected"),
    [
        ([("Allow", f"{API}/dev/GET/product/*")], "dev/GET/product/1", "allow"),
        ([("Allow", f"{API}/dev/GET/product/*")], "dev/GET/product/1/secret", "allow"),
        ([("Allow", f"{API}/dev/GET/product/*")], "dev/GET/product", "implicit_deny"),
        ([("Allow", f"{API}/dev/GET/product/*")], "dev/POST/product/1", "implicit_deny"),
        ([("Allow", f"{API}/dev/*/admin")], "dev/GET/user/admin", "allow"),
        ([("Allow", f"{API}/dev/*/*")], "dev/$connect", "implicit_deny"),
        ([("Allow", f"{API}/dev/*")], "dev/$connect", "allow"),
        ([("Allow", f"{API}/dev/*")], "develop/GET/", "implicit_deny"),
        ([("Allow", [f"{API}/dev/GET/a", f"{API}/dev/GET/b"])], "dev/GET/b", "allow"),
        ([("Allow", f"{API}/dev/*"), ("Deny", f"{API}/dev/GET/a")], "dev/GET/a", "explicit_deny"),
        ([("Deny", f"{API}/dev/GET/a"), ("Allow", f"{API}/dev/*")], "dev/GET/a", "explicit_deny"),
        ([("Deny", f"{API}/dev/GET/a"), ("Allow", f"{API}/dev/*")], "dev/GET/b", "allow"),
        ([("Deny", f"{API}/dev/GET/a")], "dev/GET/b", "implicit_deny"),
        ([("Allow", "*")], "dev/GET/t/2021-08-01T00:00:00Z", "allow"),
    ],
)
def test_statements(statements: list[tuple[str, object]], path: str, expected: str) -> None:
    """A deny wins wherever it stands, and what no statement speaks of is denied implicitly."""
    assert verdict(document(*(statement(*one) for one in statements)), f"{API}/{path}") == expected


def test_not_resource_speaks_of_everything_else() -> None:
    """A Deny with NotResource spares what it names, and nothing more."""
    spare = {
        "Effect": "Deny",
        "Action": "execute-api:Invoke",
        "NotResource": [f"{API}/dev/GET/a", f"{API}/dev/GET/b"],
    }
    both = document(statement("Allow", f"{API}/dev/*"), spare)
    assert verdict(both, f"{API}/dev/GET/a") == "allow"
    assert verdict(both, f"{API}/dev/GET/c") == "explicit_deny"


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("execute-api:Invoke", "allow"),
        ("EXECUTE-API:invoke", "allow"),
        ("execute-api:*", "allow"),
        ("execute-api:Inv?ke", "allow"),
        ("*", "allow"),
        (["execute-api:ManageConnections", "execute-api:Invoke"], "allow"),
        ("execute-api:InvalidateCache", "implicit_deny"),
        ("execute-api", "implicit_deny"),
    ],
)
def test_actions(action: object, expected: str) -> None:
    """Actions are compared without case, wildcards included."""
    assert verdict(document(statement("Allow", "*", Action=action)), f"{API}/dev/GET/") == expected


@pytest.mark.parametrize(
    ("condition", "context", "expected"),
    [
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:SourceIp": "10.1.2.3"}, True),
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "::1"]}}, {"aws:sourceip": "::1"}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:SourceIp": "11.1.2.3"}, False),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {}, False),
        ({"IpAddressIfExists": {"aws:SourceIp": "10.0.0.0/8"}}, {}, True),
        (
            {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "11.0.0.0/8"]}},
            {"aws:SourceIp": "11.1.2.3"},
            False,
        ),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {}, True),
        (
            {"DateLessThan": {"aws:CurrentTime": "2026-01-01"}},
            {"aws:CurrentTime": "2025-12-31T23:59:59Z"},
            True,
        ),
        ({"DateLessThan": {"aws:CurrentTime": "2026-01-01"}}, {"aws:CurrentTime": "2026-01-01"}, False),
        ({"DateGreaterThan": {"aws:EpochTime": "100"}}, {"aws:EpochTime": 101}, True),
        ({"StringEquals": {"aws:UserAgent": ["a", "b"]}}, {"aws:UserAgent": "b"}, True),
        ({"StringEquals": {"aws:UserAgent": "a"}}, {"aws:UserAgent": "A"}, False),
        ({"StringLike": {"aws:UserAgent": "a*"}}, {"aws:UserAgent": "abc"}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, {"aws:SecureTransport": True}, True),
        ({"Bool": {"aws:SecureTransport": False}}, {"aws:SecureTransport": "true"}, False),
        ({"Null": {"aws:Referer": "true"}}, {}, True),
        ({"Null": {"aws:Referer": "true"}}, {"aws:Referer": "x"}, False),
        ({"Null": {"aws:Referer": "false"}}, {"aws:Referer": "x"}, True),
        (
            {"Bool": {"aws:SecureTransport": "true"}, "Null": {"aws:Referer": "true"}},
            {"aws:SecureTransport": "true"},
            True,
        ),
        (
            {"Bool": {"aws:SecureTransport": "true"}, "Null": {"aws:Referer": "false"}},
            {"aws:SecureTransport": "true"},
            False,
        ),
    ],
)
def test_conditions(condition: object, context: dict[str, object], expected: bool) -> None:
    """All keys must hold, each with any of its values; absent ones only under `Not`, `IfExists`, `Null`."""
    read = verdict(document(statement("Allow", "*", Condition=condition)), f"{API}/dev/GET/", context)
    assert (read == "allow") is expected


@pytest.mark.parametrize(
    "bad",
    [
        document(),
        document(version="2020-01-01"),
        document("Allow"),
        document(statement("allow", "*")),
        document(statement("Allow", [])),
        document(statement("Allow", "")),
        document(statement("Allow", ["*", ""])),
        document(statement("Allow", None)),
        document(statement("Allow", "*", NotResource="*")),
        document(statement("Allow", "*", Principal="*")),
        document({"Effect": "Allow", "Resource": "*"}),
        document({"Effect": "Allow", "Action": "*"}),
        document({"Effect": "Allow", "NotAction": "*", "Resource": "*"}),
        document(statement("Allow", "*"), statement("Deny", "${aws:username}")),
        document(statement("Allow", "*", Condition={"ArnLike": {"aws:SourceArn": "*"}})),
        document(statement("Allow", "*", Condition={"Bool": {}})),
        document(statement("Allow", "*")) | {"More": 1},
        {"Version": "2012-10-17"},
    ],
)
def test_what_the_oracle_does_not_know_it_refuses(bad: dict[str, object]) -> None:
    """A malformed document, and a part that this reader does not know, are errors and never an answer."""
    with pytest.raises(OracleError):
        verdict(bad, f"{API}/dev/GET/")
