"""Issuers, users and keys that a policy file declares by itself: who is let in, as whom, and what the file never holds."""

from __future__ import annotations

import base64
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from cwsauth import AuthRequest, Unauthenticated
from cwsauth.errors import ConfigError, TokenInvalid, TokenMissing
from cwsauth.files import parse
from cwsauth.from_file import FileAuth, authorizer_from_file
from cwsauth.tokens import Basic
from tests import oidc
from tests.oidc import Provider, claims, forge
from tests.oidc import provider as provider
from tests.unit.from_file.test_from_file import allowed, asked, write

ROLES = """
routes: ["GET /product/{id}", "PUT /product/{id}", "GET /users/{id}"]
roles:
  visitor: [GET product/*]
  editor: [PUT product/*]
  user:
    - rule: GET users/{id}
      when: {claim: sub, equals: {path: id}}
"""


def rsa(changes: dict[str, Any], key: int = 0, kid: str = "k0") -> str:
    return forge(claims(**changes), "RS256", oidc.private_key("RSA", key), kid=kid)


def test_an_openid_provider(provider: Provider, tmp_path: Path) -> None:
    """Its keys are found by discovery, its claim names roles, and a rotated key counts; all that stands in the file."""
    provider.publish(oidc.private_key("RSA"))
    text = f"""{ROLES}
tokens:
  staff:
    oidc: {{issuer: "{provider.url}", audience: shop, allow_loopback_http: true}}
    claim: [realm, roles]
    roles: visitor
"""
    handler = authorizer_from_file(write(tmp_path / "policy.yaml", text))
    editor = rsa({"iss": provider.url, "realm": {"roles": ["editor"]}})
    nobody = rsa({"iss": provider.url})
    assert allowed(handler, f"Bearer {editor}", "PUT")
    assert allowed(handler, f"Bearer {nobody}", "GET")
    assert not allowed(handler, f"Bearer {nobody}", "PUT")
    for wrong in (rsa({"iss": provider.url, "aud": "other"}), rsa({"iss": provider.url}, key=1), "wrong"):
        with pytest.raises(Unauthenticated):
            handler(asked(f"Bearer {wrong}"), None)
    provider.publish(oidc.private_key("RSA"), oidc.private_key("RSA", 1))
    assert allowed(handler, f"Bearer {rsa({'iss': provider.url}, key=1, kid='k1')}")


def test_keys_at_an_address(provider: Provider, tmp_path: Path) -> None:
    """And the caller's own record, by a condition; in a header of its own."""
    provider.publish(oidc.private_key("RSA"))
    text = f"""{ROLES}
tokens:
  staff:
    jwt:
      issuer: {oidc.ISSUER}
      audience: [shop, shop-admin]
      algorithms: RS256
      jwks: {provider.url}{oidc.KEYS}
      allow_loopback_http: true
      header: X-Token
      require: email
    roles: user
"""
    auth = FileAuth(write(tmp_path / "policy.yaml", text))
    token = rsa({"sub": "42", "email": "a@b"})
    identity = auth.verify(AuthRequest("rest.request", headers={"x-token": token}))
    assert identity.principal_id == "42"
    with pytest.raises(TokenInvalid):
        auth.verify(AuthRequest("rest.request", headers={"x-token": rsa({})}))
    with pytest.raises(TokenMissing):
        auth.verify(AuthRequest("rest.request", token=token))


def test_a_secret_that_is_shared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By a reference, and by several while it is exchanged."""
    monkeypatch.setenv("OLD", "o" * 40)
    monkeypatch.setenv("NEW", "n" * 40)
    text = f"""{ROLES}
claim: groups
tokens:
  ours:
    jwt: {{issuer: {oidc.ISSUER}, audience: shop, algorithms: HS256, secret: ["${{env:OLD}}", "${{env:NEW}}"]}}
"""
    handler = authorizer_from_file(write(tmp_path / "policy.yaml", text))
    for key in (b"o" * 40, b"n" * 40):
        assert allowed(handler, f"Bearer {forge(claims(groups=['editor']), key=key)}", "PUT")
    with pytest.raises(Unauthenticated):
        handler(asked(f"Bearer {forge(claims(groups=['editor']))}"), None)


def test_a_user_pool(tmp_path: Path) -> None:
    """The issuer, the address of its keys and the kind of token are those of the pool; nothing is fetched beforehand."""
    text = f"""{ROLES}
tokens:
  users:
    cognito: {{region: eu-west-1, pool: eu-west-1_Ab12Cd34E, client_ids: app}}
    claim: cognito:groups
