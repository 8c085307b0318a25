"""The pages in a real browser, opened from a folder as a person would."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from expectations.catalogue import catalogue
from flows.mailing import write_report
from flows.publishing import publish
from reports import tables
from schemas.store import Store
from tests.reports.little_store import (
    FIRST,
    HOSTILE,
    append,
    fill_first,
    fill_hostile,
    fill_second,
    finding,
    outcome,
    run_row,
    transcript,
)

# Starting a browser takes seconds.
pytestmark = [pytest.mark.browser, pytest.mark.slow]

MANY = "00000000000000d4"
TODAY = datetime(2025, 11, 23, 3, tzinfo=UTC)


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


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the little store with a history: seven sound nights before, and a long list of flagged after."""
    store = Store(tmp_path_factory.mktemp("store"))
    for night in range(6):
        run, drop = f"0000000000000e{night:02}", f"2025-11-{10 + night}"
        append(store, run, drop, "outcomes", [outcome("C404", 100), outcome("S202", 100, violated=3)])
        counts: dict[str, Any] = {
            "found": 100,
            "accepted": 100,
            "transcripts": 100,
            "transcripts_accepted": 100,
            "turns": 2_000,
        }
        append(store, run, drop, "runs", [run_row(run, drop, TODAY - timedelta(days=13 - night), **counts)])
    fill_first(store)
    fill_second(store)
    fill_hostile(store)
    _fill_many(store)
    return publish(store, tmp_path_factory.mktemp("site")).parent


def _fill_many(store: Store) -> None:
    """More flagged transcripts than stand on a page, and two that are there twice."""
    drop, names = "2025-11-23", [f"many/{number:03}.txt" for number in range(2 * tables.ROWS + 20)]
    append(store, MANY, drop, "transcripts", [
        transcript(name, "quarantined", 10 + number, 0, critical=1 + number % 3) if number % 2
        else transcript(name, "accepted", 10 + number, 10 + number, warning=1)
        for number, name in enumerate(names)
    ])  # fmt: skip
    append(store, MANY, drop, "findings", [
        *(finding(name, "C404" if number % 2 else "S202", "look", transcript=name) for number, name in enumerate(names)),
        finding(names[1], "D501", f"the same text as {names[3]}"),
    ])  # fmt: skip
    append(store, MANY, drop, "outcomes", [
        outcome("C404", 120, violated=60, findings=60), outcome("S202", 120, violated=60, findings=60),
        outcome("D501", 1, violated=1, findings=1),
    ])  # fmt: skip
    counts: dict[str, Any] = {"found": 120, "accepted": 60, "quarantined": 60, "transcripts": 120, "turns": 8_000}
    judged = {"transcripts_accepted": 60, "transcripts_quarantined": 60}
    append(store, MANY, drop, "runs", [run_row(MANY, drop, TODAY, "failed", "too many", **counts, **judged)])


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test on anything in the console, blocked files included, and on any request outside file://."""
    troubles: list[str] = []
    opened = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    opened.on("console", lambda message: troubles.append(message.text))
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("dialog", lambda dialog: troubles.append(f"it said {dialog.message}"))
    opened.on("request", lambda request: None if request.url.startswith("file://") else troubles.append(request.url))
    opened.clock.set_fixed_time(TODAY + timedelta(hours=3, minutes=5))
    yield opened
    opened.close()
    assert troubles == []


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def kinds(site: Path) -> list[Path]:
    """A page of each kind, the hostile ones among them."""
    hostile = site / "runs" / HOSTILE
    runs = [site / "runs" / run / "index.html" for run in (FIRST, MANY)]
    across = ["index.html", "archive/1.html", "expectations/index.html", "expectations/C404.html"]
    transcripts = [*sorted((site / "runs" / FIRST / "transcripts").iterdir())[:2], *sorted(hostile.rglob("*.html"))]
    return [*(site / path for path in across), *runs, *transcripts]


