"""JSON Web Tokens: what is accepted, and how a verifier is configured."""

from __future__ import annotations

import asyncio
import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cwsauth import AuthRequest, Grant, Policy, authorizer
from cwsauth.errors import ConfigError, Forbidden, TokenExpired, TokenInvalid, TokenMissing
from cwsauth.tokens import JWT, Env, Roles, cookie, header, query
from tests.oidc import AUDIENCE, ISSUER, SECRET, bearing, claims, encoded, forge, jwk, key_for, pem, private_key, public
from tests.unit.tokens.conftest import Clock

ALGORITHMS = [
    "HS256",
    "HS384",
    "HS512",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES256K",
    "ES384",
    "ES512",
    "EdDSA",
]


def keyed(algorithm: str, **options: Any) -> JWT:
    """A verifier for one algorithm, with its usual key."""
    key = public(key_for(algorithm))
    given = {"secret": key} if algorithm.startswith("HS") else {"key": key}
    return JWT(**{"issuer": ISSUER, "audience": AUDIENCE, "algorithms": algorithm, **given, **options})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_is_verified(algorithm: str) -> None:
    """Every algorithm: claims, principal and end of a token that PyJWT made, and of no other."""
    made = claims(scope="orders:read orders:write", groups=["a", "b"])
    token = pyjwt.encode(made, key_for(algorithm), algorithm=algorithm)
    identity = keyed(algorithm).verify(bearing(token))
    assert dict(identity.claims) == made
    assert (identity.principal_id, identity.expires_at) == ("user-1", made["exp"])
    assert set(identity.scopes) == {"orders:read", "orders:write"}
    assert set(identity.groups) == {"a", "b"}
    other = key_for(algorithm, 1) if not algorithm.startswith("HS") else b"other" * 20
    with pytest.raises(TokenInvalid) as caught:
        keyed(algorithm).verify(bearing(forge(claims(), algorithm, other)))
    assert "signature" in caught.value.reason


def test_keys_come_in_many_forms() -> None:
    """PEM text and bytes, a key object, a JWK, a list, a dict by kid, a JWK set."""
    key = private_key("RSA")
    token = forge(claims(), "RS256", kid="k1")
    forms: list[Any] = [
        pem(public(key)),
        pem(public(key)).encode(),
        public(key),
        jwk(public(key)),
        [public(private_key("RSA", 1)), public(key)],
        {"k1": pem(public(key)), "k2": public(private_key("RSA", 1))},
        {"k1": jwk(public(key))},
        {"keys": [jwk(public(key), kid="k1", alg="RS256", use="sig", key_ops=["verify"])]},
    ]
    for form in forms:
        assert keyed("RS256", key=form).verify(bearing(token)).principal_id == "user-1"
    assert JWT(
        issuer=ISSUER, audience=AUDIENCE, algorithms=["RS256"], jwks={"keys": [jwk(public(key), kid="k1")]}
    ).verify(bearing(token))


def test_a_kid_chooses_the_key() -> None:
    """The key of that name and no other; without a name, the only key there is."""
    one, two = private_key("RSA"), private_key("RSA", 1)
    auth = keyed("RS256", key={"one": public(one), "two": public(two)})
    assert auth.verify(bearing(forge(claims(), "RS256", two, kid="two")))
    for token in (
        forge(claims(), "RS256", one, kid="two"),
        forge(claims(), "RS256", one),
        forge(claims(), "RS256", one, kid="x"),
    ):
        with pytest.raises(TokenInvalid):
            auth.verify(bearing(token))
    alone = keyed("RS256", key={"one": public(one)})
    assert alone.verify(bearing(forge(claims(), "RS256", one)))
    with pytest.raises(TokenInvalid):
        alone.verify(bearing(forge(claims(), "RS256", one, kid="two")))


