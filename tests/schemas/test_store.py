"""The store: contracts at the door, each transaction once, nothing visible before its run is finished."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake

from schemas import contracts
from schemas.columns import GATES, VERDICTS
from schemas.errors import BusyError, ContractError, StoreError
from schemas.store import Store
from schemas.stored import STORED

RUN = "0123456789abcdef"
SECRET = "what the patient said"


def turn_rows(run: str = RUN) -> pl.DataFrame:
    row = (run, "drop", 0, "a.txt", 0, "Patient", None, SECRET, 1, None, None)
    return pl.DataFrame([row], schema=STORED["release"], orient="row")


def run_row(run: str = RUN) -> pl.DataFrame:
    values = {
        pl.String(): "x",
        pl.UInt32(): 1,
        pl.UInt64(): 1,
        pl.Datetime("us", "UTC"): datetime(2026, 1, 2, tzinfo=UTC),
    }
    row = {name: values[kind] for name, kind in STORED["runs"].items()}
    row |= {"run": run, "suite_digest": RUN, "gate": GATES[0]}
    return pl.DataFrame([row], schema=STORED["runs"])


@pytest.mark.parametrize("table", sorted(STORED))
def test_contract_and_columns_agree(table: str) -> None:
    schema = contracts.model(table).to_schema()
    columns = schema.columns
    # Nothing is to hold of a whole frame: each column is looked at for itself, and some needn't be.
    assert not schema.checks
    assert not schema.unique
    assert not any(column.unique or column.coerce for column in columns.values())
    assert {name: column.dtype.type for name, column in columns.items()} == dict(STORED[table])


def test_every_table_has_a_contract() -> None:
    assert set(contracts.MODELS) == set(STORED)


def test_what_is_written_is_read_with_its_types(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    assert store.append("release", turn_rows(), transaction="t")
    assert store.append("runs", run_row(), transaction=RUN)
    assert store.scan("release").collect().equals(turn_rows())
    assert store.scan("release").collect_schema() == STORED["release"]


def test_a_transaction_is_committed_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert [store.append("release", turn_rows(), transaction="t") for _ in range(3)] == [True, False, False]
    assert len(store.scan_run("release", RUN).collect()) == 1


def test_files_of_several_are_committed_at_once_and_each_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    files = {name: store.write("release", turn_rows(RUN)) for name in ("a", "b", "c")} | {"none": None}
    assert store.write("release", turn_rows().clear()) is None
    assert store.scan_run("release", RUN).collect().is_empty()
    assert store.commit("release", {"a": files["a"]})
    assert store.missing("release", list(files)) == ["b", "c", "none"]
    assert store.commit("release", files)
    assert not store.commit("release", files)
    assert store.missing("release", list(files)) == []
    assert len(store.scan_run("release", RUN).collect()) == 3
    assert DeltaTable(store.uri("release")).version() == 2


def test_the_log_tells_of_files_what_is_needed_to_pass_them_over_and_no_text(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append("release", turn_rows(), transaction="t")
    rows = pl.DataFrame(DeltaTable(store.uri("release")).get_add_actions(flatten=True)).to_dicts()
    assert [(row["num_records"], row["min.run"], row["max.run"], row["null_count.run"]) for row in rows] == [
        (1, RUN, RUN, 0)
    ]
    log = b"".join(path.read_bytes() for path in (tmp_path / "release" / "_delta_log").iterdir())
    assert SECRET.encode() not in log


def test_columns_that_an_earlier_version_did_not_know_are_added(tmp_path: Path) -> None:
    store = Store(tmp_path)
    write_deltalake(store.uri("release"), turn_rows().drop("line", "start"))
    assert store.append("release", turn_rows("f" * 16), transaction="t")
    found = store.scan_begun("release").select("run", "line", "start").sort("run").collect()
    assert found.rows() == [(RUN, None, None), ("f" * 16, 1, None)]


def test_rows_are_seen_when_their_run_is_finished(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append("release", turn_rows(), transaction="t")
    assert store.scan("release").collect().is_empty()
    store.append("runs", run_row("f" * 16), transaction="other")
    assert store.scan("release").collect().is_empty()
    store.append("runs", run_row(), transaction=RUN)
    assert len(store.scan("release").collect()) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"line": pl.lit(0, pl.UInt32)}, "column line breaks"),
        ({"text": pl.lit(None, pl.String)}, "column text breaks"),
        ({"run": pl.lit("no run")}, "column run breaks"),
        ({"turn": pl.lit("zero")}, "column turn breaks"),
    ],
)
def test_a_broken_contract_is_told_without_values(tmp_path: Path, change: dict[str, pl.Expr], told: str) -> None:
    store = Store(tmp_path)
    with pytest.raises(ContractError, match=told) as caught:
        store.append("release", turn_rows().with_columns(**change), transaction="t")
    assert SECRET not in str(caught.value)
    assert not store.holds("release", "t")


def test_verdicts_are_a_closed_set(tmp_path: Path) -> None:
    row = dict.fromkeys(STORED["transcripts"]) | {
        "run": RUN, "drop": "d", "batch": 0, "transcript": "a", "path": "a", "record": 0, "line": 1, "turns": 1,
        "released_turns": 1, "characters": 1, "speakers": ["x"], "critical": 0, "warning": 0, "info": 0, "repairs": [],
    }  # fmt: skip
    for verdict in VERDICTS:
        frame = pl.DataFrame([row | {"verdict": verdict}], schema=STORED["transcripts"])
        assert Store(tmp_path).append("transcripts", frame, transaction=verdict)
    frame = pl.DataFrame([row | {"verdict": "fine"}], schema=STORED["transcripts"])
    with pytest.raises(ContractError, match="column verdict"):
        Store(tmp_path).append("transcripts", frame, transaction="fine")


def test_a_claimed_drop_is_busy_and_then_free(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.claim("drop"):
        with pytest.raises(BusyError, match="process"), Store(tmp_path).claim("drop"):
            pytest.fail("claimed twice")
        with store.claim("other drop"):
            pass
    with store.claim("drop"):
        pass


def test_a_store_that_is_a_file_or_broken_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(StoreError, match="expected a folder"):
        Store(file)
    log = tmp_path / "store" / "runs" / "_delta_log"
    log.mkdir(parents=True)
    (log / "00000000000000000000.json").write_text("{broken")
    with pytest.raises(StoreError, match="expected a table"):
        Store(tmp_path / "store").runs()


def test_batches_of_long_ago_leave_the_log_and_claims_never_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier:
        ago = time.time_ns() - 400 * 24 * 3600 * 10**9
        earlier.setattr("schemas.store.time.time_ns", lambda: ago)
        with Store(tmp_path).claim("drop") as claimed:
            claimed.append("runs", run_row(), transaction="old")
    with Store(tmp_path).claim("drop") as claimed:
        claimed.append("runs", run_row("f" * 16), transaction="new")
    DeltaTable(Store(tmp_path).uri("runs")).create_checkpoint()
    (checkpoint,) = (tmp_path / "runs" / "_delta_log").glob("*.checkpoint.parquet")
    kept = pl.read_parquet(checkpoint)["txn"].struct.field("appId").drop_nulls().to_list()
    assert "new" in kept
    assert "old" not in kept
    assert len(kept) == 2
