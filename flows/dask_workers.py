"""Dask's workers: started here, or found at the address of a scheduler; and what is said of them where they fail.

Dask is an extra (``turnproof[dask]``) and takes a second to import: nothing here imports it before it is used.
"""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Generator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from schemas.errors import InputError
from schemas.files import forget

if TYPE_CHECKING:
    from prefect import Task
    from prefect.futures import PrefectFuture
    from prefect_dask.task_runners import DaskTaskRunner

    from expectations.suite import Suite
    from flows.committing import Files
    from flows.plan import Plan
    from schemas.store import Store

ANSWERS: Final = 5.0
"""Seconds within which a scheduler answers."""

LOST: Final = 60.0
"""Seconds for which a scheduler may be without workers: one that died is started anew in a few."""

LOOK: Final = 10.0
"""Seconds between two looks whether there still is who judges."""

HANDED_OUT: Final = 32
"""Batches handed over at once, at least: enough for workers that come later, and few enough for Dask to keep."""

QUIET: Final = {"distributed": "critical", "distributed.client": "critical"}
"""What goes wrong reaches the person as one sentence; Dask would log it with a traceback, here and in each worker."""

HERE: Final = {
    "threads_per_worker": 1,
    "dashboard_address": "127.0.0.1:0",
    # Who may give a scheduler work may do whatever this user may: keys of the moment keep everybody else out.
    "security": True,
    # A large source takes gigabytes for a while; whoever Dask ended for it would be followed by the next, and the next.
    "memory_limit": 0,
}
"""How workers are started here."""

_GREETING: Final = 2**20
"""More bytes than a scheduler greets with; their number comes first."""

_AGAIN: Final = "run the drop again: what was begun is finished"


def is_place(told: str) -> bool:
    """Whether a setting says where: a number, or the address of a scheduler."""
    place = re.fullmatch(r"(?:tcp|tls)://(?:\[[\da-fA-F:.]+\]|[^\s/:\[\]]+):(\d{1,5})", told)
    return int(place[1]) <= 65535 if place else re.fullmatch(r"\d{1,3}", told) is not None


def on_dask(dask: str | None) -> bool:
    """Whether the setting asks for Dask: it is an address, or a number of workers to start here."""
    return dask is not None and dask.strip("0") != ""


def address_of(dask: str | None) -> str | None:
    """The address of a scheduler, if the setting is one."""
    return None if dask is None or dask.isdecimal() else dask


def check_installed(dask: str | None) -> None:
    """Return if the setting doesn't ask for Dask, or it is installed.

    Raises:
        InputError: if not.
    """
    if on_dask(dask) and find_spec("prefect_dask") is None:
        raise InputError(
            "dask: expected the package prefect-dask, found it isn't installed; pip install 'turnproof[dask]'"
        )


def check(dask: str | None) -> None:
    """Return within seconds if batches can be judged there, as far as that is known without Dask.

    Raises:
        InputError: if Dask isn't installed, or nothing answers at the address.
    """
    check_installed(dask)
    if (address := address_of(dask)) is not None:
        place = urlsplit(address)
        with _reached(address), socket.create_connection((place.hostname, place.port), ANSWERS) as there:
            # A scheduler speaks first, in frames; Dask would wait for ever for whoever doesn't. Behind TLS, both wait.
            if place.scheme == "tcp" and not 0 < int.from_bytes(there.recv(8), "little") < _GREETING:
                raise TimeoutError


def workers_at(address: str) -> int:
    """How many workers a scheduler has, all of them fit to judge.

    Raises:
        InputError: if Dask isn't installed, no scheduler answers, or its workers are none, or not fit.
    """
    check(address)
    _prepare()
    # Its types are unknown.
    distributed: Any = import_module("distributed")
    with _reached(address), distributed.Client(address, timeout=ANSWERS, set_as_default=False) as client:
        return _fit(client, address)


