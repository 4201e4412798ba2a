"""Static tokens: names of variables to rules."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cwsauth import AuthRequest, Grant, Policy, Rule, authorizer
from cwsauth.errors import ConfigError, PatternError, TokenInvalid, TokenMissing
from cwsauth.tokens import Env, StaticTokens, header, static

ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/product/1"


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_TOKEN", "admin-secret")
    monkeypatch.setenv("USER_TOKEN", "user-secret")
    monkeypatch.setenv("EMPTY_TOKEN", "")
    monkeypatch.delenv("UNSET_TOKEN", raising=False)


def bearing(token: str | None, scheme: str = "Bearer") -> AuthRequest:
    return AuthRequest("rest.token", token=token, scheme=scheme)


def test_a_token_gets_the_rules_of_its_variable() -> None:
    """The value in the dict is the answer of the auth function."""
    auth = StaticTokens({"ADMIN_TOKEN": True, "USER_TOKEN": ["product/*"]})
    assert auth(bearing("admin-secret")) == Policy.of(True)
    assert auth(bearing("user-secret")) == Policy.of(["product/*"])


def test_it_is_an_auth_function() -> None:
    """`authorizer(StaticTokens(...))` is the whole authorizer, with and without `Bearer`."""
    handler = authorizer(routes=["GET /product/{id}", "GET /admin"])(StaticTokens({"USER_TOKEN": ["product/*"]}))
    for value in ("user-secret", "Bearer user-secret", "bearer user-secret"):
        answer = handler({"type": "TOKEN", "authorizationToken": value, "methodArn": ARN}, None)
        assert answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    with pytest.raises(Exception, match=r"\AUnauthorized\Z"):
        handler({"type": "TOKEN", "authorizationToken": "other", "methodArn": ARN}, None)


@pytest.mark.parametrize("value", [True, False, ["product/*"], ("a", "!b"), Rule("GET a"), Policy.of(["a"]), "a/**"])
def test_rules_are_what_an_auth_function_may_return(value: Any) -> None:
    """True, False, lists, tuples, rules and policies; compiled once."""
    auth = StaticTokens({"USER_TOKEN": value})
    policy = auth(bearing("user-secret"))
    assert policy == Policy.of(value)
    assert auth(bearing("user-secret")) is policy


def test_a_grant_names_the_caller() -> None:
    """The principal of a Grant is the identity's; without one it is the name of the variable."""
    auth = StaticTokens(
        {"USER_TOKEN": Grant(["a"], principal_id="alice", context={"plan": "free"}), "ADMIN_TOKEN": True}
    )
    answer = auth(bearing("user-secret"))
    assert isinstance(answer, Grant)
    assert (answer.rules, answer.principal_id, answer.context) == (Policy.of(["a"]), "alice", {"plan": "free"})
    assert auth.verify(bearing("user-secret")).principal_id == "alice"
    assert auth.verify(bearing("admin-secret")).principal_id == "ADMIN_TOKEN"


@pytest.mark.parametrize("token", [None, ""])
def test_no_token_is_missing(token: str | None) -> None:
    """Nothing was sent: TokenMissing, also where a variable is empty or unset."""
    with pytest.raises(TokenMissing):
        StaticTokens({"UNSET_TOKEN": True, "EMPTY_TOKEN": True})(bearing(token, ""))


@pytest.mark.parametrize(
    "token", ["x", " ", "None", "admin-secre", "admin-secret ", "ADMIN_TOKEN", "ä", "\ud800", "a\n"]
)
def test_another_token_is_invalid(token: str) -> None:
    """Unset and empty variables match nothing; no prefix, no padding and no other encoding of a token matches."""
    with pytest.raises(TokenInvalid) as caught:
        StaticTokens({"ADMIN_TOKEN": True, "UNSET_TOKEN": True, "EMPTY_TOKEN": True})(bearing(token))
    assert str(caught.value) == "Unauthorized"


def test_the_log_says_which_places_are_empty() -> None:
    """By their names: what was forgotten in the deployment shows in the first refusal."""
    with pytest.raises(TokenInvalid) as caught:
        StaticTokens({"ADMIN_TOKEN": True, ("UNSET_TOKEN", "EMPTY_TOKEN"): ["a"]})(bearing("x"))
    assert caught.value.reason.endswith("; nothing is in UNSET_TOKEN, EMPTY_TOKEN")


def test_basic_credentials_are_no_token() -> None:
    """Another scheme is another kind of credential, even if its text is the same."""
    auth = StaticTokens({"USER_TOKEN": True})
    with pytest.raises(TokenMissing):
        auth(bearing("user-secret", "Basic"))
    with pytest.raises(TokenInvalid):
        auth(AuthRequest("rest.token", authorization="Token user-secret"))


