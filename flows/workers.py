"""Work on several things at once, in order: in processes where they can be forked, else in threads.

Polars' own threads gain little here: most of the work is one search after the other over one column, and threads that
wait for each other take a third of the processor time. Processes with a thread each don't.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, TypeVar

from schemas.errors import InputError

T = TypeVar("T")
R = TypeVar("R")

THREADS: Final = 2
"""Workers where they are threads: with one, two cores are half idle; a third gains little."""

PROCESSES: Final = 8
"""The most workers where they are processes: each takes up to 300 MB, and one process lists for all."""

_IDLE: Final = frozenset({"jemalloc_bg_thd", "polars-ooc-clea"})
"""Threads that Polars starts when it is imported: they wait, and what a fork copies of them is whole."""

_TASKS: Final = Path("/proc/self/task")
"""Where Linux shows the threads of this process."""

_work: Callable[[Any], Any] | None = None
"""What a forked process does; to it the function comes by the fork, as it need not be one that pickle can name."""


def in_order(work: Callable[[T], R], things: Iterable[T], *, apart: bool = False) -> Iterator[tuple[T, R]]:
    """Each thing with what `work` makes of it, in order; few are under way at once.

    Args:
        work: the function. In a process of its own it sees what there was when the second thing had come, and what it
            returns comes back by pickle.
        things: what it is called with.
        apart: whether an only thing is given to a process, too. Else it is worked on here, and from a process that has
            imported a library with threads of its own no other can be forked.

    Raises:
        InputError: if a process was killed.
    """
    rest = iter(things)
    first = list(islice(rest, 2))
    if len(first) < 2 - apart:
        yield from ((thing, work(thing)) for thing in first)
        return
    with _pool(work) as (submit, count):
        waiting: deque[tuple[T, Future[R]]] = deque()
        for thing in chain(first, rest):
            waiting.append((thing, _begun(submit, thing)))
            # One more than there are workers waits, lest one be idle.
            if len(waiting) > count + 1:
                yield _done(*waiting.popleft())
        while waiting:
            yield _done(*waiting.popleft())


def workers() -> int:
    """The most workers that there are at once."""
    return THREADS if sys.platform != "linux" else min(PROCESSES, len(os.sched_getaffinity(0)))


def _begun(submit: Callable[[T], Future[R]], thing: T) -> Future[R]:
    try:
        return submit(thing)
    except BrokenExecutor:
        # One that was killed may be known of before anybody asks for what it made.
        raise lost() from None


def _done(thing: T, future: Future[R]) -> tuple[T, R]:
    try:
        return thing, future.result()
    except BrokenExecutor:
        raise lost() from None


def lost() -> InputError:
    """What to say of a process that was killed."""
    return InputError(
        "expected a process for each core, found one that was killed, mostly for want of memory; free some, or name "
        "fewer files at once"
    )


@contextmanager
def _pool(work: Callable[[T], R]) -> Generator[tuple[Callable[[T], Future[R]], int]]:
    """What hands a thing to one of the workers, and how many there are."""
    if _can_fork():
        # Slow to import, and what is read in one go needs none of it.
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        count = workers()
        begin = (work, max(1, len(os.sched_getaffinity(0)) // count))
        pool: Executor = ProcessPoolExecutor(count, get_context("fork"), _begin, begin)
        # What the collector looks at is copied for each process.
        gc.freeze()
        with warnings.catch_warnings():
            # From Python 3.12 on; `_can_fork` has looked at the threads.
            warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
            pool.submit(os.getpid).result()
        call: Callable[[T], R] = _call
    else:
        count, call = THREADS, work
        pool = ThreadPoolExecutor(count)
    try:
        yield lambda thing: pool.submit(call, thing), count
    finally:
        threads = threading.enumerate()
        pool.shutdown(cancel_futures=True)
        _gone(threads)


def _gone(threads: Iterable[threading.Thread]) -> None:
    """Wait until the system has ended those threads that Python has: till then no further process would be forked."""
    paths = [_TASKS / str(thread.native_id) for thread in threads if not thread.is_alive()]
    until = time.monotonic() + 1
    while any(path.exists() for path in paths) and time.monotonic() < until:
        time.sleep(0.0005)


def _can_fork() -> bool:
    """Whether a forked process would be whole: on Linux, if no other thread is at work."""
    if sys.platform != "linux":
        return False
    names = [each.read_text().strip() for each in _TASKS.glob("*/comm")]
    return len([name for name in names if name not in _IDLE]) == 1


def _begin(work: Callable[[Any], Any], threads: int) -> None:
    from flows.children import end_once, orphaned

    global _work  # noqa: PLW0603 - a worker has no other place to keep it
    _work = work
    # Read when Polars first needs its threads, which is in the worker.
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    end_once(orphaned)


def _call(thing: Any) -> Any:
    if _work is None:
        raise AssertionError
    return _work(thing)