class Dask:
    """Workers of Dask, by a task runner of Prefect.

    Args:
        runner: it is started.
        address: that of the scheduler; None if it is our own.
        server: the address of Prefect's server, to which the workers report.
    """

    def __init__(self, runner: DaskTaskRunner, address: str | None, server: str) -> None:
        self._runner = runner
        self._told = address or "dask"
        self._server = server
        self._seen = time.monotonic()
        self.at_hand = False

    @classmethod
    @contextmanager
    def opened(cls, dask: str, server: str) -> Generator[Dask]:
        """Workers that are started, or whose scheduler is asked, by `gather`."""
        _prepare()
        from prefect_dask.task_runners import DaskTaskRunner

        if (address := address_of(dask)) is None:
            with DaskTaskRunner(cluster_kwargs={"n_workers": int(dask), **HERE}) as runner:
                yield cls(runner, None, server)
        else:
            with DaskTaskRunner(address=address, client_kwargs={"timeout": ANSWERS}) as runner:
                workers = cls(runner, address, server)
                try:
                    yield workers
                finally:
                    if workers.at_hand:
                        # They live on, and shall keep no file that they have unpacked for this run.
                        with suppress(Exception):
                            _client(runner).run(forget, on_error="ignore")

    def gather(self) -> int:
        """Have the workers at hand; return how many batches to hand over at once.

        Raises:
            InputError: if there is no scheduler, or no worker, or one that is not fit.
        """
        with _reached(self._told):
            client = _client(self._runner)
            with suppress(TimeoutError):
                client.wait_for_workers(1, LOST)
            _fit(client, self._told)
            self.at_hand = True
            threads: dict[str, int] = client.nthreads()
            return max(HANDED_OUT, 2 * sum(threads.values()))

    async def judged(self, judge: Task[..., Any], plan: Plan, number: int, store: Store, suite: Suite) -> Files:
        """Have a batch judged by one of the workers.

        Raises:
            InputError: if there are none for long, or the scheduler is lost.
        """
        given = {"plan": plan, "number": number, "store": store, "suite": suite}
        future = await asyncio.to_thread(self._submit, judge, given)
        done, loop = asyncio.Event(), asyncio.get_running_loop()

        def tell(_: object) -> None:
            loop.call_soon_threadsafe(done.set)

        future.add_done_callback(tell)
        while not done.is_set():
            try:
                await asyncio.wait_for(done.wait(), LOOK)
            except TimeoutError:
                await asyncio.to_thread(self._look)
        return await asyncio.to_thread(self._result, future)

    def _submit(self, judge: Task[..., Any], given: dict[str, Any]) -> PrefectFuture[Files]:
        from prefect.settings import PREFECT_API_URL, temporary_settings

        # A worker that isn't told of the server starts one of its own.
        with temporary_settings({PREFECT_API_URL: self._server}):
            return self._runner.submit(judge, given)

    def _look(self) -> None:
        """Return if there are workers, or have been a moment ago.

        Raises:
            InputError: if not.
        """
        with _reached(self._told):
            if _client(self._runner).nthreads():
                self._seen = time.monotonic()
        if time.monotonic() - self._seen > LOST:
            raise InputError(
                f"{self._told}: expected workers, found none for {LOST:.0f} seconds; start some, and {_AGAIN}"
            )

    def _result(self, future: PrefectFuture[Files]) -> Files:
        """What a batch was written to, when it was judged.

        Raises:
            InputError: if the scheduler was lost, or workers die of the batch, or can't reach Prefect's server.
        """
        from distributed import KilledWorker

        try:
            return future.result()
        except CancelledError:
            self.at_hand = False
            raise InputError(
                f"{self._told}: expected a scheduler that stays, found it gone; start it, and {_AGAIN}"
            ) from None
        except KilledWorker as error:
            raise InputError(
                f"{self._told}: expected workers that live, found that {error.allowed_failures + 1} died one after the "
                f"other while they judged the same batch; give them more memory, and {_AGAIN}"
            ) from None
        except RuntimeError as error:
            if not str(error).startswith("Failed to reach API"):
                raise
            raise InputError(
                f"{self._told}: expected workers that reach Prefect's server, found that they can't at {self._server}; "
                "start one with `prefect server start --host 0.0.0.0`, and set PREFECT_API_URL to where they reach it"
            ) from None


def _prepare() -> None:
    """Say how Dask logs where nobody else did, before it is imported."""
    # Its types are unknown.
    config: Any = import_module("dask.config")
    config.set({"logging": {**QUIET, **config.get("logging", {})}})


def _client(runner: DaskTaskRunner) -> Any:
    """The connection to the scheduler, made when first asked for; its types are those of two interfaces in one."""
    return runner.client


def _fit(client: Any, told: str) -> int:
    """How many workers there are.

    Raises:
        InputError: if there is none, or one with another Turnproof than this, which would judge by other rules.
    """
    found = client.get_versions(packages=["turnproof"])["workers"]
    if not found:
        raise InputError(
            f"{told}: expected a scheduler with workers, found that it has none; start some, as with `dask worker`"
        )
    ours = version("turnproof")
    for worker, versions in sorted(found.items()):
        if (theirs := versions["packages"]["turnproof"]) != ours:
            raise InputError(
                f"{worker}: expected a worker with turnproof {ours}, found {theirs or 'none'}; install that in its "
                "environment, and start it anew"
            )
    return len(found)


@contextmanager
def _reached(told: str) -> Generator[None]:
    """Turn what keeps a scheduler from answering into one sentence."""
    try:
        yield
    except OSError as error:
        # Dask tells of tries and time-outs at length.
        reason = (error.strerror or "no answer that is one of Dask's").lower()
        raise InputError(
            f"{told}: expected a Dask scheduler, found {reason}; start it, as with `dask scheduler`, or mend --dask or "
            "TURNPROOF_DASK"
        ) from None
