"""The pages in a real browser, opened from a folder as a person would."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.reports.little_store import HOSTILE

# Starting a browser takes seconds.
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI"):
            pytest.fail("expected chromium on the path, found none; install Debian's package")
        pytest.skip("chromium is not installed, so no page was opened")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test on anything in the console, blocked files included, and on any request outside file://."""
    troubles: list[str] = []
    opened = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    opened.on("console", lambda message: troubles.append(message.text))
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("request", lambda request: None if request.url.startswith("file://") else troubles.append(request.url))
    yield opened
    opened.close()
    assert troubles == []


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_reading_from_the_front_page_to_a_turn(site: Path, page: Page) -> None:
    page.goto((site / "index.html").as_uri())
    assert background(page) == "rgb(247, 246, 242)"
    page.get_by_role("link", name="2025-11-21", exact=True).click()
    page.get_by_role("link", name="000_5e2886c1de792e6d.txt").click()
    page.get_by_role("link", name="turn 43 critical C404").click()
    assert page.url.endswith("#turn-43")
    assert page.locator("#turn-43 mark").is_visible()
    page.get_by_role("link", name="Next: turn 49").click()
    assert page.locator("#turn-49 .card").get_by_text("a placeholder instead of an answer").is_visible()


def test_dark_by_preference_and_by_choice(site: Path, page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto((site / "index.html").as_uri())
    assert background(page) == "rgb(20, 23, 26)"
    page.get_by_role("button", name="Light").click()
    assert background(page) == "rgb(247, 246, 242)"


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_page_scrolls_sideways(site: Path, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    for path in site.rglob("*.html"):
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_hostile_pages_run_nothing(site: Path, page: Page) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a page said {dialog.message}"))
    for path in (site / "runs" / HOSTILE).rglob("*.html"):
        page.goto(path.as_uri())
        assert page.locator("img").count() == 0
