"""The main job as plain functions: once, whole, and the same however often it is interrupted."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import time
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest

from expectations.judge import judge
from expectations.suite import Suite
from flows import committing, pipeline
from flows.committing import Files
from flows.plan import Plan
from schemas.errors import BusyError, InputError
from schemas.listing import list_sources
from schemas.loading import load
from schemas.store import Store
from schemas.stored import STORED
from tests.conftest import SEEDS
from tests.flows.deaths import ENDURANCE, dies_before, places

SOUND = "Patient: I slept badly.\n\nTherapist: What kept you up?\n\nPatient: The noise.\n\nTherapist: I see."


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    """The seeds, a sound transcript, and a file that is none."""
    folder = tmp_path / "drop"
    shutil.copytree(SEEDS, folder)
    (folder / "sound.txt").write_text(SOUND)
    (folder / "sub").mkdir()
    (folder / "sub" / "notes.txt").write_text("Only notes.")
    return folder


def run(drop: Path, root: Path, suite: Suite) -> pipeline.Result:
    return pipeline.run_drop(drop, Store(root / "store"), suite, root / "site")


def rows(store: Store, table: str) -> pl.DataFrame:
    """A table's rows in one order, without what depends on the clock."""
    frame = store.scan(table).drop("started", "finished", strict=False).collect()
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    frame = frame.with_columns(pl.col(lists).cast(pl.List(pl.String)).list.join("|"))
    return frame.sort(frame.columns, nulls_last=True)


def kept(root: Path) -> dict[Path, int]:
    """When each file was last written, but for those that say who is at work."""
    files = (path for path in root.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {path: path.stat().st_mtime_ns for path in files if "claims" not in path.parts}


def test_a_run_accounts_for_every_source_and_turn(drop: Path, tmp_path: Path, suite: Suite) -> None:
    result = run(drop, tmp_path, suite)
    row = result.row
    assert row is not None
    counts = {name: row[name] for name in ("found", "known", "accepted", "repaired", "quarantined", "unreadable")}
    assert counts == {"found": 4, "known": 0, "accepted": 1, "repaired": 1, "quarantined": 1, "unreadable": 1}
    assert (row["transcripts"], row["turns"], row["released_turns"]) == (3, 104, 52)
    assert row["gate"] == "failed"
    store = Store(tmp_path / "store")
    assert len(rows(store, "release")) == 52
    assert len(rows(store, "quarantine")) == 50
    assert result.report.is_file()
    assert (tmp_path / "site" / "index.html").is_file()


def test_released_transcripts_are_sound_when_read_back(drop: Path, tmp_path: Path, suite: Suite) -> None:
    run(drop, tmp_path, suite)
    release = Store(tmp_path / "store").scan("release").sort("transcript", "turn").collect()
    again = tmp_path / "again"
    again.mkdir()
    for (name,), turns in release.group_by("transcript"):
        text = "\n\n".join(f"{speaker}: {text}" for speaker, text in turns.select("speaker", "text").iter_rows())
        (again / Path(str(name)).name).write_text(text)
    judged = judge(load(list_sources(again)), suite)
    assert judged.findings.filter(pl.col("severity") == "critical").is_empty()
    assert judged.transcripts["verdict"].to_list() == ["accepted", "accepted"]


def test_the_same_drop_twice_changes_nothing(drop: Path, tmp_path: Path, suite: Suite) -> None:
    first = run(drop, tmp_path, suite)
    before = kept(tmp_path)
    second = run(drop, tmp_path, suite)
    assert second.row is None
    assert second.plan.known == second.plan.found == first.plan.found
    assert kept(tmp_path) == before


@pytest.mark.slow  # several runs
def test_only_what_is_new_is_judged(drop: Path, tmp_path: Path, suite: Suite) -> None:
    run(drop, tmp_path, suite)
    (drop / "new.txt").write_text(SOUND.replace("noise", "heat"))
    shutil.copy(drop / "sound.txt", drop / "copy.txt")
    result = run(drop, tmp_path, suite)
    assert result.row is not None
    assert (result.row["found"], result.row["known"], result.row["accepted"]) == (6, 5, 1)
    assert rows(Store(tmp_path / "store"), "runs")["turns"].sort().to_list() == [4, 104]


@pytest.mark.slow  # two runs each
@pytest.mark.parametrize("form", ["zip", "gztar"])
def test_an_archive_is_judged_as_its_folder_would_be(form: str, drop: Path, tmp_path: Path, suite: Suite) -> None:
    packed = Path(shutil.make_archive(str(tmp_path / "packed"), form, drop))
    result = run(packed, tmp_path / "one", suite)
    plain = run(drop, tmp_path / "other", suite)
    assert result.row is not None
    assert plain.row is not None
    same = ["found", "accepted", "repaired", "quarantined", "unreadable", "turns", "released_turns", "bytes"]
    assert [result.row[name] for name in same] == [plain.row[name] for name in same]
    store = Store(tmp_path / "one" / "store")
    paths = store.scan("sources").select("path").sort("path").collect()["path"].to_list()
    assert paths == [f"{packed.name}/{source.path}" for source in list_sources(drop, within=True)]
    # What was judged in an archive is known when it comes as a folder.
    again = run(drop, tmp_path / "one", suite)
    assert (again.row, again.plan.known) == (None, 4)


def test_what_can_not_be_unpacked_is_accounted_for(tmp_path: Path, suite: Suite) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "cut.zip").write_bytes(b"PK\x03\x04 and no more")
    (drop / "sound.txt").write_text(SOUND)
    result = run(drop, tmp_path, suite)
    assert result.row is not None
    assert (result.row["found"], result.row["accepted"], result.row["unreadable"]) == (2, 1, 1)
    findings = Store(tmp_path / "store").scan("findings").filter(severity="critical").select("path", "code").collect()
    assert findings.sort("path").rows() == [("cut.zip", "F103"), ("drop", "D504")]
    assert run(drop, tmp_path, suite).row is None


