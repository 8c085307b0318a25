"""The pages in a real browser: on phones and desks, by day and night, on paper, and for who doesn't see them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from flows.mailing import write_report
from schemas.store import Store
from tests.reports.little_store import FIRST, HOSTILE, MANY, fill_first, fill_hostile

# Starting a browser takes seconds.
pytestmark = [pytest.mark.browser, pytest.mark.slow]

ENDURANCE = "TURNPROOF_ENDURANCE" in os.environ
Scheme = Literal["light", "dark"]
LOOKS: list[tuple[int, Scheme]] = [(1280, "light"), (390, "dark")]
"""Widths and schemes; together they hold every part once. `make endurance` tries all four."""
if ENDURANCE:
    LOOKS += [(1280, "dark"), (390, "light")]


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def violations(page: Page) -> list[tuple[str, str]]:
    """What axe finds: the rule, and the first element that breaks it."""
    found = Axe().run(page, options={"preload": False, "resultTypes": ["violations"]})
    return [(each["id"], each["nodes"][0]["html"][:200]) for each in found.response["violations"]]


def kinds(site: Path) -> list[Path]:
    """A page of each kind, the hostile ones among them."""
    hostile = site / "runs" / HOSTILE
    runs = [site / "runs" / run / "index.html" for run in (FIRST, MANY)]
    across = ["index.html", "archive/1.html", "expectations/index.html", "expectations/C404.html"]
    transcripts = [*sorted((site / "runs" / FIRST / "transcripts").iterdir())[:2], *sorted(hostile.rglob("*.html"))]
    return [*(site / path for path in across), *runs, *transcripts]


def test_dark_by_preference_and_by_choice(nights: Path, page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto((nights / "index.html").as_uri())
    assert background(page) == "rgb(20, 23, 26)"
    page.get_by_role("button", name="Light").click()
    assert background(page) == "rgb(247, 246, 242)"


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_page_scrolls_sideways(nights: Path, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    for path in kinds(nights):
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.endurance
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_finds_nothing(nights: Path, page: Page, width: int, scheme: Scheme) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    for path in kinds(nights):
        if not ENDURANCE and ("archive" in path.parts or (scheme == "dark" and HOSTILE in path.parts)):
            continue  # the same parts as on other pages
        page.goto(path.as_uri())
        page.evaluate("open => document.querySelectorAll('details').forEach(each => { each.open = open })", ENDURANCE)
        assert violations(page) == [], path


def test_on_paper_nothing_is_cut_off_and_nothing_is_dark(nights: Path, page: Page) -> None:
    # A sheet of A4, less its margins.
    page.set_viewport_size({"width": 688, "height": 1000})
    page.emulate_media(media="print", color_scheme="dark")
    for path in kinds(nights):
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 688, path
        assert background(page) == "rgb(255, 255, 255)"
        for place in (".places", ".theme", ".tools", ".pager", ".contents"):
            assert page.locator(place).locator("visible=true").count() == 0, (path, place)
        for table in page.locator("main > section > table").all():
            assert table.evaluate("table => getComputedStyle(table).display") == "table"
            assert table.locator("thead th").first.inner_text()
    page.goto((nights / "index.html").as_uri())
    chart = page.locator(".chart.wide .drawn").evaluate("chart => chart.getBoundingClientRect().right")
    assert chart <= 688
    (path,) = (nights / "runs" / FIRST / "transcripts").glob("000-*.html")
    page.goto(path.as_uri())
    expect(page.get_by_text("A model that learns from it says it too.").first).to_be_visible()


@pytest.mark.endurance
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_report_that_is_mailed_opens_alone(tmp_path: Path, page: Page, width: int, scheme: Scheme) -> None:
    store = Store(tmp_path / "store")
    fill_first(store)
    fill_hostile(store)
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    for run in (FIRST, HOSTILE):
        page.goto(write_report(store, run, "full", tmp_path / f"{run}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("img, script").count() == 0
        assert not ENDURANCE or violations(page) == []
    assert background(page) in ("rgb(20, 23, 26)", "rgb(247, 246, 242)")
