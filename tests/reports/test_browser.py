"""The pages in a real browser, opened from a folder as a person would: what one does with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from expectations.catalogue import catalogue
from reports import tables
from tests.reports.little_store import FIRST, HOSTILE, MANY

# Starting a browser takes seconds.
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_reading_from_the_front_page_to_a_turn(nights: Path, page: Page) -> None:
    page.goto((nights / "index.html").as_uri())
    page.locator("#runs").get_by_role("link", name="2025-11-21", exact=True).click()
    page.get_by_role("link", name="000_5e2886c1de792e6d.txt").click()
    page.get_by_role("link", name="turn 43 critical C404").click()
    assert page.url.endswith("#turn-43")
    assert page.locator("#turn-43 mark").is_visible()
    page.get_by_role("link", name="Next: turn 49").click()
    assert page.locator("#turn-49 .card").get_by_text("a placeholder instead of an answer").is_visible()


def test_the_front_page_tells_today_at_a_glance(nights: Path, page: Page) -> None:
    page.goto((nights / "index.html").as_uri())
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


def test_runs_are_filtered_and_sorted(nights: Path, page: Page) -> None:
    page.goto((nights / "index.html").as_uri())
    rows = page.locator("#runs tbody tr")
    assert rows.count() == 10
    page.get_by_label("Gate").select_option("failed")
    expect(rows).to_have_count(2)
    expect(rows.first.locator(".reason")).to_have_text("too many")
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


def test_flagged_transcripts_are_filtered_sorted_and_paged(nights: Path, page: Page) -> None:
    page.goto((nights / "runs" / MANY / "index.html").as_uri())
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
    page.locator(".expectations tr", has_text="C404").get_by_title("These transcripts").click()
    expect(shown).to_have_text("60 of 120")
    expect(rows.first.locator(".codes")).to_have_text("C404")
    page.get_by_label("Code").select_option("S202")
    page.get_by_label("Search").fill("many/11")
    expect(shown).to_have_text("5 of 120")
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("many/118.txt")


def test_a_drop_shows_trends_distributions_and_pairs(nights: Path, page: Page) -> None:
    page.goto((nights / "runs" / MANY / "index.html").as_uri())
    row = page.locator(".expectations tr", has_text="no_meta_note").first
    expect(row).to_contain_text("above its usual")
    expect(row.locator(".spark")).to_have_attribute("aria-label", "50.0\u202f% of what was judged; usual are 0\u202f% to "
                                                    "27.9\u202f%, by 8 runs before.")  # fmt: skip
    expect(page.locator(".pairs tbody tr")).to_contain_text("many/003.txt")
    page.goto((nights / "runs" / FIRST / "index.html").as_uri())
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="What the transcripts").click()
    expect(page.locator("#shapes")).to_be_in_viewport()
    assert page.locator(".shapes .drawn").count() == 3
    page.locator(".shapes summary").first.click()
    expect(page.locator(".shapes table").first.locator("tr", has_text="33–64")).to_contain_text("66.7")


def test_every_expectation_has_a_page(nights: Path, page: Page) -> None:
    page.goto((nights / "expectations" / "index.html").as_uri())
    assert page.locator("tbody tr").count() == len(catalogue())
    page.get_by_role("link", name="C404", exact=True).click()
    expect(page.locator("table.history tbody tr").first).to_contain_text("above its usual")
    expect(page.locator(".examples figure.violated").first).to_contain_text("Violated at turn")
    page.get_by_role("link", name="many/005.txt").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("many/005.txt")


def test_hostile_pages_run_nothing(nights: Path, page: Page) -> None:
    for path in (nights / "runs" / HOSTILE).rglob("*.html"):
        page.goto(path.as_uri())
        assert page.locator("img").count() == 0


def test_hostile_rows_run_nothing_either(nights: Path, page: Page) -> None:
    page.goto((nights / "index.html").as_uri())
    page.get_by_label("Search").fill("alert(1)")
    rows = page.locator("#runs tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.first.get_by_role("link")).to_contain_text("<script>alert(1)</script>")
    rows.first.get_by_role("link").click()
    page.get_by_label("Search").fill("onerror")
    expect(page.locator(".shown")).to_have_text("2 of 2")
    assert page.locator("img").count() == 0
    assert "\u202e" not in page.content()


def test_a_page_is_readable_without_scripts(nights: Path, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto((nights / "runs" / MANY / "index.html").as_uri())
    assert opened.locator("#flagged tbody tr").count() == tables.ROWS
    assert not opened.locator(".tools").is_visible()
    opened.get_by_role("link", name="many/005.txt").click()
    opened.get_by_role("link", name="Next").first.click()
    assert "Flagged transcript 2 of 120" in opened.locator(".pager").first.inner_text()
    context.close()


def test_keys_go_from_finding_to_finding_and_can_be_switched_off(nights: Path, page: Page) -> None:
    (path,) = (nights / "runs" / FIRST / "transcripts").glob("000-*.html")
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
