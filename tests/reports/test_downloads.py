"""Findings as files: what each form holds, that no cell is a formula, and that they stay bounded."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from reports import downloads
from reports.downloads import DOWNLOADS, write_downloads
from reports.outputs import sheet
from reports.veil import Veil
from schemas.columns import FINDINGS
from tests.reports.little_store import FIRST, HOSTILE
from tests.reports.parsed import Parsed
from tests.reports.test_outputs import CATALOGUE, PLAIN

FORMULAS = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "\n@x"]


def cells(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def printed(findings: pl.DataFrame) -> str:
    out = io.StringIO()
    sheet.write(findings, catalogue=CATALOGUE, out=out, version="1")
    return out.getvalue()


def test_csv_reads_as_it_was_read_by_eye() -> None:
    assert printed(PLAIN.head(2)) == (
        '\ufeff"path","transcript","turn","line","code","rule","severity","message","evidence","fixable","waived"\n'
        '"seeds/000.txt",0,49,107,"C402","no_failure_placeholder","critical","a placeholder, not an answer",'
        '"[Answer not properly formatted or missing]","false",\n'
        '"seeds/000.txt",0,,1,"S202","first_and_last_role","warning","nobody answers the patient",,"true",\n'
    )
    assert printed(PLAIN.clear()).count("\n") == 1


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_a_csv_is_a_formula(formula: str) -> None:
    names = ("path", "rule", "message", "evidence", "waived")
    (row,) = cells(printed(PLAIN.head(1).with_columns(pl.lit(formula).alias(name) for name in names)))
    assert all(row[name].startswith("'") for name in names)


def test_what_hides_is_spelled_out_in_a_csv() -> None:
    (row,) = cells(printed(PLAIN.head(1).with_columns(message=pl.lit('say "hi", \u202e\x00\nthen'))))
    assert row["message"] == 'say "hi", <U+202E><U+0000>\nthen'


def test_every_form_holds_every_finding(site: Path) -> None:
    folder = site / "runs" / FIRST / "downloads"
    assert {path.name for path in folder.iterdir()} == {each.name for each in DOWNLOADS}
    paths = sorted(row["path"] for row in cells((folder / "findings.csv").read_text("utf-8")))
    assert len(paths) == 6
    lines = [json.loads(line) for line in (folder / "findings.jsonl").read_text().splitlines()]
    sarif = json.loads((folder / "findings.sarif").read_text())["runs"][0]["results"]
    assert [len(lines), len(sarif), len(ET.parse(folder / "findings.junit.xml").findall(".//testcase"))] == [6, 6, 6]
    packed = pl.read_parquet(folder / "findings.parquet")
    assert (sorted(packed["path"]), packed.schema) == (paths, FINDINGS)


def test_hostile_findings_are_readable_in_every_form(site: Path) -> None:
    folder = site / "runs" / HOSTILE / "downloads"
    for row in cells((folder / "findings.csv").read_text("utf-8")):
        assert not any(cell.lstrip()[:1] in "=+-@" for cell in row.values() if cell)
    assert len(json.loads((folder / "findings.sarif").read_text())["runs"][0]["results"]) == 8
    assert len(ET.parse(folder / "findings.junit.xml").findall(".//testcase")) == 8
    assert max(map(len, pl.read_parquet(folder / "findings.parquet")["evidence"])) <= downloads.EVIDENCE


def test_the_page_of_a_run_leads_to_them(site: Path) -> None:
    page = Parsed(site / "runs" / FIRST / "index.html")
    assert [href for href in page.values("href") if href.startswith("downloads/")] == [
        f"downloads/{each.name}" for each in DOWNLOADS
    ]


def test_they_are_bounded_and_hold_the_worst(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "ROWS", 2)
    made: dict[str, bytes] = {}
    files = write_downloads(PLAIN.lazy(), (), "1", Veil("full", {}, {}), made.__setitem__)
    assert (files.held, files.total) == (2, 4)
    assert [row["severity"] for row in cells(made["findings.csv"].decode())] == ["critical", "critical"]
