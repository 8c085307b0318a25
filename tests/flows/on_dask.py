"""What runs on Dask need besides: Prefect's server, schedulers and workers, as processes of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import polars as pl

from flows.dask_workers import check, workers_at
from schemas.errors import InputError
from tests.conftest import ROOT
from tests.flows.served import wait
from tests.flows.test_kills import tables_of

Tables = dict[str, pl.DataFrame]
"""The rows of every table, as `tables_of` gives them."""


@contextmanager
def a_prefect_server(home: Path) -> Generator[str]:
    """The address of a Prefect server that keeps its things in a folder."""
    port, quiet = free_port(), {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment(home, **quiet), stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}/api"

    def up() -> bool:
        assert process.poll() is None, (home / "log").read_text()
        with suppress(OSError), urlopen(f"{url}/health", timeout=5):
            return True
        return False

    wait(up, 120, "Prefect's server did not start")
    try:
        yield url
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def environment(home: Path, **more: str) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PREFECT_", "TURNPROOF_"))}
    return clean | {"PREFECT_HOME": str(home), "PYTHONPATH": str(ROOT), "COLUMNS": "160"} | more


def turnproof(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flows", *arguments]
    told = environment(folder / "home", **more)
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=told, check=False, timeout=300)


@contextmanager
def a_cluster(folder: Path, workers: int = 2) -> Generator[tuple[str, subprocess.Popen[bytes]]]:
    """A scheduler and workers as somebody starts them elsewhere: in another folder, and told nothing of us."""
    folder.mkdir()
    address, dask = f"tcp://127.0.0.1:{free_port()}", [sys.executable, "-m", "dask"]
    commands = [[*dask, "scheduler", "--host", address, "--dashboard-address", "127.0.0.1:0"]]
    if workers:
        commands.append([*dask, "worker", address, "--nworkers", str(workers), "--nthreads", "1", "--no-dashboard"])
    begun: list[subprocess.Popen[bytes]] = []
    with (folder / "log").open("wb") as log:
        for command in commands:
            told = environment(folder / "home")
            begun.append(subprocess.Popen(command, cwd=folder, env=told, stdout=log, stderr=log))
    try:
        wait(lambda: answers(address), 120, "the scheduler did not start")
        yield address, begun[0]
    finally:
        for process in reversed(begun):
            process.terminate()
            process.wait()


def answers(address: str) -> bool:
    with suppress(InputError):
        check(address)
        return True
    return False


def fit(address: str) -> int | None:
    with suppress(InputError):
        return workers_at(address)
    return None


def differing(root: Path, tables: Tables) -> list[str]:
    """The tables of a store that are not as they should be."""
    found = tables_of(root)
    return [table for table, rows in tables.items() if not found[table].equals(rows)]
