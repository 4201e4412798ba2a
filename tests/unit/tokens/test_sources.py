"""Where secrets are kept: the environment, and the services of AWS through Powertools and boto3, both real."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import Request, urlopen

import pytest

from cwsauth import AuthRequest, Policy
from cwsauth.errors import ConfigError, TokenInvalid
from cwsauth.tokens import JWT, SSM, AppConfig, Env, SecretsManager, StaticTokens
from cwsauth.tokens.sources import source, sources
from cwsauth.tokens.verifier import WouldBlock
from tests.oidc import AUDIENCE, ISSUER, SECRET, bearing, claims, forge, send
from tests.unit.tokens.conftest import Clock


@pytest.mark.parametrize("name", ["", "lower", "Mixed", "A B", "1A", "A-B", "A=B", "\u00c4", None, 1, b"A"])
def test_a_variable_has_a_name(name: Any) -> None:
    """Upper-case letters, digits and underscores; what is none is not quoted."""
    with pytest.raises(ConfigError) as caught:
        Env(name)
    assert not isinstance(name, str) or not name or name not in str(caught.value).replace("A B", "")


def test_values_of_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """None where it is unset or empty, one otherwise, several with a separator; any bytes."""
    monkeypatch.delenv("X", raising=False)
    assert Env("X").values() == ()
    monkeypatch.setenv("X", "")
    assert Env("X").values() == Env("X", separator=",").values() == ()
    monkeypatch.setenv("X", " a, b ,,")
    assert Env("X").values() == (b" a, b ,,",)
    assert Env("X", separator=",").values() == (b"a", b"b")
    monkeypatch.setenv("X", "\udcff\u00e4")
    assert Env("X").values() == (b"\xff\xc3\xa4",)
    with pytest.raises(ConfigError):
        Env("X", separator="")


def test_what_stands_for_a_secret() -> None:
    """A name, a source, or bytes; nothing else, and no empty list."""
    env = Env("X")
    assert source(env) is env
    assert source("X").name == "X"
    assert source(b"secret").values() == (b"secret",)
    assert "secret" not in repr(source(b"secret"))
    assert [found.name for found in sources(["X", env, b"y"])] == ["X", "X", "bytes"]
    wrongs: list[object] = [None, 1, {}, [], ()]
    for wrong in wrongs:
        with pytest.raises(ConfigError):
            sources(wrong)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """SSM and Secrets Manager on loopback, and credentials that are none."""
    pytest.importorskip("aws_lambda_powertools", reason="secrets of AWS services are read through Powertools")
    moto = pytest.importorskip("moto.server", reason="moto stands for SSM and Secrets Manager")
    server = moto.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    _credentials(monkeypatch, f"http://{host}:{port}")
    # What another test has put there lives in this process, not in its server.
    urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
    yield f"http://{host}:{port}"
    server.stop()


def _credentials(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    from aws_lambda_powertools.utilities.parameters.constants import DEFAULT_PROVIDERS

    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    DEFAULT_PROVIDERS.clear()


def client(service: str) -> Any:
    import boto3

    made: Any = boto3.client
    return made(service)


def test_a_parameter_of_ssm(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decrypted; changed, it counts after `max_age`; nothing is asked at construction or in between."""
    ssm = client("ssm")
    ssm.put_parameter(Name="/shop/token", Value="first", Type="SecureString")
    clock = [1000.0]
    monkeypatch.setattr("cwsauth.tokens.stored.time.monotonic", lambda: clock[0])
    auth = StaticTokens({SSM("/shop/token", max_age=60): ["a"]})
    request = AuthRequest(token="first")
    assert auth(request) == Policy.of(["a"])
    ssm.put_parameter(Name="/shop/token", Value="second", Type="SecureString", Overwrite=True)
    assert auth(request)
    clock[0] += 61
    with pytest.raises(TokenInvalid):
        auth(request)
    assert auth(AuthRequest(token="second"))
    assert repr(auth) == "StaticTokens(/shop/token)"


def test_one_member_of_a_json_object(aws: str) -> None:
    """`key` picks it; a member that is not there is an error of the configuration, and the rest is not quoted."""
    client("ssm").put_parameter(Name="/shop/all", Value=json.dumps({"admin": "one", "n": 1}), Type="String")
    assert SSM("/shop/all", key="admin").values() == (b"one",)
    for key in ("other", "n"):
        with pytest.raises(ConfigError) as caught:
            SSM("/shop/all", key=key).values()
        assert "one" not in str(caught.value).replace("cannot", "")
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None


def test_a_secret_and_the_one_before(aws: str) -> None:
    """With `previous=True` a rotated secret goes on to count; without a previous one, there is just the current."""
    manager = client("secretsmanager")
    manager.create_secret(Name="shop/token", SecretString="first")
    both = SecretsManager("shop/token", previous=True, max_age=0.001)
    assert both.values() == (b"first",)
    manager.put_secret_value(SecretId="shop/token", SecretString="second")
    assert set(both.values()) == {b"first", b"second"}
    assert SecretsManager("shop/token").values() == (b"second",)
    manager.create_secret(Name="shop/binary", SecretBinary=b"\x00\xff")
    assert SecretsManager("shop/binary").values() == (b"\x00\xff",)