def test_reading_from_the_front_page_to_a_turn(site: Path, page: Page) -> None:
    page.goto((site / "index.html").as_uri())
    assert background(page) == "rgb(247, 246, 242)"
    page.locator("#runs").get_by_role("link", name="2025-11-21", exact=True).click()
    page.get_by_role("link", name="000_5e2886c1de792e6d.txt").click()
    page.get_by_role("link", name="turn 43 critical C404").click()
    assert page.url.endswith("#turn-43")
    assert page.locator("#turn-43 mark").is_visible()
    page.get_by_role("link", name="Next: turn 49").click()
    assert page.locator("#turn-49 .card").get_by_text("a placeholder instead of an answer").is_visible()


def test_the_front_page_tells_today_at_a_glance(site: Path, page: Page) -> None:
    page.goto((site / "index.html").as_uri())
    expect(page.locator(".lead")).to_have_text(
        "The last drop, 2025-11-23, was judged 3 hours ago, 23 Nov 2025, 03:00 UTC."
    )
    expect(page.locator(".latest .badge")).to_have_text("failed")
    expect(page.locator(".numbers .quarantined dd")).to_contain_text("60 50.0")
    assert page.locator(".strip li").count() == 10
    assert page.locator(".chart.wide .drawn").evaluate("chart => chart.getBoundingClientRect().height") > 100
    rises = page.locator(".rises li")
    expect(rises.first).to_contain_text("C404")
    expect(rises.first).to_contain_text("beyond its usual")
    rises.first.get_by_role("link", name="C404").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("no_notes_about_the_text")


def test_runs_are_filtered_and_sorted(site: Path, page: Page) -> None:
    page.goto((site / "index.html").as_uri())
    rows = page.locator("#runs tbody tr")
    assert rows.count() == 10
    page.get_by_label("Gate").select_option("failed")
    expect(rows).to_have_count(2)
    page.get_by_label("Gate").select_option("")
    page.get_by_label("From").fill("2025-11-20")
    page.get_by_label("To", exact=True).fill("2025-11-22")
    expect(rows).to_have_count(3)
    page.get_by_label("From").fill("")
    page.get_by_label("To", exact=True).fill("")
    page.get_by_role("searchbox", name="Drop").fill("11-1")
    expect(rows).to_have_count(6)
    page.get_by_role("button", name="Drop").click()
    expect(rows.first).to_contain_text("2025-11-10")
    page.get_by_role("searchbox", name="Drop").fill("")
    page.get_by_label("Search").fill("too many")
    expect(rows).to_have_count(1)
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2025-11-23")


def test_flagged_transcripts_are_filtered_sorted_and_paged(site: Path, page: Page) -> None:
    page.goto((site / "runs" / MANY / "index.html").as_uri())
    rows, shown = page.locator("#flagged tbody tr"), page.locator(".shown")
    assert rows.count() == tables.ROWS
    turner = page.get_by_role("navigation", name="Pages of transcripts")
    turner.get_by_role("button", name="Next").click()
    expect(turner).to_contain_text("Page 2 of 3")
    turner.get_by_role("button", name="Next").press("Enter")
    expect(rows).to_have_count(20)
    page.get_by_label("Verdict").select_option("quarantined")
    expect(shown).to_have_text("60 of 120")
    expect(turner).to_contain_text("Page 1 of 2")
    page.get_by_role("button", name="Turns").click()
    expect(page.locator("th[aria-sort='descending']")).to_have_text("Turns")
    expect(rows.first).to_contain_text("many/119.txt")
    page.get_by_label("Verdict").select_option("")
    page.get_by_label("Code").select_option("S202")
    expect(shown).to_have_text("60 of 120")
    expect(rows.first.locator(".badge")).to_have_text("accepted")
    page.get_by_label("Search").fill("many/11")
    expect(shown).to_have_text("5 of 120")
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("many/118.txt")


def test_a_drop_shows_trends_distributions_and_pairs(site: Path, page: Page) -> None:
    page.goto((site / "runs" / MANY / "index.html").as_uri())
    row = page.locator(".expectations tr", has_text="no_meta_note").first
    expect(row).to_contain_text("above its usual")
    expect(row.locator(".spark")).to_have_attribute("aria-label", "50.0\u202f% of what was judged; usual are 0\u202f% to "
                                                    "27.9\u202f%, by 8 runs before.")  # fmt: skip
    expect(page.locator(".pairs tbody tr")).to_contain_text("many/003.txt")
    page.goto((site / "runs" / FIRST / "index.html").as_uri())
    assert page.locator(".shapes .drawn").count() == 3
    page.locator(".shapes summary").first.click()
    expect(page.locator(".shapes table").first.locator("tr", has_text="33–64")).to_contain_text("66.7")


