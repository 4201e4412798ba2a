"""Claims to rules."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth import AuthRequest, Grant, Policy, Rule
from cwsauth.errors import ConfigError, Forbidden, PatternError
from cwsauth.tokens import Identity, Roles, Scopes

TABLE = {"admin": ["**"], "editor": ["GET,PUT product/*"], "suspended": ["!**"], "*": ["GET product"]}


def held(value: object, claim: str = "roles", **options: Any) -> Policy:
    return Roles(TABLE, claim=claim, **options)(Identity(claims={claim: value}))


@pytest.mark.parametrize(
    ("value", "rules"),
    [
        (["admin"], ["**", "GET product"]),
        (["editor", "admin", "editor"], ["**", "GET,PUT product/*", "GET product"]),
        ("editor", ["GET,PUT product/*", "GET product"]),
        (("editor",), ["GET,PUT product/*", "GET product"]),
        (["admin", "suspended"], ["**", "!**", "GET product"]),
        (["nobody", "*", ""], ["GET product"]),
        ("admin editor", ["GET product"]),
        ([], ["GET product"]),
        ("", ["GET product"]),
        (None, ["GET product"]),
    ],
)
def test_roles_add_up(value: object, rules: list[str]) -> None:
    """In the order of the table, each rule once; `*` is everybody; a role that is not listed grants nothing."""
    assert held(value) == Policy.of(rules)


def test_an_absent_claim_is_no_role() -> None:
    """What is everybody's is left; without `*`, nothing."""
    assert Roles(TABLE, claim="roles")(Identity()) == Policy.of(["GET product"])
    assert Roles({"a": ["a"]}, claim="roles")(Identity()) == Policy.of(False)


ODD = [
    1,
    True,
    False,
    0,
    1.5,
    {"admin": True},
    {},
    [["admin"]],
    ["admin", 1],
    ["admin", None],
    [{"name": "admin"}],
    ["admin", ["suspended"]],
    b"admin",
]


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_a_claim_of_another_shape_is_refused(value: object) -> None:
    """Not read in part: what was meant might be a role that takes something away."""
    with pytest.raises(Forbidden) as caught:
        held(value)
    assert "'roles'" in caught.value.reason
    assert "admin" not in caught.value.reason


def test_a_nested_claim() -> None:
    """A tuple names the way to it; a step that is absent is no role, one that is no object is refused."""
    roles = Roles({"admin": ["**"]}, claim=("realm_access", "roles"))
    assert roles(Identity(claims={"realm_access": {"roles": ["admin"]}})) == Policy.of(["**"])
    absent: dict[str, Any]
    for absent in ({}, {"realm_access": None}, {"realm_access": {}}, {"realm_access": {"roles": None}}):
        assert roles(Identity(claims=absent)) == Policy.of(False)
    for odd in ({"realm_access": ["admin"]}, {"realm_access": "admin"}, {"realm_access": {"roles": {"admin": 1}}}):
        with pytest.raises(Forbidden):
            roles(Identity(claims=odd))


def test_several_roles_in_one_string() -> None:
    """Only where a separator says so."""
    assert held("editor, admin,", separator=",") == Policy.of(["**", "GET,PUT product/*", "GET product"])
    assert held(["editor,admin"], separator=",") == Policy.of(["GET product"])


def test_inheritance() -> None:
    """A role has what those have that it inherits from, and what they inherit."""
    roles = Roles(
        {"root": ["x"], "admin": ["a"], "editor": ["b"], "reader": ["c"]},
        claim="roles",
        inherits={"root": ["admin", "reader"], "admin": ["editor"], "editor": ["reader"]},
    )
    assert roles(Identity(claims={"roles": ["root"]})) == Policy.of(["x", "a", "b", "c"])
    assert roles(Identity(claims={"roles": ["editor"]})) == Policy.of(["b", "c"])
    assert roles.roles["admin"] == (Rule("a"), Rule("b"), Rule("c"))


@pytest.mark.parametrize(
    ("table", "options"),
    [
        ({}, {}),
        ([], {}),
        ({"": ["a"]}, {}),
        ({1: ["a"]}, {}),
        ({"a": None}, {}),
        ({"a": 1}, {}),
        ({"a": Grant(True)}, {}),
        ({"a": ["a"]}, {"claim": ""}),
        ({"a": ["a"]}, {"claim": ()}),
        ({"a": ["a"]}, {"claim": (1,)}),
        ({"a": ["a"]}, {"separator": ""}),
        ({"a": ["a"]}, {"inherits": {"a": ["b"]}}),
        ({"a": ["a"]}, {"inherits": {"b": ["a"]}}),
        ({"a": ["a"]}, {"inherits": {"a": "a"}}),
        ({"a": ["a"]}, {"inherits": {"a": ["a"]}}),
        ({"a": ["a"], "b": ["b"]}, {"inherits": {"a": ["b"], "b": ["a"]}}),
    ],
)
def test_tables_that_are_refused(table: Any, options: dict[str, Any]) -> None:
    """At construction: no role, wrong names and rules, circles."""
    with pytest.raises(ConfigError):
        Roles(table, **{"claim": "roles", **options})


