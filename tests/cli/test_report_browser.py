"""The HTML report in a real browser, without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cwsauth.cli.app import run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "policies" / "shop.yaml"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# Set it to renew the screenshots of the documentation.
IMAGES = os.environ.get("CWSAUTH_RENEW_DOCS")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "access.html"
    assert run(["routes", str(SHOP), "--format", "html", "--title", "the shop", "-o", str(path)]) == 0
    return path


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    """The report, opened from the disk with the network off; whatever it complains about fails the test."""
    context = browser.new_context(
        viewport={"width": 1040, "height": 620}, offline=True, color_scheme="light", reduced_motion="reduce"
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    page.goto(report.as_uri())
    yield page
    context.close()
    assert complaints == []


def shown(page: Page) -> list[str]:
    """The routes that can be seen."""
    rows = page.locator("tbody tr:visible th")
    return [" ".join(text.split()) for text in rows.all_inner_texts()]


def test_every_route_is_there(page: Page) -> None:
    """With the columns of all roles, and the count."""
    assert len(shown(page)) == 19
    assert page.locator("thead .name").all_inner_texts() == ["visitor", "customer", "clerk", "support", "admin"]
    assert page.locator(".count").inner_text() == "19 of 19 routes, 5 policies"


def test_search(page: Page) -> None:
    """Words find routes whatever their case and order; nothing found is said."""
    page.keyboard.press("/")
    page.keyboard.type("ORDER post")
    assert shown(page) == ["POST /order", "POST /order/{id}/refund"]
    assert page.locator("#shown").inner_text() == "2"
    page.fill("#search", "nothing like it")
    assert shown(page) == []
    assert page.locator("#none").is_visible()


def test_filter_by_method_and_verdict(page: Page) -> None:
    """Chips choose methods; what is allowed to one role can be asked for; Clear brings all back."""
    page.click(".chip[data-verb=DELETE]")
    assert shown(page) == ["DELETE /product/{id}", "DELETE /product/{id}/review/{review}"]
    page.select_option("#verdict", "allowed")
    page.select_option("#policy", label="support")
    assert shown(page) == ["DELETE /product/{id}/review/{review}"]
    page.click("#reset")
    assert page.locator(".chip[aria-pressed=true]").count() == 0
    page.locator("#shown", has_text="19").wait_for()
    assert len(shown(page)) == 19


def test_partly_allowed_routes(page: Page) -> None:
    """A cell tells which call is allowed and which is not, and by which rule."""
    page.select_option("#verdict", "partly")
    page.select_option("#policy", label="visitor")
    assert shown(page) == ["GET /product/{id}"]
    page.locator("tbody tr:visible td").first.locator("button").click()
    assert page.locator("#detail").inner_text().splitlines() == [
        "visitor: partly allowed. GET /product/x is allowed by 'GET product/{id}'",
        "GET /product/draft is denied by '!**/draft'",
    ]


def test_light_and_dark(page: Page) -> None:
    """The page follows the system, and the switch turns it over."""
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.click("#theme")
    dark = page.evaluate(colour)
    assert light != dark
    page.reload()
    assert page.evaluate(colour) == light
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(colour) == dark


def test_heads_stay_in_view(page: Page) -> None:
    """However far one scrolls in a large matrix, the roles stand above it and the routes beside it."""
    page.set_viewport_size({"width": 500, "height": 400})
    head = page.locator("thead th", has_text="visitor")
    route = page.locator("tbody tr").last.locator("th")
    top = head.bounding_box()
    page.locator("tbody tr").last.locator("td").last.scroll_into_view_if_needed()
    page.evaluate("document.querySelector('main').scrollLeft = 300")
    now, beside = head.bounding_box(), route.bounding_box()
    assert top
    assert now
    assert beside
    assert 0 <= now["y"] <= top["y"]
    assert page.evaluate("document.querySelector('main').scrollTop") > 100
    assert 0 <= beside["x"] < 40


def test_without_its_script(browser: Browser, report: Path) -> None:
    """The matrix can be read when scripts are off."""
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.locator("tbody tr").count() == 19
    assert page.locator("tbody td[data-verdict=allowed]").first.is_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screenshot(page: Page, scheme: str, tmp_path: Path) -> None:
    """The pictures of the documentation are taken from the real thing: complete, and small."""
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    page.locator("tbody tr", has_text="/product/{id}").nth(1).locator("td button").first.click()
    path = (ROOT / "docs" / "images" if IMAGES else tmp_path) / f"access-{scheme}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = page.screenshot(path=path)
    assert picture.startswith(b"\x89PNG")
    assert 10_000 < path.stat().st_size < 150_000
    overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert page.evaluate(overflow) is False
