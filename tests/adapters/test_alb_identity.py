"""`AlbIdentity`: real signatures, padded as a load balancer pads them, and what is not believed."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from cwsauth import AuthRequest, Unauthenticated, protect
from cwsauth.adapters.alb import AlbIdentity
from cwsauth.errors import ConfigError, TokenExpired, TokenInvalid, TokenMissing
from cwsauth.events.proxy import decode_proxy
from cwsauth.gateway import events

pytest.importorskip("jwt", reason="needs the extra jwt")

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SIGNER = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188"
KID = "12345678-1234-1234-1234-123456789abc"
KEY = ec.generate_private_key(ec.SECP256R1())


def encoded(value: object) -> str:
    """Base64url with its padding."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).decode()


def token(
    header: dict[str, Any] | None = None,
    claims: dict[str, Any] | None = None,
    key: ec.EllipticCurvePrivateKey = KEY,
) -> str:
    """What a load balancer sends."""
    head: dict[str, Any] = {"typ": "JWT", "kid": KID, "alg": "ES256", "iss": "https://idp.example", "client": "client1"}
    head |= {"signer": SIGNER, "exp": int(time.time()) + 120, **(header or {})}
    body = {"sub": "42", "email": "a@example.com", "exp": head["exp"], "iss": "https://idp.example", **(claims or {})}
    signed = f"{encoded(head)}.{encoded(body)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"{signed}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


