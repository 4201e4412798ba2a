"""Keys of an issuer over HTTP: cache, rotation, outages, and everything that is refused."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cwsauth import AuthRequest
from cwsauth.errors import ConfigError, TokenInvalid
from cwsauth.tokens import JWKS, JWT, Discovery
from tests.oidc import (
    AUDIENCE,
    CONFIGURATION,
    ISSUER,
    KEYS,
    Provider,
    bearing,
    claims,
    encoded,
    forge,
    jwk,
    pem,
    private_key,
    public,
    send,
    text,
)
from tests.unit.tokens.conftest import Clock

ONE, TWO = private_key("RSA"), private_key("RSA", 1)


def verifier(provider: Provider, *, memo: int = 0, algorithms: str = "RS256", **options: Any) -> JWT:
    return JWT(issuer=ISSUER, audience=AUDIENCE, algorithms=algorithms, jwks=provider.jwks(**options), memo=memo)


def token(kid: str | None = "k0", key: Any = ONE, algorithm: str = "RS256") -> AuthRequest:
    more = {} if kid is None else {"kid": kid}
    return bearing(forge(claims(), algorithm, key, **more))


def reason(auth: JWT, request: AuthRequest) -> str:
    with pytest.raises(TokenInvalid) as caught:
        auth.verify(request)
    return caught.value.reason


def test_one_fetch_serves_many_tokens(provider: Provider) -> None:
    """Nothing is fetched at construction, and once at the first token."""
    provider.publish(ONE)
    auth = verifier(provider)
    assert provider.fetches() == 0
    for _ in range(5):
        assert auth.verify(token())
    assert provider.fetches() == 1


def test_prefetch(provider: Provider) -> None:
    """The keys before the first token; a failure shows then."""
    provider.publish(ONE)
    auth = verifier(provider)
    auth.prefetch()
    assert auth.verify(token())
    assert provider.fetches() == 1
    provider.answers[KEYS] = lambda handler: send(handler, b"", 500)
    with pytest.raises(ConfigError, match="500"):
        verifier(provider).prefetch()


def test_a_rotated_key_is_found_at_once(provider: Provider) -> None:
    """An unknown `kid` fetches the set again; a key that is gone from the set counts no more."""
    provider.publish(ONE)
    auth = verifier(provider, cooldown=0.05)
    assert auth.verify(token())
    provider.keys = [jwk(public(TWO), kid="new")]
    assert auth.verify(token("new", TWO))
    assert provider.fetches() == 2
    assert "no key" in reason(auth, token())


def test_made_up_kids_fetch_at_a_bounded_rate(provider: Provider, clock: Clock) -> None:
    """However many there are, the provider is asked once in `cooldown`; tokens with known keys go on."""
    provider.publish(ONE)
    auth = verifier(provider, cooldown=30)
    assert auth.verify(token())
    for number in range(40):
        assert "no key" in reason(auth, token(f"made-up-{number}"))
    assert auth.verify(token())
    assert provider.fetches() == 2
    clock.wait(31)
    assert "no key" in reason(auth, token("made-up"))
    assert provider.fetches() == 3


def test_the_set_is_fetched_again_after_its_time(provider: Provider, clock: Clock) -> None:
    """`ttl` seconds: then a key that was withdrawn counts no more, also for a token that was remembered."""
    provider.publish(ONE)
    auth = verifier(provider, memo=10, ttl=60)
    assert auth.verify(token())
    remembered = token()
    assert auth.verify(remembered) is auth.verify(remembered)
    provider.publish(TWO)
    clock.wait(61)
    assert "signature" in reason(auth, remembered)
    assert auth.verify(token("k0", TWO))


def test_an_outage_is_bridged_with_the_last_set(provider: Provider, clock: Clock) -> None:
    """For `stale` seconds, asking again every `retry` seconds; then nothing is accepted, until the set is back."""
    provider.publish(ONE)
    auth = verifier(provider, ttl=60, stale=300, retry=30)
    assert auth.verify(token())
    provider.answers[KEYS] = lambda handler: send(handler, b"", 503)
    clock.wait(61)
    for _ in range(5):
        assert auth.verify(token())
    assert provider.fetches() == 2
    clock.wait(300)
    assert "503" in reason(auth, token())
    assert "not a moment ago either" in reason(auth, token())
    assert provider.fetches() == 3
    del provider.answers[KEYS]
    clock.wait(31)
    assert auth.verify(token())


def test_a_clock_that_was_put_back_ends_every_wait(provider: Provider, clock: Clock) -> None:
    """Also a set that was fetched "in the future" is fetched again, and no cooldown lasts for ever."""
    provider.publish(ONE)
    auth = verifier(provider)
    assert auth.verify(token())
    assert "no key" in reason(auth, token("k1", TWO))
    provider.publish(ONE, TWO)
    clock.wait(-100)
    assert auth.verify(bearing(forge(claims(iat=None), "RS256", TWO, kid="k1")))


def test_a_failed_refetch_does_not_lose_the_set(provider: Provider) -> None:
    """An unknown `kid` during an outage is refused, and known keys go on."""
    provider.publish(ONE)
    auth = verifier(provider)
    assert auth.verify(token())
    provider.answers[KEYS] = lambda handler: send(handler, b"garbage")
    assert "no key" in reason(auth, token("other"))
    assert auth.verify(token())


def test_many_threads_make_one_fetch(provider: Provider) -> None:
    """The first of them fetches, the others wait for it."""
    provider.publish(ONE)

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.2)
        send(handler, text({"keys": provider.keys}))

    provider.answers[KEYS] = slowly
    auth = verifier(provider)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: auth.verify(token()).principal_id, range(8)))
    assert found == ["user-1"] * 8
    assert provider.fetches() == 1


def test_many_threads_with_unknown_keys_make_one_fetch(provider: Provider) -> None:
    """They wait for the one of them that asks, and do not ask again."""
    provider.publish(ONE)
    auth = verifier(provider)
    assert auth.verify(token())

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.2)
        send(handler, text({"keys": provider.keys}))

    provider.answers[KEYS] = slowly
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda number: reason(auth, token(f"made-up-{number}")), range(8)))
    assert provider.fetches() == 2


def test_nobody_waits_for_a_refresh(provider: Provider, clock: Clock) -> None:
    """While one thread refreshes a set that is due, the others go on with what there is."""
    provider.publish(ONE)
    auth = verifier(provider, ttl=60, timeout=5)
    assert auth.verify(token())
    release, entered = threading.Event(), threading.Event()

    def held(handler: BaseHTTPRequestHandler) -> None:
        entered.set()
        release.wait(5)
        send(handler, text({"keys": provider.keys}))

    provider.answers[KEYS] = held
    clock.wait(61)
    with ThreadPoolExecutor(1) as pool:
        refreshing = pool.submit(auth.verify, token())
        assert entered.wait(5)
        assert auth.verify(token())
        assert not refreshing.done()
        release.set()
        assert refreshing.result()


def test_an_event_loop_is_not_blocked(provider: Provider) -> None:
    """A fetch happens in a thread; everything else in the loop goes on meanwhile."""
    provider.publish(ONE)

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3)
        send(handler, text({"keys": provider.keys}))

    provider.answers[KEYS] = slowly
    auth = verifier(provider, cooldown=0.01)

    async def both(request: AuthRequest) -> int:
        ticks = 0
        task = asyncio.ensure_future(auth.verify_async(request))
        while not task.done():
            await asyncio.sleep(0.01)
            ticks += 1
        assert (await task).principal_id == "user-1"
        return ticks

    assert asyncio.run(both(token())) > 10
    provider.publish(ONE, TWO)
    assert asyncio.run(both(token("k1", TWO))) > 10
    assert provider.fetches() == 2


def test_tokens_without_a_kid(provider: Provider) -> None:
    """Verified with the only key of the set, or with those that have no name; with several to choose from, refused."""
    provider.publish(ONE)
    assert verifier(provider).verify(token(None))
    provider.publish(ONE, TWO)
    assert "no key" in reason(verifier(provider), token(None))
    provider.keys = [jwk(public(ONE)), jwk(public(TWO))]
    assert verifier(provider).verify(token(None, TWO))
    assert "no key" in reason(verifier(provider), token("k0"))


def test_a_set_serves_verifiers_of_several_algorithms(provider: Provider) -> None:
    """Each takes the keys of its own family out of it; one fetch for both."""
    curve = private_key("P-256")
    provider.keys = [jwk(public(ONE), kid="r"), jwk(public(curve), kid="e")]
    jwks = provider.jwks()
    rsa = JWT(issuer=ISSUER, audience=AUDIENCE, algorithms=["RS256", "RS512"], jwks=jwks)
    elliptic = JWT(issuer=ISSUER, audience=AUDIENCE, algorithms="ES256", jwks=jwks)
    assert rsa.verify(token("r"))
    assert rsa.verify(token("r", ONE, "RS512"))
    assert elliptic.verify(token("e", curve, "ES256"))
    assert provider.fetches() == 1
    assert "no key" in reason(rsa, token("e"))


SMALL = public(private_key("RSA-1024"))
ODD: dict[str, Any] = {
    "private": {**jwk(public(ONE), kid="k0"), "d": "AQAB"},
    "symmetric": {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "kid": "k0"},
    "for encryption": jwk(public(ONE), kid="k0", use="enc"),
    "for signing": jwk(public(ONE), kid="k0", key_ops=["sign"]),
    "of another algorithm": jwk(public(ONE), kid="k0", alg="RS512"),
    "of another type": jwk(public(private_key("P-256")), kid="k0"),
    "small": jwk(SMALL, kid="k0"),
    "without a modulus": {"kty": "RSA", "e": "AQAB", "kid": "k0"},
    "with an even exponent": {**jwk(public(ONE), kid="k0"), "e": "Ag"},
    "with an exponent of one": {**jwk(public(ONE), kid="k0"), "e": "AQ"},
    "with a number for a modulus": {**jwk(public(ONE), kid="k0"), "n": 12345},
    "with a nested modulus": {**jwk(public(ONE), kid="k0"), "n": {"n": jwk(public(ONE))["n"]}},
    "with an empty name": jwk(public(ONE), kid=""),
    "with a number for a name": jwk(public(ONE), kid=0),
    "no object": "k0",
    "null": None,
    "of one bit too few": {**jwk(public(ONE), kid="k0"), "n": encoded(((1 << 2046) + 1).to_bytes(256))},
    "of one bit too many": {**jwk(public(ONE), kid="k0"), "n": encoded(((1 << 8192) + 1).to_bytes(1025))},
    "of bits that say nothing": {**jwk(SMALL, kid="k0"), "n": jwk(SMALL)["n"][:-1] + "B"},
    "of a huge modulus": {**jwk(public(ONE), kid="k0"), "n": "_" * 2800},
}


@pytest.mark.parametrize("there", [True, False], ids=["", "without PyJWT"])
@pytest.mark.parametrize("name", ODD)
def test_an_odd_key_is_no_key(provider: Provider, name: str, there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left out, and the others of the set go on to count, whether PyJWT can be asked about it or not."""
    if not there:
        monkeypatch.setitem(sys.modules, "jwt", None)
    provider.keys = [ODD[name], jwk(public(TWO), kid="good")]
    auth = verifier(provider)
    assert "no key" in reason(auth, token())
    assert auth.verify(token("good", TWO))