def test_two_runs_at_once_do_the_work_once(drop: Path, tmp_path: Path, suite: Suite) -> None:
    store = Store(tmp_path / "store")
    with store.claim("drop"), pytest.raises(BusyError, match="drop: expected a drop that nobody works on"):
        run(drop, tmp_path, suite)
    assert store.runs().is_empty()
    assert run(drop, tmp_path, suite).row is not None


def test_a_drop_that_is_not_there_is_told(tmp_path: Path, suite: Suite) -> None:
    with pytest.raises(InputError, match="found nothing there"):
        run(tmp_path / "missing", tmp_path, suite)


def test_a_drop_may_be_one_file(tmp_path: Path, suite: Suite) -> None:
    (tmp_path / "one.txt").write_text(SOUND)
    run(tmp_path / "one.txt", tmp_path, suite)
    transcripts = Store(tmp_path / "store").scan("transcripts").collect()
    assert transcripts.select("drop", "transcript", "path").rows() == [("one.txt", "one.txt", "one.txt")]


@pytest.mark.slow  # several runs
def test_outcomes_add_up_over_batches(drop: Path, tmp_path: Path, suite: Suite) -> None:
    with patch.object(pipeline, "batches", lambda sources, _: ([source] for source in sources)):
        assert len(run(drop, tmp_path, suite).plan.batches) == 4
    outcomes = Store(tmp_path / "store").scan("outcomes").sort("code").collect()
    assert outcomes["code"].to_list() == [check.expectation.code for check in suite.checks]
    total = (outcomes["holds"] + outcomes["violated"] + outcomes["unknown"]).to_list()
    assert total == [{"source": 4, "drop": 1}.get(scope, 3) for scope in outcomes["scope"]]
    assert outcomes["why"].str.len_chars().min() > 20  # type: ignore[operator] # a number, as no row is null


def test_great_expectations_validates_the_run_and_is_told_no_text(drop: Path, tmp_path: Path, suite: Suite) -> None:
    with patch.object(pipeline, "batches", lambda sources, _: ([source] for source in sources)):
        result = run(drop, tmp_path, suite)
    store = Store(tmp_path / "store")
    row = store.scan("validations").collect().row(0, named=True)
    told = json.loads(row["result"])
    outcomes = {each["code"]: each for each in store.scan("outcomes").collect().iter_rows(named=True)}
    assert row["evaluated"] == len(told["results"]) == len(outcomes)
    assert row["successful"] == sum(not each["violated"] and not each["unknown"] for each in outcomes.values())
    assert row["success"] is told["success"] is False
    for each in told["results"]:
        outcome = outcomes[each["code"]]
        counts = each["result"]
        assert counts["unexpected_count"] == outcome["violated"]
        assert counts["missing_count"] == outcome["unknown"]
        assert counts["element_count"] == outcome["holds"] + outcome["violated"] + outcome["unknown"]
        assert each["severity"] == outcome["severity"]
        # What could not be evaluated anywhere it wasn't violated is no success, and says so.
        assert (each["exception"] is not None) is bool(outcome["unknown"] and not outcome["violated"])
        assert each["success"] is not bool(outcome["violated"] or outcome["unknown"])
    turns = pl.concat([store.scan("release"), store.scan("quarantine")], how="diagonal").collect()
    said = {word for text in turns["text"] for word in text.split() if len(word) > 12}
    assert len(said) > 30
    assert not [word for word in said if word in row["result"]]
    assert f"{row['successful']} of {row['evaluated']} expectations succeed" in result.report.read_text()


