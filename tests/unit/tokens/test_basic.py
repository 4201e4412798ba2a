"""User names and passwords."""

from __future__ import annotations

import asyncio
import statistics
import time
from base64 import b64encode
from contextlib import suppress
from typing import Any

import argon2
import pytest

from cwsauth import AuthRequest, Grant, Policy
from cwsauth.errors import ConfigError, TokenInvalid, TokenMissing
from cwsauth.tokens import Basic, Env, Roles

# Cheap ones: what is tested is who is compared with what, not how long it takes.
HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ALICE = HASHER.hash("correct horse")
BOB = HASHER.hash("battery:staple \u00e4")


def sending(credentials: str | bytes) -> AuthRequest:
    data = credentials.encode() if isinstance(credentials, str) else credentials
    return AuthRequest(authorization="Basic " + b64encode(data).decode())


def users(**options: Any) -> Basic:
    return Basic({"alice": ALICE, "bob": BOB}, **options)


def test_a_user_is_known_by_name_and_password() -> None:
    """A colon and other letters are part of a password."""
    identity = users().verify(sending("alice:correct horse"))
    assert (identity.principal_id, dict(identity.claims)) == ("alice", {"sub": "alice", "groups": []})
    assert users().verify(sending("bob:battery:staple \u00e4")).principal_id == "bob"
    assert asyncio.run(users().verify_async(sending("alice:correct horse"))).principal_id == "alice"


def test_groups_and_roles() -> None:
    """Groups become rules by `Roles`; so does the name itself."""
    auth = users(groups={"alice": ["admin"]}, grant=Roles({"admin": ["**"], "*": ["GET a"]}, claim="groups"))
    answer = auth(sending("alice:correct horse"))
    assert isinstance(answer, Grant)
    assert answer.rules == Policy.of(["**", "GET a"])
    assert auth.verify(sending("alice:correct horse")).groups == {"admin"}
    answer = users(grant=Roles({"bob": ["b"]}, claim="sub"))(sending("bob:battery:staple \u00e4"))
    assert isinstance(answer, Grant)
    assert (answer.rules, answer.principal_id) == (Policy.of(["b"]), "bob")


@pytest.mark.parametrize(
    "credentials",
    [
        "alice:wrong",
        "alice:correct horse ",
        "Alice:correct horse",
        "bob:correct horse",
        "carol:correct horse",
        pytest.param("alice:" + ALICE, id="the hash itself"),
        "alice:" + "x" * 2000,
        "alice\n:correct horse",
        ":correct horse",
        "alice:",
        "alice",
        "",
        b"alice:\xff",
    ],
)
def test_wrong_credentials(credentials: str | bytes) -> None:
    """Refused, and the reason does not say which half was wrong."""
    with pytest.raises((TokenInvalid, TokenMissing)) as caught:
        users().verify(sending(credentials))
    assert str(caught.value) == "Unauthorized"
    assert "alice" not in caught.value.reason
    assert "correct" not in caught.value.reason


@pytest.mark.parametrize(
    "value",
    ["Basic !!!!", "Basic YWxpY2U6Y29ycmVjdCBob3JzZQ", "Basic YWxp\u00e4", "Basic YWxpY2U6Y29ycmVjdCBob3JzZQ==x"],
)
def test_what_is_no_base64(value: str) -> None:
    """No padding, other characters, something behind."""
    with pytest.raises(TokenInvalid):
        users().verify(AuthRequest(authorization=value))


@pytest.mark.parametrize(
    "value", [None, "", "Basic", "Bearer YWxpY2U6Y29ycmVjdCBob3JzZQ==", "YWxpY2U6Y29ycmVjdCBob3JzZQ=="]
)
def test_another_kind_of_credential_is_missing(value: str | None) -> None:
    """So that `first` goes on to the next verifier."""
    with pytest.raises(TokenMissing):
        users().verify(AuthRequest(authorization=value))