def test_keys_of_no_use_are_not_asked_of_pyjwt() -> None:
    """To load it would make the first request wait: other types, curves and sizes are plain to see."""
    kinds = ("RSA", "RSA-1024", "P-256", "P-384", "secp256k1", "Ed25519")
    keys = [jwk(public(private_key(kind)), kid=kind) for kind in kinds]
    keys.append({**jwk(public(private_key("P-256")), kid="off"), "y": "AA"})
    keys.append({**jwk(public(private_key("Ed25519")), kid="exchange"), "crv": "X25519"})
    keys += [ODD["without a modulus"], ODD["with a nested modulus"], ODD["of a huge modulus"]]
    code = """
import json, sys
from cwsauth.tokens.public_keys import jwk_keys
keys = json.load(sys.stdin)
for algorithm in ("RS256", "PS256", "ES256", "ES384", "ES256K", "EdDSA"):
    print(algorithm, *[found.kid for jwk in keys for found in jwk_keys(jwk, [algorithm])])
print(*[name for name in sys.modules if name.partition(".")[0] == "jwt"])
"""
    run = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(keys), capture_output=True, text=True, check=True
    )
    found = ["RS256 RSA", "PS256 RSA", "ES256 P-256", "ES384 P-384", "ES256K secp256k1", "EdDSA Ed25519", ""]
    assert run.stdout.splitlines() == found