"""
    auth = FileAuth(write(tmp_path / "policy.yaml", text))
    assert "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E" in repr(auth._current.get()[1])


def test_users_with_passwords(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hashes by reference, roles beside them; conditions find the user's name as `sub`."""
    monkeypatch.setenv("ALICE", Basic.hash("first"))
    monkeypatch.setenv("ALICE_NEW", Basic.hash("second"))
    monkeypatch.setenv("BOB", Basic.hash("third"))
    text = f"""{ROLES}
tokens:
  staff:
    basic:
      alice: {{hash: ["${{env:ALICE}}", "${{env:ALICE_NEW}}"], roles: [editor, user]}}
      bob: {{hash: "${{env:BOB}}"}}
    roles: visitor
"""
    handler = authorizer_from_file(write(tmp_path / "policy.yaml", text))

    def credentials(text: str) -> str:
        return f"Basic {base64.b64encode(text.encode()).decode()}"

    for password in ("first", "second"):
        assert allowed(handler, credentials(f"alice:{password}"), "PUT")
    assert allowed(handler, credentials("alice:first"), "GET", "users/alice")
    assert not allowed(handler, credentials("alice:first"), "GET", "users/bob")
    assert allowed(handler, credentials("bob:third"), "GET")
    assert not allowed(handler, credentials("bob:third"), "PUT")
    with pytest.raises(Unauthenticated):
        handler(asked(credentials("bob:first")), None)


def test_api_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In their own header, named after the entry, with the claims beside it; API Gateway counts those that are counted."""
    monkeypatch.setenv("ACME_KEY", "acme-key-of-20-characters")
    monkeypatch.setenv("FREE_KEY", "free-key-of-20-characters")
    text = f"""{ROLES}
tokens:
  acme: {{api_key: "${{env:ACME_KEY}}", roles: user, claims: {{sub: "7"}}}}
  free: {{api_key: "${{env:FREE_KEY}}", roles: visitor, usage_plan: false}}
  other: {{static: "${{env:ACME_KEY}}", roles: editor}}
"""
    auth = FileAuth(write(tmp_path / "policy.yaml", text))

    def granted(key: str) -> Any:
        return auth(AuthRequest("rest.request", method="GET", path="/", headers={"X-Api-Key": key}))

    acme = granted("acme-key-of-20-characters")
    assert (acme.principal_id, acme.usage_identifier_key) == ("acme", "acme-key-of-20-characters")
    assert acme.rules.allows("GET", "/users/7")
    assert not acme.rules.allows("GET", "/users/8")
    assert not acme.rules.allows("PUT", "/product/1")
    free = granted("free-key-of-20-characters")
    assert (free.principal_id, free.usage_identifier_key) == ("free", None)
    with pytest.raises(TokenInvalid):
        granted("wrong")
    bearer: Any = auth(AuthRequest(token="acme-key-of-20-characters"))
    assert (bearer.principal_id, bearer.usage_identifier_key) == ("other", None)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"jwt": {"issuer": "i", "audience": "a", "algorithms": "HS256", "secret": "canary"}}, "where it is kept"),
        ({"jwt": {"issuer": "i", "audience": "a", "algorithms": "HS256", "secret": "${file:/canary}"}}, "where it is"),
        (
            {"jwt": {"issuer": "i", "audience": "a", "algorithms": "HS256", "secret": "${env:canary}"}},
            "where it is kept",
        ),
        ({"api_key": "canary"}, "where it is kept"),
        ({"static": "canary"}, "where it is kept"),
        ({"basic": {"alice": {"hash": "canary"}}}, "where it is kept"),
        ({"basic": {"alice": {"password": "canary"}}}, "missing|not known"),
        ({"basic": {}}, "it is empty|at least 1"),
        ({"jwt": {"issuer": "i", "audience": "a", "jwks": "https://i/k"}}, "algorithms: it is missing"),
        ({"jwt": {"issuer": "i", "algorithms": "RS256", "jwks": "https://i/k"}}, "audience: it is missing"),
        ({"oidc": "https://i"}, "mapping|instance"),
        ({"oidc": {"issuer": "https://i", "audience": "a"}, "roles": "nobody"}, "'nobody' is not a role"),
        ({"oidc": {"issuer": "https://i", "audience": "a"}, "jwt": {}}, "it is missing"),
        ({"basic": {"alice": {"hash": "${env:A}", "roles": "nobody"}}}, "'nobody' is not a role"),
        ({"cognito": {"region": "eu-west-1", "pool": "eu-west-1_A", "client_ids": []}}, "it is empty"),
    ],
)
def test_what_the_file_may_not_say(entry: dict[str, Any], problem: str) -> None:
    """A secret instead of a reference is a fault whose message does not quote it; so is what is missing."""
    text = json.dumps({"roles": {"a": True}, "tokens": {"x": entry}}, indent=1)
    with pytest.raises(ConfigError, match=problem) as caught:
        parse(text, "policy.json", read=open)  # type: ignore[arg-type]
    assert "canary" not in f"{caught.value} {caught.value.help} {caught.value.__context__!r}"


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"jwt": {"issuer": "i", "audience": "a", "algorithms": "RS256", "jwks": "http://i/k"}}, "is not https"),
        ({"jwt": {"issuer": "i", "audience": "a", "algorithms": "RS256", "jwks": "file:///etc/keys"}}, "no host"),
        ({"jwt": {"issuer": "i", "audience": "a", "algorithms": "RS256"}}, "given once"),
        (
            {"jwt": {"issuer": "i", "audience": "a", "algorithms": ["RS256", "HS256"], "jwks": "https://i"}},
            "several fam",
        ),
        ({"jwt": {"issuer": "i", "audience": "a", "algorithms": "none", "jwks": "https://i/k"}}, "invalid algorithm"),
        ({"oidc": {"issuer": "http://127.0.0.1:1", "audience": "a"}}, "is not https"),
        ({"oidc": {"issuer": "http://i.example", "audience": "a", "allow_loopback_http": True}}, "is not https"),
        (
            {"oidc": {"issuer": "https://i", "audience": "a", "header": "x-a", "cookie": "b"}},
            "in a header or in a cookie",
        ),
        ({"cognito": {"region": "eu-west-1", "pool": "us-east-1_A", "client_ids": "a"}}, "begins with the region"),
        ({"cognito": {"region": "eu-west-1", "pool": "eu-west-1_A", "client_ids": "a", "token_use": "x"}}, "access"),
        ({"basic": {"a:b": {"hash": "${env:A}"}}}, "user name"),
    ],
)
def test_what_no_verifier_can_be_made_of(tmp_path: Path, entry: dict[str, Any], problem: str) -> None:
    """The error names file and entry, when the function starts."""
    text = json.dumps({"roles": {"a": True}, "tokens": {"x": {**entry, "roles": "a"}}})
    with pytest.raises(ConfigError, match=problem) as caught:
        FileAuth(write(tmp_path / "policy.json", text))
    assert "policy.json' tokens.x: " in caught.value.message


def test_an_issuer_that_gives_no_roles(tmp_path: Path) -> None:
    """Somebody forgot to say what its callers may do."""
    text = "roles: {a: true}\ntokens:\n  x: {oidc: {issuer: 'https://i', audience: a}}\n"
    with pytest.raises(ConfigError, match="does not say which roles"):
        FileAuth(write(tmp_path / "policy.yaml", text))
    FileAuth(write(tmp_path / "policy.yaml", text + "claim: groups\n"))


def test_a_changed_file_keeps_the_keys_of_its_issuers(provider: Provider, tmp_path: Path) -> None:
    """Roles change; who is described as before is neither asked for its keys again nor forgotten while it is away."""
    provider.publish(oidc.private_key("RSA"))
    text = f"""{ROLES}