def test_the_environment_is_read_at_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that changes counts at once; one that is removed counts no more."""
    auth = StaticTokens({"USER_TOKEN": True})
    monkeypatch.setenv("USER_TOKEN", "next")
    assert auth(bearing("next")) == Policy.of(True)
    monkeypatch.delenv("USER_TOKEN")
    with pytest.raises(TokenInvalid):
        auth(bearing("next"))


def test_a_token_is_rotated_by_several_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tuple of variables, or several values in one; a gap in either is no value."""
    monkeypatch.setenv("USER_TOKEN_NEXT", "next-secret")
    auth = StaticTokens({("USER_TOKEN", "USER_TOKEN_NEXT", "UNSET_TOKEN"): ["a"]})
    assert auth(bearing("user-secret")) == auth(bearing("next-secret")) == Policy.of(["a"])
    monkeypatch.setenv("LIST", "one, two,,")
    auth = StaticTokens({Env("LIST", separator=","): ["a"]})
    assert auth(bearing("one")) == auth(bearing("two")) == Policy.of(["a"])
    for wrong in ("", " two", "one, two,,", ","):
        with pytest.raises((TokenInvalid, TokenMissing)):
            auth(bearing(wrong))


def test_a_secret_may_be_given_as_bytes() -> None:
    """Bytes are the secret itself; no bytes match nothing."""
    auth = StaticTokens({b"\xc3\xa4": ["a"], b"": True})
    assert auth(bearing("ä")) == Policy.of(["a"])
    with pytest.raises(TokenMissing):
        auth(bearing(""))


def test_a_token_of_two_entries_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same value under two names is a mistake, and neither of them is taken for it."""
    monkeypatch.setenv("ADMIN_TOKEN", "user-secret")
    with pytest.raises(TokenInvalid, match="Unauthorized") as caught:
        StaticTokens({"ADMIN_TOKEN": True, "USER_TOKEN": ["a"]})(bearing("user-secret"))
    assert "more than one" in caught.value.reason


def test_it_can_read_another_place() -> None:
    """A header of its own in a REQUEST event, and the only header there is in a TOKEN event."""
    auth = StaticTokens({"USER_TOKEN": True}, location=header("X-Token"))
    assert auth(AuthRequest(headers={"x-token": "user-secret"})) == Policy.of(True)
    assert auth(AuthRequest("rest.token", authorization="user-secret")) == Policy.of(True)
    with pytest.raises(TokenMissing):
        auth(AuthRequest(headers={"authorization": "user-secret"}))


def test_it_works_in_an_event_loop() -> None:
    """`verify_async` and `call_async` say the same."""
    auth = StaticTokens({"USER_TOKEN": ["a"]})
    assert asyncio.run(auth.verify_async(bearing("user-secret"))).principal_id == "USER_TOKEN"
    assert asyncio.run(auth.call_async(bearing("user-secret"))) == Policy.of(["a"])
    with pytest.raises(TokenInvalid):
        asyncio.run(auth.verify_async(bearing("x")))


@pytest.mark.parametrize(
    "tokens",
    [
        {},
        [],
        {"": True},
        {"lower": True},
        {"A B": True},
        {"1A": True},
        {1: True},
        {(): True},
        {"A": None},
        {"A": 1},
        {"A": "a/{"},
        {"A": ["a", 1]},
        {"A": lambda request: True},
    ],
)
def test_what_cannot_be_meant_is_refused_at_once(tokens: Any) -> None:
    """Wrong names and wrong rules show when the Lambda starts."""
    with pytest.raises((ConfigError, PatternError)):
        StaticTokens(tokens)


def test_a_secret_in_the_place_of_a_name_is_not_quoted(canary: str) -> None:
    """Who writes the token itself into the dict is told so, without the token."""
    with pytest.raises(ConfigError) as caught:
        StaticTokens({canary: True})
    assert canary not in f"{caught.value!r} {caught.value.help} {caught.value.args}"


def test_repr_names_the_variables_only() -> None:
    """No value."""
    auth = StaticTokens({("ADMIN_TOKEN", "NEXT"): True, b"secret-bytes": True})
    assert repr(auth) == "StaticTokens(ADMIN_TOKEN|NEXT, bytes)"


def test_every_value_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """No early exit: the first entry takes as many comparisons as the last, in constant time each."""
    compared: list[bytes] = []
    from _operator import _compare_digest as compare

    def watched(value: bytes, given: bytes) -> bool:
        compared.append(value)
        return compare(value, given)

    monkeypatch.setattr(static, "compare", watched)
    secrets = {f"TOKEN_{number}": f"{number:02d}" + "x" * 40 for number in range(40)}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    auth = StaticTokens(dict.fromkeys(secrets, True))
    for sent in (secrets["TOKEN_0"], secrets["TOKEN_39"]):
        compared.clear()
        auth(bearing(sent))
        assert compared == [value.encode() for value in secrets.values()]
    compared.clear()
    with pytest.raises(TokenInvalid):
        auth(bearing("none of them"))
    assert compared == [value.encode() for value in secrets.values()]
