"""No source takes more memory than the limits promise, whatever it holds; what exceeds one says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from expectations.suite import Suite
from schemas import csv_cells, decoding, textgrids
from schemas.limits import LINES, VALUES
from schemas.reading import Batch, read
from tests.conftest import raw

TURNS = 30_000
FULL = {
    "labelled_text": "A: x\nB: y\n" * TURNS,
    "tab_table": "A|hi|q\nB|yo|q\n" * TURNS,
    "openai_chat": '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n' * TURNS,
    "text_in_json": '{"text":"' + "A: x\\nB: y\\n" * TURNS + '"}',
    "webvtt": "WEBVTT\n\n0:00.0-->0:01.0\n" + "<v A>a<v B>b" * TURNS,
}


def oversized(batch: Batch) -> str:
    """What is said of the only source, of which nothing was read."""
    assert batch.turns.is_empty()
    (row,) = batch.problems.filter(pl.col("kind") == "oversized").rows(named=True)
    return str(row["detail"])


@pytest.mark.parametrize("form", FULL)
def test_what_holds_too_many_parts_is_told_and_costs_no_other(
    form: str, suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read(raw(a=FULL[form]), suite.roster).sources["format"].to_list() == [form]
    monkeypatch.setattr(decoding, "LINES", TURNS)
    monkeypatch.setattr(decoding, "VALUES", TURNS)
    batch = read(raw(a=FULL[form], b="Patient: Hi.\n\nTherapist: Hello.\n"), suite.roster)
    assert batch.turns["text"].to_list() == ["Hi.", "Hello."]
    ((key, detail),) = batch.problems.select("source_key", "detail").rows()
    assert key == 0
    assert detail.endswith("more than the 30,000 that are taken at once; split it")


def test_a_textgrid_of_numbers_is_told(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textgrids, "LINES", 1_000)
    text = 'File type = "ooTextFile"\n"TextGrid" 0 9 <exists> 1 "IntervalTier" "A" 0 9 500 ' + '0 1 "" ' * 500
    assert "more than 1,000 numbers and texts" in oversized(read(raw(a=text), suite.roster))


def test_a_table_of_too_many_cells_is_told(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_cells, "TABLE_CELLS", 1_000)
    few, many = ("speaker,text" + ",a" * 8 + "\n" + ("A,b" + "," * 8 + "\n") * rows for rows in (50, 200))
    assert len(read(raw(a=few), suite.roster).turns) == 50
    assert "10 columns" in oversized(read(raw(a=many), suite.roster))


def test_a_table_of_too_many_columns_is_none(suite: Suite) -> None:
    batch = read(raw(a="speaker,text" + ",a" * 5_000 + "\nA,b" + ",c" * 5_000), suite.roster)
    assert batch.problems["kind"].to_list() == ["unclaimed"]


PEAK = """
import sys
from pathlib import Path
from expectations.suite import load_suite
from flows.checking import check_paths
print(check_paths([Path(sys.argv[1])], load_suite(), lambda done, total: None).summary)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
"""A process of its own, since a peak is a process's; getrusage would tell the one of the process that started it."""


def judged(path: Path) -> int:
    """The bytes of memory that judging a source takes at most."""
    run = [sys.executable, "-c", PEAK, str(path)]
    summary, peak = subprocess.run(run, capture_output=True, text=True, check=True, timeout=500).stdout.splitlines()
    assert not summary.startswith("0 transcripts")
    return int(peak) * 1024


WORST = {
    "lines with times": ("[0:01] A: x\n[0:01] B: y\n", LINES // 2),
    "messages": ('{"messages":[{"role":"u","content":"a"},{"role":"v","content":"b"}]}\n', VALUES // 8),
}


@pytest.mark.slow  # two processes, each with a large source
@pytest.mark.endurance
@pytest.mark.parametrize("case", WORST)
def test_the_worst_source_is_judged_in_bounded_memory(case: str, tmp_path: Path) -> None:
    whole = "TURNPROOF_ENDURANCE" in os.environ
    unit, count = WORST[case]
    (tmp_path / "a").write_text(unit * (count // (1 if whole else 20) - 1))
    # 150 MB are the libraries'.
    assert judged(tmp_path / "a") < (3e9 if whole else 450e6)
