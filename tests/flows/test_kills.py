"""Runs over a drop of 200 files that are killed at random moments, crowded, or short of disk: nothing is lost or twice."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import random
import signal
import subprocess
import time
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest

from expectations.suite import load_suite
from flows import committing, pipeline
from schemas import batching
from schemas.errors import BusyError, TurnproofError
from schemas.store import Store
from schemas.stored import STORED
from tests.flows.deaths import ENDURANCE

# Slow: each starts processes that load everything anew, and judges 200 files once or twice.
pytestmark = [pytest.mark.slow, pytest.mark.endurance]

FILES = 200
BATCH = 40
PAGE = 4096
"""Bytes by which a tmpfs gives room."""

CLOCK = ("started", "finished")
"""The columns of `runs` that say when a run was; all others, of all tables, must be equal."""

# Seeded so that the first two, which are always tried, fall into the judging.
_RANDOM = random.Random(39)
MOMENTS = [round(_RANDOM.uniform(0.02, 0.98), 3) for _ in range(30 if ENDURANCE else 2)]
"""When to kill, as fractions of the processor's time that an undisturbed run takes; the machine may be busy."""

SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Undisturbed:
    """What a run comes to that nothing happens to.

    Attributes:
        tables: their rows.
        seconds: the processor's time of a process that runs once, from its very start.
        begins: those of them that it needs to load the job.
        bytes: what the store takes on a disk; the site takes several times as much.
    """

    tables: dict[str, pl.DataFrame]
    begins: float
    seconds: float
    bytes: int


def dialogue(number: int) -> bytes:
    """A small dialogue, in turn sound, with something to repair, doubled, incomplete, and none at all."""
    night = f"Patient: I slept badly on night {number}.\n\nTherapist: What kept you up?\n\nPatient: The noise.\n\n"
    match number % 5:
        case 0:
            return f"{night}Therapist: I see, that makes {number} nights.".encode()
        case 1:
            return f"{night}Therapist: That&#39;s  hard , night {number}\u200b.".encode()
        case 2:
            return f"{night}{night}Therapist: I see.".encode()
        case 3:
            return f"{night}Therapist: [inaudible] \ufffd and th".encode()
        case _:
            return f"Notes of day {number} only.".encode() if number % 2 else b"\x00\x01\xff" * number


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kills") / "drop"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"{number:03}.txt").write_bytes(dialogue(number))
    return folder


_TOGETHER: list[Barrier] = []
"""In each of the processes of `crowd`, what they wait at for each other."""


def meet_at(barrier: Barrier) -> None:
    _TOGETHER.append(barrier)


@pytest.fixture(scope="module")
def crowd() -> Generator[ProcessPoolExecutor]:
    """Two processes that begin what they are given at one moment."""
    # It starts a process for what it is given as long as none is idle.
    with ProcessPoolExecutor(2, SPAWN, meet_at, (SPAWN.Barrier(2, timeout=60),)) as pool:
        yield pool


