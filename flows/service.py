"""`turnproof serve`: Prefect's server, both deployments, the watch over the inbox, and the dashboards."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from multiprocessing import active_children
from typing import Any, Final

from filelock import FileLock, Timeout

from flows import prefect_defaults
from flows.children import PARENT
from flows.guard import check_token, is_loopback
from flows.landing import clear_away
from flows.logs import log
from flows.looks import check_inbox
from flows.prefect_server import PrefectServer, server_of
from flows.settings import Settings
from flows.warm import warm_up
from schemas import places
from schemas.errors import InputError, StoreError

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""What stops the service."""

CONNECTIONS: Final = 1000
"""Connections at once; further ones are told to come back later."""

DEFAULTS: Final = {
    # A run starts within seconds of its event; Prefect's own step is 10 s.
    "PREFECT_RUNNER_POLL_FREQUENCY": "1",
    # Prefect's database shall not grow for ever.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
}


def serve(settings: Settings) -> None:
    """Serve until stopped by a signal.

    Raises:
        InputError: if a setting, the inbox, a port or Prefect's server keeps it from starting.
        StoreError: if another service is at work on the store, or it can't be written.
    """
    check_token(settings)
    if places.is_remote(settings.site_folder):
        raise InputError(
            f"{places.told(settings.site_folder)}: expected a folder of a site to serve, found an object store; name a "
            "folder with --site, or publish there by `turnproof publish`"
        )
    check_inbox(settings.inbox)
    with _alone(settings), _bound(settings) as listener:
        for name, value in DEFAULTS.items():
            os.environ.setdefault(name, value)
        # Runs are processes of their own, and are to see the same settings; none of them needs the token.
        os.environ.update(settings.environment())
        os.environ.pop("TURNPROOF_TOKEN", None)
        os.environ[PARENT] = str(os.getpid())
        server = server_of(settings)
        prefect_defaults.apply()
        clear_away(settings.inbox)
        asyncio.run(_serve(settings, server, listener))


async def _serve(settings: Settings, server: PrefectServer, listener: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    stop, up = asyncio.Event(), asyncio.Event()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.create_task(server.run(up.set), name="prefect")]
    warm = asyncio.create_task(asyncio.to_thread(warm_up))
    stopped = asyncio.create_task(stop.wait())
    try:
        ready = asyncio.create_task(up.wait())
        await asyncio.wait([*tasks, stopped, ready], return_when=asyncio.FIRST_COMPLETED)
        if up.is_set() and not stop.is_set():
            await warm
            tasks += await _begin(settings, server, listener, stop)
            await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
    finally:
        log("stopping")
        for task in reversed(tasks):
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        stopped.cancel()
        await asyncio.to_thread(_end_runs)
        await server.stop()
    for end in ends:
        if isinstance(end, Exception):
            raise end


async def _begin(
    settings: Settings, server: PrefectServer, listener: socket.socket, stop: asyncio.Event
) -> list[asyncio.Task[None]]:
    """Start what needs Prefect's server to be there."""
    # Prefect reads the server's address when it is first imported.
    from flows.deployments import automate, keep_automating, waiting
    from flows.uploads import DEBOUNCE, emit
    from flows.watching import Watcher
    from flows.web import Service, app_of

    inbox = places.told(places.absolute(settings.inbox))
    watcher = Watcher(settings, lambda drop: emit(drop, inbox), DEBOUNCE.total_seconds() + 1)
    whole = await automate(settings)
    ready = asyncio.Event()
    runs = asyncio.create_task(_run_flows(settings, ready, stop), name="runs")
    # An event that comes before its trigger is there starts nothing.
    await ready.wait()

    async def queue() -> int:
        return watcher.queue + await waiting()

    service = Service(
        settings,
        take=watcher.take,
        look=watcher.look_now,
        parts={"prefect": lambda: server.well, "watcher": lambda: watcher.well, "runs": ready.is_set},
        queue=queue,
    )
    tasks = [
        runs,
        asyncio.create_task(watcher.run(), name="watcher"),
        asyncio.create_task(keep_automating(settings, whole), name="automations"),
        asyncio.create_task(_serve_pages(app_of(service), listener), name="pages"),
    ]
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    uploads = "on" if settings.secret else "off, as no token is set"
    guarded = "" if is_loopback(settings.host) else " (the password is the token)"
    print(
        f"Dashboards at http://{shown}:{port}/{guarded}, Prefect's pages at {server.interface}/; "
        f"drops go into {inbox}, uploads by HTTP are {uploads}.",
        flush=True,
    )
    log("serving", port=port, prefect=server.url)
    return tasks


async def _run_flows(settings: Settings, ready: asyncio.Event, stop: asyncio.Event) -> None:
    """Run what Prefect schedules; the runner is started anew where it ends, as after long trouble with the server.

    `ready` is set while there is one.
    """
    if not settings.runs:
        # Workers have deployments of their own.
        ready.set()
        await stop.wait()
        return
    from prefect.runner import Runner

    from flows.deployments import HEARTBEAT, deploy

    loop = asyncio.get_running_loop()

    class FlowRunner(Runner):
        """Prefect's, which takes the signal to stop for itself; it is for the whole service."""

        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            # Prefect's own, in the temporary folder, belongs to whoever was the first to run it on the machine.
            self._tmp_dir = settings.service_folder / "runner"

        def handle_sigterm(self, *args: Any, **kwargs: Any) -> None:
            loop.call_soon_threadsafe(stop.set)

    while True:
        runner = FlowRunner(
            name="turnproof", limit=settings.runs, heartbeat_seconds=HEARTBEAT, pause_on_shutdown=False, query_seconds=1
        )
        try:
            await deploy(runner, settings)
            ready.set()
            await runner.start()
        except asyncio.CancelledError:
            if runner.started:
                with suppress(Exception):
                    await asyncio.wait_for(runner.astop(), 20)
            raise
        except Exception as error:
            # Whatever it is, there must be a runner.
            log("runner_failed", error=type(error).__name__)
        ready.clear()
        await asyncio.sleep(5)


async def _serve_pages(app: Any, listener: socket.socket) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Generator[None]:
            """Leave signals to the service."""
            yield

    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="error",
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise


def _end_runs() -> None:
    """End the runs that are still there; the next ones go on where these were."""
    runs = active_children()
    for run in runs:
        run.terminate()
    for run in runs:
        run.join(10)
        if run.is_alive():
            run.kill()
            run.join()


@contextmanager
def _alone(settings: Settings) -> Generator[None]:
    folder = settings.service_folder
    lock = FileLock(folder / "serve.lock", timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise StoreError(
            f"{settings.store}: expected a store that no service works on, found one at work; stop it, or name another"
        ) from None
    except OSError as error:
        raise StoreError(f"{folder}: expected a folder to write to, found {error.strerror}; mend it") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _bound(settings: Settings) -> Generator[socket.socket]:
    try:
        family, kind, *_, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(socket.SOMAXCONN)
    except OSError as error:
        raise InputError(
            f"{settings.host}:{settings.port}: expected a free port for the dashboards, found {error.strerror}; "
            "name another with --port or TURNPROOF_PORT"
        ) from None
    try:
        yield listener
    finally:
        listener.close()