def test_a_password_is_changed_by_a_source_of_several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both hashes count; what is no hash is a mistake of the configuration, not of the caller."""
    monkeypatch.setenv("ALICE", f"{ALICE};{HASHER.hash('new')}")
    auth = Basic({"alice": Env("ALICE", separator=";"), "bob": BOB})
    assert auth.verify(sending("alice:correct horse"))
    assert auth.verify(sending("alice:new"))
    with pytest.raises(TokenInvalid):
        auth.verify(sending("alice:newer"))
    monkeypatch.setenv("ALICE", "plain text")
    with pytest.raises(ConfigError) as caught:
        auth.verify(sending("alice:plain text"))
    assert "plain text" not in str(caught.value)
    monkeypatch.delenv("ALICE")
    with pytest.raises(TokenInvalid):
        auth.verify(sending("alice:new"))
    with pytest.raises(TokenInvalid, match="Unauthorized") as unset:
        Basic({"alice": Env("ALICE")}).verify(sending("alice:" + "x"))
    assert unset.value.reason == "no password is set"


def test_every_name_costs_the_same_number_of_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who is there, one who is not, a wrong password and a right one."""
    monkeypatch.setenv("ALICE", f"{ALICE};{HASHER.hash('new')}")
    auth = Basic({"alice": Env("ALICE", separator=";"), "bob": BOB})
    asked: list[Any] = []
    real = auth._check

    def counting(self: Basic, hashed: bytes, password: bytes) -> bool:
        asked.append(hashed)
        return real(hashed, password)

    monkeypatch.setattr(Basic, "_check", counting)
    for credentials in ("alice:correct horse", "alice:x", "bob:x", "carol:x", "alice:new"):
        asked.clear()
        with suppress(TokenInvalid):
            auth.verify(sending(credentials))
        assert len(asked) == 2, credentials
        assert all(hashed.startswith(b"$argon2id$v=19$m=8,t=1,p=1$") for hashed in asked)


def test_a_decoy_lets_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stands in for the hash of a user who is not there, the user is not there."""
    monkeypatch.setattr(Basic, "_decoy", lambda self, name, everybody: everybody[0])
    auth = Basic({"alice": ALICE})
    assert auth.verify(sending("alice:correct horse"))
    with pytest.raises(TokenInvalid):
        auth.verify(sending("carol:correct horse"))


def test_an_unknown_user_takes_as_long_as_a_known_one() -> None:
    """Measured, with a hash of the real cost."""
    slow = argon2.PasswordHasher(time_cost=1, memory_cost=16_384, parallelism=1)
    auth = Basic({"alice": slow.hash("secret")})

    def spent(name: str) -> float:
        start = time.process_time()
        with pytest.raises(TokenInvalid):
            auth.verify(sending(f"{name}:wrong"))
        return time.process_time() - start

    pairs = [(spent("alice"), spent("mallory")) for _ in range(9)]
    ratio = statistics.median(one for one, _ in pairs) / statistics.median(two for _, two in pairs)
    assert 0.6 < ratio < 1.6, "a user who is not there must not be told apart by time"


def test_hash_makes_what_verify_takes() -> None:
    """With a salt of its own each time; an empty password is refused."""
    made = Basic.hash("pass")
    assert made.startswith("$argon2id$")
    assert made != Basic.hash("pass")
    assert Basic({"alice": made}).verify(sending("alice:pass"))
    with pytest.raises(ConfigError):
        Basic.hash("")


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ({}, {}),
        ([], {}),
        ({"alice": "plain text"}, {}),
        ({"alice": "$argon2id$x"}, {}),
        ({"alice": "$2b$12$abcdefghijklmnopqrstuv"}, {}),
        ({"alice": b"x"}, {}),
        ({"": ALICE}, {}),
        ({"a:b": ALICE}, {}),
        ({1: ALICE}, {}),
        ({"alice": ALICE}, {"groups": {"bob": []}}),
    ],
)
def test_what_is_refused_at_construction(given: Any, options: dict[str, Any]) -> None:
    """No users, names that cannot be sent, and what is no hash; a password that stands there is not quoted."""
    with pytest.raises(ConfigError) as caught:
        Basic(given, **options)
    assert "plain" not in str(caught.value)


def test_the_library_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install."""
    import sys

    monkeypatch.setitem(sys.modules, "argon2", None)
    with pytest.raises(ConfigError) as caught:
        users()
    assert "cwsauth[passwords]" in caught.value.help


def test_repr_shows_no_hash() -> None:
    """How many users there are, not who."""
    assert repr(users()) == "Basic(2 users)"
