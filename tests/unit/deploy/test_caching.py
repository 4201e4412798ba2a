"""Answers that may not be kept as long as the stage says are found before anything is deployed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coworks_compat.deploy.context import Context
from cwsauth.errors import ConfigError

pytest.importorskip("chalice", reason="a TechMicroService is a Chalice app")

APP = """
from coworks_compat import TechMicroService


class Shop(TechMicroService):
    def auth(self, auth_request):
        if auth_request.token == "inexact-canary":
            return RULES
        if auth_request.token == "raises":
            raise OSError("canary")
        return True



app = Shop(app_name="shop")


@app.route("/a/{proxy+}")
def anything():
    return {}
"""
# What lies below `b`, at any depth, but not below `/a/x`: no IAM document says that exactly.
RULES = '["a/*/b/**", "!a/x/**"]'


def context(directory: Path, variable: str, value: str, ttl: int) -> Context:
    from tests.deploy.shop import write_shop

    config = {
        "version": "2.0",
        "region": "eu-west-1",
        "authorizer_ttl": ttl,
        "environment_variables": {variable: value},
        "stages": {"dev": {}},
    }
    return Context.open(write_shop(directory, app=APP.replace("RULES", RULES), config=config), "dev")


def test_answers_that_are_exact(tmp_path: Path) -> None:
    """A policy that a document says exactly may be kept; one that fails grants nothing and is not kept."""
    for number, value in enumerate(("everything", "raises")):
        context(tmp_path / str(number), "USER_TOKEN", value, 300).service()


def test_answers_that_are_not(tmp_path: Path) -> None:
    """A narrowed document is refused with the variable's name and both ways out; the token is not shown."""
    with pytest.raises(ConfigError, match="the answer to USER_TOKEN must not be cached: IAM cannot say") as caught:
        context(tmp_path, "USER_TOKEN", "inexact-canary", 300).service()
    assert "TTL to 0" in caught.value.help
    assert "canary" not in f"{caught.value.message} {caught.value.help} {caught.value.__context__}"


def test_without_a_cache(tmp_path: Path) -> None:
    """With a TTL of 0 each call is answered for itself; variables that are no tokens are not asked about."""
    context(tmp_path / "a", "USER_TOKEN", "inexact-canary", 0).service()
    context(tmp_path / "b", "LEVEL", "inexact-canary", 300).service()


AUTHORIZED = """
from coworks_compat import TechMicroService
from cwsauth import authorizer
from cwsauth.tokens import JWT

VERIFIER = JWT(issuer="me", audience="shop", algorithms="HS256", secret=b"canary" * 8, max_lifetime=120, grant=True)


class Shop(TechMicroService):
    auth = AUTH


app = Shop(app_name="shop")


@app.route("/a")
def anything():
    return {}
"""


def _service(directory: Path, auth: str, ttl: int | None) -> object:
    from tests.deploy.shop import write_shop

    config: dict[str, Any] = {"version": "2.0", "region": "eu-west-1", "stages": {"dev": {}}}
    if ttl is not None:
        config["authorizer_ttl"] = ttl
    return Context.open(write_shop(directory, app=AUTHORIZED.replace("AUTH", auth), config=config), "dev").service()


@pytest.mark.parametrize(
    ("auth", "ttl", "problem"),
    [
        ("authorizer(lambda _: True, ttl=60)", 61, "cached for 61 seconds, and the authorizer reckons with 60"),
        ("authorizer(lambda _: True, ttl=0)", 300, "cached for 300 seconds, and the authorizer reckons with 0"),
        (
            "authorizer(lambda _: True, max_staleness=0)",
            600,
            "cached for 600 seconds, and the authorizer reckons with 300",
        ),
        ("authorizer(VERIFIER, ttl=120)", 300, "cached for 300 seconds, and the authorizer reckons with 120"),
        ("VERIFIER", None, "cached for 300 seconds, and tokens live for 120 at most"),
    ],
)
def test_a_stage_that_caches_for_longer_than_its_authorizer_says(
    tmp_path: Path, auth: str, ttl: int | None, problem: str
) -> None:
    """The deployment is refused, and the error names both times and the authorizer."""
    with pytest.raises(ConfigError, match=problem) as caught:
        _service(tmp_path, auth, ttl)
    assert caught.value.message.startswith("authorizer 'auth': ")
    assert "authorizer_ttl" in caught.value.help


@pytest.mark.parametrize(
    ("auth", "ttl", "deployed"),
    [
        ("authorizer(lambda _: True, ttl=60)", None, 60),
        ("authorizer(lambda _: True, ttl=60)", 30, 30),
        ("authorizer(lambda _: True)", None, 300),
        ("authorizer(lambda _: True)", 3600, 3600),
        ("authorizer(VERIFIER, ttl=120)", None, 120),
        ("VERIFIER", 120, 120),
    ],
)
def test_the_ttl_that_is_deployed(tmp_path: Path, auth: str, ttl: int | None, deployed: int) -> None:
    """The stage's, or else the authorizer's own, or else 300."""
    service = _service(tmp_path, auth, ttl)
    assert [authorizer.cache_seconds for authorizer in service.authorizers] == [deployed]  # type: ignore[attr-defined]