tokens:
  staff:
    oidc: {{issuer: "{provider.url}", audience: shop, allow_loopback_http: true}}
    roles: visitor
"""
    path = write(tmp_path / "policy.yaml", text)
    handler = authorizer_from_file(path)
    token = f"Bearer {rsa({'iss': provider.url})}"
    assert not allowed(handler, token, "PUT")
    provider.answers[oidc.KEYS] = lambda handler: oidc.send(handler, b"gone", 503)
    write(path, text.replace("roles: visitor", "roles: [visitor, editor]"))
    assert allowed(handler, token, "PUT")
    assert provider.fetches() == 1


def test_a_changed_file_may_not_shorten_tokens_below_the_cache(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Answers are cached for as long as was deployed: what would outlive tokens is not taken, and the log says why."""
    text = f"""{ROLES}
tokens:
  staff: {{oidc: {{issuer: 'https://i.example', audience: shop, max_lifetime: 600}}, roles: visitor}}
"""
    path = write(tmp_path / "policy.yaml", text)
    with pytest.raises(ConfigError, match="tokens live for 600 at most"):
        authorizer_from_file(path, ttl=900)
    handler = authorizer_from_file(path, ttl=300)
    write(path, text.replace("600", "60"))
    with caplog.at_level(logging.ERROR, "cwsauth"):
        assert handler.function.max_lifetime == 600  # type: ignore[attr-defined]
    assert "answers are cached for longer" in caplog.text
    write(path, text.replace("600", "301"))
    assert handler.function.max_lifetime == 301  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "broken",
    [
        "roles: {a: true}\ntests: [{request: GET /, expect: allow, time: 2020-13-45}]\n",
        "roles: {a: 0x_}\n",
        "roles: " + "[" * 5000,
        "roles: {a: true}\ntokens: {x: {jwt: {issuer: i, audience: a, algorithms: RS256, key: 'no key'}, roles: a}}\n",
        "roles: {a: true}\ntokens: {x: {oidc: {issuer: 'http://i', audience: a}, roles: a}}\n",
        "roles: {a: true}\ntokens: {x: {basic: {'': {hash: '${env:X}'}}}}\n",
    ],
    ids=["a date that is none", "a number that is none", "nested", "no key", "no https", "no name"],
)
def test_the_last_good_file_outlives_every_kind_of_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    """What cannot be read, checked or made into verifiers leaves what was said before in place, and the log says why."""
    monkeypatch.setenv("A_TOKEN", "a-1")
    path = write(tmp_path / "policy.yaml", ROLES + "tokens: {A_TOKEN: editor}\n")
    handler = authorizer_from_file(path)
    assert allowed(handler, "a-1", "PUT")
    write(path, broken)
    with caplog.at_level(logging.ERROR, "cwsauth"):
        assert allowed(handler, "a-1", "PUT")
    assert "the policies of before go on to count: " in caplog.text
