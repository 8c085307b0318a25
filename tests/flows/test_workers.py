"""Several things at once: in forked processes where nothing else is at work in the process, else in threads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.workers import PROCESSES, in_order
from tests.conftest import ROOT
from tests.flows.served import alive

BEGIN = """
import os, signal, sys, time
import polars as pl
from flows.workers import in_order
from schemas.errors import InputError
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")


def run(script: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-W", "error", "-c", BEGIN + script, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout.split()


def test_everything_is_worked_on_in_order() -> None:
    assert list(in_order(lambda number: number * number, range(40))) == [(each, each * each) for each in range(40)]
    assert list(in_order(str, [])) == []


def test_a_single_thing_is_worked_on_at_once() -> None:
    assert list(in_order(lambda _: os.getpid(), ["one"])) == [("one", os.getpid())]


@linux
def test_a_single_thing_can_be_worked_on_apart() -> None:
    """Large Parquet files are cut so: PyArrow starts threads, after which no process can be forked."""
    script = """
def work(thing):
    import pyarrow.parquet
    return os.getpid()
print(list(in_order(work, ["one"], apart=True)) == [("one", os.getpid())], "pyarrow" in sys.modules)
print(list(in_order(work, [], apart=True)), len({pid for _, pid in in_order(work, range(9))} - {os.getpid()}) > 0)
"""
    assert run(script) == ["False", "False", "[]", "True"]


@linux
def test_processes_are_forked_time_and_again() -> None:
    """A thread that Python has ended is there a moment longer for the system: it kept the next process from forking."""
    script = """
pids = {pid for _ in range(100) for _, pid in in_order(lambda _: os.getpid(), ["one"], apart=True)}
print(os.getpid() in pids)
"""
    assert run(script) == ["False"]


def test_few_things_are_under_way() -> None:
    taken: list[int] = []

    def things() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = in_order(str, things())
    next(results)
    assert len(taken) <= PROCESSES + 2
    results.close()  # type: ignore[attr-defined]  # it is a generator


@linux
def test_processes_do_the_work_with_what_there_was() -> None:
    script = """
given = {"factor": 3}
def work(number):
    frame = pl.DataFrame({"number": [number]}).select(pl.col("number") * given["factor"])
    return os.getpid(), frame.item()
found = list(in_order(work, iter(range(20))))
assert [value for _, (_, value) in found] == [3 * number for number in range(20)]
print(os.getpid() in {pid for _, (pid, _) in found}, len({pid for _, (pid, _) in found}) <= os.cpu_count())
"""
    assert run(script) == ["False", "True"]


@linux
def test_threads_do_it_where_polars_is_at_work_already() -> None:
    script = """
pl.DataFrame({"a": [1, 2]}).lazy().select(pl.col("a").sum()).collect()
print({pid for _, pid in in_order(lambda _: os.getpid(), range(9))} == {os.getpid()})
"""
    assert run(script) == ["True"]


@linux
def test_a_process_that_is_killed_is_told_in_a_sentence() -> None:
    script = """
def work(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number
try:
    list(in_order(work, range(20)))
except InputError as error:
    print(str(error).startswith("expected a process for each core"))
"""
    assert run(script) == ["True"]


@linux
def test_a_process_that_is_killed_is_told_where_more_is_given_out() -> None:
    script = """
def things():
    yield from range(2)
    # By now the one that had the first is known to be dead.
    time.sleep(1)
    yield 2
def work(number):
    if number == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return number
try:
    list(in_order(work, things()))
except InputError as error:
    print(str(error).startswith("expected a process for each core"))
"""
    assert run(script) == ["True"]


@linux
def test_a_fault_in_a_process_comes_back_as_it_is() -> None:
    script = """
def work(number):
    raise InputError("expected this")
try:
    list(in_order(work, range(20)))
except InputError as error:
    print(error)
"""
    assert run(script) == ["expected", "this"]


@linux
def test_processes_end_with_the_one_that_was_killed(tmp_path: Path) -> None:
    script = """
def work(number):
    open(os.path.join(sys.argv[1], str(os.getpid())), "w").close()
    time.sleep(60)
list(in_order(work, range(4)))
"""
    parent = subprocess.Popen([sys.executable, "-c", BEGIN + script, str(tmp_path)], cwd=ROOT)
    try:
        until = time.monotonic() + 30
        while not (children := [int(path.name) for path in tmp_path.iterdir()]):
            assert time.monotonic() < until
            time.sleep(0.1)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    until = time.monotonic() + 10
    while alive(dict.fromkeys(children, "")):
        assert time.monotonic() < until
        time.sleep(0.1)
