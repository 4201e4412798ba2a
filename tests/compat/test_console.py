"""The console of `cws run`: its data over WSGI, and the page in a real browser."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client

from coworks_compat.cli.serving import LocalService, Source
from coworks_compat.console import Console, Trail
from coworks_compat.local import local_server

from .project import write_project

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from cwsauth.gateway import CallRecord

CANARY = "canary-51c2"


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    """The console of the documented example, with its stage's variables set."""
    from coworks_compat.cli.service import forget_modules

    project = write_project(tmp_path / "shop")
    before = dict(os.environ)
    shown: list[CallRecord] = []
    trail = Trail(shown.append)
    service = LocalService(Source(project), trail)
    yield Console(service, trail, "127.0.0.1")
    forget_modules(project)
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture
def client(console: Console) -> Client:
    return Client(console)


def post(client: Client, name: str, data: object, **headers: str) -> Any:
    sent = {"X-Cws-Console": "1", **headers}
    return client.post(f"/_cws/{name}", json=data, headers=sent, environ_overrides={"REQUEST_URI": f"/_cws/{name}"})


def test_the_service_is_served_beside_it(client: Client) -> None:
    """Everything but /_cws/ is the service."""
    answer = client.get("/health", environ_overrides={"REQUEST_URI": "/health"})
    assert (answer.status_code, answer.text) == (200, "up")
    assert client.get("/_cws").headers["Location"] == "/_cws/"


def test_the_state(client: Client) -> None:
    """The service, its routes, the names of its tokens, the cache, the last calls."""
    client.get("/health", environ_overrides={"REQUEST_URI": "/health"})
    state = client.get("/_cws/state.json").get_json()
    assert (state["service"], state["stage"], state["cached"]) == ("Shop", "dev", 0)
    assert state["tokens"] == ["ADMIN_TOKEN", "USER_TOKEN"]
    assert {"method": "GET", "template": "/health", "guard": None} in state["routes"]
    assert [call["path"] for call in state["calls"]] == ["/health"]


@pytest.mark.parametrize("asked", [{"token": "user"}, {"variable": "USER_TOKEN"}])
def test_a_token_is_tried_on_every_route(client: Client, asked: dict[str, str]) -> None:
    """With the rule that decides, the document, and whether that is exact."""
    found = post(client, "try.json", asked).get_json()
    verdicts = {f"{row['method']} {row['template']}": (row["verdict"], row["rule"]) for row in found["routes"]}
    assert verdicts == {
        "GET /": ("denied", None),
        "GET /product/{_0}": ("allowed", "product/*"),
        "POST /product": ("denied", None),
        "GET /health": ("open", None),
    }
    (guard,) = found["guards"]
    assert (guard["name"], guard["status"], guard["exact"], guard["cacheable"]) == ("auth", 200, True, True)
    assert guard["document"]["Statement"][0]["Effect"] == "Allow"


def test_a_call_goes_through_the_gateway(client: Client) -> None:
    """It is answered, logged and cached as any other."""
    called = {"method": "GET", "path": "/product/7", "variable": "USER_TOKEN"}
    assert post(client, "call.json", called).get_json() == {"status": 200, "body": "product 7"}
    assert post(client, "call.json", {**called, "path": "/"}).get_json()["status"] == 403
    state = client.get("/_cws/state.json").get_json()
    assert state["cached"] == 1
    assert [(call["status"], call["cached"]) for call in state["calls"]] == [(403, True), (200, False)]
    assert post(client, "flush.json", {}).get_json()["cached"] == 0


def test_wrong_questions_are_refused(client: Client) -> None:
    """No token, no JSON, no path, too much, an unknown file."""
    assert post(client, "try.json", {}).status_code == 400
    assert post(client, "try.json", {"variable": "PATH"}).status_code == 400
    assert post(client, "try.json", [1]).status_code == 400
    assert post(client, "call.json", {"method": "GET"}).status_code == 400
    assert post(client, "call.json", {"method": "GET", "path": "no slash"}).status_code == 400
    assert post(client, "try.json", {"token": "x" * 70000}).status_code == 413
    assert client.get("/_cws/unknown").status_code == 404


def test_other_pages_cannot_ask(client: Client) -> None:
    """A name that somebody else may point here is refused, and so is a question without the console's header."""
    assert client.get("/_cws/", headers={"Host": "rebound.example:8000"}).status_code == 403
    assert client.get("/_cws/state.json", headers={"Host": "rebound.example"}).status_code == 403
    for host in ("127.0.0.1:8000", "localhost:8000", "[::1]:8000"):
        assert client.get("/_cws/", headers={"Host": host}).status_code == 200
    assert client.post("/_cws/try.json", json={"token": "user"}).status_code == 403


def test_a_token_is_nowhere(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Not in an answer, not in the log."""
    answers = [post(client, "try.json", {"token": CANARY}).text]
    answers.append(post(client, "call.json", {"token": CANARY, "method": "GET", "path": "/"}).text)
    answers.append(client.get("/_cws/state.json").text)
    assert CANARY not in "".join(answers) + caplog.text


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture
def page(console: Console) -> Iterator[Page]:
    """The page in Chromium; whatever it complains about fails the test."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with local_server(console, "127.0.0.1", 0) as server, sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{server.url}/_cws/")
        yield page
        browser.close()
        assert complaints == []


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.xdist_group("browser")
def test_the_page_in_a_browser(page: Page) -> None:
    """One chooses a token and sees decisions, rule and document; calls a route and sees cache and log."""
    from playwright.sync_api import expect

    expect(page.locator("#routes tbody tr")).to_have_count(4)
    assert page.locator("#service").inner_text() == "Shop"

    page.get_by_role("button", name="USER_TOKEN").click()
    row = page.locator('#routes tr[data-route="GET /product/{_0}"]')
    row.locator(".allowed").wait_for()
    assert row.locator(".rule").inner_text() == "product/*"
    assert page.locator('#routes tr[data-route="GET /"] .denied').count() == 1
    assert page.locator('#routes tr[data-route="GET /health"] .open').count() == 1
    document = json.loads(page.locator("#documents pre").inner_text())
    assert document["Statement"][0]["Resource"][0].endswith("/dev/GET/product/?*")
    assert "exact" in page.locator("#documents").inner_text()

    row.get_by_label("path of GET /product/{_0}").fill("/product/42")
    row.get_by_role("button", name="call").click()
    expect(page.locator("#log tbody tr")).to_have_count(1)
    expect(row.locator(".status")).to_have_text("200")
    expect(page.locator("#log tbody")).to_contain_text("/product/42")
    expect(page.locator("#cached")).to_have_text("1 cached answer")
    page.get_by_role("button", name="flush the cache").click()
    expect(page.locator("#cached")).to_have_text("0 cached answers")

    page.get_by_label("Authorization").fill("somebody else")
    page.get_by_role("button", name="try it on every route").click()
    expect(page.locator("#routes .denied")).to_have_count(3)
    assert page.locator("#known button[aria-pressed=true]").count() == 0
    if os.environ.get("CWSAUTH_RENEW_DOCS"):
        page.get_by_role("button", name="USER_TOKEN").click()
        row.locator(".allowed").wait_for()
        images = Path(__file__).parents[2] / "docs" / "images"
        page.screenshot(path=str(images / "console.png"))