def test_a_secret_is_the_name_of_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read at every token, so that it can be set later and rotated; unset, nothing is accepted."""
    monkeypatch.delenv("JWT_SECRET", raising=False)
    auth = keyed("HS256", secret=["JWT_SECRET", Env("JWT_NEXT")])
    token = bearing(forge(claims()))
    with pytest.raises(TokenInvalid, match="Unauthorized") as caught:
        auth.verify(token)
    assert caught.value.reason == "no secret is set"
    monkeypatch.setenv("JWT_SECRET", SECRET.decode())
    assert auth.verify(token)
    monkeypatch.setenv("JWT_SECRET", "another" * 10)
    with pytest.raises(TokenInvalid):
        auth.verify(token)
    monkeypatch.setenv("JWT_NEXT", SECRET.decode())
    assert auth.verify(token)
    monkeypatch.setenv("JWT_NEXT", "short")
    with pytest.raises(ConfigError, match="fewer than its hash"):
        auth.verify(token)


RSA = public(private_key("RSA"))
BAD: dict[str, dict[str, Any]] = {
    "no algorithm": {"algorithms": []},
    "the algorithm none": {"algorithms": "none"},
    "an unknown algorithm": {"algorithms": ["RS256", "RS1"]},
    "two families": {"algorithms": ["RS256", "PS256"]},
    "two kinds of keys": {"algorithms": ["RS256", "HS256"]},
    "no key": {"key": None},
    "two keys": {"jwks": "https://login.example/keys"},
    "an empty list of keys": {"key": []},
    "a secret for RSA": {"key": None, "secret": SECRET},
    "a public key for HMAC": {"algorithms": "HS256"},
    "a key of another type": {"key": public(private_key("P-256"))},
    "a curve of another algorithm": {"algorithms": "ES384", "key": public(private_key("P-256"))},
    "a small key": {"key": public(private_key("RSA-1024"))},
    "a private key": {"key": private_key("RSA")},
    "a private key as PEM": {"key": pem(private_key("RSA"))},
    "no PEM": {"key": "JWT_PUBLIC_KEY"},
    "a private JWK": {"key": {**jwk(RSA), "d": "AQAB"}},
    "an encryption JWK": {"key": jwk(RSA, use="enc")},
    "a JWK for signing only": {"key": jwk(RSA, key_ops=["sign"])},
    "a JWK of another algorithm": {"key": jwk(RSA, alg="RS512")},
    "a JWK set without a key": {"key": {"keys": []}},
    "plain http": {"key": None, "jwks": "http://login.example/keys"},
    "plain http on loopback, not asked for": {"key": None, "jwks": "http://127.0.0.1/keys"},
    "a file": {"key": None, "jwks": "file:///etc/passwd"},
    "credentials in the address": {"key": None, "jwks": "https://user:password@login.example/keys"},
    "no address": {"key": None, "jwks": 1},
    "no issuer": {"issuer": ""},
    "an empty list of issuers": {"issuer": []},
    "an issuer that is no string": {"issuer": [1]},
    "keys twice": {"issuer": {ISSUER: RSA}},
    "no audience": {"audience": []},
    "an empty audience": {"audience": ""},
    "a negative leeway": {"leeway": -1},
    "a leeway without end": {"leeway": 100_000},
    "a leeway that is True": {"leeway": True},
    "a negative memo": {"memo": -1},
    "no size": {"max_size": 0},
    "a location that is a name": {"location": "x-token"},
    "a type that is no string": {"typ": 1},
    "a principal without a name": {"principal": ""},
    "groups of no name": {"groups": ""},
    "a claim that is no string": {"require": [1]},
    "rules of no kind": {"grant": 1},
    "a context of no kind": {"context": "sub"},
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_safe_is_refused_at_construction(name: str) -> None:
    """Not at the first token, when it would be too late."""
    options = {"issuer": ISSUER, "audience": AUDIENCE, "algorithms": "RS256", "key": RSA, **BAD[name]}
    with pytest.raises(ConfigError):
        JWT(**options)


@pytest.mark.parametrize(
    "given",
    [{"key": pem(public(private_key("RSA")))}, {"jwks": "https://issuer.example/keys"}, {"secret": b"0\x82" * 20}],
    ids=["a key", "keys at an address", "a secret that may be a key"],
)
def test_the_library_is_named_where_it_is_missing(given: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install, at construction; of keys that are fetched, too, and not at the first token."""
    import sys

    for name in ("jwt", "cryptography.hazmat.primitives"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigError) as caught:
        JWT(issuer=ISSUER, audience=AUDIENCE, algorithms="HS256" if "secret" in given else "RS256", **given)
    assert "cwsauth[jwt]" in caught.value.help


