"""The watch over an inbox: what is told, when, and how often; without Prefect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from flows.settings import Settings, load_settings
from flows.watching import Watcher


def watched(tmp_path: Path, work: Callable[[Settings], object], seconds: float = 4, failures: int = 0) -> list[str]:
    """What a watcher tells while `work` is done in a thread."""
    (tmp_path / "inbox").mkdir(exist_ok=True)
    settings = load_settings(inbox=tmp_path / "inbox", store=tmp_path / "store", settle=0.5)
    told: list[str] = []
    left = failures

    async def emit(drop: str) -> None:
        nonlocal left
        if left:
            left -= 1
            raise ConnectionError
        told.append(drop)

    async def run() -> None:
        watcher = Watcher(settings, emit, apart=1.5)
        task = asyncio.create_task(watcher.run())
        await asyncio.sleep(0.5)
        await asyncio.to_thread(work, settings)
        await asyncio.sleep(seconds)
        assert watcher.well
        assert watcher.queue == 0
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    return told


def test_a_drop_that_grows_is_told_when_it_has_settled_and_again_when_it_changed(tmp_path: Path) -> None:
    def work(settings: Settings) -> None:
        drop = settings.inbox / "drop"
        drop.mkdir()
        for number in range(4):
            (drop / f"{number}.txt").write_text("Patient: Hi.")
            time.sleep(0.2)
        (settings.inbox / "unfinished.part").write_text("Patient: H")
        time.sleep(1)
        (drop / "late.txt").write_text("Patient: Hi.")

    assert watched(tmp_path, work) == ["drop", "drop"]


def test_what_could_not_be_told_is_told_later(tmp_path: Path) -> None:
    def work(settings: Settings) -> None:
        (settings.inbox / "drop.txt").write_text("Patient: Hi.")

    assert watched(tmp_path, work, seconds=7, failures=1) == ["drop.txt"]


def test_an_inbox_that_goes_and_comes_back_is_watched_again(tmp_path: Path) -> None:
    def work(settings: Settings) -> None:
        settings.inbox.rmdir()
        time.sleep(1.5)
        settings.inbox.mkdir()
        (settings.inbox / "drop.txt").write_text("Patient: Hi.")

    assert watched(tmp_path, work, seconds=7) == ["drop.txt"]
