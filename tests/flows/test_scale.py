"""Batches on Dask: real schedulers and worker processes, which are killed, lost, missing, or a stranger's."""

from __future__ import annotations

import asyncio
import os
import pickle
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from threading import Barrier, Thread
from unittest.mock import patch

import pytest

from expectations.suite import load_suite
from flows import committing, dask_workers, pipeline
from flows.committing import Commits, commit
from flows.dask_workers import Dask, check, workers_at
from flows.plan import Plan
from flows.settings import load_settings
from schemas import batching
from schemas.errors import InputError
from schemas.store import Store
from tests.benches.corpus import make
from tests.flows import test_kills as kills
from tests.flows.deaths import ENDURANCE
from tests.flows.on_dask import (
    Tables,
    a_cluster,
    a_prefect_server,
    differing,
    environment,
    fit,
    free_port,
    turnproof,
)
from tests.flows.served import wait

# Slow: a Prefect server takes 20 s to start, and each run on Dask as long, most of it for imports in each process.
slow = pytest.mark.slow

BATCH = 20
"""Sources of a batch: so many that workers have something to do when they are killed."""

drop = kills.drop
"""The drop of 200 files that other runs are killed over, too."""


@pytest.fixture(scope="module")
def undisturbed(drop: Path, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """What it comes to in one process that nothing happens to."""
    root = tmp_path_factory.mktemp("undisturbed")
    with patch.object(batching, "BATCH_SOURCES", BATCH):
        pipeline.run_drop(drop, Store(root / "store"), load_suite(), root / "site")
    return kills.tables_of(root)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with a_prefect_server(tmp_path_factory.mktemp("prefect")) as url:
        yield url


# The bench corpus.


@slow
@pytest.mark.longest
def test_the_corpus_comes_to_the_same_on_two_workers(server: str, tmp_path: Path) -> None:
    make(tmp_path / "corpus", turns=80_000, files=400)
    started = time.monotonic()
    pipeline.run_drop(tmp_path / "corpus", Store(tmp_path / "alone/store"), load_suite(), tmp_path / "alone/site")
    alone = time.monotonic() - started
    tables = kills.tables_of(tmp_path / "alone")
    assert tables["runs"]["batches"][0] > 2
    assert tables["transcripts"].height == 400
    with a_cluster(tmp_path / "elsewhere") as (address, scheduler):
        wait(lambda: fit(address), 120, "no worker came")
        shared = workers_elsewhere_are_told_all_they_need(address, server, tmp_path, tables)
        print(f"400 files: {alone:.1f} s in a process that runs, {shared:.1f} s in one that starts, on two workers")
        doctor_tells_of_them(address, tmp_path)
        a_scheduler_that_is_lost_is_told_and_the_next_run_finishes_it(address, scheduler, server, tmp_path, tables)


def workers_elsewhere_are_told_all_they_need(address: str, server: str, folder: Path, tables: Tables) -> float:
    """They have another folder, and none of our settings."""
    started = time.monotonic()
    done = turnproof(folder, "run", "corpus", "--store", "shared/store", "--dask", address, PREFECT_API_URL=server)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("what it's like") == 0
    assert differing(folder / "shared", tables) == []
    return time.monotonic() - started


def doctor_tells_of_them(address: str, folder: Path) -> None:
    told = turnproof(folder, "doctor", TURNPROOF_DASK=address).stdout
    assert f"ok   Dask: the scheduler at {address} answers, and has 2 workers\n" in told
    assert f"ok   setting dask: {address} (TURNPROOF_DASK)\n" in told


def a_scheduler_that_is_lost_is_told_and_the_next_run_finishes_it(
    address: str, scheduler: subprocess.Popen[bytes], server: str, folder: Path, tables: Tables
) -> None:
    command = [sys.executable, "-m", "flows", "run", "corpus", "--store", "lost/store", "--dask", address]
    told = environment(folder / "home", PREFECT_API_URL=server)
    run = subprocess.Popen(command, cwd=folder, env=told, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    wait(lambda: committed(folder / "lost") or run.poll() is not None, 300, "nothing was committed")
    scheduler.kill()
    _, error = run.communicate(timeout=120)
    assert run.returncode == 2
    again = "run the drop again: what was begun is finished"
    assert error == f"turnproof: {address}: expected a scheduler that stays, found it gone; start it, and {again}\n"
    pipeline.run_drop(folder / "corpus", Store(folder / "lost/store"), load_suite(), folder / "lost/site")
    assert differing(folder / "lost", tables) == []


# Deaths.


def run_on_dask(drop: Path, root: Path, dask: str) -> None:
    from flows import prefect_defaults

    prefect_defaults.apply()
    from flows.validate import validate_drop

    with patch.object(batching, "BATCH_SOURCES", BATCH), patch.object(committing, "EVERY", 0):
        asyncio.run(validate_drop(drop, root / "store", root / "site", dask=dask))


@contextmanager
def a_run(drop: Path, root: Path, server: str, dask: str = "2") -> Generator[SpawnProcess]:
    """A run in a process of its own, in which one batch is committed, and others are being judged."""
    with patch.dict(os.environ, PREFECT_API_URL=server, PREFECT_HOME=str(root / "home")):
        child = kills.SPAWN.Process(target=run_on_dask, args=(drop, root, dask))
        child.start()
    try:
        while child.is_alive() and not committed(root):
            time.sleep(0.01)
        yield child
    finally:
        child.kill()
        child.join()


def committed(root: Path) -> int:
    """How many batches are judged."""
    return max(0, len(list((root / "store/tallies/_delta_log").glob("*.json"))) - 1)


def workers_of(process: SpawnProcess) -> list[int]:
    """The numbers of the worker processes that a run has started."""
    told = [path.read_text().split() for path in Path(f"/proc/{process.pid}/task").glob("*/children")]
    return [int(child) for child in chain(*told) if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def is_dead(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


@slow
@pytest.mark.endurance
@pytest.mark.parametrize("number", range(30 if ENDURANCE else 1))
def test_workers_killed_at_any_moment_are_replaced(
    number: int, server: str, drop: Path, tmp_path: Path, undisturbed: Tables
) -> None:
    moment = random.Random(number)
    with a_run(drop, tmp_path, server) as run:
        time.sleep(moment.uniform(0, 0.4))
        # Both, now and then: then there is nobody for a while.
        killed = moment.sample(workers_of(run), 1 + number % 2)
        for worker in killed:
            os.kill(worker, signal.SIGKILL)
        done = committed(tmp_path)
        run.join(300)
        assert run.exitcode == 0
    assert len(killed) == 1 + number % 2
    assert done < kills.FILES / BATCH
    assert differing(tmp_path, undisturbed) == []
    print(f"kill {number}: {len(killed)} of 2 workers, with {done} batches committed")


def gather_workers(told: Connection) -> None:
    with Dask.opened("1", "http://127.0.0.1:9/api") as crew:
        crew.gather()
        told.send("here")
        time.sleep(300)


@slow
def test_workers_end_with_a_run_that_is_killed() -> None:
    ours, theirs = kills.SPAWN.Pipe()
    run = kills.SPAWN.Process(target=gather_workers, args=(theirs,))
    run.start()
    try:
        assert ours.poll(120)
        workers = workers_of(run)
        assert len(workers) == 1
    finally:
        run.kill()
        run.join()
    wait(lambda: all(map(is_dead, workers)), 60, "the workers live on")


def test_two_who_judge_a_batch_at_once_commit_it_once(drop: Path, tmp_path: Path, undisturbed: Tables) -> None:
    suite, both = load_suite(), Barrier(2, timeout=60)

    def judge(plan: Plan, number: int, store: Store) -> bool:
        files = pipeline.judge_batch(plan.only(number), number, store, suite)
        both.wait()
        return commit(plan, store, {number: files})

    with Store(tmp_path / "store").claim("drop") as store, patch.object(batching, "BATCH_SOURCES", BATCH):
        plan = pipeline.make_plan(drop, store, suite)
        assert Commits(plan, store).left() == list(range(len(plan.batches)))
        with ThreadPoolExecutor(2) as threads:
            for number in range(len(plan.batches)):
                # Each has its own copy of everything, as a worker has.
                given = [threads.submit(judge, *pickle.loads(pickle.dumps((plan, number, store)))) for _ in range(2)]
                assert sorted(each.result() for each in given) == [False, True]
        pipeline.finish(plan, store, suite, datetime.now(UTC), tmp_path / "site")
    assert differing(tmp_path, undisturbed) == []


# An address.


@slow
def test_a_scheduler_without_workers_is_told(tmp_path: Path) -> None:
    with a_cluster(tmp_path / "elsewhere", workers=0) as (address, _):
        expected = rf"\A{address}: expected a scheduler with workers, found that it has none; start some, as with `dask"
        with pytest.raises(InputError, match=expected):
            workers_at(address)
        with (
            patch.object(dask_workers, "LOST", 0.5),
            Dask.opened(address, "http://127.0.0.1:9/api") as crew,
            pytest.raises(InputError, match=expected),
        ):
            crew.gather()


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_a_port_of_something_else_is_no_scheduler(greeting: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        address = f"tcp://127.0.0.1:{stranger.getsockname()[1]}"

        def greet() -> None:
            # Who hangs up without having heard all of it resets the connection.
            with stranger.accept()[0] as caller, suppress(ConnectionResetError):
                caller.sendall(greeting)
                caller.recv(1)

        greeter = Thread(target=greet)
        greeter.start()
        with (
            patch.object(dask_workers, "ANSWERS", 0.5),
            pytest.raises(InputError, match=rf"\A{address}: expected a Dask scheduler, found no answer that is one of"),
        ):
            workers_at(address)
        greeter.join()


def test_a_scheduler_that_is_not_there_is_told_at_once() -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(InputError) as told:
        check(address)
    assert str(told.value) == (
        f"{address}: expected a Dask scheduler, found connection refused; start it, as with `dask scheduler`, or mend "
        "--dask or TURNPROOF_DASK"
    )


def test_dask_that_is_not_installed_is_told() -> None:
    with patch.object(dask_workers, "find_spec", return_value=None):
        check(None)
        check("0")
        with pytest.raises(InputError, match=r"\Adask: expected the package prefect-dask, .* 'turnproof\[dask\]'\Z"):
            check("2")


@pytest.mark.parametrize("told", ["0", "2", "tcp://scheduler:8786", "tls://[::1]:8786"])
def test_dask_is_a_number_or_an_address(told: str) -> None:
    assert load_settings(dask=told).dask == told


@pytest.mark.parametrize("told", ["-1", "1.5", "many", "http://scheduler:8786", "tcp://scheduler", "tcp://s:70000"])
def test_what_is_neither_is_refused(told: str) -> None:
    with pytest.raises(InputError, match=r"\A--dask: .*such as tcp://host:8786, not \".*\"; mend it\Z"):
        load_settings(dask=told)
