"""The examples on MiniStack, over HTTP: REST API with TOKEN and REQUEST, HTTP API, cached and uncached.

Every answer has to be the local gateway's. Where MiniStack itself does otherwise than API Gateway, the call is listed in
`GAPS` with the reason, and nothing else may differ.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests

from cwsauth.gateway import Authorizer, Gateway, HttpAuthorizer, HttpGateway, HttpRoute, Route, Stage
from cwsauth.policy.routes import RouteTable
from tests.adapters.test_runtime_client import chalice_package
from tests.deploy.conftest import ministack_server as ministack_server
from tests.deploy.programs import Emulator
from tests.support.ministack_apis import Clients, function, http_api, rest_api
from tests.support.packages import EXAMPLES, TOKENS, package, zipped

pytestmark = [pytest.mark.slow, pytest.mark.deploy]

CALLERS: dict[str, str | None] = {**TOKENS, "STRANGER": "nobody", "EMPTY": "", "NOBODY": None}
PATHS = [
    ("GET", "/"),
    ("GET", "/product"),
    ("GET", "/product/1"),
    ("PUT", "/product/1"),
    ("DELETE", "/product/abc"),
    ("GET", "/product/internal"),
    ("GET", "/product/1/reviews"),
    ("POST", "/product/1/reviews"),
    ("GET", "/orders"),
    ("POST", "/orders"),
    ("GET", "/orders/7"),
    ("GET", "/admin"),
    ("PUT", "/admin/me"),
    ("GET", "/product/1?a=b"),
]
CALLS = [(caller, method, path) for method, path in PATHS for caller in CALLERS]
assert len(CALLS) >= 60


@dataclass(frozen=True)
class Case:
    """One example behind one kind of API."""

    example: str
    api: str
    ttl: int
    auth: str = "auth"

    def __str__(self) -> str:
        simple = " simple" if self.auth == "simple" else ""
        return f"{self.example}, {self.api}{simple}, {f'cached {self.ttl} s' if self.ttl else 'uncached'}"


CASES = [
    *(Case("raw", api, ttl) for api in ("TOKEN", "REQUEST", "HTTP") for ttl in (0, 300)),
    *(Case("raw", "HTTP", ttl, "simple") for ttl in (0, 300)),
    *(Case("powertools", api, ttl) for api in ("REQUEST", "HTTP") for ttl in (0, 300)),
    *(Case("chalice", "TOKEN", ttl) for ttl in (0, 300)),
]


@dataclass(frozen=True)
class Answer:
    """What can be compared of an answer."""

    status: int
    body: Any

    @classmethod
    def of(cls, status: int, text: str) -> Answer:
        """The answer, its JSON read; the name of the message has no case, as AWS writes both."""
        try:
            body = json.loads(text)
        except ValueError:
            body = text
        if isinstance(body, dict) and set(body) in ({"Message"}, {"message"}):
            body = next(iter(body.values()))
        return cls(status, body)


@dataclass(frozen=True)
class Gap:
    """Something that MiniStack does otherwise than API Gateway: `differs(case, caller, here, there)`."""

    why: str
    differs: Callable[[Case, str, Answer, Answer], bool]


GAPS = [
    Gap(
        "MiniStack names the kind of policy in the message of an explicit deny, as IAM does for signed requests",
        lambda case, caller, here, there: (
            here.status == there.status == 403 and there.body == f"{here.body} in an identity-based policy"
        ),
    ),
]


@pytest.fixture(scope="session")
def zips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The packages."""
    raw = package(EXAMPLES / "raw", tmp_path_factory.mktemp("raw"))
    tools = package(EXAMPLES / "powertools", tmp_path_factory.mktemp("powertools"), "aws_lambda_powertools")
    return {
        "raw": zipped(raw),
        "powertools": zipped(tools),
        "chalice": chalice_package(tmp_path_factory.mktemp("chalice")),
    }


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The code of an example, imported from a copy: it has no name in common with the others."""
    case: Case = request.getfixturevalue("case")
    for name, value in TOKENS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("API", "http" if case.api == "HTTP" else "rest")
    name = f"shop_{uuid.uuid4().hex}"
    shutil.copy(EXAMPLES / case.example / "app.py", tmp_path / f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, tmp_path / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, name, module)
    spec.loader.exec_module(module)
    return module


def routes_of(module: ModuleType) -> list[tuple[str, str]]:
    """Verbs and templates that an example declares."""
    declared = module.ROUTES if hasattr(module, "ROUTES") else module.app
    return [(route.method, route.template) for route in RouteTable.of(declared)]


def locally(case: Case, module: ModuleType) -> Callable[..., Answer]:
    """The local gateway in front of the example."""
    backend = module.handler if hasattr(module, "handler") else module.app
    name = "$default" if case.api == "HTTP" else "dev"
    stage = Stage(name, account="000000000000", region="eu-west-1")
    if case.api == "HTTP":
        guard = HttpAuthorizer(getattr(module, case.auth), ttl=case.ttl)
        api: Any = HttpGateway(
            [HttpRoute(f"{verb} {path}", backend, authorizer=guard) for verb, path in routes_of(module)], stage=stage
        )
    else:
        identity = "method.request.header.Authorization"
        rest = Authorizer(module.auth, type=case.api, identity=identity, ttl=case.ttl)
        api = Gateway([Route(verb, path, backend, authorizer=rest) for verb, path in routes_of(module)], stage=stage)

    def call(method: str, path: str, headers: dict[str, str]) -> Answer:
        answer = api.call(method, path, headers=headers)
        return Answer.of(answer.status, answer.text)

    return call


@pytest.fixture
def remotely(
    case: Case, example: ModuleType, ministack_server: Emulator, zips: dict[str, bytes]
) -> Iterator[Callable[..., Answer]]:
    """MiniStack in front of the package of the example."""
    clients = Clients.of(ministack_server.url)
    environ = {**TOKENS, "API": os.environ["API"]}
    suffix = uuid.uuid4().hex[:8]
    handler = "app.handler" if hasattr(example, "handler") else "app.app"
    with ExitStack() as stack:
        code = zips[case.example]
        auth = stack.enter_context(function(clients, f"auth-{suffix}", code, f"app.{case.auth}", environ))
        backend = stack.enter_context(function(clients, f"shop-{suffix}", code, handler, environ))
        routes = routes_of(example)
        if case.api == "HTTP":
            simple = case.auth == "simple"
            url = stack.enter_context(http_api(clients, routes, auth, backend, ttl=case.ttl, simple=simple))
        else:
            url = stack.enter_context(rest_api(clients, routes, auth, backend, kind=case.api, ttl=case.ttl))
        session = stack.enter_context(requests.Session())

        def call(method: str, path: str, headers: dict[str, str]) -> Answer:
            answer = session.request(method, url + path, headers=headers, timeout=60)
            return Answer.of(answer.status_code, answer.text)

        yield call


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_answer_is_the_local_gateways(case: Case, example: ModuleType, remotely: Callable[..., Answer]) -> None:
    """For every caller and call of the table, in one order: with caching, earlier answers decide later calls."""
    here = locally(case, example)
    differences = []
    allowed = 0
    for caller, method, path in CALLS:
        token = CALLERS[caller]
        headers = {} if token is None else {"Authorization": token}
        expected, found = here(method, path, headers), remotely(method, path, headers)
        allowed += expected.status == 200
        if expected != found and not any(gap.differs(case, caller, expected, found) for gap in GAPS):
            differences.append(f"{caller} {method} {path}: {expected} here, {found} there")
    assert not differences, "\n".join(differences)
    assert len(PATHS) <= allowed < len(CALLS) - 20, "the table tells the callers apart"
