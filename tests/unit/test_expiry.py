"""Answers and the end of the token that they were made for."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cwsauth import AuthRequest, Grant, Policy, Unauthenticated, authorizer
from cwsauth.engine import Engine
from cwsauth.errors import ConfigError, NotExact, TokenExpired, TokenInvalid
from cwsauth.expiry import cache_seconds, check_deployed, check_staleness, staleness
from cwsauth.guard import Guard
from cwsauth.policy.cache_safe import assert_cache_safe
from cwsauth.tokens import JWT, StaticTokens, first
from tests.oidc import AUDIENCE, ISSUER, SECRET, bearing, claims, forge

EVENT = {
    "type": "TOKEN",
    "authorizationToken": "abc",
    "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/product/1",
}


@pytest.mark.parametrize(
    ("ttl", "expires_at", "seconds", "stale"),
    [
        (300, None, 300, 0),
        (300, 1400, 300, 0),
        (300, 1300, 300, 0),
        (300, 1100, 100, 200),
        (300, 1100.9, 100, pytest.approx(199.1)),
        (300, 1000.5, 0, pytest.approx(299.5)),
        (300, 900, 0, 400),
        (300, float("inf"), 300, 0),
        (0, 900, 0, 0),
        (0, None, 0, 0),
    ],
)
def test_what_may_be_kept_at_second_1000(ttl: int, expires_at: float | None, seconds: int, stale: object) -> None:
    """Whole seconds, never beyond the end; and how long the token would count after it otherwise."""
    assert cache_seconds(ttl, expires_at, 1000) == seconds
    assert staleness(ttl, expires_at, 1000) == stale


def test_an_end_that_is_no_number_keeps_nothing() -> None:
    """NaN compares with nothing, so it must not pass for late."""
    assert cache_seconds(300, float("nan"), 1000) == 0
    with pytest.raises(TokenExpired):
        check_staleness(300, float("nan"), 1000, 0)


def test_a_token_whose_answer_would_outlive_it_is_refused() -> None:
    """By more than was allowed; up to that it is not."""
    check_staleness(300, 1100, 1000, 200)
    with pytest.raises(TokenExpired) as caught:
        check_staleness(300, 1100, 1000, 199)
    assert str(caught.value) == "Unauthorized"


def _lasting(seconds: float) -> Any:
    return lambda request: Grant(True, expires_at=time.time() + seconds)


@pytest.mark.parametrize(
    ("left", "options", "accepted"),
    [
        (60, {}, True),
        (60, {"max_staleness": 0}, False),
        (60, {"max_staleness": 0, "ttl": 30}, True),
        (60, {"max_staleness": 0, "ttl": 0}, True),
        (60, {"max_staleness": 250}, True),
        (400, {"max_staleness": 0}, True),
    ],
)
def test_an_authorizer_that_is_strict(left: float, options: dict[str, Any], accepted: bool) -> None:
    """A 401, which is not cached, in place of an answer that counts for too long; only where that was asked for."""
    handler = authorizer(_lasting(left), **options)
    if accepted:
        assert handler(EVENT)["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    else:
        with pytest.raises(Unauthenticated):
            handler(EVENT)


def test_a_token_without_an_end_is_not_refused() -> None:
    """A static token has none."""
    handler = authorizer(lambda _: True, max_staleness=0)
    assert handler(EVENT)["policyDocument"]["Statement"][0]["Effect"] == "Allow"


def test_in_process_nothing_is_cached() -> None:
    """So nothing is refused for its sake."""
    guard = Guard(authorizer(_lasting(60), max_staleness=0))
    assert guard(AuthRequest("rest.request", method="GET", path="/", token="abc"))


@pytest.mark.parametrize("value", [-1, 3601, "60", True, float("nan")])
def test_what_is_no_staleness(value: object) -> None:
    """It shows when the authorizer is made."""
    with pytest.raises(ConfigError):
        authorizer(lambda _: True, max_staleness=value)


def test_a_deployment_is_refused_a_ttl_that_is_too_long() -> None:
    """`assert_cache_safe` with what a token has left: the help says which TTL would do."""
    policy = Policy.of(["product/*"], routes=["GET /product/{id}"])
    assert_cache_safe(policy, 300, expires_in=3600)
    assert_cache_safe(policy, 300, expires_in=60, max_staleness=240)
    assert_cache_safe(policy, 0, expires_in=60)
    with pytest.raises(ConfigError) as caught:
        assert_cache_safe(policy, 300, expires_in=60)
    assert caught.value.help == "set the authorizer's TTL to 60 at most"
    with pytest.raises(NotExact):
        assert_cache_safe(Policy.of(["a/*/b/**"]), 300, expires_in=3600)


def _living(seconds: Any) -> JWT:
    return JWT(issuer=ISSUER, audience=AUDIENCE, algorithms="HS256", secret=SECRET, max_lifetime=seconds, grant=True)


class _Nobody:
    def decide(self, *_: object) -> bool:
        return False


@pytest.mark.parametrize(
    "function",
    [
        _living(60),
        first(StaticTokens({"SOME_TOKEN": True}), _living(600), _living(60)),
        _living(60).then(lambda _: True),
        Engine(_living(60), _Nobody(), routes=["GET /"]),
    ],
    ids=["a verifier", "several", "a function behind it", "an engine"],
)
def test_no_answer_is_cached_for_longer_than_tokens_live(function: Any) -> None:
    """An authorizer says so when it is made: at the default TTL, too, and whatever stands around the verifier."""
    for options in ({}, {"ttl": 61}, {"ttl": 3600, "max_staleness": 3539}):
        with pytest.raises(ConfigError, match="tokens live for 60 at most"):
            authorizer(function, **options)
    for options in ({"ttl": 60}, {"ttl": 0}, {"max_staleness": 240}):
        assert authorizer(function, **options)
    assert Guard(function)  # in process nothing is cached


def test_an_authorizer_whose_tokens_live_for_as_long_as_they_say() -> None:
    """What nobody has said about their lifetime is not made up."""
    assert authorizer(_living(None), ttl=3600)
    assert authorizer(StaticTokens({"SOME_TOKEN": True}), ttl=3600)


@pytest.mark.parametrize(
    ("changes", "accepted"),
    [
        ({"iat": 0, "exp": 60}, True),
        ({"iat": 0, "exp": 61}, False),
        ({"iat": -30, "exp": 29}, True),
        ({"iat": -3600, "exp": 29}, False),
        ({"iat": None, "exp": 59}, True),
        ({"iat": None, "exp": 65}, False),
        ({"iat": None, "exp": 10**9}, False),
    ],
)
def test_a_token_that_lives_longer_than_it_may(changes: dict[str, int | None], accepted: bool) -> None:
    """From `iat` where it has one, else from now."""
    now = int(time.time())
    made = claims(**{name: None if value is None else now + value for name, value in changes.items()})
    token = bearing(forge({name: value for name, value in made.items() if value is not None}))
    if accepted:
        assert _living(60).verify(token).principal_id
    else:
        with pytest.raises(TokenInvalid, match="Unauthorized") as caught:
            _living(60).verify(token)
        assert "lives longer" in caught.value.reason


@pytest.mark.parametrize("value", [0, -1, "60", True, float("nan"), float("inf"), [60]])
def test_what_is_no_lifetime(value: object) -> None:
    """It shows when the verifier is made."""
    with pytest.raises(ConfigError, match="max_lifetime"):
        _living(value)


@pytest.mark.parametrize(
    ("deployed", "declared", "lifetime", "max_staleness", "refused"),
    [
        (3600, None, None, None, False),
        (300, 300, None, None, False),
        (60, 300, None, None, False),
        (301, 300, None, None, True),
        (1, 0, None, None, True),
        (300, None, None, 0, False),
        (301, None, None, 0, True),
        (600, 600, None, 0, False),
        (120, None, 120, None, False),
        (121, None, 120, None, True),
        (180, None, 120, 60, False),
    ],
)
def test_a_deployment_and_its_authorizer_agree(
    deployed: int, declared: int | None, lifetime: float | None, max_staleness: float | None, refused: bool
) -> None:
    """API Gateway may cache for less time than the authorizer reckons with, and not for more."""
    if refused:
        with pytest.raises(ConfigError, match="would be cached for"):
            check_deployed(deployed, declared, lifetime, max_staleness)
    else:
        check_deployed(deployed, declared, lifetime, max_staleness)
