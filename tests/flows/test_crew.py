"""Processes that judge batches: the same comes of it as in one process, and they are missed when they are killed."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from expectations.suite import Suite, load_suite
from flows import pipeline, scale
from flows.committing import Files
from flows.crew import Crew, Judge
from flows.plan import Plan
from schemas import batching
from schemas.errors import InputError
from schemas.store import Store
from tests.flows import test_kills as kills
from tests.flows.on_dask import differing
from tests.flows.test_scale import is_dead

drop = kills.drop
"""The drop of 200 files that runs are killed over."""


async def judge_by(plan: Any, number: int, store: Store, suite: Any, by: Judge | None) -> Files:
    """As the task of Prefect that is in its place."""
    assert by is not None
    return await by(plan.unquote(), number, store, suite.unquote())


@pytest.mark.slow  # two runs, one of them in processes that load everything anew
def test_the_same_comes_of_it_as_in_one_process(drop: Path, tmp_path: Path) -> None:
    suite, told = load_suite(), list[int]()
    with patch.object(batching, "BATCH_SOURCES", kills.BATCH):
        pipeline.run_drop(drop, Store(tmp_path / "alone" / "store"), suite, tmp_path / "alone" / "site")
        with Store(tmp_path / "store").claim("drop") as store:
            plan = pipeline.make_plan(drop, store, suite)
            judge: Any = judge_by
            with scale.progress_to(lambda size, _: told.append(size)):
                asyncio.run(scale.judge_batches(judge, plan, store, suite, None))
            pipeline.finish(plan, store, suite, datetime.now(UTC), tmp_path / "site")
    assert differing(tmp_path, kills.tables_of(tmp_path / "alone")) == []
    assert len(told) == len(plan.batches) == kills.FILES / kills.BATCH
    assert sum(told) == plan.bytes


def pids_of(crew: Crew) -> list[int]:
    return list(crew.executor._processes)  # pyright: ignore[reportPrivateUsage] - no other way leads to them


async def _judged(crew: Crew, plan: Plan, store: Store, suite: Suite, meanwhile: Callable[[], None]) -> None:
    judging = asyncio.create_task(crew.judge(plan, 0, store, suite))
    await asyncio.sleep(0)
    meanwhile()
    await judging


def test_a_process_that_is_killed_is_told_in_a_sentence(drop: Path, tmp_path: Path) -> None:
    suite, store = load_suite(), Store(tmp_path / "store")
    plan = pipeline.make_plan(drop, store, suite)
    with Crew.gathered(2) as crew:

        def kill() -> None:
            for pid in pids_of(crew):
                os.kill(pid, signal.SIGKILL)

        with pytest.raises(
            InputError, match=r"\Aexpected a process for each core, found one that was killed, [^\n]+\Z"
        ):
            asyncio.run(_judged(crew, plan, store, suite, kill))


def _gather(told: Any, drop: Path, root: Path) -> None:
    suite, store = load_suite(), Store(root / "store")
    plan = pipeline.make_plan(drop, store, suite)
    with Crew.gathered(1) as crew:
        asyncio.run(crew.judge(plan, 0, store, suite))
        told.send(pids_of(crew))
        time.sleep(300)


@pytest.mark.slow  # starts processes that load everything anew
def test_processes_end_with_the_one_that_was_killed(drop: Path, tmp_path: Path) -> None:
    ours, theirs = kills.SPAWN.Pipe()
    run = kills.SPAWN.Process(target=_gather, args=(theirs, drop, tmp_path))
    run.start()
    try:
        assert ours.poll(60)
        (worker,) = ours.recv()
        assert not is_dead(worker)
    finally:
        run.kill()
        run.join()
    until = time.monotonic() + 20
    while not is_dead(worker) and time.monotonic() < until:
        time.sleep(0.05)
    assert is_dead(worker)
