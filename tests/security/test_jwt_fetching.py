"""Attacks through the fetching of keys: server-side request forgery, redirects, floods, outages.

One test for each advisory or class; each says which. What else an answer may be is in tests/unit/tokens/test_jwks.py.
"""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

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
    forge,
    jwk,
    private_key,
    public,
    send,
    text,
)

OURS, THEIRS = private_key("RSA"), private_key("RSA", 1)


def verifier(jwks: JWKS, issuer: str = ISSUER) -> JWT:
    return JWT(issuer=issuer, audience=AUDIENCE, algorithms="RS256", jwks=jwks)


def refused(auth: JWT, token: str) -> str:
    with pytest.raises(TokenInvalid) as caught:
        auth.verify(bearing(token))
    return caught.value.reason


@pytest.mark.parametrize("scheme", ["file", "ftp", "data", "FILE", "jar", "gopher", "unix"])
def test_other_schemes(scheme: str, tmp_path: Path) -> None:
    """CVE-2026-48522 (GHSA-993g-76c3-p5m4): a key set is never a file, nor anything but https."""
    keys = tmp_path / "keys.json"
    keys.write_bytes(text({"keys": [jwk(public(THEIRS), kid="k0")]}))
    for address in (f"{scheme}://{keys}", f"{scheme}:{keys}", f"{scheme}://localhost{keys}"):
        for allowed in (False, True):
            with pytest.raises(ConfigError):
                JWKS(address, allow_loopback_http=allowed)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_redirects(provider: Provider, status: int) -> None:
    """CVE-2026-102267: a redirect is not followed, wherever it leads, also to the same host."""
    elsewhere = Provider()
    try:
        elsewhere.publish(THEIRS)
        provider.answers["/moved"] = lambda handler: send(handler, text({"keys": [jwk(public(THEIRS), kid="k0")]}))
        for target in (elsewhere.url + KEYS, provider.url + "/moved", "/moved", "file:///etc/passwd"):
            provider.answers[KEYS] = lambda handler, target=target: send(handler, b"", status, Location=target)  # type: ignore[misc]
            auth = verifier(provider.jwks())
            assert f"{status}, not 200" in refused(auth, forge(claims(), "RS256", THEIRS, kid="k0"))
        assert elsewhere.asked == []
        assert "/moved" not in provider.asked
    finally:
        elsewhere.stop()


def test_addresses_in_a_token_are_not_asked(provider: Provider) -> None:
    """`jku`, `x5u` and `iss` of a token are addresses that its maker chose: nothing is sent there."""
    attacker = Provider()
    try:
        attacker.publish(THEIRS)
        provider.publish(OURS)
        for auth in (
            verifier(provider.jwks()),
            JWT.oidc([provider.url], audience=AUDIENCE, allow_loopback_http=True),
            JWT.oidc([provider.url, "https://other.example"], audience=AUDIENCE, allow_loopback_http=True),
        ):
            for issuer in (ISSUER, provider.url, attacker.url):
                refused(
                    auth,
                    forge(
                        claims(iss=issuer),
                        "RS256",
                        THEIRS,
                        kid="k0",
                        jku=attacker.url + KEYS,
                        x5u=attacker.url + KEYS,
                        jwk=jwk(public(THEIRS)),
                    ),
                )
        assert attacker.asked == []
    finally:
        attacker.stop()


def test_a_configuration_leads_nowhere_else(provider: Provider) -> None:
    """OpenID Connect Discovery, 4.3: a configuration of another issuer is not used; an address in it is held to the rules."""
    provider.publish(OURS)
    for configuration in (
        {"issuer": ISSUER, "jwks_uri": provider.url + KEYS},
        {"issuer": provider.url, "jwks_uri": "file:///etc/passwd"},
        {"issuer": provider.url, "jwks_uri": "http://169.254.169.254/latest/meta-data/"},
        {"issuer": provider.url, "jwks_uri": f"http://user@127.0.0.1:1{KEYS}"},
        {"issuer": provider.url, "jwks_uri": [provider.url + KEYS]},
    ):
        provider.answers[CONFIGURATION] = lambda handler, made=configuration: send(handler, text(made))  # type: ignore[misc]
        auth = verifier(Discovery(provider.url, allow_loopback_http=True), provider.url)
        refused(auth, forge(claims(iss=provider.url), "RS256", OURS, kid="k0"))
    assert provider.fetches() == 0


