"""Processes of this machine that judge batches: forked, each with a share of the cores, from one that only imports.

Threads don't do: most of the work is one search after the other over one column, so Polars' own gain little, and those
of Python wait for each other. And a process in which Prefect is at work can't be forked itself.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver
from pkgutil import iter_modules
from typing import Final

from expectations import rules
from expectations.suite import Suite
from flows import pipeline
from flows.children import end_once
from flows.committing import Files
from flows.plan import Plan
from flows.workers import PROCESSES, lost
from schemas.contracts import MODELS
from schemas.limits import BATCH_BYTES
from schemas.store import Store

PRELOADED: Final = (
    *("flows.crew", "deltalake", "obstore.store"),
    *sorted({module for module, _ in MODELS.values()}),
    *(f"{rules.__name__}.{module.name}" for module in iter_modules(rules.__path__)),
)
"""What the process imports that the others are forked from. Polars is among it: until it is used, its threads wait."""

Judge = Callable[[Plan, int, Store, Suite], Awaitable[Files]]
"""Has one batch of a plan judged, and written to files; the plan need not have the sources of others."""

_FORKS: Final = sys.platform == "linux"

_SUITES: Final[dict[tuple[str, str], Suite]] = {}


def warm_up(size: int = 2 * BATCH_BYTES) -> None:
    """Have that process import what takes a second, while this one does something else, if there is so much to judge.

    Args:
        size: in bytes; a single batch is judged without a crew.
    """
    if _FORKS and size > BATCH_BYTES:
        multiprocessing.set_forkserver_preload(list(PRELOADED))
        forkserver.ensure_running()


def known(suite: Suite) -> Suite:
    """The first of equal suites: a worker gets one with each batch, and what follows from it is kept by identity."""
    return _SUITES.setdefault((suite.name, suite.digest), suite)


class Crew:
    """Processes that judge a batch each at a time.

    Args:
        pool: the processes.
        count: how many.
    """

    def __init__(self, pool: ProcessPoolExecutor, count: int) -> None:
        self._pool = pool
        self.count = count

    @classmethod
    @contextmanager
    def gathered(cls, batches: int) -> Generator[Crew]:
        """As many as there are cores, and no more than there are batches."""
        cores = len(os.sched_getaffinity(0)) if _FORKS else os.cpu_count() or 1
        count = min(PROCESSES, cores, batches)
        warm_up()
        context = multiprocessing.get_context("forkserver" if _FORKS else "spawn")
        pool = ProcessPoolExecutor(count, context, _begin, (max(1, cores // count),))
        try:
            yield cls(pool, count)
        finally:
            pool.shutdown(cancel_futures=True)

    async def judge(self, plan: Plan, number: int, store: Store, suite: Suite) -> Files:
        """`flows.pipeline.judge_batch` in one of them.

        Raises:
            InputError: if one was killed.
        """
        try:
            return await asyncio.wrap_future(self._pool.submit(_judge, plan, number, store, suite))
        except BrokenProcessPool:
            raise lost() from None


def _begin(threads: int) -> None:
    # Read when Polars first needs its threads.
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    parent = multiprocessing.parent_process()
    if parent is not None:
        end_once(parent.join)


def _judge(plan: Plan, number: int, store: Store, suite: Suite) -> Files:
    return pipeline.judge_batch(plan, number, store, known(suite))
