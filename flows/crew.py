"""Processes of this machine that judge batches.

Threads don't do: most of the work is one search after the other over one column, so Polars' own gain little, and those
of Python wait for each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Final

from expectations.suite import Suite
from flows import pipeline
from flows.committing import Files
from flows.plan import Plan
from flows.pool import pool
from flows.workers import lost
from schemas.store import Store

Judge = Callable[[Plan, int, Store, Suite], Awaitable[Files]]
"""Has one batch of a plan judged, and written to files; the plan need not have the sources of others."""

_SUITES: Final[dict[tuple[str, str], Suite]] = {}


def known(suite: Suite) -> Suite:
    """The first of equal suites: a worker gets one with each batch, and what follows from it is kept by identity."""
    return _SUITES.setdefault((suite.name, suite.digest), suite)


class Crew:
    """Processes that judge a batch each at a time.

    Args:
        executor: the processes.
        count: how many.
    """

    def __init__(self, executor: ProcessPoolExecutor, count: int) -> None:
        self.executor = executor
        self.count = count

    @classmethod
    @contextmanager
    def gathered(cls, batches: int) -> Generator[Crew]:
        """As many as so many batches need."""
        with pool(batches) as (executor, count):
            yield cls(executor, count)

    async def judge(self, plan: Plan, number: int, store: Store, suite: Suite) -> Files:
        """`flows.pipeline.judge_batch` in one of them.

        Raises:
            InputError: if one was killed.
        """
        try:
            return await asyncio.wrap_future(self.executor.submit(_judge, plan, number, store, suite))
        except BrokenProcessPool:
            raise lost() from None


def _judge(plan: Plan, number: int, store: Store, suite: Suite) -> Files:
    return pipeline.judge_batch(plan, number, store, known(suite))
