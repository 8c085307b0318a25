"""Where batches are judged: by processes of this machine, or by Dask's workers, on this machine or on others.

A batch is handed over as the paths of its sources, the suite, and the store with its claim; the names of the files that
it was written to come back, and the run commits them. A worker may die, or be thought dead, at any moment, and another
one judges the batch again: what the first has written is never seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar, cast

from prefect import Task
from prefect.client.orchestration import get_client
from prefect.utilities.annotations import quote

from expectations.suite import Suite
from flows.committing import Commits, Files
from flows.crew import Crew
from flows.dask_workers import Dask, check, on_dask
from flows.plan import Plan
from schemas.store import Store

T = TypeVar("T")

JudgeTask = Task[..., Any]
"""`flows.validate.judge_batch`; what a function of its kind returns, the type checkers don't agree on."""

PROGRESS: Final[ContextVar[Callable[[int, int], None] | None]] = ContextVar("PROGRESS", default=None)
"""Called with the bytes of each batch that is done and those of the run; not a parameter, as Prefect records those."""


async def judge_batches(judge: JudgeTask, plan: Plan, store: Store, suite: Suite, dask: str | None) -> None:
    """Have all batches of a plan judged, many at once, and commit them.

    Args:
        judge: has one batch judged, given a plan that has no other sources.
        plan: what there is to do.
        store: held by this run; whoever judges commits under its claim.
        suite: the policy.
        dask: the setting; a single batch is judged here, as nothing is gained by handing it over.

    Raises:
        TurnproofError: if a batch could not be judged, or Dask not be worked with.
    """
    # Known from here on, so that no worker looks for the suite's files to tell it.
    _ = suite.digest
    commits = Commits(plan, store)
    left = await asyncio.to_thread(commits.left)
    async with _crew(dask, len(left)) as crew:
        gate = asyncio.Semaphore(await asyncio.to_thread(crew.gather))

        async def judge_one(number: int) -> None:
            async with gate:
                files = await crew.judged(judge, plan.only(number), number, store, suite)
            await asyncio.to_thread(commits.add, number, files)
            tell(number)

        def tell(number: int) -> None:
            if (progress := PROGRESS.get()) is not None:
                progress(sum(source.bytes for source in plan.batches[number]), plan.bytes)

        for number in set(range(len(plan.batches))).difference(left):
            tell(number)
        judging = [asyncio.create_task(judge_one(number)) for number in left]
        try:
            await asyncio.gather(*judging)
        finally:
            for each in judging:
                each.cancel()
    await asyncio.to_thread(commits.finish)


def unseen(thing: T) -> T:
    """An argument of a task as it is, but that Prefect doesn't look for futures within: it would visit every source."""
    return cast("T", quote(thing))


@contextmanager
def progress_to(observer: Callable[[int, int], None]) -> Generator[None]:
    """Tell `observer` of each batch that is done within the block."""
    token = PROGRESS.set(observer)
    try:
        yield
    finally:
        PROGRESS.reset(token)


class _Here:
    """Processes of this machine, or this one; `flows.dask_workers.Dask` is the same of Dask's workers."""

    def __init__(self, crew: Crew | None) -> None:
        self._crew = crew

    def gather(self) -> int:
        # One more than there are processes, lest one be idle.
        return self._crew.count + 1 if self._crew else 1

    async def judged(self, judge: JudgeTask, plan: Plan, number: int, store: Store, suite: Suite) -> Files:
        by = self._crew and self._crew.judge
        files: Files = await judge(unseen(plan), number, store, unseen(suite), by)
        return files


@asynccontextmanager
async def _crew(dask: str | None, batches: int) -> AsyncGenerator[_Here | Dask]:
    """Who judges so many batches; nothing is gained by handing a single one over."""
    if batches < 2:
        yield _Here(None)
    elif dask is not None and on_dask(dask):
        check(dask)
        async with get_client() as client:
            server = str(client.api_url)
        with Dask.opened(dask, server) as workers:
            yield workers
    else:
        with Crew.gathered(batches) as crew:
            yield _Here(crew)
