"""The authorization bugs of CoWorks, in the order of its list: each one seen there, none of them here."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from coworks_compat import Blueprint, TechMicroService
from coworks_compat.pytest.client import ServiceClient
from cwsauth import evaluate
from cwsauth.errors import AuthorizerFailure, EventError, Unauthenticated
from cwsauth.policy.evaluate import Verdict

from .services import API, Simple, api_event, request_event, token_event

Gateway = Callable[..., ServiceClient]
SECRET = "canary-7f3a"


class Products(TechMicroService):
    """The service of the deployment guide, with routes that are near the granted ones."""

    def __init__(self, result: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.result = result

    def auth(self, auth_request: Any) -> Any:
        return self.result() if callable(self.result) else self.result

    def get(self) -> str:
        return "root"

    def get_product(self, ref: str) -> str:
        return f"product {ref}"

    def get_roduct(self, ref: str) -> str:
        return f"roduct {ref}"

    def get_admin_product(self, ref: str) -> str:
        return f"admin {ref}"

    def get_content(self) -> str:
        return "content"

    def get_extended_content(self) -> str:
        return "extended"

    def get_who(self) -> Any:
        return self.current_request.context["authorizer"]  # type: ignore[union-attr]


def document_of(service: TechMicroService, path: str = "/product/1") -> dict[str, Any]:
    answer: dict[str, Any] = service(token_event("GET", path), None)
    return answer["policyDocument"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("rule", ["product/*", "/product/*"])
def test_01_the_first_character_of_a_route_stays(gateway: Gateway, rule: str) -> None:
    """['product/*'] allows /product/1 and not /roduct/1, with and without the leading slash."""
    client = gateway(Products([rule]))
    assert client.get("/product/1", token="x").text == "product 1"
    assert client.get("/roduct/1", token="x").status == 403


def test_02_no_wildcard_for_the_verb_opens_longer_paths(gateway: Gateway) -> None:
    """['/content'] does not allow /extended/content, nor ['/product/*'] /admin/product/1."""
    client = gateway(Products(["/content", "/product/*"]))
    assert client.get("/content", token="x").status == 200
    assert client.get("/extended/content", token="x").status == 403
    assert client.get("/product/1", token="x").status == 200
    assert client.get("/admin/product/1", token="x").status == 403
    for statement in document_of(Products(["/content", "/product/*"]))["Statement"]:
        assert all("/dev/*/" not in resource for resource in statement["Resource"])


def test_03_an_authorizer_argument_guards_the_routes(gateway: Gateway) -> None:
    """`authorizer=` alone, and beside a class's `auth`: every route has it, and Chalice's deployer sees it."""
    from chalice.deploy.swagger import TemplatedSwaggerGenerator

    def nobody(self: Any, auth_request: Any) -> bool:
        return False

    for service in (Simple(authorizer=nobody), Products(True, authorizer=nobody)):
        client = gateway(service)
        assert client.get("/").status == 401
        assert client.get("/", token="x").status == 403
        swagger = TemplatedSwaggerGenerator().generate_swagger(service)
        for path in swagger["paths"].values():
            assert all(view["security"] == [{"auth": []}] for view in path.values())
        assert "auth" in swagger["securityDefinitions"]


def test_04_a_blueprints_auth_and_a_class_method_are_seen(gateway: Gateway) -> None:
    """A blueprint's own `auth` guards it, on a service without one too; so does an `auth` that is a class method."""

    class Guarded(Blueprint):
        def auth(self, auth_request: Any) -> bool:
            return False

        def get_inner(self) -> str:
            return "inner"

    class OfClass(Simple):
        @classmethod
        def auth(cls, auth_request: Any) -> bool:
            return False

    service = Simple()
    service.register_blueprint(Guarded())
    client = gateway(service)
    assert (client.get("/inner").status, client.get("/inner", token="x").status) == (401, 403)
    client = gateway(OfClass())
    assert (client.get("/").status, client.get("/", token="x").status) == (401, 403)


@pytest.mark.parametrize("nothing", [False, []])
def test_05_nothing_granted_is_an_explicit_deny(nothing: Any) -> None:
    """Never an Allow of no resources: the document denies the stage, and is one that IAM reads."""
    document = document_of(Products(nothing))
    assert document["Statement"] == [{"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": [f"{API}/*"]}]
    assert evaluate(document, f"{API}/GET/product/1") is Verdict.EXPLICIT_DENY


class Rules(list[Any]):
    """A list, but not one."""


async def later() -> bool:
    return True


