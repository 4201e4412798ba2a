"""Authorizers out of policy files: who is known, what they may call, and when the file is read again."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from cwsauth import AuthRequest, Unauthenticated
from cwsauth.cli.objects import policies_of
from cwsauth.errors import ConfigError, TokenInvalid, TokenMissing
from cwsauth.from_file import FileAuth, authorizer_from_file
from cwsauth.guard import Guard
from cwsauth.policy.evaluate import Verdict, evaluate
from cwsauth.tokens import JWT
from tests import oidc
from tests.unit.tokens.test_sources import appconfig as appconfig

HEAD = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"

SHOP = """
routes: ["GET /product/{id}", "PUT /product/{id}", "GET /users/{id}", "GET /tenants/{tenant}/orders"]
roles:
  visitor: [GET product/*]
  editor: {rules: [PUT product/*], includes: [visitor]}
  user:
    rules:
      - rule: GET users/{id}
        when: {claim: sub, equals: {path: id}}
      - GET tenants/${claims.tenant}/orders
  admin: true
tokens:
  ADMIN_TOKEN: admin
  EDITOR_TOKEN: [editor]
  acme:
    env: [ACME_OLD, ACME_NEW]
    roles: user
    claims: {sub: "7", tenant: acme}
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ADMIN_TOKEN": "a-1", "EDITOR_TOKEN": "e-1", "ACME_OLD": "o-1", "ACME_NEW": "n-1"}.items():
        monkeypatch.setenv(name, value)


def write(path: Path, text: str) -> Path:
    """The file, with a time of its own, as somebody who saves it takes longer than a clock's tick."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text)
    os.utime(path, ns=(before + 1_000_000, before + 1_000_000))
    return path


def asked(token: str, method: str = "GET", path: str = "product/1") -> dict[str, Any]:
    return {"type": "TOKEN", "authorizationToken": token, "methodArn": f"{HEAD}/{method}/{path}"}


def allowed(handler: Any, token: str, method: str = "GET", path: str = "product/1") -> bool:
    answer = handler(asked(token, method, path), None)
    return evaluate(answer["policyDocument"], f"{HEAD}/{method}/{path}") is Verdict.ALLOW


@pytest.mark.parametrize(
    ("token", "method", "path", "expected"),
    [
        ("a-1", "PUT", "product/1", True),
        ("e-1", "PUT", "product/1", True),
        ("e-1", "GET", "product/1", True),
        ("e-1", "GET", "users/7", False),
        ("o-1", "GET", "users/7", True),
        ("n-1", "GET", "users/7", True),
        ("n-1", "GET", "users/8", False),
        ("n-1", "GET", "tenants/acme/orders", True),
        ("n-1", "GET", "tenants/other/orders", False),
        ("n-1", "PUT", "product/1", False),
    ],
)
def test_tokens_have_the_roles_of_the_file(tmp_path: Path, token: str, method: str, path: str, expected: bool) -> None:
    """Environment variables by name, several for one bearer, and claims that stand beside them; in a document and in process."""
    handler = authorizer_from_file(write(tmp_path / "policy.yaml", SHOP))
    assert allowed(handler, token, method, path) is expected
    found = Guard(handler)(AuthRequest("rest.proxy", method=method, path=f"/{path}", token=token))
    assert found.allowed is expected


def test_the_bearer_is_called_by_the_name_of_the_token(tmp_path: Path) -> None:
    """Not by the place where the token is kept."""
    handler = authorizer_from_file(write(tmp_path / "policy.yaml", SHOP))
    assert handler(asked("n-1"), None)["principalId"] == "acme"
    assert handler(asked("a-1"), None)["principalId"] == "ADMIN_TOKEN"


def test_who_is_not_known_is_refused(tmp_path: Path) -> None:
    """401 for a wrong token and for none."""
    handler = authorizer_from_file(write(tmp_path / "policy.yaml", SHOP))
    for token in ("wrong", ""):
        with pytest.raises(Unauthenticated):
            handler(asked(token), None)
    auth = FileAuth(tmp_path / "policy.yaml")
    with pytest.raises(TokenInvalid):
        auth.verify(AuthRequest(token="wrong"))
    with pytest.raises(TokenMissing):
        auth.verify(AuthRequest())


def test_verified_tokens(tmp_path: Path) -> None:
    """Roles out of the claim that the file names, everyone's for all, and the file's own tokens beside them."""
    text = SHOP + "claim: groups\neveryone: visitor\n"
    jwt = JWT(issuer=oidc.ISSUER, audience=oidc.AUDIENCE, algorithms="HS256", secret=oidc.SECRET)
    handler = authorizer_from_file(write(tmp_path / "policy.yaml", text), verifier=jwt)
    for groups, method, path, expected in (
        (["admin"], "PUT", "product/1", True),
        (["user"], "GET", "users/42", True),
        (["user"], "GET", "users/43", False),
        ([], "GET", "product/1", True),
        (["nobody"], "PUT", "product/1", False),
        (["visitor", "editor"], "PUT", "product/1", True),
    ):
        token = oidc.forge(oidc.claims(sub="42", groups=groups))
        assert allowed(handler, f"Bearer {token}", method, path) is expected, groups
    assert allowed(handler, "e-1", "PUT")


def test_anonymous_callers(tmp_path: Path) -> None:
    """An explicit choice of the file; who shows a wrong token is not quietly taken for nobody."""
    text = "roles: {visitor: [GET product/*]}\nanonymous: visitor\n"
    auth = FileAuth(write(tmp_path / "policy.yaml", text))
    guard = Guard(auth)
    assert guard(AuthRequest("rest.proxy", method="GET", path="/product/1")).allowed
    assert not guard(AuthRequest("rest.proxy", method="PUT", path="/product/1")).allowed
    assert guard(AuthRequest("rest.proxy", method="GET", path="/product/1", token="wrong")).status == 401


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("roles: {a: true}", "knows nobody"),
        ("roles: {a: true}\nclaim: groups", "nobody verifies tokens"),
        ("roles: {a: true}\ntokens: {A: b}", "'b' is not a role"),
        ("roles: {a: true}\nanonymous: b", "'b' is not a role"),
        ("roles: {a: true}\neveryone: [b]\ntokens: {A: a}", "'b' is not a role"),
        ("roles: {a: true}\ntokens: {A: {roles: a, appconfig: {application: x}}}", "it is missing"),
    ],
)
def test_a_file_that_makes_no_authorizer(tmp_path: Path, text: str, problem: str) -> None:
    """It shows when the function starts."""
    with pytest.raises(ConfigError, match=problem):
        authorizer_from_file(write(tmp_path / "policy.yaml", text))


def test_a_verifier_without_roles(tmp_path: Path) -> None:
    """Somebody is verified, and nobody said what that is good for."""
    jwt = JWT(issuer="i", audience="a", algorithms="HS256", secret=oidc.SECRET)
    with pytest.raises(ConfigError, match="which roles a verified caller has"):
        authorizer_from_file(write(tmp_path / "policy.yaml", "roles: {a: true}"), verifier=jwt)


def test_a_token_in_the_place_of_its_name_is_not_told(tmp_path: Path, canary: str) -> None:
    """The mistake is named without it, wherever it is."""
    for text in (f"{{{canary}: a}}", f"{{{canary}: 5}}", f"{{{canary}: {{role: a}}}}", f"{{{canary}: nobody}}"):
        with pytest.raises(ConfigError) as caught:
            authorizer_from_file(write(tmp_path / "policy.yaml", f"roles: {{a: true}}\ntokens: {text}"))
        assert canary not in f"{caught.value} {caught.value.help} {caught.value!r}"
        assert caught.value.__cause__ is None


def test_there_has_to_be_a_file(tmp_path: Path) -> None:
    """The first reading has to succeed."""
    with pytest.raises(ConfigError, match="cannot read"):
        authorizer_from_file(tmp_path / "none.yaml")


@pytest.mark.parametrize("refresh", [True, -1, "60"])
def test_what_is_no_interval(tmp_path: Path, refresh: Any) -> None:
    """Seconds, or False."""
    with pytest.raises(ConfigError, match="refresh"):
        authorizer_from_file(write(tmp_path / "policy.yaml", SHOP), refresh=refresh)


def test_a_changed_file_counts_at_the_next_request(tmp_path: Path) -> None:
    """Outside of Lambda: nothing has to be restarted."""
    path = write(tmp_path / "policy.yaml", SHOP)
    auth = FileAuth(path)
    handler = authorizer_from_file(path)
    assert not allowed(handler, "e-1", "GET", "users/7")
    assert auth.revision == 0
    write(path, SHOP.replace("visitor: [GET product/*]", "visitor: [GET **]"))
    assert allowed(handler, "e-1", "GET", "users/7")
    assert auth.revision == 1
    assert handler.revision == 1
    assert auth.revision == 1


def test_in_lambda_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is part of the package, which does not change."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "auth")
    path = write(tmp_path / "policy.yaml", SHOP)
    handler = authorizer_from_file(path)
    path.unlink()
    assert allowed(handler, "e-1")


def test_what_cannot_be_used_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The policies of before go on to count, and one sentence a change says why."""
    caplog.set_level(logging.INFO)
    path = write(tmp_path / "policy.yaml", SHOP)
    handler = authorizer_from_file(path)
    for broken in ("roles: [", "roles: {a: 5}", "roles: {a: true}", "[" * 5000):
        caplog.clear()
        write(path, broken)
        assert allowed(handler, "e-1")
        assert allowed(handler, "e-1")
        assert [record.levelname for record in caplog.records if "of before" in record.getMessage()] == ["ERROR"]
        assert str(path) in caplog.text
    path.unlink()
    assert allowed(handler, "e-1")
    write(path, SHOP.replace("EDITOR_TOKEN: [editor]", "EDITOR_TOKEN: [user]"))
    assert not allowed(handler, "e-1")
    assert "was read again" in caplog.text


def test_a_file_that_it_refers_to_counts_too(tmp_path: Path) -> None:
    """The routes of an OpenAPI document are part of the policies."""
    api = '{"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": {"%s": {"get": {"responses": {}}}}}'
    write(tmp_path / "api.json", api % "/product/{id}")
    path = write(
        tmp_path / "policy.yaml", "routes: {openapi: api.json}\nroles: {a: [GET **]}\ntokens: {ADMIN_TOKEN: a}"
    )
    auth = FileAuth(path)
    assert [str(route) for route in auth.policies.routes or ()] == ["GET /product/{id}"]
    write(tmp_path / "api.json", api % "/order/{id}")
    assert [str(route) for route in auth.policies.routes or ()] == ["GET /order/{id}"]


def test_reading_takes_turns(tmp_path: Path) -> None:
    """While the file is read again, other threads go on with what there is."""
    path = write(tmp_path / "policy.yaml", SHOP)
    auth = FileAuth(path)
    entered, leave = threading.Event(), threading.Event()
    read = auth._current.place.read

    def slow() -> str | None:
        entered.set()
        leave.wait(10)
        return read()

    auth._current.place.read = slow  # type: ignore[method-assign]
    write(path, SHOP.replace("ADMIN_TOKEN: admin", "ADMIN_TOKEN: visitor"))
    first = threading.Thread(target=lambda: auth.policies)
    first.start()
    assert entered.wait(10)
    assert auth.identify(AuthRequest(token="a-1"))[1].principal_id == "ADMIN_TOKEN"
    assert auth._current.revision == 0
    leave.set()
    first.join()
    assert auth._current.revision == 1


def test_in_an_event_loop(tmp_path: Path) -> None:
    """A file that has to be looked at again is looked at in a thread; the answer is the same."""
    path = write(tmp_path / "policy.yaml", SHOP)
    auth = FileAuth(path)
    request = AuthRequest("rest.proxy", method="PUT", path="/product/1", token="e-1")
    assert asyncio.run(auth.verify_async(request)).principal_id == "EDITOR_TOKEN"
    write(path, SHOP.replace("[editor]", "[visitor]"))
    found: Any = asyncio.run(auth.call_async(request))
    assert not found.rules.allows("PUT", "/product/1")
    assert found.rules.allows("GET", "/product/1")


def test_the_command_line_reads_it(tmp_path: Path) -> None:
    """The roles of an authorizer that was made of a file, with the routes of the file."""
    handler = authorizer_from_file(write(tmp_path / "policy.yaml", SHOP))
    policies, routes = policies_of(handler, "app:auth", ())
    assert list(policies) == ["visitor", "editor", "user", "admin"]
    assert routes is not None
    assert policies["editor"].allows("PUT", "/product/1")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """S3 and SSM on loopback, and credentials that are none."""
    boto3 = pytest.importorskip("boto3", reason="files in AWS are read with boto3")
    moto = pytest.importorskip("moto.server", reason="moto stands for S3 and SSM")
    server = moto.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    for name, value in {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    from aws_lambda_powertools.utilities.parameters.constants import DEFAULT_PROVIDERS

    DEFAULT_PROVIDERS.clear()
    # What another test has put there lives in this process, not in its server.
    urlopen(Request(f"{url}/moto-api/reset", method="POST")).close()
    yield boto3.Session()
    server.stop()
    DEFAULT_PROVIDERS.clear()


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


EDITED = SHOP.replace("EDITOR_TOKEN: [editor]", "EDITOR_TOKEN: [visitor]")
EDITOR = AuthRequest("rest.proxy", method="PUT", path="/product/1", token="e-1")


def may_edit(auth: FileAuth) -> bool:
    return Guard(auth)(EDITOR).allowed


def test_a_file_in_s3(aws: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Looked at after the interval, fetched if its ETag changed, and kept where it is gone or broken."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="shop", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="shop", Key="policies/shop.yaml", Body=SHOP.encode())
    clock = Clock()
    auth = FileAuth("s3://shop/policies/shop.yaml", refresh=60, clock=clock)
    assert may_edit(auth)
    s3.put_object(Bucket="shop", Key="policies/shop.yaml", Body=EDITED.encode())
    clock.now = 59
    assert may_edit(auth)
    clock.now = 60
    assert not may_edit(auth)
    assert auth.revision == 1
    clock.now = 120
    assert auth.revision == 1  # not modified, so not read
    s3.put_object(Bucket="shop", Key="policies/shop.yaml", Body=b"roles: [")
    clock.now = 180
    assert not may_edit(auth)
    assert "not YAML" in caplog.text
    s3.delete_object(Bucket="shop", Key="policies/shop.yaml")
    clock.now = 240
    assert not may_edit(auth)
    assert "cannot read 's3://shop/policies/shop.yaml': NoSuchKey" in caplog.text
    s3.put_object(Bucket="shop", Key="policies/shop.yaml", Body=SHOP.encode())
    clock.now = 300
    assert may_edit(auth)


def test_an_openapi_document_beside_it_in_s3(aws: Any) -> None:
    """Its key is relative to that of the policy file."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="shop", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    api = '{"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": {"responses": {}}}}}'
    s3.put_object(Bucket="shop", Key="policies/api.json", Body=api.encode())
    text = "routes: {openapi: api.json}\nroles: {a: true}\ntokens: {ADMIN_TOKEN: a}"
    s3.put_object(Bucket="shop", Key="policies/shop.yaml", Body=text.encode())
    auth = FileAuth("s3://shop/policies/shop.yaml")
    assert [str(route) for route in auth.policies.routes or ()] == ["GET /a"]


def test_a_bucket_that_is_not_there(aws: Any) -> None:
    """An error with the code of S3, and no text of its answer."""
    with pytest.raises(ConfigError, match="NoSuchBucket") as caught:
        FileAuth("s3://none/policy.yaml")
    assert caught.value.__cause__ is None


def test_a_parameter_of_ssm(aws: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A text in the Parameter Store; where it is gone, what was there goes on to count."""
    ssm = aws.client("ssm")
    ssm.put_parameter(Name="/shop/policy", Value=SHOP, Type="String")
    clock = Clock()
    auth = FileAuth("ssm:/shop/policy", clock=clock)
    assert may_edit(auth)
    ssm.put_parameter(Name="/shop/policy", Value=EDITED, Type="String", Overwrite=True)
    assert may_edit(auth)
    clock.now = 60
    assert not may_edit(auth)
    ssm.delete_parameter(Name="/shop/policy")
    clock.now = 120
    assert not may_edit(auth)
    assert "the policies of before go on to count" in caplog.text
    with pytest.raises(ConfigError, match="cannot be read by SSM"):
        FileAuth("ssm:/shop/policy")


def test_a_profile_of_appconfig(appconfig: dict[str, bytes]) -> None:
    """Application, environment and profile."""
    appconfig["shop-prod-policy"] = SHOP.encode()
    clock = Clock()
    auth = FileAuth("appconfig:shop/prod/policy", clock=clock)
    assert may_edit(auth)
    appconfig["shop-prod-policy"] = EDITED.encode()
    clock.now = 60
    assert not may_edit(auth)
    del appconfig["shop-prod-policy"]
    clock.now = 120
    assert not may_edit(auth)


@pytest.mark.parametrize("source", ["s3://bucket", "s3:///key", "appconfig:shop/policy", "appconfig:a//b"])
def test_an_address_that_is_none(source: str) -> None:
    """The form that is wanted is in the help."""
    with pytest.raises(ConfigError) as caught:
        FileAuth(source)
    assert caught.value.help.startswith("write it as")


def test_a_parameter_has_no_files_beside_it(aws: Any) -> None:
    """So its routes stand in it."""
    aws.client("ssm").put_parameter(
        Name="/shop/policy", Value="routes: {openapi: api.yaml}\nroles: {a: true}", Type="String"
    )
    with pytest.raises(ConfigError, match="cannot lie beside it"):
        FileAuth("ssm:/shop/policy")


def test_the_local_gateway_does_not_wait_for_its_cache(tmp_path: Path) -> None:
    """A changed file counts at once, whatever the TTL of the authorizer is."""
    from cwsauth.gateway import Authorizer, Gateway, Route, Stage
    from cwsauth.gateway.incoming import Incoming

    path = write(tmp_path / "policy.yaml", SHOP)
    guard = Authorizer(authorizer_from_file(path), ttl=3600)
    api = Gateway(
        [Route.parse("GET,PUT /product/{id}", lambda event, context: {"statusCode": 200}, authorizer=guard)],
        stage=Stage("dev"),
    )
    put = Incoming(method="PUT", path="/product/1", headers=(("Authorization", "e-1"),))
    assert api.handle(put).status == 200
    write(path, EDITED)
    assert api.handle(put).status == 403
    write(path, SHOP)
    assert api.handle(put).status == 200
