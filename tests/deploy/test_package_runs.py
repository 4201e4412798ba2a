"""The built zip, as it is shipped, under Lambda's own runtime client: an empty directory, no site-packages."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from coworks_compat.config.stage import Stage
from coworks_compat.deploy.package import build
from tests.deploy.shop import ADMIN, APP, USER, write_shop
from tests.support.runtime_api import InvocationError, Runtime

pytestmark = [pytest.mark.deploy, pytest.mark.slow]

ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/product/1"
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


# What may come from beside the zip: the runtime client and what it imports, which are Lambda's.
LAMBDAS = {"awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py", "_distutils_hack"}

MODULES = """

    def get_modules(self):
        import sys
        files = {name: getattr(module, "__file__", None) or "" for name, module in list(sys.modules.items())}
        return {name: file for name, file in files.items() if "." not in name}

    @entry(no_auth=True)
    def get_health(self):
"""


@contextmanager
def function(package: Path, handler: str, directory: Path, environ: Mapping[str, str]) -> Iterator[Runtime]:
    """The function in a zip, unpacked into an empty directory."""
    pytest.importorskip("awslambdaric", reason="awslambdaric is Lambda's runtime client")
    task = directory / "task"
    with zipfile.ZipFile(package) as archive:
        archive.extractall(task)
    with Runtime(task, handler, environ) as runtime:
        yield runtime


def token_event(token: str) -> dict[str, Any]:
    return {"type": "TOKEN", "authorizationToken": token, "methodArn": ARN}


def proxy_event(path: str, resource: str, parameters: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "resource": resource, "path": path, "httpMethod": "GET", "headers": {}, "multiValueHeaders": {},
        "queryStringParameters": None, "multiValueQueryStringParameters": None, "pathParameters": parameters,
        "stageVariables": None, "body": None, "isBase64Encoded": False,
        "requestContext": {"resourcePath": resource, "httpMethod": "GET", "path": path, "stage": "dev", "identity": {}},
    }  # fmt: skip


def stage(**values: Any) -> Stage:
    return Stage(name="dev", app_name="shop", api_gateway_stage="dev", python_version=HERE, **values)


@pytest.mark.parametrize("pyc", [False, True])
def test_a_techmicroservice(tmp_path: Path, pyc: bool) -> None:
    """Authorizer and views answer out of the zip alone, with and without bytecode."""
    app = APP.replace("\n\n    @entry(no_auth=True)\n    def get_health(self):\n", MODULES)
    assert "get_modules" in app
    made = build(write_shop(tmp_path / "shop", app=app), stage(), pyc=pyc)
    with function(made.path, "app.app", tmp_path, {"ADMIN_TOKEN": ADMIN, "USER_TOKEN": USER}) as runtime:
        user, nobody = runtime.invoke(token_event(USER)), runtime.invoke(token_event("nobody"))
        view = runtime.invoke(proxy_event("/product/1", "/product/{_0}", {"_0": "1"}))
        modules = json.loads(runtime.invoke(proxy_event("/modules", "/modules"))["body"])
        missing = runtime.invoke(proxy_event("/.cws-start", "/.cws-start"))
    assert {s["Effect"] for s in user["policyDocument"]["Statement"]} == {"Allow"}
    assert {s["Effect"] for s in nobody["policyDocument"]["Statement"]} == {"Deny"}
    assert json.loads(view["body"]) == {"ref": "1", "release": "one"}
    assert missing["statusCode"] >= 400
    task = str(tmp_path / "task")
    elsewhere = {name for name, file in modules.items() if "site-packages" in file and not file.startswith(task)}
    assert elsewhere <= LAMBDAS
    assert {"app", "coworks_compat", "cwsauth", "chalice"} <= {n for n, f in modules.items() if f.startswith(task)}


CHALICE = """
import os

from chalice import Chalice

app = Chalice(app_name="shop")


@app.authorizer()
def auth(request):
    allow = request.token == os.environ["TOKEN"]
    return {"principalId": "user", "policyDocument": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow" if allow else "Deny", "Action": "execute-api:Invoke", "Resource": ["*"]}]}}


@app.route("/product", authorizer=auth)
def product():
    return {"ok": True}
"""


def test_a_plain_chalice_app_with_secrets_read_at_start(tmp_path: Path, moto_server: Any) -> None:
    """One function is app and authorizer; its secret comes out of SSM and Secrets Manager when it starts."""
    import boto3

    make: Any = boto3.client
    options = {
        "endpoint_url": moto_server.url,
        "region_name": "eu-west-1",
        "aws_access_key_id": "t",
        "aws_secret_access_key": "t",
    }
    make("ssm", **options).put_parameter(Name="/shop/start", Value="left", Type="SecureString", Overwrite=True)
    make("secretsmanager", **options).create_secret(Name="shop/start", SecretString='{"half": "right"}')
    made = build(write_shop(tmp_path / "shop", app=CHALICE), stage())
    environ = {
        **moto_server.environ(),
        "CWS_HANDLER": "app.app",
        "CWS_AUTH_HANDLER": "app.auth",
        "CWS_SECRETS": json.dumps({"TOKEN": "${ssm:/shop/start}-${secretsmanager:shop/start#half}"}),
    }
    with function(made.path, "cws_entry.handler", tmp_path, environ) as runtime:
        good, bad = runtime.invoke(token_event("left-right")), runtime.invoke(token_event("left"))
        view = runtime.invoke(proxy_event("/product", "/product"))
    assert good["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    assert bad["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert json.loads(view["body"]) == {"ok": True}


def test_a_secret_that_cannot_be_read(tmp_path: Path, moto_server: Any) -> None:
    """Without its secret the function does not start: it serves nobody, and shows nothing of the others."""
    made = build(write_shop(tmp_path / "shop", app=CHALICE), stage())
    environ = {
        **moto_server.environ(),
        "CWS_HANDLER": "app.app",
        "CWS_AUTH_HANDLER": "app.auth",
        "CWS_SECRETS": json.dumps({"TOKEN": "${ssm:/shop/nowhere}"}),
    }
    with function(made.path, "cws_entry.handler", tmp_path, environ) as runtime:
        for token in ("None", ""):
            with pytest.raises((InvocationError, AssertionError)) as caught:
                runtime.invoke(token_event(token), timeout=20)
            assert "policyDocument" not in str(caught.value)
