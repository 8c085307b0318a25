"""The night: what was missed is judged, what is old goes, and nothing comes back or is judged again."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from expectations.suite import Suite
from flows.held import held
from flows.pipeline import Result, run_drop
from flows.settings import Settings, load_settings
from flows.sweeping import sweep
from flows.upkeep import CLAIM, lines, tend
from schemas.errors import InputError
from schemas.store import Store
from tests.flows.test_cli import turnproof
from tests.flows.test_pipeline import SOUND, rows

BROKEN = "Patient: I slept badly.\n\nCouch: What kept you up?\n\nPatient: Trams in Harrow Lane.\n\nCouch: I see."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, suite: Suite) -> Path:
    """A drop with a sound transcript and one that is not; judged."""
    root = tmp_path_factory.mktemp("made")
    drop = root / "inbox" / "monday"
    drop.mkdir(parents=True)
    (drop / "sound.txt").write_text(SOUND)
    (drop / "broken.txt").write_text(BROKEN)
    run_drop(drop, Store(root / "store"), suite, root / "site")
    return root


@pytest.fixture
def settings(made: Path, tmp_path: Path) -> Settings:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return load_settings(store=tmp_path / "store", site=tmp_path / "site", inbox=tmp_path / "inbox", settle=0)


def later(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def test_by_default_everything_is_kept(settings: Settings) -> None:
    store = Store(settings.store)
    before = {table: rows(store, table) for table in ("release", "findings", "runs", "sources")}
    done = tend(settings, later(3650))
    assert (done.failed, done.busy, done.unfinished) == ([], False, 0)
    assert done.counts | {"replaced": 0} == {"pages": 0, "turns": 0, "run": 0, "rows": 0, "replaced": 0, "removed": 0}
    assert all(rows(store, table).equals(frame) for table, frame in before.items())


def test_what_should_have_come_is_missed(settings: Settings) -> None:
    assert tend(settings, later(0)).late == []
    (sentence,) = tend(settings, later(3)).late
    assert sentence.startswith("inbox: nothing new has arrived since 20")
    assert sentence.endswith("(D506)")


@pytest.mark.parametrize("what", ["keep_turns", "keep_runs"])
def test_turns_and_pages_go_and_are_not_judged_again(what: str, settings: Settings, suite: Suite) -> None:
    store, drop = Store(settings.store), settings.inbox / "monday"
    assert len(held(store)) == 1
    (page,) = (settings.site_folder / "runs").iterdir()
    done = tend(settings.model_copy(update={what: 30}), later(31))
    assert not done.failed
    assert any("runs are no longer kept" in line for line in lines(done))
    assert rows(store, "release").is_empty()
    assert rows(store, "quarantine").is_empty()
    assert rows(store, "findings").is_empty()
    assert len(rows(store, "runs")) == (1 if what == "keep_turns" else 0)
    assert held(store).is_empty()
    assert not page.exists()
    again = run_drop(drop, store, suite, settings.site_folder)
    assert (again.row, again.plan.known) == (None, 2)
    # Nor do the pages come back.
    assert not page.exists()
    leftover = b"".join(path.read_bytes() for path in settings.site_folder.rglob("*") if path.is_file())
    assert b"Harrow Lane" not in leftover


def test_upkeep_is_done_by_one_at_a_time(settings: Settings) -> None:
    with Store(settings.store).claim(CLAIM):
        done = tend(settings, later(0))
    assert (done.busy, lines(done)) == (True, ["upkeep: another process is at it"])


def test_a_step_that_fails_does_not_keep_others_from_being_done(settings: Settings) -> None:
    settings.site_folder.rename(settings.site_folder.with_name("away"))
    settings.site_folder.write_text("no folder")
    done = tend(settings, later(0))
    assert len(done.failed) == 1
    assert "expected a folder to write the site to" in done.failed[0]
    assert done.counts["replaced"] >= 0


def test_a_drop_that_fails_does_not_keep_others_from_being_judged(settings: Settings) -> None:
    for name in ("one", "two", "zwei"):
        shutil.copytree(settings.inbox / "monday", settings.inbox / name)
    made = Result.__new__(Result)

    async def judge(drop: Path) -> Result:
        if drop.name == "one":
            raise InputError("one: expected this, found that; mend it")
        if drop.name == "two":
            raise ZeroDivisionError
        object.__setattr__(made, "row", None)
        return made

    found = asyncio.run(sweep(settings, judge))
    assert found.counts == {"drops": 2, "judged": 0, "failed": 2, "busy": 0, "waiting": 0}
    assert found.failed[0] == "one: expected this, found that; mend it"
    assert "two: expected to judge the drop, found ZeroDivisionError" in found.failed[1]


@pytest.mark.slow  # two processes that import Great Expectations
def test_the_command_judges_what_was_missed(settings: Settings) -> None:
    late = settings.inbox / "tuesday"
    late.mkdir()
    (late / "new.txt").write_text(SOUND.replace("noise", "heat"))
    for path in settings.inbox.rglob("*"):
        os.utime(path, (time.time() - 3600,) * 2)
    flags = [f"--{name}={getattr(settings, name)}" for name in ("store", "site", "inbox")]
    with Store(settings.store).claim("tuesday"):
        held_back = turnproof("nightly", *flags)
    assert held_back.returncode == 0
    assert held_back.stderr.startswith("turnproof: tuesday: expected a drop that nobody works on, found process ")
    assert len(held_back.stderr.splitlines()) == 1
    assert held_back.stdout.splitlines()[0] == "inbox: 1 drop, 1 busy"
    done = turnproof("nightly", *flags)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("tuesday: gate passed")
    assert "inbox: 2 drops, 1 judged" in done.stdout
    (settings.inbox / "monday").rename(settings.inbox / ".away")
    shutil.rmtree(settings.inbox)
    lost = turnproof("nightly", *flags)
    assert (lost.returncode, len(lost.stderr.splitlines())) == (2, 1)
    assert "expected an inbox with drops" in lost.stderr