@pytest.fixture(scope="module")
def undisturbed(drop: Path, tmp_path_factory: pytest.TempPathFactory, crowd: ProcessPoolExecutor) -> Undisturbed:
    root = tmp_path_factory.mktemp("undisturbed")
    begins, seconds = crowd.submit(run_and_time, drop, root).result()
    tables = tables_of(root)
    verdicts = dict(tables["transcripts"]["verdict"].value_counts().iter_rows())
    # What is to be found again is of every kind.
    assert {"accepted", "repaired", "quarantined"} <= verdicts.keys()
    assert tables["tallies"]["batch"].max() == FILES / BATCH  # the last one is the drop's
    assert tables["sources"].height == FILES
    pages = sum(-(-path.stat().st_size // PAGE) for path in (root / "store").rglob("*") if path.is_file())
    return Undisturbed(tables, begins, seconds, pages * PAGE)


def run(drop: Path, root: Path) -> pipeline.Result:
    with patch.object(batching, "BATCH_SOURCES", BATCH), patch.object(committing, "EVERY", 0):
        return pipeline.run_drop(drop, Store(root / "store"), load_suite(), root / "site")


def run_and_time(drop: Path, root: Path) -> tuple[float, float]:
    # Loaded before it begins, or half of the moments would fall into that.
    importlib.import_module("great_expectations")
    begins = time.process_time()
    run(drop, root)
    return begins, time.process_time()


def seconds_of(child: SpawnProcess) -> float:
    """The processor's time that a process has used so far."""
    fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tables_of(root: Path) -> dict[str, pl.DataFrame]:
    """The rows of every table in one order, but for what the clock said."""
    store = Store(root / "store")
    tables: dict[str, pl.DataFrame] = {}
    for table in STORED:
        frame = store.scan(table).drop(CLOCK, strict=False).collect()
        lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
        frame = frame.with_columns(pl.col(lists).cast(pl.List(pl.String)).list.join("|"))
        tables[table] = frame.sort(frame.columns, nulls_last=True)
    return tables


def assert_equal(root: Path, undisturbed: Undisturbed) -> None:
    found = tables_of(root)
    assert [table for table, rows in undisturbed.tables.items() if not found[table].equals(rows)] == []
    assert len(list((root / "site" / "runs").glob("*/index.html"))) == 1


@pytest.mark.parametrize(("number", "moment"), list(enumerate(MOMENTS, 1)), ids=str)
def test_a_run_killed_at_any_moment_is_finished_by_the_next(
    number: int, moment: float, drop: Path, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    child = SPAWN.Process(target=run_and_time, args=(drop, tmp_path))
    child.start()
    until = undisturbed.begins + moment * (undisturbed.seconds - undisturbed.begins)
    while child.is_alive() and seconds_of(child) < until:
        time.sleep(0.002)
    child.kill()
    child.join()
    committed = len(list((tmp_path / "store").glob("*/_delta_log/*.json")))
    # Late moments may find it done, where it took less than the one that was measured.
    assert child.exitcode == -signal.SIGKILL or (child.exitcode == 0 and moment > 0.5)
    run(drop, tmp_path)
    assert_equal(tmp_path, undisturbed)
    print(f"kill {number}: exit {child.exitcode}, {committed} commits in the logs")


def run_together(drop: Path, root: Path) -> str:
    _TOGETHER[0].wait()
    try:
        return "judged" if run(drop, root).row is not None else "known"
    except BusyError as error:
        return str(error)


@pytest.mark.parametrize("number", range(20 if ENDURANCE else 1))
def test_of_two_at_once_one_judges_and_one_is_told(
    number: int, drop: Path, tmp_path: Path, undisturbed: Undisturbed, crowd: ProcessPoolExecutor
) -> None:
    both = [crowd.submit(run_together, drop, tmp_path) for _ in range(2)]
    told, judged = sorted((each.result() for each in both), key=lambda said: said == "judged")
    assert judged == "judged"
    assert told.startswith("drop: expected a drop that nobody works on, found process ")
    assert_equal(tmp_path, undisturbed)


@pytest.fixture
def small_disk(tmp_path: Path, undisturbed: Undisturbed, share: float) -> Generator[Path]:
    """A disk that has room for a share of the store that an undisturbed run writes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    size = f"size={int(share * undisturbed.bytes)}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a small disk is a tmpfs, which only root may mount")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.mark.parametrize("share", [0.001, *(each / 20 for each in range(1, 21))] if ENDURANCE else [0.5])
def test_a_run_that_fills_the_disk_says_so_and_is_finished_when_there_is_room(
    share: float, drop: Path, small_disk: Path, undisturbed: Undisturbed
) -> None:
    with pytest.raises(
        TurnproofError, match=r"\A[^\n]+: expected [^\n]+, found[^\n]*No space left[^\n]+; [^\n]+\Z"
    ) as told:
        run(drop, small_disk)
    print(f"{share}: {told.value}")
    subprocess.run(["mount", "-o", "remount,size=1g", small_disk], check=True)
    run(drop, small_disk)
    assert_equal(small_disk, undisturbed)