def test_two_keys_of_one_name_are_none(provider: Provider) -> None:
    """Nobody can say which of them was meant."""
    provider.keys = [jwk(public(ONE), kid="k0"), jwk(public(TWO), kid="k0"), jwk(public(TWO), kid="good")]
    auth = verifier(provider)
    assert "no key" in reason(auth, token())
    assert auth.verify(token("good", TWO))


def redirect(handler: BaseHTTPRequestHandler) -> None:
    send(handler, b"", 302, Location="/elsewhere")


def cut(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"keys":[')


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(100):
            handler.wfile.write(b" ")
            time.sleep(0.05)
    except OSError:
        pass


def drip_headers(handler: BaseHTTPRequestHandler) -> None:
    try:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
        for number in range(100):
            handler.wfile.write(f"X-{number}: 1\r\n".encode())
            time.sleep(0.05)
    except OSError:
        pass


ANSWERS: dict[str, Any] = {
    "a redirect": redirect,
    "an error": lambda handler: send(handler, text({"keys": [jwk(public(ONE), kid="k0")]}), 500),
    "no content": lambda handler: send(handler, b"", 204),
    "a long body": lambda handler: send(handler, b" " * 200_000),
    "a long body of no length": lambda handler: (
        handler.send_response(200),
        handler.end_headers(),
        handler.wfile.write(b" " * 200_000),
    ),
    "a body that is cut short": cut,
    "a compressed body": lambda handler: send(
        handler, text({"keys": [jwk(public(ONE), kid="k0")]}), Content_Encoding="gzip"
    ),
    "no JSON": lambda handler: send(handler, b"<html>"),
    "a list": lambda handler: send(handler, text([jwk(public(ONE), kid="k0")])),
    "no keys": lambda handler: send(handler, b"{}"),
    "an empty list of keys": lambda handler: send(handler, b'{"keys":[]}'),
    "keys twice": lambda handler: send(handler, text({"keys": [jwk(public(ONE), kid="k0")]})[:-1] + b',"keys":[]}'),
    "too many keys": lambda handler: send(handler, text({"keys": [jwk(public(ONE), kid="k0")] * 101})),
    "a body nested deeply": lambda handler: send(handler, b'{"keys":' + b"[" * 5000 + b"]" * 5000 + b"}"),
    "no HTTP": lambda handler: handler.wfile.write(b"hello\r\n\r\n"),
    "a body that drips": drip,
    "headers that drip": drip_headers,
    "silence": lambda handler: time.sleep(0.8),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_no_key_set(provider: Provider, name: str) -> None:
    """Refused within the time-out, whatever it is; nothing else is fetched for it."""
    provider.publish(ONE)
    provider.answers[KEYS] = ANSWERS[name]
    start = time.monotonic()
    assert "keys of the issuer cannot be fetched" in reason(verifier(provider, timeout=0.4), token())
    assert time.monotonic() - start < 1.5
    assert provider.asked == [KEYS]


def test_nobody_there() -> None:
    """A refused connection is a refused token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    auth = JWT(
        issuer=ISSUER,
        audience=AUDIENCE,
        algorithms="RS256",
        jwks=JWKS(f"http://127.0.0.1:{port}/", allow_loopback_http=True),
    )
    assert "the connection failed" in reason(auth, token())


def test_a_certificate_is_checked(provider: Provider) -> None:
    """A server that speaks no TLS, or has a certificate that nobody vouches for, is not believed."""
    auth = JWT(
        issuer=ISSUER, audience=AUDIENCE, algorithms="RS256", jwks=JWKS(provider.url.replace("http:", "https:") + KEYS)
    )
    assert "the connection failed" in reason(auth, token())
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED


def test_keys_over_https(provider: Provider, tmp_path: Path) -> None:
    """A server whose certificate is vouched for is believed; its name must be the one that was asked."""
    certificate, context = tls(tmp_path)
    provider.publish(ONE)
    provider.server.socket = context.wrap_socket(provider.server.socket, server_side=True)
    trusting = ssl.create_default_context(cafile=str(certificate))
    address = provider.url.replace("http:", "https:") + KEYS
    keys = JWKS(address, ssl_context=trusting)
    assert JWT(issuer=ISSUER, audience=AUDIENCE, algorithms="RS256", jwks=keys).verify(token())
    elsewhere = JWKS(address.replace("127.0.0.1", "localhost"), ssl_context=trusting)
    auth = JWT(issuer=ISSUER, audience=AUDIENCE, algorithms="RS256", jwks=elsewhere)
    assert "SSLCertVerificationError" in reason(auth, token())


def tls(directory: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that signs itself, and a server's context with it."""
    key = private_key("P-256")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public(key))
        .serial_number(1)
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / "certificate.pem"
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    (directory / "key.pem").write_text(pem(key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, directory / "key.pem")
    return path, context


@pytest.mark.parametrize(
    "address",
    [
        "http://login.example/keys",
        "http://127.0.0.2/keys",
        "http://localhost/keys",
        "http://127.0.0.1.evil.example/keys",
        "http://127.0.0.1@evil.example/keys",
        "https://user@login.example/keys",
        "https://login.example/keys#fragment",
        "https://login.example/ke ys",
        "https://login.example/keys\r\nX: 1",
        "https://login.example:port/keys",
        "https://[::1/keys",
        "https:///keys",
        "https://login.ex\u00e4mple/keys",
        "file:///etc/passwd",
        "ftp://login.example/keys",
        "data:application/json,{}",
        "//login.example/keys",
        "HTTPS",
        "",
        None,
    ],
)
def test_addresses_that_are_refused(address: Any) -> None:
    """https only; plain http to 127.0.0.1 and ::1 only, and only where it is allowed. The address is not quoted."""
    with pytest.raises(ConfigError) as caught:
        JWKS(address, allow_loopback_http=True)
    assert "example" not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [{"ttl": 0}, {"stale": -1}, {"cooldown": 0}, {"retry": 0}, {"timeout": 0}, {"timeout": 60}, {"max_bytes": 0}],
)
def test_numbers_that_are_refused(options: dict[str, Any]) -> None:
    """A cache without time and a fetch without end are mistakes."""
    with pytest.raises(ConfigError):
        JWKS("https://login.example/keys", **options)


def oidc(provider: Provider, **options: Any) -> JWT:
    return JWT.oidc(provider.url, audience=AUDIENCE, allow_loopback_http=True, **options)


def test_discovery(provider: Provider) -> None:
    """The keys of a provider are found by its issuer, at the first token."""
    provider.publish(ONE)
    auth = oidc(provider)
    assert provider.asked == []
    request = bearing(forge(claims(iss=provider.url), "RS256", ONE, kid="k0"))
    assert auth.verify(request)
    assert auth.verify(request)
    assert provider.asked == [CONFIGURATION, KEYS]
    with pytest.raises(TokenInvalid):
        auth.verify(token())


def test_discovery_of_several_issuers(provider: Provider) -> None:
    """Each with its own keys: only the issuer that a token names is asked, and only for its own tokens."""
    other = Provider()
    try:
        provider.publish(ONE)
        other.publish(TWO)
        auth = JWT.oidc([provider.url, other.url], audience=AUDIENCE, allow_loopback_http=True)
        assert auth.verify(bearing(forge(claims(iss=provider.url), "RS256", ONE, kid="k0")))
        assert other.asked == []
        assert auth.verify(bearing(forge(claims(iss=other.url), "RS256", TWO, kid="k0")))
        for issuer, key in ((provider.url, TWO), (other.url, ONE)):
            with pytest.raises(TokenInvalid):
                auth.verify(bearing(forge(claims(iss=issuer), "RS256", key, kid="k0")))
    finally:
        other.stop()


CONFIGURATIONS: dict[str, Any] = {
    "of another issuer": {"issuer": "https://evil.example", "jwks_uri": None},
    "of an issuer with a slash more": {"issuer": "/", "jwks_uri": None},
    "without a key set": {"issuer": None},
    "with a number for a key set": {"issuer": None, "jwks_uri": 1},
    "with a file for a key set": {"issuer": None, "jwks_uri": "file:///etc/passwd"},
    "with another host in plain http": {"issuer": None, "jwks_uri": "http://169.254.169.254/latest"},
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_that_is_refused(provider: Provider, name: str) -> None:
    """The issuer must be the one that was asked, letter by letter; its key set must be at an address like any other."""
    provider.publish(ONE)
    made = dict(CONFIGURATIONS[name])
    if made["issuer"] is None:
        made["issuer"] = provider.url
    elif made["issuer"] == "/":
        made["issuer"] = provider.url + "/"
    if "jwks_uri" in made and made["jwks_uri"] is None:
        made["jwks_uri"] = provider.url + KEYS
    provider.answers[CONFIGURATION] = lambda handler: send(handler, text(made))
    auth = oidc(provider)
    request = bearing(forge(claims(iss=provider.url), "RS256", ONE, kid="k0"))
    assert "cannot be fetched" in reason(auth, request)
    assert provider.fetches() == 0


def test_an_issuer_with_a_path_and_a_slash(provider: Provider) -> None:
    """The slash at its end is part of the issuer, not of the address (OpenID Connect Discovery, 4.1)."""
    issuer = provider.url + "/tenant/"
    provider.publish(ONE)
    provider.answers["/tenant" + CONFIGURATION] = lambda handler: send(
        handler, text({"issuer": issuer, "jwks_uri": provider.url + KEYS})
    )
    auth = JWT(
        issuer=issuer,
        audience=AUDIENCE,
        algorithms="RS256",
        jwks=Discovery(issuer, allow_loopback_http=True, ttl=60),
    )
    assert auth.verify(bearing(forge(claims(iss=issuer), "RS256", ONE, kid="k0")))


@pytest.mark.parametrize(
    "issuer", ["https://login.example/?x=1", "https://login.example/#x", "http://login.example", 1]
)
def test_issuers_that_cannot_be_discovered(issuer: Any) -> None:
    """An issuer is an https address without query and fragment."""
    with pytest.raises(ConfigError):
        Discovery(issuer)


def test_a_key_set_that_moves_is_found(provider: Provider) -> None:
    """The configuration is read again with every set."""
    provider.publish(ONE)
    auth = JWT(
        issuer=provider.url,
        audience=AUDIENCE,
        algorithms="RS256",
        jwks=Discovery(provider.url, allow_loopback_http=True, cooldown=0.01),
    )
    assert auth.verify(bearing(forge(claims(iss=provider.url), "RS256", ONE, kid="k0")))
    moved = jwk(public(TWO), kid="moved")
    provider.answers[CONFIGURATION] = lambda handler: send(
        handler, text({"issuer": provider.url, "jwks_uri": provider.url + "/new"})
    )
    provider.answers["/new"] = lambda handler: send(handler, text({"keys": [moved]}))
    assert auth.verify(bearing(forge(claims(iss=provider.url), "RS256", TWO, kid="moved")))