@pytest.mark.parametrize("result", [None, 1, "product/*", Rules(["*"]), {"*"}, [5], later, object()])
def test_06_what_is_no_answer_grants_nothing(gateway: Gateway, result: Any, caplog: pytest.LogCaptureFixture) -> None:
    """None, a number, a string, a set, a coroutine: refused with 403, and the log names the type."""
    client = gateway(Products(result, configure_logs=False))
    with caplog.at_level(logging.ERROR, "cwsauth"):
        assert client.get("/product/1", token="x").status == 403
    assert "auth returned" in caplog.text


def test_06_a_tuple_is_a_list_of_rules(gateway: Gateway) -> None:
    """It was passed on as it was; now it says what a list says."""
    client = gateway(Products(("product/*",)))
    assert [client.get(path, token="x").status for path in ("/product/1", "/content")] == [200, 403]


def test_07_an_error_says_nothing_of_itself(
    gateway: Gateway, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """An exception in auth is a 500 without text: not in the answer, not in the log, not in the chain."""

    def fail() -> None:
        raise ValueError(f"no user for {SECRET}")

    service = Products(fail, configure_logs=False)
    with caplog.at_level(logging.DEBUG), pytest.raises(AuthorizerFailure) as raised:
        service(token_event("GET", "/product/1", SECRET), None)
    error: BaseException | None = raised.value
    while error is not None:
        assert SECRET not in f"{error!r} {error}"
        error = error.__cause__ or error.__context__
    assert gateway(service).get("/product/1", token=SECRET).status == 500
    assert SECRET not in caplog.text + "".join(capsys.readouterr())


class Compared(Simple):
    def auth(self, auth_request: Any) -> bool:
        import os

        return bool(auth_request.token == os.getenv("CWS_TEST_TOKEN"))


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("sent", [None, "", "x"])
def test_08_an_unset_variable_matches_nobody(
    monkeypatch: pytest.MonkeyPatch, value: str | None, sent: str | None
) -> None:
    """`token == os.getenv('UNSET')` is never true, whatever was sent and whichever kind of event it came with."""
    monkeypatch.delenv("CWS_TEST_TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("CWS_TEST_TOKEN", value)
    service = Compared()
    headers = {} if sent is None else {"Authorization": sent}
    answer = service(request_event("GET", "/content", headers), None)
    assert evaluate(answer["policyDocument"], f"{API}/GET/content") is not Verdict.ALLOW
    if not sent:
        with pytest.raises(Unauthenticated):
            service(token_event("GET", "/content", sent), None)
    else:
        answer = service(token_event("GET", "/content", sent), None)
        assert evaluate(answer["policyDocument"], f"{API}/GET/content") is not Verdict.ALLOW


def test_08_a_token_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The services' own `==` goes through hmac.compare_digest, from either side and with any other string."""
    import hmac

    from coworks_compat.auth_request import Token

    compared: list[tuple[bytes, bytes]] = []

    def digest(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return hmac.compare_digest(left, right)

    monkeypatch.setattr("cwsauth.secret.compare_digest", digest)
    token = Token("s\u00e9cret")
    assert token == "s\u00e9cret"
    assert token == "s\u00e9cret"
    assert token != "other"
    assert token in ["other", "s\u00e9cret"]
    assert len(compared) == 5
    assert token.removeprefix("s\u00e9") == "cret"
    known: dict[str, int] = {token: 1}
    assert known["s\u00e9cret"] == 1
    assert (Token("") == "", Token("") == None, repr(token)) == (False, False, "Token(...)")  # noqa: E711


@pytest.mark.parametrize(
    "arn",
    [
        "garbage",
        "",
        None,
        5,
        "arn:aws:execute-api:eu-west-1:123456789012:abc123",
        "arn:aws:execute-api:eu-west-1:123456789012:*/dev/GET/x",
        "arn:aws:execute-api:eu-west-1:123456789012:abc123/*/GET/x",
        "arn:aws:execute-api:*:*:abc123/dev/GET/x",
    ],
)
def test_09_an_arn_that_names_no_stage_grants_nothing(arn: Any) -> None:
    """Garbage and wildcards in the place of account, API or stage: no Allow comes out of it."""
    service = Products(True, configure_logs=False)
    event = {"type": "TOKEN", "authorizationToken": "x", "methodArn": arn}
    try:
        answer = service(event, None)
    except AuthorizerFailure:
        return
    assert all(statement["Effect"] == "Deny" for statement in answer["policyDocument"]["Statement"])


def test_10_debug_prints_no_token(
    gateway: Gateway, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """`debug=True` shows no event and no header."""
    service = Products(["product/*"], debug=True)
    with caplog.at_level(logging.DEBUG):
        gateway(service).get("/product/1", token=SECRET)
        gateway(service).get("/content", token=SECRET)
        service(token_event("GET", "/", SECRET), None)
    assert SECRET not in caplog.text + "".join(capfd.readouterr())


def test_11_identity_request_events_and_the_stage_are_kept(gateway: Gateway) -> None:
    """A Grant names the caller; REQUEST events are answered; the local ARN has the stage that was asked for."""
    from cwsauth import Grant

    client = gateway(Products(Grant(True, principal_id="ada", context={"team": "tools"})), stage="prod")
    who = json.loads(client.get("/who", token="x").text)
    assert (who["principalId"], who["team"]) == ("ada", "tools")
    answer = Products(True)(request_event("GET", "/product/1", {"Authorization": "x"}), None)
    assert evaluate(answer["policyDocument"], f"{API}/GET/product/1") is Verdict.ALLOW

    seen: list[str] = []

    class Watching(Simple):
        def auth(self, auth_request: Any) -> bool:
            seen.append(auth_request.method_arn)
            return True

    gateway(Watching(), stage="prod").get("/", token="x")
    assert seen[0].endswith("/prod/GET/")


def test_12_a_step_function_call_leaves_no_trace() -> None:
    """It is refused as outside, and what comes after it is answered as before."""
    service = Simple()
    with pytest.raises(EventError, match="step functions"):
        service({"type": "CWS_SFN", "headers": {"Content-Type": "application/json"}}, None)
    assert service.sfn_call is False
    assert service(api_event("POST", "/"), None)["statusCode"] == 405


def test_12_the_local_policy_check_reads_deny(gateway: Gateway) -> None:
    """A route that a deny takes away is refused locally, as on AWS."""
    client = gateway(Products(["**", "!content"]))
    assert [client.get(path, token="x").status for path in ("/product/1", "/content")] == [200, 403]


def test_13_a_document_is_for_all_routes(gateway: Gateway) -> None:
    """The next route with the same token is allowed from the cache; the path of the call is not copied."""
    client = gateway(Products(["product/*", "content"]), ttl=300)
    assert client.get("/product/1", token="x").status == 200
    assert client.get("/content", token="x").status == 200
    assert client.get("/extended/content", token="x").status == 403
    assert [record.cached for record in client.records] == [False, True, True]
    document = document_of(Products(["product/*", "content"]), "/*")
    assert evaluate(document, f"{API}/GET/extended/content") is not Verdict.ALLOW


@pytest.mark.parametrize("result", ["prod", "False", "dev", 1, {"stage": "dev"}])
def test_14_truth_is_not_enough(gateway: Gateway, result: Any) -> None:
    """Only True grants everything; a string, 'False' among them, is no answer."""
    client = gateway(Products(result, configure_logs=False))
    assert client.get("/product/1", token="x").status == 403


def test_15_an_authorization_logs_no_event(caplog: pytest.LogCaptureFixture) -> None:
    """Neither a granted nor a refused nor a broken call puts the token in the log; a missing ARN is a clean failure."""
    with caplog.at_level(logging.DEBUG):
        for result in (True, False, None, ["["]):
            Products(result, configure_logs=False)(token_event("GET", "/product/1", SECRET), None)
        with pytest.raises(AuthorizerFailure):
            Products(True, configure_logs=False)({"type": "TOKEN", "authorizationToken": SECRET}, None)
    assert SECRET not in caplog.text


def test_15_an_empty_token_matches_no_empty_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """TOKEN='' with a token '' was allowed."""
    monkeypatch.setenv("CWS_TEST_TOKEN", "")
    with pytest.raises(Unauthenticated):
        Compared()(token_event("GET", "/content", ""), None)


def test_coroutines_of_the_cases_are_awaited_or_closed() -> None:
    """`later` above is a plain answer of a plain auth: nobody awaits it, and nothing warns."""
    assert asyncio.run(later()) is True


def test_16_the_generated_terraform_logs_no_request_and_grants_no_bucket() -> None:
    """No data trace, no INFO execution logs of requests, no managed policy such as full access to S3."""
    from importlib.resources import files

    from coworks_compat.config.stage import Stage
    from coworks_compat.deploy.generate.api import api_root
    from coworks_compat.deploy.service import Service

    stage = Stage(name="dev", app_name="service", api_gateway_stage="dev")
    written = json.dumps(api_root(Service.of(Products(True)).configured(stage), stage))
    module = files("coworks_compat.deploy").joinpath("module")
    shipped = "\n".join(path.read_text() for path in module.iterdir() if path.name.endswith(".tf"))
    lines = [line for line in (written + shipped).splitlines() if not line.lstrip().startswith("#")]
    text = "\n".join(lines)
    assert "AmazonS3FullAccess" not in text
    assert not any("data_trace_enabled" in line and "true" in line for line in lines)
    assert not any("logging_level" in line and "INFO" in line for line in lines)
    assert '"s3:*"' not in text
