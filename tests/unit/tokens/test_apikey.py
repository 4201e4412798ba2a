"""API keys and usage plans."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth import AuthRequest, Grant, Policy, authorizer
from cwsauth.errors import ConfigError, TokenInvalid, TokenMissing
from cwsauth.tokens import ApiKey, query

KEY = "k" * 40


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNER_KEY", KEY)


def sending(value: str) -> AuthRequest:
    return AuthRequest(headers={"X-API-Key": value})


def test_a_key_opens_its_rules_and_counts_against_its_plan() -> None:
    """The answer names the key that was sent, in the name of its entry."""
    answer = ApiKey({"PARTNER_KEY": ["product/*"]})(sending(KEY))
    assert isinstance(answer, Grant)
    assert (answer.rules, answer.principal_id) == (Policy.of(["product/*"]), "PARTNER_KEY")
    assert answer.usage_identifier_key == KEY
    assert KEY not in repr(answer)


def test_the_authorizer_hands_the_key_over() -> None:
    """As `usageIdentifierKey`, beside the document."""
    event = {
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/a",
        "headers": {"x-api-key": KEY},
    }
    assert authorizer(ApiKey({"PARTNER_KEY": True}))(event, None)["usageIdentifierKey"] == KEY
    assert "usageIdentifierKey" not in authorizer(ApiKey({"PARTNER_KEY": True}, usage_plan=False))(event, None)


def test_a_grant_may_name_another_plan() -> None:
    """A key of a plan that the caller does not know, another principal, a context."""
    grant = Grant(["a"], principal_id="partner", usage_identifier_key="plan-gold", context={"plan": "gold"})
    answer = ApiKey({"PARTNER_KEY": grant})(sending(KEY))
    assert isinstance(answer, Grant)
    assert (answer.principal_id, answer.usage_identifier_key) == ("partner", "plan-gold")
    assert answer.context == {"plan": "gold"}


def test_wrong_keys() -> None:
    """A header that is absent is missing; another value is invalid; the Authorization header is another place."""
    auth = ApiKey({"PARTNER_KEY": True})
    for missing in (AuthRequest(), sending(""), AuthRequest(token=KEY)):
        with pytest.raises(TokenMissing):
            auth(missing)
    with pytest.raises(TokenInvalid):
        auth(sending(KEY[:-1]))


def test_another_place() -> None:
    """The query string, for those who can send nothing else."""
    assert ApiKey({"PARTNER_KEY": True}, location=query("key")).verify(AuthRequest(query={"key": KEY}))


@pytest.mark.parametrize("options", [{"usage_plan": "gold"}, {"usage_plan": None}])
def test_options_that_are_refused(options: dict[str, Any]) -> None:
    """A plan is named in a Grant."""
    with pytest.raises(ConfigError):
        ApiKey({"PARTNER_KEY": True}, **options)


def test_repr_names_the_entries() -> None:
    """And no key."""
    assert repr(ApiKey({"PARTNER_KEY": True})) == "ApiKey(PARTNER_KEY)"
