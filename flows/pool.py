"""Processes of this machine, forked from one that only imports, with a thread of Polars each.

A process in which Prefect is at work, or Polars, can't be forked itself: what its other threads hold would be held for
ever.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver
from pkgutil import iter_modules
from typing import Final, TypeVar

from expectations import rules
from flows.children import end_once
from flows.workers import PROCESSES, lost
from schemas.contracts import MODELS
from schemas.limits import BATCH_BYTES

T = TypeVar("T")

PRELOADED: Final = (
    *("flows.crew", "deltalake", "obstore.store"),
    *sorted({module for module, _ in MODELS.values()}),
    *(f"{rules.__name__}.{module.name}" for module in iter_modules(rules.__path__)),
)
"""What the process imports that the others are forked from. Polars is among it: until it is used, its threads wait."""

_FORKS: Final = sys.platform == "linux"


def warm_up(size: int = 2 * BATCH_BYTES) -> None:
    """Have that process import what takes a second, while this one does something else, if there is so much to judge.

    Args:
        size: in bytes; a single batch is judged without other processes.
    """
    if _FORKS and size > BATCH_BYTES:
        multiprocessing.set_forkserver_preload(list(PRELOADED))
        forkserver.ensure_running()


@contextmanager
def pool(things: int) -> Generator[tuple[ProcessPoolExecutor, int]]:
    """Processes, and how many: as many as there are cores, and no more than there are things to do."""
    cores = len(os.sched_getaffinity(0)) if _FORKS else os.cpu_count() or 1
    count = min(PROCESSES, cores, things)
    warm_up()
    context = multiprocessing.get_context("forkserver" if _FORKS else "spawn")
    executor = ProcessPoolExecutor(count, context, _begin, (max(1, cores // count),))
    try:
        yield executor, count
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def spread(work: Callable[[T], None], things: Sequence[T]) -> Generator[None]:
    """Do `work` on each of several things while the block runs, in processes; a single one is done here, before it.

    Raises:
        InputError: if a process was killed.
    """
    if len(things) < 2:
        for thing in things:
            work(thing)
        yield
        return
    with pool(len(things)) as (executor, _):
        try:
            working = [executor.submit(work, thing) for thing in things]
        except BrokenProcessPool:
            raise lost() from None
        yield
        try:
            for each in working:
                each.result()
        except BrokenProcessPool:
            raise lost() from None


def _begin(threads: int) -> None:
    # Read when Polars first needs its threads.
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    parent = multiprocessing.parent_process()
    if parent is not None:
        end_once(parent.join)