def test_a_flood_of_unknown_keys(provider: Provider) -> None:
    """A token with a made-up `kid` costs its sender nothing: it must not cost the provider a request each."""
    provider.publish(OURS)
    auth = verifier(provider.jwks())
    for number in range(300):
        refused(auth, forge(claims(), "RS256", THEIRS, kid=f"made-up-{number}"))
    assert provider.fetches() == 2
    assert auth.verify(bearing(forge(claims(), "RS256", OURS, kid="k0")))


def test_a_flood_during_an_outage(provider: Provider) -> None:
    """Nor while the provider does not answer: one attempt, then a pause, without anybody waiting."""
    provider.answers[KEYS] = lambda handler: send(handler, b"", 500)
    auth = verifier(provider.jwks())
    for number in range(50):
        refused(auth, forge(claims(), "RS256", OURS, kid=f"k{number}"))
    assert provider.fetches() == 1


@pytest.mark.parametrize(
    "answer",
    [
        lambda handler: send(handler, b"", 500),
        lambda handler: send(handler, b"{}"),
        lambda handler: send(handler, b'{"keys":[]}'),
        lambda handler: send(handler, b"not json"),
        lambda handler: handler.close_connection,
    ],
    ids=["500", "no keys", "an empty set", "no JSON", "nothing"],
)
def test_an_outage_does_not_wipe_the_keys(provider: Provider, answer: object) -> None:
    """PyJWT before 2.13: a failed refresh emptied the cache, so that one unknown `kid` locked everybody out."""
    provider.publish(OURS)
    auth = verifier(provider.jwks())
    good = bearing(forge(claims(), "RS256", OURS, kid="k0"))
    assert auth.verify(good)
    provider.answers[KEYS] = answer  # type: ignore[assignment]
    refused(auth, forge(claims(), "RS256", THEIRS, kid="unknown"))
    assert auth.verify(good)


def test_a_symmetric_key_in_a_set(provider: Provider) -> None:
    """What is published is no secret: an `oct` key of a set verifies nothing, and HMAC takes no set at all."""
    provider.keys = [{"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "kid": "k0"}]
    refused(verifier(provider.jwks()), forge(claims(), "HS256", b"secret-secret-secret-secret-secret", kid="k0"))
    with pytest.raises(ConfigError):
        JWT(issuer=ISSUER, audience=AUDIENCE, algorithms="HS256", jwks=provider.jwks())


def test_proxies_of_the_environment(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """CVE-2016-1000110 class ("httpoxy"): no variable decides where keys come from."""
    proxy = Provider()
    try:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        provider.publish(OURS)
        assert verifier(provider.jwks()).verify(bearing(forge(claims(), "RS256", OURS, kid="k0")))
        assert proxy.asked == []
    finally:
        proxy.stop()


def test_credentials_are_not_sent(provider: Provider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A `.netrc`, a cookie of an earlier answer, and the caller's own token stay here."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login user password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    seen: list[dict[str, str]] = []

    def watching(handler: BaseHTTPRequestHandler) -> None:
        seen.append(dict(handler.headers))
        send(handler, text({"keys": provider.keys}), Set_Cookie="session=1")

    provider.publish(OURS)
    provider.answers[KEYS] = watching
    auth = verifier(provider.jwks())
    assert auth.verify(bearing(forge(claims(), "RS256", OURS, kid="k0")))
    refused(auth, forge(claims(), "RS256", OURS, kid="k1"))
    assert [sorted(headers) for headers in seen] == [["Accept", "Accept-Encoding", "Host"]] * 2