def test_a_secret_that_is_not_there(aws: str) -> None:
    """An error of the configuration that names the secret, without what the service said, and without a chain."""
    for missing in (SSM("/no/such"), SecretsManager("no/such")):
        with pytest.raises(ConfigError, match="no/such") as caught:
            missing.values()
        assert "NotFound" not in f"{caught.value} {caught.value.help}"
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None


def test_an_outage_is_bridged(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last values count for `grace` seconds after `max_age`; then the secret cannot be read."""
    ssm = client("ssm")
    ssm.put_parameter(Name="/shop/token", Value="first", Type="SecureString")
    clock = [1000.0]
    monkeypatch.setattr("cwsauth.tokens.stored.time.monotonic", lambda: clock[0])
    kept = SSM("/shop/token", max_age=60, grace=100)
    assert kept.values() == (b"first",)
    ssm.delete_parameter(Name="/shop/token")
    clock[0] += 150
    assert kept.values() == (b"first",)
    clock[0] += 11
    with pytest.raises(ConfigError):
        kept.values()


def test_an_event_loop_is_not_blocked(aws: str) -> None:
    """What has to be fetched is fetched in a thread; without waiting, `WouldBlock` says that it has to be."""
    client("ssm").put_parameter(Name="/jwt/secret", Value=SECRET.decode(), Type="SecureString")
    with pytest.raises(WouldBlock):
        SSM("/jwt/secret").values(wait=False)
    auth = StaticTokens({SSM("/jwt/secret"): True})
    assert asyncio.run(auth.verify_async(AuthRequest(token=SECRET.decode()))).principal_id == "/jwt/secret"
    jwt = JWT(issuer=ISSUER, audience=AUDIENCE, algorithms="HS256", secret=SSM("/jwt/secret"))
    request = bearing(forge(claims()))
    assert asyncio.run(jwt.verify_async(request)).principal_id == "user-1"
    assert jwt.verify(request)


def test_prefetch_reads_a_secret(aws: str, clock: Clock) -> None:
    """So that a secret that is too short shows when the Lambda starts."""
    client("ssm").put_parameter(Name="/jwt/short", Value="short", Type="SecureString")
    jwt = JWT(issuer=ISSUER, audience=AUDIENCE, algorithms="HS256", secret=SSM("/jwt/short"))
    with pytest.raises(ConfigError, match="fewer than its hash"):
        jwt.prefetch()


@pytest.fixture
def appconfig(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """The two calls of AppConfig's data plane on loopback: a session for a profile, then its configuration."""
    pytest.importorskip("aws_lambda_powertools", reason="secrets of AWS services are read through Powertools")
    profiles: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            names = ("ApplicationIdentifier", "EnvironmentIdentifier", "ConfigurationProfileIdentifier")
            session = "-".join(asked[name] for name in names)
            send(self, json.dumps({"InitialConfigurationToken": session}).encode(), 201)

        def do_GET(self) -> None:
            session = self.path.partition("configuration_token=")[2]
            found = profiles.get(session)
            if found is None:
                send(self, b'{"message":"no such profile"}', 404)
            else:
                send(self, found, Next_Poll_Configuration_Token=session, Content_Type="application/json")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    _credentials(monkeypatch, f"http://127.0.0.1:{server.server_port}")
    yield profiles
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_configuration_of_appconfig(appconfig: dict[str, bytes]) -> None:
    """Of its own application and environment, whichever was asked for first."""
    appconfig["shop-dev-tokens"] = b'{"admin": "one"}'
    appconfig["desk-prod-tokens"] = b'{"admin": "two"}'
    shop = AppConfig("tokens", application="shop", environment="dev", key="admin")
    desk = AppConfig("tokens", application="desk", environment="prod", key="admin")
    assert (shop.values(), desk.values()) == ((b"one",), (b"two",))
    with pytest.raises(ConfigError):
        AppConfig("none", application="shop", environment="dev").values()


def test_powertools_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """At construction, with what to install."""
    import sys

    monkeypatch.setitem(sys.modules, "aws_lambda_powertools.utilities", None)
    for name in ("aws_lambda_powertools", "aws_lambda_powertools.utilities.parameters"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigError) as caught:
        SSM("/shop/token")
    assert "cwsauth[powertools]" in caught.value.help


@pytest.mark.parametrize("options", [{"name": ""}, {"name": 1}, {"max_age": 0}, {"grace": -1}])
def test_options_that_are_refused(options: dict[str, Any]) -> None:
    """No name, no time."""
    with pytest.raises(ConfigError):
        SSM(**{"name": "/shop/token", **options})


def test_the_same_values_are_the_same_object(aws: str) -> None:
    """So that a key that was made of them need not be made again."""
    client("ssm").put_parameter(Name="/shop/token", Value="first", Type="String")
    kept = SSM("/shop/token", max_age=0.0001)
    assert kept.values() is kept.values()
