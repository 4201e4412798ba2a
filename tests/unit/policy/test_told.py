"""What logs and errors say of rules that were filled with claims: what somebody wrote, and nothing of the caller."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest

from cwsauth import AuthRequest, Policy, Rule, authorizer
from cwsauth.errors import NotExact
from cwsauth.policy.conditions import claim, path, source_ip
from cwsauth.policy.told import filled, told
from cwsauth.tokens import JWT
from tests.oidc import AUDIENCE, ISSUER, SECRET, claims, forge

ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/product/1"
CLAIMS = {"sub": "alice-canary", "mail": "canary@example.org", "team": "canary.team"}
INEXACT = ["${claims.sub}/*/b/**", "!${claims.sub}/x/**", "mail-${claims.mail}/**"]


def settled(rules: list[Any]) -> Policy:
    return Policy.of(rules).settle(AuthRequest(claims=CLAIMS, method="GET", path="/"), now=time.time())


@pytest.mark.parametrize(
    ("rules", "shown"),
    [
        (INEXACT, "GET /${claims.sub}/"),
        ([Rule("users/{id}/*/b/**", when=claim("sub").equals(path("id"))), "!users/*/x/**"], "/users/*/"),
        ([Rule("GET ${claims.team}/**", when=source_ip("10.0.0.0/8"))], "GET /${claims.team}"),
        # The witness of one rule can have the claim of another one in it.
        (["*/*/b/**", "!${claims.sub}/x/**", "!?/**", "!??/**"], "'*/*/b/**'"),
    ],
)
def test_a_narrowed_document_names_no_claim(rules: list[Any], shown: str) -> None:
    """Neither the rule nor the request that shows what was lost; the request itself is there for a program."""
    document = settled(rules).document(ARN)
    assert document.warning is not None
    assert shown in document.warning
    assert "canary" not in f"{document.warning} {document.lost}"
    with pytest.raises(NotExact) as caught:
        settled(rules).document(ARN, inexact="refuse")
    assert "canary" not in f"{caught.value} {caught.value.help}"


def test_the_warning_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """From a token to the log of the function."""
    auth = authorizer(JWT(issuer=ISSUER, audience=AUDIENCE, algorithms="HS256", secret=SECRET, grant=INEXACT))
    with caplog.at_level(logging.DEBUG, "cwsauth"):
        auth({"type": "TOKEN", "authorizationToken": forge(claims(**CLAIMS)), "methodArn": ARN})
    assert "the document is narrowed: " in caplog.text
    assert "${claims.sub}" in caplog.text
    assert "canary" not in caplog.text


def test_what_was_filled() -> None:
    """Segment by segment; a path is told with what stood in their places, and whole where nothing was filled."""
    rules = settled(["a/${claims.sub}/b", "x-${claims.mail}", "plain/x"]).rules
    found = filled(rules)
    assert found == {"alice-canary": "${claims.sub}", "x-canary@example.org": "x-${claims.mail}"}
    assert told("/a/alice-canary/b", found) == "/a/${claims.sub}/b"
    assert told("/a/alice-canary2", found) == "/a/alice-canary2"
    assert told("/plain", {}) == "/plain"
