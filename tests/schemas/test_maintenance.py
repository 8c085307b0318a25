"""Upkeep of the tables: same rows, fewer files; what is forgotten is gone, from the disk too; nothing is disturbed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest
from deltalake import DeltaTable

from schemas import maintenance
from schemas.maintenance import compact, forget, unfinished, vacuum
from schemas.store import Store
from tests.schemas.test_store import SECRET, run_row, turn_rows

OLD, NEW, OPEN = "a" * 16, "b" * 16, "c" * 16
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ALL = {"pages": None, "turns": None, "run": None}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two finished runs, of which one is old, and an unfinished one that is older."""
    made = Store(tmp_path / "store")
    made.prepare()
    for run, word in ((OLD, "old"), (NEW, "new"), (OPEN, "open")):
        made.append("release", turn_rows(run).with_columns(text=pl.lit(f"{SECRET} {word}")), transaction=run)
    for run, days in ((OLD, 40), (NEW, 1)):
        row = run_row(run).with_columns(finished=pl.lit(NOW - timedelta(days=days)).dt.cast_time_unit("us"))
        made.append("runs", row, transaction=run)
    return made


def texts(store: Store) -> list[str]:
    return store.scan_begun("release").collect()["text"].sort().to_list()


def on_disk(store: Store) -> bytes:
    return b"".join(path.read_bytes() for path in store.root.rglob("*") if path.is_file() and ".parquet" in path.name)


def files(store: Store) -> int:
    return len(DeltaTable(store.uri("release")).file_uris())


def test_compaction_keeps_rows_and_transactions(store: Store) -> None:
    before = store.scan_begun("release").collect()
    assert compact(store) == 5
    assert files(store) == 1
    assert store.scan_begun("release").collect().sort("run").equals(before.sort("run"))
    assert not store.append("release", turn_rows(OLD), transaction=OLD)
    assert compact(store) == 0


def test_nothing_is_forgotten_unless_it_is_asked_for(store: Store) -> None:
    assert forget(store, ALL, NOW) == {"pages": 0, "turns": 0, "run": 0, "rows": 0}
    assert len(texts(store)) == 3


def test_turns_are_deleted_really(store: Store) -> None:
    assert forget(store, ALL | {"turns": 30}, NOW) == {"pages": 0, "turns": 1, "run": 0, "rows": 1}
    assert texts(store) == [f"{SECRET} new", f"{SECRET} open"]
    assert len(store.runs()) == 2
    # Readers of the version before still can read it, until the vacuum.
    assert len(DeltaTable(store.uri("release"), version=3).to_pyarrow_table()) == 3
    compact(store)
    assert vacuum(store, 24) == 0
    assert vacuum(store, 0) > 0
    log = b"".join(path.read_bytes() for path in (store.root / "release" / "_delta_log").iterdir() if path.is_file())
    assert SECRET.encode() not in log
    found = [pl.read_parquet(path)["text"].to_list() for path in (store.root / "release").glob("*.parquet")]
    assert sorted(text for each in found for text in each) == [f"{SECRET} new", f"{SECRET} open"]
    assert forget(store, ALL | {"turns": 30}, NOW)["rows"] == 0


def test_a_run_is_forgotten_but_in_the_ledger(store: Store) -> None:
    assert forget(store, ALL | {"run": 30}, NOW)["run"] == 1
    assert store.runs()["run"].to_list() == [NEW]
    assert texts(store) == [f"{SECRET} new", f"{SECRET} open"]
    assert store.scan("forgotten").select("run", "what").collect().rows() == [(OLD, "run")]
    assert sorted(store.ledger_runs().collect()["run"]) == [OLD, NEW]


@pytest.mark.parametrize("deletions", [0, 1])
def test_a_deletion_that_died_is_finished(deletions: int, store: Store) -> None:
    class Killed(BaseException):
        pass

    done = 0
    change = maintenance._changed

    def dying(*arguments: object) -> int:
        nonlocal done
        if done == deletions:
            raise Killed
        done += 1
        return change(*arguments)  # type: ignore[arg-type]  # handed on as they came

    with patch.object(maintenance, "_changed", dying), pytest.raises(Killed):
        forget(store, ALL | {"run": 30}, NOW)
    # The setting may be gone by then: what was begun is finished.
    forget(store, ALL, NOW)
    assert texts(store) == [f"{SECRET} new", f"{SECRET} open"]
    assert store.runs()["run"].to_list() == [NEW]


def test_what_is_appended_meanwhile_stays(store: Store) -> None:
    delete = DeltaTable.delete
    done: list[bool] = []

    def slow(self: DeltaTable, *arguments: Any) -> object:
        if not done:
            done.append(True)
            Store(store.root).append("release", turn_rows("d" * 16), transaction="meanwhile")
        return delete(self, *arguments)

    with patch.object(DeltaTable, "delete", slow):
        assert forget(store, ALL | {"turns": 30}, NOW)["rows"] == 1
    assert texts(store) == [SECRET, f"{SECRET} new", f"{SECRET} open"]


def test_unfinished_runs_are_known(store: Store) -> None:
    row = ("S101", "x", "turn", "critical", 1, 0, 0, 0)
    for run in (OLD, OPEN):
        frame = pl.DataFrame([(run, "drop", 0, *row)], schema=store.scan("tallies").collect_schema(), orient="row")
        store.append("tallies", frame, transaction=run)
    assert unfinished(store).rows() == [(OPEN, "drop")]