def test_a_wrong_rule_is_refused_at_construction() -> None:
    """With the pattern and the column."""
    with pytest.raises(PatternError, match="column 1"):
        Roles({"admin": ["{"]}, claim="roles")


def test_the_same_roles_give_the_same_policy() -> None:
    """So that its document is made once, whatever else a token says; bounded by the roles that there are."""
    roles = Roles(TABLE, claim="roles")
    one = roles(Identity(claims={"roles": ["admin", "editor", "x"]}))
    assert roles(Identity(claims={"roles": ["editor", "y", "admin"]})) is one
    for number in range(500):
        roles(Identity(claims={"roles": [f"made-up-{number}"]}))
    assert len(roles._policies) == 2
    many = Roles({f"r{number}": [f"a/{number}"] for number in range(12)}, claim="roles")
    for number in range(1000):
        many(Identity(claims={"roles": [f"r{bit}" for bit in range(12) if number >> bit & 1]}))
    assert len(many._policies) <= 256


def test_a_request_has_claims_too() -> None:
    """Behind `.then`, a table is called with the request."""
    assert Roles(TABLE, claim="roles")(AuthRequest(claims={"roles": ["admin"]})) == Policy.of(["**", "GET product"])


SCOPES = {"orders:read": ["GET orders/**"], "orders:write": ["POST orders"]}


@pytest.mark.parametrize(
    ("claims", "rules"),
    [
        ({"scope": "orders:read"}, ["GET orders/**"]),
        ({"scope": "openid orders:write  orders:read"}, ["GET orders/**", "POST orders"]),
        ({"scp": ["orders:read"]}, ["GET orders/**"]),
        ({"scp": "orders:read orders:write"}, ["GET orders/**", "POST orders"]),
        ({"scope": "orders:write", "scp": ["orders:read"]}, ["POST orders"]),
        ({"scope": ""}, False),
        ({"scope": "orders:rea"}, False),
        ({"scope": "ORDERS:READ"}, False),
        ({}, False),
    ],
)
def test_scopes(claims: dict[str, Any], rules: Any) -> None:
    """The words of `scope`, or of `scp`; each a rule of its own."""
    assert Scopes(SCOPES)(Identity(claims=claims)) == Policy.of(rules)


@pytest.mark.parametrize("value", [value for value in ODD if not isinstance(value, bytes)], ids=repr)
def test_scopes_of_another_shape_are_refused(value: object) -> None:
    """As with roles."""
    with pytest.raises(Forbidden):
        Scopes(SCOPES)(Identity(claims={"scope": value}))


def test_scopes_in_another_claim() -> None:
    """Named where the table is made."""
    assert Scopes(SCOPES, claim="permissions")(Identity(claims={"permissions": ["orders:read"]})) == Policy.of(
        ["GET orders/**"]
    )
    with pytest.raises(ConfigError):
        Scopes({"a b": ["a"]})
    with pytest.raises(ConfigError):
        Scopes({})


def test_reprs() -> None:
    """The names of roles and scopes, not their rules."""
    assert repr(Roles({"a": ["x"]}, claim=("b", "c"))) == "Roles(['a'], claim='b.c')"
    assert repr(Scopes({"a": ["x"]})) == "Scopes(['a'])"


@pytest.mark.parametrize(
    ("claims", "scopes", "groups"),
    [
        ({"scope": "a b", "groups": ["x", "y"]}, {"a", "b"}, {"x", "y"}),
        ({"scp": ["a"], "groups": "x y"}, {"a"}, {"x y"}),
        ({"scope": 1, "groups": {"x": 1}}, set(), set()),
        ({"scope": ["a", 1], "groups": ["x", ["y"]]}, set(), set()),
        ({}, set(), set()),
    ],
)
def test_an_identity_reads_scopes_and_groups(claims: dict[str, Any], scopes: set[str], groups: set[str]) -> None:
    """Sets of strings; a claim of another shape counts as empty."""
    identity = Identity("a", claims)
    assert set(identity.scopes) == scopes
    assert set(identity.groups) == groups


def test_an_identity_cannot_be_changed() -> None:
    """Neither it nor its claims; `repr` shows no claim."""
    identity = Identity("alice", {"email": "a@b.example"}, 5)
    with pytest.raises(AttributeError):
        identity.principal_id = "bob"
    with pytest.raises(TypeError):
        identity.claims["email"] = "x"  # type: ignore[index]
    assert repr(identity) == "Identity(principal_id='alice', expires_at=5)"
