"""Where batches are judged: in threads of this process, or by Dask's workers, on this machine or on others.

A batch is handed over as the paths of its sources, the suite, and the store with its claim; nothing of it comes back.
Whoever judges it commits it, and that only once, whoever else has begun it: a worker may die, or be thought dead, at
any moment, and another one judges the batch again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, Final

from prefect import Task
from prefect.client.orchestration import get_client
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from expectations.suite import Suite
from flows.dask_workers import Dask, check, on_dask
from flows.plan import Plan
from schemas.store import Store

PROGRESS: Final[ContextVar[Callable[[int, int], None] | None]] = ContextVar("PROGRESS", default=None)
"""Called with the bytes of each batch that is done and those of the run; not a parameter, as Prefect records those."""

THREADS: Final = 2
"""Batches judged at once in this process; Polars uses every core within a batch, so more only costs memory."""

LOOK: Final = 10.0
"""Seconds between two looks whether there still is who judges."""

_SUITES: Final[dict[tuple[str, str], Suite]] = {}

Judge = Task[[Plan, int, Store, Suite], bool]


async def judge_batches(judge: Judge, plan: Plan, store: Store, suite: Suite, dask: str | None) -> None:
    """Have all batches of a plan judged, many at once.

    Args:
        judge: judges and commits one batch, given a plan that has no other sources.
        plan: what there is to do.
        store: held by this run; whoever judges commits under its claim.
        suite: the policy.
        dask: the setting; a single batch is judged here, as nothing is gained by handing it over.

    Raises:
        TurnproofError: if a batch could not be judged, or Dask not be worked with.
    """
    # Known from here on, so that no worker looks for the suite's files to tell it.
    _ = suite.digest
    async with _crew(dask if len(plan.batches) > 1 else None) as crew:
        gate = asyncio.Semaphore(await asyncio.to_thread(crew.gather))

        async def judge_one(number: int) -> None:
            async with gate:
                given = {"plan": plan.only(number), "number": number, "store": store, "suite": suite}
                await _judged(crew, await asyncio.to_thread(crew.submit, judge, given))
            if (progress := PROGRESS.get()) is not None:
                progress(sum(source.bytes for source in plan.batches[number]), plan.bytes)

        judging = [asyncio.create_task(judge_one(number)) for number in range(len(plan.batches))]
        try:
            await asyncio.gather(*judging)
        finally:
            for each in judging:
                each.cancel()


def known(suite: Suite) -> Suite:
    """The first of equal suites: a worker gets one with each batch, and what follows from it is kept by identity."""
    return _SUITES.setdefault((suite.name, suite.digest), suite)


@contextmanager
def progress_to(observer: Callable[[int, int], None]) -> Generator[None]:
    """Tell `observer` of each batch that is done within the block."""
    token = PROGRESS.set(observer)
    try:
        yield
    finally:
        PROGRESS.reset(token)


class _Threads:
    """Threads of this process; `flows.dask_workers.Dask` is the same of Dask's workers."""

    def __init__(self, runner: TaskRunner[Any]) -> None:
        self._runner = runner

    def gather(self) -> int:
        return THREADS

    def submit(self, judge: Judge, given: dict[str, Any]) -> PrefectFuture[bool]:
        future: PrefectFuture[bool] = self._runner.submit(judge, given)
        return future

    def look(self) -> None:
        """They are always there."""

    def result(self, future: PrefectFuture[bool]) -> None:
        future.result()


@asynccontextmanager
async def _crew(dask: str | None) -> AsyncGenerator[_Threads | Dask]:
    if dask is not None and on_dask(dask):
        check(dask)
        async with get_client() as client:
            server = str(client.api_url)
        with Dask.opened(dask, server) as workers:
            yield workers
    else:
        with ThreadPoolTaskRunner[Any](THREADS) as runner:
            yield _Threads(runner)


async def _judged(crew: _Threads | Dask, future: PrefectFuture[bool]) -> None:
    """Return when a batch was judged."""
    done, loop = asyncio.Event(), asyncio.get_running_loop()

    def tell(_: object) -> None:
        loop.call_soon_threadsafe(done.set)

    future.add_done_callback(tell)
    while not done.is_set():
        try:
            await asyncio.wait_for(done.wait(), LOOK)
        except TimeoutError:
            await asyncio.to_thread(crew.look)
    await asyncio.to_thread(crew.result, future)