def test_usual_public_keys_are_not_asked_of_pyjwt(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes long to load. A key in another form is, and says so where PyJWT is missing."""
    import sys

    key = public(private_key("RSA"))
    ssh = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    token = forge(claims(), "RS256")
    assert keyed("RS256", key=ssh).verify(bearing(token))
    monkeypatch.setitem(sys.modules, "jwt", None)
    for form in (pem(key), jwk(key), {"keys": [jwk(key, kid="1"), jwk(public(private_key("P-384")))]}):
        assert keyed("RS256", key=form).verify(bearing(token))
    curves = {"keys": [jwk(public(private_key(kind)), kid=kind) for kind in ("P-256", "P-384", "secp256k1", "Ed25519")]}
    assert keyed("ES256", key=curves).verify(bearing(forge(claims(), "ES256", kid="P-256")))
    with pytest.raises(ConfigError, match="need PyJWT"):
        keyed("RS256", key=ssh)


def test_a_plain_secret_needs_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """HMAC is the standard library's, so a secret that has no trace of a key in it is used without PyJWT."""
    import sys

    token = forge(claims())
    monkeypatch.setitem(sys.modules, "jwt", None)
    assert keyed("HS256").verify(bearing(token))
    for secret in ("0123456789abcdef" * 3, "ssh" * 12, "a:b" * 12, '"quoted": ' * 4, "[1, 2]" * 8):
        assert keyed("HS256", secret=secret.encode())


def test_several_issuers_with_the_same_keys() -> None:
    """Each of them is accepted, and no other."""
    auth = keyed("HS256", issuer=["https://a.example", "https://b.example"])
    for issuer in ("https://a.example", "https://b.example"):
        assert auth.verify(bearing(forge(claims(iss=issuer))))
    with pytest.raises(TokenInvalid):
        auth.verify(bearing(forge(claims(iss="https://c.example"))))


def test_no_issuer_speaks_for_another() -> None:
    """With keys of their own, a token of one that names the other is not verified with the other's keys."""
    one, two = private_key("RSA"), private_key("RSA", 1)
    auth = JWT(
        issuer={"https://a.example": public(one), "https://b.example": {"k": public(two)}},
        audience=AUDIENCE,
        algorithms="RS256",
    )
    assert auth.verify(bearing(forge(claims(iss="https://a.example"), "RS256", one)))
    assert auth.verify(bearing(forge(claims(iss="https://b.example"), "RS256", two, kid="k")))
    for issuer, key in (("https://b.example", one), ("https://a.example", two), ("https://c.example", one)):
        with pytest.raises(TokenInvalid):
            auth.verify(bearing(forge(claims(iss=issuer), "RS256", key)))


def test_audiences() -> None:
    """One of several, as a string or in a list; or whatever a function of the claims says."""
    auth = keyed("HS256", audience=["shop", "desk"])
    for audience in ("shop", "desk", ["desk"], ["other", "shop"]):
        assert auth.verify(bearing(forge(claims(aud=audience))))
    for wrong in ("other", "sho", ["other"], [], None):
        with pytest.raises(TokenInvalid):
            auth.verify(bearing(forge(claims(aud=wrong))))
    with pytest.raises(TokenInvalid):
        keyed("HS256", audience=lambda found: "yes").verify(bearing(forge(claims())))
    auth = keyed("HS256", audience=lambda found: found.get("azp") == "app")
    assert auth.verify(bearing(forge(claims(aud=None, azp="app"))))
    with pytest.raises(TokenInvalid):
        auth.verify(bearing(forge(claims())))


def test_times_and_leeway() -> None:
    """A token ends at `exp`, and begins at `nbf` and `iat`; `leeway` is for clocks that differ."""
    now = int(time.time())
    with pytest.raises(TokenExpired):
        keyed("HS256").verify(bearing(forge(claims(exp=now - 5))))
    assert keyed("HS256", leeway=30).verify(bearing(forge(claims(exp=now - 5))))
    for name in ("nbf", "iat"):
        future = bearing(forge(claims(**{name: now + 20})))
        with pytest.raises(TokenInvalid):
            keyed("HS256").verify(future)
        assert keyed("HS256", leeway=30).verify(future)


def test_only_a_good_token_is_called_expired() -> None:
    """One that is also wrong in another way is invalid: its age is nobody's business."""
    old = int(time.time()) - 100
    for wrong in (
        forge(claims(exp=old, aud="x")),
        forge(claims(exp=old), key=b"x" * 64),
        forge(claims(exp=old, iss="x")),
    ):
        with pytest.raises(TokenInvalid):
            keyed("HS256").verify(bearing(wrong))


def test_more_claims_can_be_required() -> None:
    """`require` adds to exp, iss and aud; null is not there."""
    auth = keyed("HS256", require=["email"])
    assert auth.verify(bearing(forge(claims(email="a@b.example"))))
    for wrong in (claims(), {**claims(), "email": None}):
        with pytest.raises(TokenInvalid):
            auth.verify(bearing(forge(wrong)))


def test_a_type_can_be_required() -> None:
    """An ID token of the same issuer is no access token (RFC 9068)."""
    auth = keyed("HS256", typ="at+jwt")
    for typ in ("at+jwt", "AT+JWT", "application/at+jwt"):
        assert auth.verify(bearing(forge(claims(), typ=typ)))
    for header_ in ({"alg": "HS256"}, {"alg": "HS256", "typ": "JWT"}, {"alg": "HS256", "typ": 1}):
        with pytest.raises(TokenInvalid):
            auth.verify(bearing(forge(claims(), header=header_)))


def test_a_token_that_names_nobody() -> None:
    """Without `sub` the principal is left to the authorizer; another claim can name the caller."""
    assert keyed("HS256").verify(bearing(forge(claims(sub=None)))).principal_id is None
    assert (
        keyed("HS256", principal="email").verify(bearing(forge(claims(email="a@b.example")))).principal_id
        == "a@b.example"
    )
    for name in ("a\nb", "a\u0000", "\ud800"):
        with pytest.raises(TokenInvalid):
            keyed("HS256").verify(bearing(forge(claims(sub=name))))


def test_where_the_token_is() -> None:
    """The Authorization header by default; another header, the query string, a cookie where asked."""
    token = forge(claims())
    for scheme in ("", "Bearer"):
        assert keyed("HS256").verify(AuthRequest(token=token, scheme=scheme))
    assert keyed("HS256", location=header("x-token")).verify(AuthRequest(headers={"X-Token": token}))
    assert keyed("HS256", location=query("token")).verify(AuthRequest("websocket", query={"token": token}))
    assert keyed("HS256", location=cookie("session")).verify(AuthRequest(cookies={"session": token}))
    for request in (AuthRequest(), AuthRequest(token=""), AuthRequest(token=token, scheme="Basic")):
        with pytest.raises(TokenMissing):
            keyed("HS256").verify(request)
    for name in ("", "a b", 1, "a\n"):
        with pytest.raises(ConfigError):
            header(name)  # type: ignore[arg-type]


def test_what_a_caller_may_do() -> None:
    """`grant`: rules for all, or a function of the identity; in the name of the caller, until the token ends."""
    made = claims(email="a@b.example", age=7, nested={"a": 1}, **{"cognito:groups": ["editor"]})
    request = bearing(forge(made))
    answer = keyed("HS256", grant=["product/*"], context=["email", "age", "nested", "absent"])(request)
    assert isinstance(answer, Grant)
    assert answer.rules == Policy.of(["product/*"])
    assert (answer.principal_id, answer.expires_at) == ("user-1", made["exp"])
    assert answer.context == {"email": "a@b.example", "age": 7}
    answer = keyed("HS256", grant=Roles({"editor": ["PUT a"], "*": ["GET a"]}, claim="cognito:groups"))(request)
    assert isinstance(answer, Grant)
    assert answer.rules == Policy.of(["PUT a", "GET a"])
    answer = keyed(
        "HS256", grant=lambda identity: Grant(True, principal_id=identity.claims["email"], context={"x": 1})
    )(request)
    assert isinstance(answer, Grant)
    assert (answer.principal_id, answer.context) == ("a@b.example", {"x": 1})
    with pytest.raises(ConfigError, match="not what the caller may do"):
        keyed("HS256")(request)
    with pytest.raises(Forbidden):
        keyed("HS256", grant=Roles({"a": ["a"]}, claim="nested"))(request)


def test_placeholders_are_filled_from_the_verified_claims() -> None:
    """Not from whatever the request says of itself."""
    auth = keyed("HS256", grant=["users/${claims.sub}/**"])
    answer = auth(bearing(forge(claims())).with_claims({"sub": "somebody-else"}))
    assert isinstance(answer, Grant)
    assert answer.rules.allows("GET", "/users/user-1/a")  # type: ignore[attr-defined]
    assert not answer.rules.allows("GET", "/users/somebody-else/a")  # type: ignore[attr-defined]


def test_an_answer_that_is_none_stays_one() -> None:
    """What a function of the identity returns is left to the authorizer, which refuses it."""
    assert keyed("HS256", grant=lambda identity: None)(bearing(forge(claims()))) is None
    assert keyed("HS256", grant=lambda identity: ["a/{"])(bearing(forge(claims()))) == ["a/{"]


def test_then_a_function_of_the_request() -> None:
    """`.then` decorates an auth function; it sees verified callers only, with their claims."""
    seen: list[AuthRequest] = []

    @keyed("HS256").then
    def auth(request: AuthRequest) -> object:
        """Who is who."""
        seen.append(request)
        return ["a"] if request.claims["sub"] == "user-1" else False

    handler = authorizer(auth)
    event = {
        "type": "TOKEN",
        "authorizationToken": "Bearer " + forge(claims()),
        "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/a",
    }
    assert handler(event, None)["principalId"] == "user-1"
    assert auth(bearing(forge(claims(sub="user-2")))).rules == Policy.of(False)  # type: ignore[attr-defined]
    assert len(seen) == 2
    with pytest.raises(TokenInvalid):
        auth(bearing("x"))
    assert len(seen) == 2
    assert repr(auth).endswith(".then(auth)")
    with pytest.raises(ConfigError):
        keyed("HS256").then("auth")  # type: ignore[arg-type]


def test_then_an_async_function() -> None:
    """Awaited in an event loop, run outside of one, and inside of a foreign one."""

    @keyed("HS256").then
    async def auth(request: AuthRequest) -> object:
        await asyncio.sleep(0)
        return ["a"]

    request = bearing(forge(claims()))
    assert auth(request).rules == Policy.of(["a"])  # type: ignore[attr-defined]

    async def inside() -> tuple[Any, Any]:
        return await auth.call_async(request), auth(request)

    for answer in asyncio.run(inside()):
        assert answer.rules == Policy.of(["a"])


def test_async_says_the_same() -> None:
    """`verify_async` and `call_async`."""
    auth = keyed("HS256", grant=True)
    request = bearing(forge(claims()))
    assert asyncio.run(auth.verify_async(request)).principal_id == "user-1"
    assert asyncio.run(auth.call_async(request)).rules == Policy.of(True)  # type: ignore[attr-defined]
    for wrong in (bearing(None), bearing("x")):
        with pytest.raises((TokenMissing, TokenInvalid)):
            asyncio.run(auth.verify_async(wrong))


POOL = "eu-west-1_Ab12Cd34E"
COGNITO = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"


def cognito(token_use: Any, **options: Any) -> JWT:
    keys = {"keys": [jwk(public(private_key("RSA")), kid="k1", alg="RS256", use="sig")]}
    return JWT.cognito("eu-west-1", POOL, ["app"], token_use, **{"jwks": keys, **options})


def cognito_token(**changes: Any) -> AuthRequest:
    made = claims(**{"iss": COGNITO, "aud": None, "cognito:groups": ["admin"], **changes})
    return bearing(forge(made, "RS256", kid="k1"))


def test_cognito_access_and_id_tokens() -> None:
    """An access token names its client in `client_id`, an ID token in `aud`; neither is taken for the other."""
    access = cognito_token(token_use="access", client_id="app")
    identity = cognito_token(token_use="id", aud="app")
    assert cognito("access").verify(access).groups == {"admin"}
    assert cognito("id").verify(identity)
    both = cognito(["access", "id"])
    assert both.verify(access)
    assert both.verify(identity)
    for auth, token in (
        (cognito("access"), identity),
        (cognito("id"), access),
        (both, cognito_token(token_use="access", client_id="other")),
        (both, cognito_token(token_use="access", aud="app")),
        (both, cognito_token(token_use="id", client_id="app")),
        (both, cognito_token(token_use="id", aud=["app"])),
        (both, cognito_token(token_use=["id"], aud="app")),
        (both, cognito_token(aud="app", client_id="app")),
        (both, cognito_token(token_use="access", client_id="app", iss=COGNITO + "x")),
    ):
        with pytest.raises(TokenInvalid):
            auth.verify(token)


def test_cognito_addresses() -> None:
    """The issuer and the key set of a pool, also in the partition of China."""
    assert COGNITO in repr(JWT.cognito("eu-west-1", POOL, "app"))
    china = JWT.cognito("cn-north-1", "cn-north-1_Ab12Cd34E", "app")
    assert "https://cognito-idp.cn-north-1.amazonaws.com.cn/" in repr(china)


@pytest.mark.parametrize(
    ("region", "pool", "clients", "use"),
    [
        ("eu-west-1", "us-east-1_Ab12Cd34E", "app", "access"),
        ("eu-west-1", "eu-west-1_../x", "app", "access"),
        ("eu-west-1.evil.example/", "eu-west-1_Ab12Cd34E", "app", "access"),
        ("eu-west-1\n", "eu-west-1_Ab12Cd34E", "app", "access"),
        ("eu-west-1", POOL, [], "access"),
        ("eu-west-1", POOL, "app", "refresh"),
        ("eu-west-1", POOL, "app", []),
    ],
)
def test_cognito_names_are_checked(region: str, pool: str, clients: Any, use: Any) -> None:
    """No part of an address comes from text that is not a region or a pool."""
    with pytest.raises(ConfigError):
        JWT.cognito(region, pool, clients, use)


def test_the_memo_remembers_verified_tokens() -> None:
    """The same identity, until the token ends; nothing is remembered by default."""
    token = bearing(forge(claims()))
    plain = keyed("HS256")
    assert plain.verify(token) is not plain.verify(token)
    auth = keyed("HS256", memo=2)
    identity = auth.verify(token)
    assert auth.verify(token) is identity
    assert asyncio.run(auth.verify_async(token)) is identity
    with pytest.raises(TokenInvalid):
        auth.verify(bearing(token.token[:-2]))  # type: ignore[index]


def test_the_memo_forgets_at_the_end_of_a_token(clock: Clock) -> None:
    """A remembered token expires like any other."""
    auth = keyed("EdDSA", memo=10)
    token = bearing(forge(claims(), "EdDSA"))
    assert auth.verify(token) is auth.verify(token)
    clock.wait(601)
    with pytest.raises(TokenExpired):
        auth.verify(token)


def test_the_memo_is_bounded() -> None:
    """The oldest gives way; a token that is refused takes no place."""
    auth = keyed("HS256", memo=2)
    first, second, third = (bearing(forge(claims(jti=str(number)))) for number in range(3))
    kept = auth.verify(first), auth.verify(second)
    for number in range(50):
        with pytest.raises(TokenInvalid):
            auth.verify(bearing(forge(claims(jti=str(number)), key=b"x" * 64)))
    assert auth.verify(first) is kept[0]
    auth.verify(third)
    assert auth.verify(second) is kept[1]
    assert auth.verify(first) is not kept[0]
    assert repr(auth._memo) == "Memo(2 of 2)"


def test_the_memo_shows_no_token() -> None:
    """Tokens are in its dict and nowhere else: not in a repr, and not in a pickle."""
    auth = keyed("HS256", memo=2)
    token = forge(claims())
    auth.verify(bearing(token))
    assert auth._memo is not None
    assert token not in repr(auth._memo) + repr(auth)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(auth._memo)


def test_the_memo_knows_a_token_by_all_of_it() -> None:
    """One that has the same end, the same beginning, or the same hash, is another token."""
    auth = keyed("HS256", memo=10)
    token = forge(claims())
    auth.verify(bearing(token))
    memo = auth._memo
    assert memo is not None
    assert memo.get(token) is not None
    assert memo.get("x" + token) is None
    assert memo.get(token + "x") is None
    assert memo.get(token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    assert memo.get("\ud800") is None


def test_threads_share_a_secret() -> None:
    """The prepared HMAC of a secret is copied for each token: no thread sees what another one puts in."""
    auth = keyed("HS256")
    tokens = [bearing(forge(claims(sub=str(number)))) for number in range(64)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(auth.verify, tokens * 20))
    assert [identity.principal_id for identity in found] == [str(number) for number in range(64)] * 20


def test_a_changed_secret_ends_what_was_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as another token shows that the keys are others."""
    monkeypatch.setenv("JWT_SECRET", SECRET.decode())
    auth = keyed("HS256", secret="JWT_SECRET", memo=10)
    old = bearing(forge(claims()))
    auth.verify(old)
    monkeypatch.setenv("JWT_SECRET", "n" * 40)
    assert auth.verify(bearing(forge(claims(), key=b"n" * 40)))
    with pytest.raises(TokenInvalid):
        auth.verify(old)


def test_a_changed_secret_is_seen_within_a_minute(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """Also where no other token comes."""
    monkeypatch.setenv("JWT_SECRET", SECRET.decode())
    auth = keyed("HS256", secret="JWT_SECRET", memo=10)
    token = bearing(forge(claims()))
    auth.verify(token)
    monkeypatch.setenv("JWT_SECRET", "n" * 40)
    auth.verify(token)
    clock.wait(61)
    with pytest.raises(TokenInvalid):
        auth.verify(token)


def test_headers_are_remembered_only_when_verified() -> None:
    """What an attacker writes into a header takes no memory; what issuers write takes little."""
    auth = keyed("HS256")
    for number in range(200):
        with pytest.raises(TokenInvalid):
            auth.verify(bearing(forge(claims(), key=b"x" * 64, n=number)))
    assert not auth._headers
    for number in range(200):
        auth.verify(bearing(forge(claims(), n=number)))
    assert 0 < len(auth._headers) <= 64


def test_repr_shows_no_secret(canary: str) -> None:
    """Issuers and algorithms, nothing else; the same of keys."""
    secret = (canary * 3).encode()
    auth = keyed("HS256", secret=secret)
    assert canary not in repr(auth)
    assert canary not in repr(auth._only.find("HS256", None, True))  # type: ignore[union-attr]
    assert repr(auth) == f"JWT(issuer=[{ISSUER!r}], algorithms=['HS256'])"


def test_a_token_as_bytes_of_a_wrong_form() -> None:
    """Segments are three, not empty, and base64url."""
    good = forge(claims())
    head, body, signature = good.split(".")
    for wrong in (
        "",
        ".",
        "..",
        "...",
        "a.b",
        f"{head}.{body}",
        f"{head}.{body}.",
        f"{head}..{signature}",
        f".{body}.{signature}",
        f"{good}.",
        f"{good}.{signature}",
        f"{head}.{body}.{signature}.{signature}.{signature}",
        f"{encoded(b'[]')}.{body}.{signature}",
        f"{encoded(b'x')}.{body}.{signature}",
    ):
        with pytest.raises((TokenInvalid, TokenMissing)):
            keyed("HS256").verify(bearing(wrong))
