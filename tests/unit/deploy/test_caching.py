"""Answers that may not be kept as long as the stage says are found before anything is deployed."""

from __future__ import annotations

from pathlib import Path

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
