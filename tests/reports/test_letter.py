"""The report that is mailed: one file that needs nothing else, runs nothing, and says what it leaves out."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from flows.mailing import write_report
from reports import letter as letters
from reports.letter import letter
from schemas.errors import InputError
from schemas.store import Store
from tests.reports.little_store import FIRST, HOSTILE, HOSTILE_TEXT
from tests.reports.parsed import Parsed


@pytest.fixture(scope="module")
def page(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    return Parsed(write_report(store, "2025-11-21", "full", tmp_path_factory.mktemp("mail") / "a.html"))


def test_it_tells_what_was_found_where_and_what_to_do(page: Parsed) -> None:
    assert (
        "4 transcripts on 21 Nov 2025, 03:00 UTC, under the suite synthetic: 2 accepted, 1 repaired, 1 q" in page.text
    )
    assert "C404 A turn holds a note about the text itself. 1 transcript 25.0 % Ask for the answer again" in (
        page.text.replace("\N{NARROW NO-BREAK SPACE}", " ")
    )
    assert "notes.pdf critical F108 no format claims it: it begins with %PDF" in page.text
    assert "000_5e2886c1de792e6d.txt quarantined" in page.text
    assert "critical C402 line 107, turn 49 a placeholder instead of an answer[Answer" in page.text


def test_it_needs_nothing_else_and_runs_nothing(page: Parsed) -> None:
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "link", "img", "iframe", "object", "form"})
    assert page.values("src") == page.values("href") == page.values("style") == []
    (style,) = page.within("style")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in page.source
    assert page.closed


def test_text_is_masked_by_default(store: Store, tmp_path: Path) -> None:
    masked = Parsed(write_report(store, FIRST, "masked", tmp_path / "a.html"))
    assert "Answer not properly" not in masked.source
    assert "[•••••• ••• •••••••• ••••••••• •• •••••••]" in masked.text
    assert "a placeholder" in masked.text


def test_hostile_text_stays_text(store: Store, tmp_path: Path) -> None:
    page = Parsed(write_report(store, HOSTILE, "full", tmp_path / "a.html"))
    assert "<script>alert(1)</script>" in page.text
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "img"})
    assert not re.search("[\u202a-\u202e\u200b\x00-\x08\x0b-\x1f]", page.source)
    assert page.closed


def test_it_says_what_it_leaves_out(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "TRANSCRIPTS", 1)
    monkeypatch.setattr(letters, "FINDINGS", 1)
    page = Parsed(write_report(store, FIRST, "none", tmp_path / "a.html"))
    assert "The worst 1 of 3 are listed; 2 more are left out here." in page.text
    assert "and 1 finding more" in page.text


def test_the_name_of_the_file_is_safe_whatever_the_drop_is_called(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_report(store, HOSTILE_TEXT, "masked", None)
    assert re.fullmatch(r"report-[a-z0-9-]+\.html", str(path))


def test_a_drop_that_was_never_judged_is_told(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"2025-11-2: expected a drop .* found none of this name; did you mean 2025"):
        write_report(store, "2025-11-2", "masked", tmp_path / "a.html")
    with pytest.raises(InputError, match="--out: expected a file to write the report to"):
        write_report(store, FIRST, "masked", tmp_path)


def test_findings_that_were_waived_are_left_out(store: Store) -> None:
    listed = letter(store, FIRST, "full").listed
    assert all(finding.waived is None for each in listed for finding in each.findings)
