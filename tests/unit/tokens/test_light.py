"""What a verifier costs when a Lambda starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import cwsauth.tokens
from tests.architecture.test_imports import EVENT, foreign, loaded
from tests.oidc import jwk, pem, private_key, public

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
        "cwsauth.tokens.verifier",
        "cwsauth.tokens.sources",
        "cwsauth.tokens.static",
    }
    assert foreign(loaded(f"{STATIC}\nauth({EVENT!r}, None)")) == set()


@pytest.mark.parametrize("name", ["hmac", "hashlib", "_hashlib", "typing", "asyncio", "json.tool", "threading"])
def test_static_tokens_do_without(name: str) -> None:
    """OpenSSL alone takes longer to load than the whole authorizer."""
    assert name not in loaded("from cwsauth.tokens.static import StaticTokens") - loaded("import cwsauth")


JWT = """
from cwsauth import authorizer
from cwsauth.tokens import JWT
auth = authorizer(JWT(issuer='i', audience='a', algorithms='{}', {}, grant=True))
"""
OURS = {"granting", "jwt", "keys", "reading", "verifier"}


def test_a_jwt_verifier_with_a_secret_loads_the_hmac_of_the_standard_library() -> None:
    """No PyJWT and no cryptography, which take many times as long: HMAC needs neither of them."""
    names = loaded(JWT.format("HS256", "secret=b'x' * 32"))
    assert {name.removeprefix("cwsauth.tokens.") for name in names if name.startswith("cwsauth.tokens.")} == {
        *OURS,
        "shared_secret",
        "sources",
    }
    assert foreign(names) <= {"binascii"}


@pytest.mark.parametrize("given", ["key=open({!r}).read()", "jwks={{'keys': [{}]}}", "jwks='https://i.example/keys'"])
def test_a_jwt_verifier_with_public_keys_loads_cryptography_and_nothing_beside_it(given: str, tmp_path: Path) -> None:
    """When the Lambda starts, with an HTTPS client where keys are fetched; not PyJWT, asyncio, boto3, Powertools or our errors."""
    key = public(private_key("RSA"))
    (tmp_path / "key.pem").write_text(pem(key))
    names = loaded(JWT.format("RS256", given.format(str(tmp_path / "key.pem") if "open" in given else jwk(key))))
    fetched = {"fetch", "jwks"} if "https" in given else set()
    assert {name.removeprefix("cwsauth.tokens.") for name in names if name.startswith("cwsauth.tokens.")} == {
        *OURS,
        "public_keys",
        "usual_keys",
        *fetched,
    }
    assert "cwsauth.errors" not in names
    needed = (
        "import binascii, cryptography.exceptions; from cryptography.hazmat.primitives.asymmetric import padding, rsa"
    )
    if fetched:
        needed += "; import http.client, ssl"
    elif "open" in given:
        needed += "; from cryptography.hazmat.primitives import serialization"
    assert names - loaded(needed) == {name for name in names if name.startswith("cwsauth")}
    assert not {name for name in names if name.partition(".")[0] == "jwt"}


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
