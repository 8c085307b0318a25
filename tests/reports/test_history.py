"""What is told across runs: trends and what is usual, what rose, distributions, and older runs on pages of their own."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from reports import site as publishing
from reports.files import content
from reports.history import Fared, Place, Summary, Trend, risen, trend
from reports.overview import Archive, Explained
from reports.rendering import Renderer
from reports.shapes import MEASURES, histograms, shapes
from reports.site import publish
from reports.sparks import spark
from schemas.store import Store
from tests.reports.little_store import FIRST, append, fill_first, finding, outcome, run_row, transcript, turn
from tests.reports.parsed import Parsed

START = datetime(2025, 1, 1, 3, tzinfo=UTC)
C404 = Explained("C404", "no_meta_note", "turn", "critical", "0.1", "A note.", "", "", "", (), ())


def summary(violated: int | None, of: int = 200, code: str = "C404") -> Summary:
    """A run in which `violated` transcripts violate `code`; None says that it could be evaluated nowhere."""
    counts = (0, 0, of) if violated is None else (of - violated, violated, 0)
    return Summary("r", {code: Fared(code, "rule", "turn", "critical", "A note.", *counts, violated or 0)}, {}, {})


def fill(store: Store, number: int, violated: int = 0) -> str:
    """One little run, `number` days after the first."""
    run, drop = f"{number:016x}", f"drop-{number}"
    if violated:
        append(store, run, drop, "transcripts", [transcript("a.txt", "quarantined", 1, 0, critical=1)])
        append(store, run, drop, "findings", [finding("a.txt", "C404", "a note", transcript="a.txt")])
        append(store, run, drop, "quarantine", [turn(0, "Patient", "Hi.", 1) | {"transcript": "a.txt"}])
    append(store, run, drop, "outcomes", [outcome("C404", 100, violated=violated)])
    append(store, run, drop, "runs", [run_row(run, drop, START + timedelta(days=number))])
    return run


@pytest.mark.parametrize(
    ("before", "now", "beyond"),
    [
        ([1, 2, 1, 3, 2], 2, None),
        ([1, 2, 1, 3, 2], 40, "above"),
        ([100, 98, 103, 101, 99], 20, "below"),
        # Too few runs to tell, and one that was not evaluated is none.
        ([1, 2, 1, 3], 40, None),
        ([1, 2, 1, 3, None], 40, None),
        # What never happened may happen once.
        ([0] * 20, 1, None),
        ([0] * 20, 2, "above"),
        ([1, 2, 1, 3, 2], None, None),
    ],
)
def test_what_is_out_of_the_ordinary(before: list[int | None], now: int | None, beyond: str | None) -> None:
    assert trend("C404", [summary(each) for each in before], summary(now)).beyond == beyond


def test_limits_are_those_of_a_p_chart() -> None:
    told = trend("C404", [summary(20)] * 5, summary(20))
    # 0.1 ± 3 × √(0.1 × 0.9 / 200)
    assert told.usual is not None
    assert told.usual[0] == pytest.approx(0.0364, abs=1e-4)
    assert told.usual[1] == pytest.approx(0.1636, abs=1e-4)
    assert told.mean == pytest.approx(0.1)


def test_what_rose_begins_with_what_is_beyond_its_usual() -> None:
    def run(c404: int, s202: int, l301: int) -> Summary:
        rows = {"C404": c404, "S202": s202, "L301": l301}
        return Summary("r", {code: summary(n, code=code).fared[code] for code, n in rows.items()}, {}, {})

    rose = risen([run(0, 60, 50)] * 6, run(9, 70, 40), at_most=5)
    assert [(each.fared.code, each.trend.beyond) for each in rose] == [("C404", "above"), ("S202", None)]


def test_a_summary_is_read_as_it_was_written() -> None:
    one = Summary("r", summary(3).fared, {"C404": (Place("a\ud800.txt", "a.html"),)}, {"turns": (1, 2)})
    assert Summary.load(one.dump()) == one


def test_sparks_show_dashes_for_none_and_gaps_for_unknown() -> None:
    drawn = spark(Trend((0.0, None, 0.5, 1.0), 0.25, (0.0, 0.5)), width=20, height=11, step=5)
    assert drawn.before == "M0 11v-1h4v1zM10 11v-5h4v5z"
    assert drawn.now == "M15 11v-10h4v10z"
    assert drawn.band == (5.5, 5.5)


def test_histograms_count_turns_lengths_and_shares(tmp_path: Path) -> None:
    store = Store(tmp_path)
    said = [("a", "P", 5), ("a", "T", 15), ("a", "P", 300), ("b", "P", 20), ("b", "T", 20), ("c", "T", 0)]
    rows = [turn(n, who, "x" * long, n + 1) | {"transcript": name} for n, (name, who, long) in enumerate(said)]
    append(store, FIRST, "d", "release", rows[:3])
    append(store, FIRST, "d", "quarantine", rows[3:])
    found = histograms(store, FIRST)
    assert dict(zip(MEASURES[0].labels, found["turns"], strict=True)) == dict.fromkeys(MEASURES[0].labels, 0) | {
        "1": 1, "2": 1, "3–4": 1,
    }  # fmt: skip
    assert found["length"] == (2, 1, 2, 0, 0, 1, 0, 0, 0, 0)
    # 305 of 320 characters; 20 of 40; and where nothing is said, nobody says most.
    assert found["balance"] == (0, 1, 0, 0, 0, 0, 0, 1)
    turns, *_ = shapes(found, [found, dict.fromkeys(found, (0,) * 20)])
    assert (turns.total, turns.runs, turns.now) == (3, 1, turns.before)


def test_older_runs_stand_on_pages_that_never_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "_ARCHIVED", 3)
    store, site = Store(tmp_path / "store"), tmp_path / "site"
    for number in range(4):
        fill(store, number)
    publish(store, site)
    full = site / "archive" / "1.html"
    before = full.stat().st_mtime_ns
    fill(store, 4)
    rendered: list[int] = []
    archive = Renderer.archive

    def seen(self: Renderer, page: Archive) -> bytes:
        rendered.append(page.number)
        return archive(self, page)

    monkeypatch.setattr(Renderer, "archive", seen)
    publish(store, site)
    assert rendered == [2]
    assert full.stat().st_mtime_ns == before
    assert [each for each in Parsed(site / "archive/2.html").within("bdi") if "drop" in each] == ["drop-4", "drop-3"]
    assert Parsed(site / "index.html").text.count("Jan 2025 –") == 2


def test_publishing_looks_at_no_run_but_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, site = Store(tmp_path / "store"), tmp_path / "site"
    for number in range(4):
        fill(store, number, violated=number % 2)
    publish(store, site, [C404])
    new = fill(store, 4)
    looked: list[str] = []
    scan = Store.scan_run

    def seen(self: Store, table: str, run: str) -> pl.LazyFrame:
        looked.append(run)
        return scan(self, table, run)

    monkeypatch.setattr(Store, "scan_run", seen)
    publish(store, site, [C404])
    assert set(looked) == {new}
    page = Parsed(site / "expectations" / "C404.html")
    assert page.text.count("drop-") == 6  # five rows, and where it was violated last
    assert f"../runs/{3:016x}/index.html" in page.values("href")
    assert [href for href in page.values("href") if "transcripts/a-txt" in href]


def test_a_run_that_finished_earlier_but_came_later_counts_among_those_before(tmp_path: Path) -> None:
    store, site, anew = Store(tmp_path / "store"), tmp_path / "site", tmp_path / "anew"
    for number in (0, 1, 3):
        fill(store, number, violated=1)
    publish(store, site, [C404])
    fill(store, 2)
    publish(store, site, [C404])
    publish(store, anew, [C404])
    pages = sorted(path.relative_to(anew) for path in anew.rglob("*") if path.is_file())
    assert [path for path in pages if (site / path).read_bytes() != (anew / path).read_bytes()] == []


def test_a_page_says_so_where_an_expectation_did_not_run(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    fill_first(store)
    site = publish(store, tmp_path / "site", [C404, replace(C404, code="L303")]).parent
    assert "It did not run in the last runs." in Parsed(site / "expectations" / "L303.html").text
    assert "did not run" in Parsed(site / "expectations" / "index.html").text


def test_what_a_suite_brings_itself_has_a_page_too(tmp_path: Path) -> None:
    store, site = Store(tmp_path / "store"), tmp_path / "site"

    def fill_own(number: int, violated: int, brief: str) -> str:
        run, drop = f"{number:016x}", f"drop-{number}"
        rule = {"code": "GX_LENGTH", "rule": "column_value_lengths_to_be_between"}
        append(store, run, drop, "outcomes", [outcome("C404", 100, violated=violated) | rule | {"brief": brief}])
        append(store, run, drop, "transcripts", [transcript("a.txt", "accepted", 1, 1, warning=1)])
        append(store, run, drop, "findings", [finding("a.txt", "C404", "short", transcript="a.txt") | rule])
        append(store, run, drop, "runs", [run_row(run, drop, START + timedelta(days=number))])
        return run

    first = fill_own(0, 1, "At least 2 characters.")
    fill(store, 1)
    publish(store, site, [C404])
    stamp = (site / "runs" / first / "stamp").read_bytes()
    page = Parsed(site / "expectations" / "GX_LENGTH.html")
    assert "GX_LENGTH column_value_lengths_to_be_between At least 2 characters." in page.text
    assert "synthetic" in page.within("bdi")
    assert [href for href in page.values("href") if "transcripts/a-txt" in href]
    linked = Parsed(site / "runs" / first / "index.html").values("href")
    assert "../../expectations/GX_LENGTH.html" in linked
    assert "../expectations/GX_LENGTH.html" in Parsed(site / "expectations" / "index.html").values("href")

    last = fill_own(2, 3, "At least 3 characters.")
    publish(store, site, [C404])
    page = Parsed(site / "expectations" / "GX_LENGTH.html")
    assert "At least 3 characters." in page.text
    assert f"../runs/{last}/index.html" in page.values("href")
    assert (site / "runs" / first / "stamp").read_bytes() == stamp


def test_the_front_page_tells_the_other_drops_of_the_day_worst_first(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    fill(store, 0)
    for hour, gate in enumerate(("passed", "failed", "passed", "warned")):
        at = START + timedelta(days=1, hours=hour)
        append(store, f"{hour + 1:016x}", f"at {hour}", "runs", [run_row(f"{hour + 1:016x}", f"at {hour}", at, gate)])
    page = Parsed(publish(store, tmp_path / "site")).text
    assert "Also on 2 Jan 2025 3 failed at 1 none passed at 2 none passed at 0 none" in " ".join(page.split())


def test_a_full_hundred_is_passed_over_unless_something_of_it_is_missing_or_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "_ARCHIVED", 2)
    store, site = Store(tmp_path / "store"), tmp_path / "site"
    first, second = (fill(store, number) for number in range(2))
    publish(store, site)
    looked: list[str] = []

    def seen(path: Path) -> bytes | None:
        looked.append(path.parent.name)
        return content(path)

    monkeypatch.setattr(publishing, "content", seen)
    third = fill(store, 2)
    publish(store, site)
    assert {first, second, third}.intersection(looked) == {third}
    shutil.rmtree(site / "runs" / first)
    publish(store, site)
    assert (site / "runs" / first / "index.html").exists()
    looked.clear()
    # One that finished earlier, but came later, changes what the others are compared with.
    run = f"{9:016x}"
    append(store, run, "drop-9", "runs", [run_row(run, "drop-9", START - timedelta(days=1))])
    publish(store, site)
    assert {first, second, third, run} <= set(looked)
