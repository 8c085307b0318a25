"""Waivers of what is found of a drop as a whole."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from expectations.suite import Suite
from expectations.waivers import Waiver
from flows.checking import check_paths
from flows.finishing import gate_of
from flows.plan import Plan
from schemas.store import Store
from schemas.stored import STORED
from tests.flows.test_drops import NAMES, dropped, talk

RUN = "00000000000000a1"
HALF = {"transcripts_quarantined": 2, "unreadable": 0, "transcripts": 4}


def waiver(code: str, name: str) -> Waiver:
    return Waiver(code, name, None, None, "known", "Ann", date(2999, 1, 1))


def test_a_duplicate_is_waived_by_its_path_or_its_transcript(tmp_path: Path, suite: Suite) -> None:
    drop = dropped(tmp_path / "drop", a=talk(NAMES), b=talk(NAMES))
    record = json.dumps({"dialogue": [{"speaker": "Patient", "text": "Hello there. " * 30}] * 3}) + "\n"
    (drop / "c.jsonl").write_text(record * 2)

    def standing(*waivers: Waiver) -> list[tuple[str, int]]:
        checked = check_paths([drop], suite, lambda _done, _total: None, waivers)
        assert len(checked.findings.filter(code="D501")) == 2
        found = checked.standing.filter(code="D501").select(pl.col("path").str.split("/").list.last(), "record")
        return found.rows()

    assert standing() == [("b.txt", 0), ("c.jsonl", 1)]
    assert standing(waiver("D501", "drop/b.txt"), waiver("D502", "c.jsonl")) == [("c.jsonl", 1)]
    assert standing(waiver("D501", "c.jsonl#1")) == [("b.txt", 0)]
    assert standing(waiver("D501", "c.jsonl#0"), waiver("D501", "jsonl#1")) == [("b.txt", 0), ("c.jsonl", 1)]


@pytest.mark.parametrize(
    ("waived", "gate", "reason"),
    [
        ((), "failed", "the gate fails from 20%; of the drop as a whole: D501 1 time"),
        (("D501",), "failed", "the gate fails from 20%"),
        (("D504",), "warned", "D504 is waived: known; of the drop as a whole: D501 1 time"),
        (("D501", "D504"), "passed", "D504 is waived: known"),
    ],
)
def test_the_gate_heeds_what_is_waived(
    tmp_path: Path, suite: Suite, waived: tuple[str, ...], gate: str, reason: str
) -> None:
    store = Store(tmp_path)
    rows = [
        {"run": RUN, "drop": "d", "batch": 0, "path": "d", "code": code, "rule": "r", "severity": "critical"}
        | {"message": "m", "waived": "known" if code in waived else None}
        for code in ("D501", "D504")
    ]
    store.append("findings", pl.DataFrame(rows, schema=STORED["findings"]), transaction="t")
    told = gate_of(Plan(RUN, "d", 4, 0, ()), store, dict(HALF), suite)
    assert told["gate"] == gate
    assert str(told["gate_reason"]).endswith(reason)