def test_every_expectation_has_a_page(site: Path, page: Page) -> None:
    page.goto((site / "expectations" / "index.html").as_uri())
    assert page.locator("tbody tr").count() == len(catalogue())
    page.get_by_role("link", name="C404", exact=True).click()
    expect(page.locator("table.history tbody tr").first).to_contain_text("above its usual")
    expect(page.locator(".examples figure.violated").first).to_contain_text("Violated at turn")
    page.get_by_role("link", name="many/005.txt").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("many/005.txt")


def test_dark_by_preference_and_by_choice(site: Path, page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto((site / "index.html").as_uri())
    assert background(page) == "rgb(20, 23, 26)"
    page.get_by_role("button", name="Light").click()
    assert background(page) == "rgb(247, 246, 242)"


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_page_scrolls_sideways(site: Path, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    for path in kinds(site):
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing(site: Path, page: Page, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in kinds(site):
        if "archive" in path.parts or (scheme == "dark" and HOSTILE in path.parts):
            continue  # the same parts as on other pages
        page.goto(path.as_uri())
        found = Axe().run(page, options={"preload": False, "resultTypes": ["violations"]})
        told = [(each["id"], each["nodes"][0]["html"][:200]) for each in found.response["violations"]]
        assert told == [], path


def test_hostile_pages_run_nothing(site: Path, page: Page) -> None:
    for path in (site / "runs" / HOSTILE).rglob("*.html"):
        page.goto(path.as_uri())
        assert page.locator("img").count() == 0


def test_hostile_rows_run_nothing_either(site: Path, page: Page) -> None:
    page.goto((site / "index.html").as_uri())
    page.get_by_label("Search").fill("alert(1)")
    rows = page.locator("#runs tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.first.get_by_role("link")).to_contain_text("<script>alert(1)</script>")
    rows.first.get_by_role("link").click()
    page.get_by_label("Search").fill("onerror")
    expect(page.locator(".shown")).to_have_text("2 of 2")
    assert page.locator("img").count() == 0
    assert "\u202e" not in page.content()


def test_a_page_is_readable_without_scripts(site: Path, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto((site / "runs" / MANY / "index.html").as_uri())
    assert opened.locator("#flagged tbody tr").count() == tables.ROWS
    assert not opened.locator(".tools").is_visible()
    opened.get_by_role("link", name="many/005.txt").click()
    opened.get_by_role("link", name="Next").first.click()
    assert "Flagged transcript 2 of 120" in opened.locator(".pager").first.inner_text()
    context.close()


def test_keys_go_from_finding_to_finding_and_can_be_switched_off(site: Path, page: Page) -> None:
    (path,) = (site / "runs" / FIRST / "transcripts").glob("000-*.html")
    page.goto(path.as_uri())
    for key, turn in (("n", 43), ("j", 49), ("n", 49), ("k", 43)):
        page.keyboard.press(key)
        assert page.url.endswith(f"#turn-{turn}")
        expect(page.locator(f"#turn-{turn}")).to_be_focused()
    page.keyboard.press("c")
    expect(page.locator("#turn-43 .copy")).to_have_text("Copied")
    page.get_by_role("button", name="Switch keys off").click()
    page.keyboard.press("n")
    assert page.url.endswith("#turn-43")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_report_that_is_mailed_opens_alone(
    tmp_path: Path, page: Page, width: int, scheme: Literal["light", "dark"]
) -> None:
    store = Store(tmp_path / "store")
    fill_first(store)
    fill_hostile(store)
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    for run in (FIRST, HOSTILE):
        page.goto(write_report(store, run, "full", tmp_path / f"{run}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("img, script").count() == 0
    assert background(page) in ("rgb(20, 23, 26)", "rgb(247, 246, 242)")