COMMITS = 4 * 8 + 5
"""Of a run of four batches: eight tables a batch, two for the drop, the outcomes, what GX says of them, its own row."""


@pytest.mark.endurance
@pytest.mark.parametrize("fatal", places(COMMITS))
def test_a_run_that_dies_before_any_commit_is_finished_by_the_next(
    fatal: int, drop: Path, tmp_path: Path, suite: Suite, undisturbed: dict[str, pl.DataFrame]
) -> None:
    with patch.object(pipeline, "batches", lambda sources, _: ([source] for source in sources)):
        with dies_before(fatal):
            run(drop, tmp_path, suite)
        store = Store(tmp_path / "store")
        assert all(rows(store, table).is_empty() for table in STORED)
        assert run(drop, tmp_path, suite).row is not None
    for table, expected in undisturbed.items():
        assert rows(store, table).equals(expected), table


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, suite: Suite) -> dict[str, pl.DataFrame]:
    root = tmp_path_factory.mktemp("undisturbed")
    shutil.copytree(SEEDS, root / "drop")
    (root / "drop" / "sound.txt").write_text(SOUND)
    (root / "drop" / "sub").mkdir()
    (root / "drop" / "sub" / "notes.txt").write_text("Only notes.")
    with patch.object(pipeline, "batches", lambda sources, _: ([source] for source in sources)):
        run(root / "drop", root, suite)
    return {table: rows(Store(root / "store"), table) for table in STORED}


def _run_in_child(drop: Path, root: Path, suite: Suite) -> None:
    each = patch.object(pipeline, "batches", lambda sources, _: ([source] for source in sources))
    with each, patch.object(committing, "EVERY", 0):
        run(drop, root, suite)


@pytest.mark.slow  # two runs
def test_batches_that_were_committed_are_not_judged_again(drop: Path, tmp_path: Path, suite: Suite) -> None:
    judged: list[int] = []

    def judging(plan: Plan, number: int, store: Store, suite: Suite) -> Files:
        judged.append(number)
        return judge_batch(plan, number, store, suite)

    judge_batch = pipeline.judge_batch
    each = patch.object(pipeline, "batches", lambda sources, _: ([source] for source in sources))
    with each, patch.object(pipeline, "judge_batch", judging):
        with dies_before(2 * 8 + 3):
            run(drop, tmp_path, suite)
        assert judged == [0, 1, 2]
        run(drop, tmp_path, suite)
    assert judged == [0, 1, 2, 2, 3]


@pytest.mark.endurance
@pytest.mark.slow  # Starts and kills real processes.
@pytest.mark.parametrize("commits", [1, 8, 13, 20, 27, 34, 40, 46] if ENDURANCE else [8, 27, 46])
def test_a_killed_process_leaves_a_run_that_the_next_finishes(
    commits: int, drop: Path, tmp_path: Path, suite: Suite, undisturbed: dict[str, pl.DataFrame]
) -> None:
    child = multiprocessing.get_context("spawn").Process(target=_run_in_child, args=(drop, tmp_path, suite))
    child.start()
    # Eleven tables are made, then come COMMITS commits; the kill falls wherever the child is by then.
    while child.is_alive() and len(list((tmp_path / "store").glob("*/_delta_log/*.json"))) < commits:
        time.sleep(0.002)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert Store(tmp_path / "store").runs().is_empty()
    _run_in_child(drop, tmp_path, suite)
    for table, expected in undisturbed.items():
        assert rows(Store(tmp_path / "store"), table).equals(expected), table
