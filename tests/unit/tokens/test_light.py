"""What a verifier costs when a Lambda starts."""

from __future__ import annotations

import subprocess
import sys

import pytest

import cwsauth.tokens
from tests.architecture.test_imports import EVENT, foreign, loaded

STATIC = """
import os
os.environ["ADMIN_TOKEN"] = "none"
from cwsauth import authorizer
from cwsauth.tokens import StaticTokens
auth = authorizer(routes=["GET /product/{id}"])(StaticTokens({"ADMIN_TOKEN": True, "USER_TOKEN": ["product/*"]}))
"""


def test_static_tokens_load_only_what_is_allowed() -> None:
    """Nothing but modules of ours and those of the allow-list, at import and at the first call."""
    names = loaded(STATIC)
    assert foreign(names) == set()
    assert {name for name in names if name.startswith("cwsauth.tokens.")} == {
        "cwsauth.tokens.identity",
        "cwsauth.tokens.sources",
        "cwsauth.tokens.static",
        "cwsauth.tokens.verifier",
    }
    assert foreign(loaded(f"{STATIC}\nauth({EVENT!r}, None)")) == set()


@pytest.mark.parametrize("name", ["hmac", "hashlib", "_hashlib", "typing", "asyncio", "json.tool", "threading"])
def test_static_tokens_do_without(name: str) -> None:
    """OpenSSL alone takes longer to load than the whole authorizer."""
    assert name not in loaded("from cwsauth.tokens.static import StaticTokens") - loaded("import cwsauth")


def test_a_jwt_verifier_loads_no_http_of_its_own_and_no_loop() -> None:
    """PyJWT loads cryptography and http.client; asyncio, boto3 and Powertools stay out."""
    names = loaded(
        "from cwsauth.tokens import JWT\nJWT(issuer='i', audience='a', algorithms='HS256', secret=b'x' * 32)"
    )
    assert "jwt" in names
    assert not {name for name in names if name.partition(".")[0] in {"asyncio", "boto3", "botocore", "argon2"}}
    assert "aws_lambda_powertools" not in names


def test_every_name_is_there() -> None:
    """The lazy names are those that are listed, and each has a docstring."""
    for name in cwsauth.tokens.__all__:
        assert getattr(cwsauth.tokens, name).__doc__, name
    with pytest.raises(AttributeError, match="'nothing'"):
        cwsauth.tokens.nothing  # noqa: B018


def test_a_name_costs_its_own_module_only() -> None:
    """The package itself loads none of them."""
    code = "import sys, cwsauth.tokens; print([name for name in sys.modules if name.startswith('cwsauth.tokens.')])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