class Keys:
    """The address of the keys, with what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if not url.endswith(KID):
            raise OSError("no such key")
        return self.pem


def request(value: str | None, *, multi_value: bool = False) -> AuthRequest:
    """A request with the header."""
    headers = {} if value is None else {"X-Amzn-Oidc-Data": value}
    return decode_proxy(events.alb("GET", "/a", headers=headers, multi_value=multi_value))


@pytest.mark.parametrize("multi_value", [False, True])
def test_a_signed_in_user_is_known(multi_value: bool) -> None:
    """The key comes from the region of the signer, once."""
    keys = Keys()
    identity = AlbIdentity(SIGNER, client="client1", issuer="https://idp.example", fetch=keys)
    for _ in range(3):
        assert identity(request(token(), multi_value=multi_value))["sub"] == "42"
    assert keys.asked == [f"https://public-keys.auth.elb.eu-west-1.amazonaws.com/{KID}"]


def test_the_tokens_of_these_tests_are_padded() -> None:
    """Otherwise they would not show that padding is understood."""
    assert "=" in token() + token(claims={"a": "x"}) + token(claims={"a": "xx"})
    for filler in ("", "x", "xx"):
        assert AlbIdentity(SIGNER, fetch=Keys())(request(token(claims={"filler": filler})))["filler"] == filler


def tampered(change: Callable[[str], str]) -> str:
    """A token with another payload under the old signature."""
    head, payload, signature = token().split(".")
    return f"{head}.{change(payload)}.{signature}"


FORGED: dict[str, Callable[[], str]] = {
    "another key": lambda: token(key=ec.generate_private_key(ec.SECP256R1())),
    "another payload": lambda: tampered(lambda _: encoded({"sub": "admin", "exp": 9999999999})),
    "another load balancer": lambda: token({"signer": SIGNER.replace("shop", "evil")}),
    "a load balancer whose ARN begins the same": lambda: token({"signer": SIGNER + "0"}),
    "no signer": lambda: token({"signer": None}),
    "a list of signers": lambda: token({"signer": [SIGNER]}),
    "no algorithm": lambda: token({"alg": "none"}),
    "an algorithm with a shared secret": lambda: token({"alg": "HS256"}),
    "a critical extension": lambda: token({"crit": ["b64"]}),
    "a key elsewhere": lambda: token({"kid": "../../evil"}),
    "a key of another name": lambda: token({"kid": KID.upper()}),
    "an address for the key": lambda: token({"kid": f"{KID}?a"}),
    "no end": lambda: token({"exp": None}),
    "an end that is none": lambda: token({"exp": "tomorrow"}),
    "another client": lambda: token({"client": "client2"}),
    "another issuer": lambda: token({"iss": "https://evil.example"}),
    "two parts": lambda: token().rpartition(".")[0],
    "four parts": lambda: token() + ".a",
    "no signature": lambda: token().rpartition(".")[0] + ".",
    "text": lambda: "hello",
    "empty": lambda: "..",
    "three of padding": lambda: tampered(lambda payload: payload.rstrip("=") + "==="),
    "another alphabet": lambda: tampered(lambda payload: payload[:-4] + "+/=="),
    "no object": lambda: tampered(lambda _: encoded([1])),
    "long": lambda: "a" * 20000,
}


@pytest.mark.parametrize("name", FORGED)
def test_what_is_forged_is_not_believed(name: str) -> None:
    """A 401, whose reason holds nothing of the token."""
    identity = AlbIdentity(SIGNER, client="client1", issuer="https://idp.example", fetch=Keys())
    text = FORGED[name]()
    with pytest.raises(TokenInvalid) as raised:
        identity(request(text))
    assert str(raised.value) == "Unauthorized"
    assert raised.value.reason
    assert raised.value.__cause__ is None


def test_a_token_ends() -> None:
    """With the header's `exp`, or the payload's."""
    now = int(time.time())
    identity = AlbIdentity(SIGNER, fetch=Keys())
    for value in (token({"exp": now - 1}), token(claims={"exp": now - 1})):
        with pytest.raises(TokenExpired):
            identity(request(value))
    assert AlbIdentity(SIGNER, fetch=Keys(), leeway=60)(request(token({"exp": now - 1})))


def test_nothing_is_believed_of_another_door_or_without_the_header() -> None:
    """A function URL passes the header on as the client wrote it."""
    identity = AlbIdentity(SIGNER, fetch=Keys())
    with pytest.raises(TokenMissing):
        identity(request(None))
    forged = events.function_url("GET", "/a", headers={"x-amzn-oidc-data": token()})
    with pytest.raises(TokenMissing):
        identity(decode_proxy(forged))
    event = events.alb("GET", "/a", multi_value=True)
    event["multiValueHeaders"]["x-amzn-oidc-data"] = [token(), token()]
    with pytest.raises(TokenInvalid):
        identity(decode_proxy(event))


def test_made_up_keys_do_not_make_us_ask_and_ask() -> None:
    """After a failure the next unknown key waits; a known one does not."""
    keys = Keys()
    identity = AlbIdentity(SIGNER, fetch=keys, cooldown=60)
    identity(request(token()))
    for number in range(5):
        with pytest.raises(TokenInvalid):
            identity(request(token({"kid": f"00000000-0000-0000-0000-00000000000{number}"})))
    assert len(keys.asked) == 2
    assert identity(request(token()))["sub"] == "42"


def test_a_key_that_is_none_is_refused() -> None:
    """Whatever stands at the address."""
    keys = Keys()
    for pem in (b"", b"<html>", b"\xff", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"):
        keys.pem = pem
        with pytest.raises(TokenInvalid):
            AlbIdentity(SIGNER, fetch=keys)(request(token()))


@pytest.mark.parametrize(
    "signer",
    [
        *("", [], "shop", "*", SIGNER.replace("/app/", "/net/"), SIGNER.replace("123456789012", "*")),
        *(SIGNER.replace("arn:aws:", "arn:aws-cn:"), SIGNER + "\n", SIGNER.replace("eu-west-1", "evil.example/")),
    ],
)
def test_a_signer_is_the_arn_of_one_load_balancer(signer: Any) -> None:
    """Nothing wider, and nothing whose keys we would not find."""
    with pytest.raises(ConfigError):
        AlbIdentity(signer, fetch=Keys())


def test_the_keys_of_govcloud_have_their_own_address() -> None:
    """As its documentation has it."""
    keys = Keys()
    signer = SIGNER.replace("arn:aws:", "arn:aws-us-gov:").replace("eu-west-1", "us-gov-west-1")
    AlbIdentity([SIGNER, signer], fetch=keys)(request(token({"signer": signer})))
    assert keys.asked == [f"https://s3-us-gov-west-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-west-1/{KID}"]


def test_protect_with_the_identity_of_the_load_balancer() -> None:
    """Claims go into rules; without them it is a 401."""

    def auth(request: AuthRequest) -> object:
        return ["users/${claims.sub}"]

    @protect(auth, claims=AlbIdentity(SIGNER, fetch=Keys()))
    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        return {"statusCode": 200, "body": event["requestContext"]["authorizer"]["cwsauth"]["claims"]["sub"]}

    good = {"X-Amzn-Oidc-Data": token()}
    assert handler(events.alb("GET", "/users/42", headers=good), None)["body"] == "42"
    assert handler(events.alb("GET", "/users/43", headers=good), None)["statusCode"] == 403
    assert handler(events.alb("GET", "/users/42"), None)["statusCode"] == 401
    forged = {"X-Amzn-Oidc-Data": FORGED["another key"]()}
    assert handler(events.alb("GET", "/users/42", headers=forged), None)["statusCode"] == 401
    assert issubclass(TokenMissing, Unauthenticated)
