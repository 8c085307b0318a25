"""The site: what the pages say, that all of it is reachable, and that it is a pure function of the store."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from reports import facts
from reports.pages import TranscriptPage
from reports.rendering import Renderer
from reports.site import publish
from schemas.errors import InputError
from schemas.store import Store
from tests.reports.little_store import (
    FIRST,
    HOSTILE,
    SECOND,
    append,
    fill_first,
    fill_second,
    finding,
    outcome,
    run_row,
)
from tests.reports.parsed import Parsed


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def content(site: Path) -> dict[str, bytes]:
    return {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def page_of(site: Path, name: str, run: str = FIRST) -> Parsed:
    (found,) = (site / "runs" / run / "transcripts").glob(f"{name}*.html")
    return Parsed(found)


def test_front_page_lists_runs_newest_first(site: Path) -> None:
    page = Parsed(site / "index.html")
    rows = [href for href in page.values("href") if href.startswith("runs/")][-3:]
    assert "The last drop, 2025-11-22, was judged 22 Nov 2025, 03:00 UTC. passed Gate:" in page.text
    assert rows == [f"runs/{run}/index.html" for run in (SECOND, FIRST, HOSTILE)]
    assert "2 accepted, 1 repaired, 1 quarantined" in page.text
    strip = [label for label in page.values("aria-label") if label.startswith("2025-11-2")]
    assert strip == [
        "2025-11-21, 21 Nov 2025: 2\xa0accepted, 1\xa0repaired, 1\xa0quarantined, 1\xa0unreadable",
        "2025-11-22, 22 Nov 2025: 1\xa0accepted, 5\xa0judged before",
    ]


def test_sum_of_sources_and_transcripts_is_shown(site: Path) -> None:
    first, second = (Parsed(site / "runs" / run / "index.html").text for run in (FIRST, SECOND))
    assert "5 sources found = 2 accepted + 1 repaired + 1 quarantined + 1 unreadable" in first
    assert "4 transcripts read = 2 accepted + 1 repaired + 1 quarantined" in first
    assert "6 sources found = 1 accepted + 0 repaired + 0 quarantined + 0 unreadable + 5 judged before" in second
    assert "do not add up" not in first + second


def test_counts_that_do_not_add_up_raise_an_alarm(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    row = run_row(FIRST, "drop", datetime(2025, 1, 1, tzinfo=UTC), found=3, accepted=2)
    append(store, FIRST, "drop", "runs", [row])
    publish(store, tmp_path / "site")
    assert "These counts do not add up" in Parsed(tmp_path / "site/runs" / FIRST / "index.html").text


def test_header_of_a_run(site: Path) -> None:
    page = Parsed(site / "runs" / FIRST / "index.html")
    assert "failed Gate: 25.0 % of the transcripts are quarantined, over 20 %" in page.text
    assert page.within("time") == ["21 Nov 2025, 03:00 UTC"]
    assert [text for text in page.within("dd") if text.strip()] == [
        "1 min 03 s", "52.0 kB", "143 read, 91 released", "0.1.0",
    ]  # fmt: skip
    assert "0123456789abcdef" in page.within("code")


def test_expectations_failures_first_and_holding_ones_folded(site: Path) -> None:
    page = Parsed(site / "runs" / FIRST / "index.html")
    text = page.text
    order = ["C401", "C402", "C404", "F108", "S202", "C410", "2 expectations that hold everywhere", "F101", "S203"]
    expectations = text[text.index("Not evaluated") : text.rindex("Flagged transcripts")]
    assert "1 expectation could not be evaluated everywhere" in expectations
    assert sorted(order, key=expectations.index) == order
    assert "C410 no_loop_inside_a_turn A turn repeats itself. critical 3 75.0 % 0 0 % 1 25.0 %" in " ".join(
        text.split()
    )
    folds = [attributes for tag, attributes in page.elements if tag == "details"]
    assert [each.get("class", "") for each in folds] == ["fold", "fold", "fold validation", "", "", ""]


def test_what_great_expectations_says_is_shown(site: Path) -> None:
    text = " ".join(Parsed(site / "runs" / FIRST / "index.html").text.split())
    said = text[text.index("Great Expectations: 1 of 3 expectations succeed") : text.rindex("Flagged transcripts")]
    assert "C402 expect_no_placeholders no 4 1 25.0 %" in said
    assert "C410 expect_x C410 could not be evaluated on 4 of 4 not evaluated 0 0 –" in said
    assert "S203 expect_x yes 4 0 0.0 %" in said
    # A run of an earlier version has none.
    assert "Great Expectations:" not in Parsed(site / "runs" / SECOND / "index.html").text


def test_unreadable_sources_are_listed_with_their_findings(site: Path) -> None:
    text = Parsed(site / "runs" / FIRST / "index.html").text
    assert "Unreadable sources 1 of 5 notes.pdf 21.2 kB critical F108 no format claims it" in text


def test_every_flagged_transcript_has_a_page_worst_first(site: Path) -> None:
    page = Parsed(site / "runs" / FIRST / "index.html")
    linked = [href for href in page.values("href") if href.startswith("transcripts/")]
    assert [href.split("/")[1][:3] for href in linked] == ["000", "004", "012"]
    assert {href.split("/")[1] for href in linked} == {
        path.name for path in (site / "runs" / FIRST / "transcripts").iterdir()
    }


def test_quarantined_transcript_pins_findings_to_turns(site: Path) -> None:
    page = page_of(site, "000")
    assert page.within("mark") == [
        "(Note: This response is more direct and gentle",
        "[Answer not properly formatted or missing]",
    ]
    assert {f"turn-{number}" for number in range(50)} <= set(page.values("id"))
    assert {"#turn-43", "#turn-49"} <= set(page.values("href"))
    assert "000_5e2886c1de792e6d.txt:93" in page.values("data-copy")
    assert "critical C404 no_meta_note a note about the text itself" in page.text
    assert "What to do. Ask for the answer again" in page.text


def test_repaired_transcript_shows_what_was_removed_in_its_place(site: Path) -> None:
    page = page_of(site, "004")
    removed = "".join(page.within("del") + page.within("mark"))
    assert "reviewing the letter feels exposed" in removed
    assert "Instruct Therapist generation error" in removed
    assert "removed trim_tail for C401 A serving error stands as a turn." in page.text
    assert "50 → 48 turns" in page.text
    assert {f"turn-{number}" for number in range(50)} <= set(page.values("id"))


def test_pager_leads_through_the_flagged_transcripts(site: Path) -> None:
    middle = page_of(site, "004")
    neighbours = {attributes["rel"]: attributes["href"][:3] for _, attributes in middle.elements if "rel" in attributes}
    assert neighbours["prev"] == "000"
    assert neighbours["next"] == "012"
    assert "Flagged transcript 2 of 3" in middle.text


def test_a_record_without_turns_says_so(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    fill_unparsed(store)
    publish(store, tmp_path / "site")
    page = page_of(tmp_path / "site", "all-jsonl-16")
    assert "could not be parsed" in page.text
    assert "it ends within a string" in page.text


def fill_unparsed(store: Store) -> None:
    name = {"transcript": "all.jsonl#16", "path": "all.jsonl", "record": 16, "line": 17}
    judged = {"turns": 0, "released_turns": 0, "characters": 0, "speakers": [], "verdict": "quarantined"}
    counts = {"critical": 1, "warning": 0, "info": 0, "repairs": []}
    append(store, FIRST, "d", "transcripts", [name | judged | counts])
    found = {"code": "F103", "rule": "r", "severity": "critical", "message": "it ends within a string"}
    append(store, FIRST, "d", "findings", [name | found])
    append(store, FIRST, "d", "runs", [run_row(FIRST, "d", datetime(2025, 1, 1, tzinfo=UTC), transcripts=1)])


def test_links_resolve_and_nothing_is_external(site: Path) -> None:
    for path in pages(site):
        page = Parsed(path)
        ids = set(page.values("id"))
        for link in [*page.values("href"), *page.values("src")]:
            parts = urlsplit(link)
            assert not parts.scheme, link
            assert not parts.netloc, link
            if parts.path:
                assert (path.parent / parts.path).resolve().is_relative_to(site)
                assert (path.parent / parts.path).is_file(), link
            else:
                assert parts.fragment in ids, link


def test_pages_are_well_formed_locked_down_and_titled(site: Path) -> None:
    for path in pages(site):
        page = Parsed(path)
        found = (attributes for tag, attributes in page.elements if tag == "meta")
        metas = {meta.get("name") or meta.get("http-equiv"): meta.get("content", "") for meta in found}
        assert page.closed, path
        assert metas["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        assert "unsafe" not in metas["Content-Security-Policy"]
        assert metas["robots"] == "noindex, nofollow"
        assert metas["referrer"] == "no-referrer"
        assert page.values("lang") == ["en"]
        assert [tag for tag, _ in page.elements].count("h1") == 1
        assert len(page.values("id")) == len(set(page.values("id")))


def test_publishing_again_writes_nothing(store: Store, tmp_path: Path) -> None:
    publish(store, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    publish(store, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_rebuilding_gives_the_same_bytes(store: Store, site: Path, tmp_path: Path) -> None:
    publish(store, tmp_path)
    assert content(tmp_path) == content(site)


def test_a_new_run_leaves_the_pages_of_others_alone(tmp_path: Path) -> None:
    store, site = Store(tmp_path / "store"), tmp_path / "site"
    fill_first(store)
    publish(store, site)
    before = {path: path.stat().st_mtime_ns for path in (site / "runs").rglob("*.html")}
    fill_second(store)
    publish(store, site)
    assert before == {path: path.stat().st_mtime_ns for path in before}
    assert "2 runs in the store" in Parsed(site / "index.html").text


def test_a_publisher_that_died_is_finished_by_the_next(
    store: Store, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    render, rendered = Renderer.transcript, itertools.count()

    def dies_at_the_third(self: Renderer, page: TranscriptPage) -> bytes:
        if next(rendered) == 2:
            raise KeyboardInterrupt
        return render(self, page)

    with monkeypatch.context() as patched:
        patched.setattr(Renderer, "transcript", dies_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            publish(store, tmp_path)
    assert not (tmp_path / "runs" / FIRST / "stamp").exists()
    publish(store, tmp_path)
    assert content(tmp_path) == content(site)


def test_stale_pages_go_and_foreign_files_stay(store: Store, tmp_path: Path) -> None:
    publish(store, tmp_path)
    foreign = [tmp_path / "CNAME", tmp_path / "runs" / "notes.txt", tmp_path / "assets" / "logo.png"]
    for path in foreign:
        path.write_text("mine")
    (tmp_path / "runs" / FIRST / "stamp").write_text("other templates")
    (tmp_path / "runs" / FIRST / "transcripts" / "gone-0123456789abcdef.html").write_text("stale")
    (tmp_path / "assets" / "turnproof-0123456789abcdef.css").write_text("stale")
    (tmp_path / "runs" / "0123456789abcdef").mkdir()
    publish(store, tmp_path)
    assert all(path.read_text() == "mine" for path in foreign)
    assert not list(tmp_path.rglob("*0123456789abcdef*"))


def test_pages_per_run_are_capped_and_the_page_says_so(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "TRANSCRIPT_PAGES", 1)
    publish(store, tmp_path)
    assert "The worst 1 have a page; 2 more are left out here" in Parsed(tmp_path / "runs" / FIRST / "index.html").text
    assert len(list((tmp_path / "runs" / FIRST / "transcripts").iterdir())) == 1


def test_an_empty_store_has_a_front_page(tmp_path: Path) -> None:
    index = publish(Store(tmp_path / "store"), tmp_path / "site")
    assert "No run has finished yet." in Parsed(index).text


def test_a_site_that_is_no_folder_is_refused_in_a_sentence(store: Store, tmp_path: Path) -> None:
    (tmp_path / "site").write_text("a file")
    with pytest.raises(InputError, match="expected a folder to write the site to"):
        publish(store, tmp_path / "site")


def test_findings_about_the_drop_stand_apart_and_severities_are_those_found(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    at = datetime(2026, 11, 2, tzinfo=UTC)
    rows: dict[str, list[dict[str, Any]]] = {
        "findings": [
            finding("week-1", "D504", "half of it is quarantined"),
            finding("a.txt", "D501", "the same text as b.txt"),
            finding("a.txt", "F101", "it has a byte order mark") | {"severity": "info"},
            finding("a.txt", "C410", "once more", transcript="a.txt", record=0) | {"severity": "warning"},
        ],
        "outcomes": [
            outcome("C410", 1, violated=1, findings=1),
            outcome("D501", 1, violated=1, findings=1),
            outcome("D504", 1, violated=1, findings=1),
        ],
        "runs": [run_row(FIRST, "week-1", at)],
    }
    for table, some in rows.items():
        append(store, FIRST, "week-1", table, some)
    page = Parsed(publish(store, tmp_path / "site").parent / "runs" / FIRST / "index.html").text
    of_drop, rest = page.split("Findings about the drop as a whole 1")[1].split("Duplicates 1 pair")
    pairs, of_sources = rest.split("Findings about whole sources 1")
    assert "The whole drop" in of_drop
    assert "a.txt b.txt D501 the same text as b.txt" in pairs
    assert "byte order mark" in of_sources
    expectation = page.split("no_loop_inside_a_turn")[1].split("Findings about the drop")[0]
    assert "warning" in expectation
    assert "critical" not in expectation
