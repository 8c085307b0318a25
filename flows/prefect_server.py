"""Prefect's server as a child of the service; where PREFECT_API_URL is set, that one is used and nothing is started."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from flows.children import PARENT
from flows.logs import log
from flows.settings import Settings
from schemas.errors import InputError

PATIENCE: Final = 180
"""Seconds that a server may take to start; on a new database it takes 20 on a small machine."""


@dataclass
class PrefectServer:
    """A server that is there, or that is started, watched, started again if it dies, and stopped.

    Attributes:
        url: the address of its API.
        home: folder of its database and log; None where it isn't ours.
        well: whether it answered the last time it was asked.
    """

    url: str
    home: Path | None
    well: bool = False
    _process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    @property
    def interface(self) -> str:
        """The address of its pages."""
        return self.url.removesuffix("/api")

    async def run(self, ready: Callable[[], None]) -> None:
        """Start the server, and start it again whenever it dies, until cancelled.

        Raises:
            InputError: if it doesn't come up the first time.
        """
        pause = 1
        first = True
        while True:
            if self.home is not None:
                await self._start(self.home)
            if not await self._wait(PATIENCE):
                await self.stop()
                raise InputError(self._missing())
            if first:
                ready()
                first = False
            started = asyncio.get_running_loop().time()
            await self._watch()
            # It has died. If it had lived for a while, that was no lasting trouble.
            pause = 1 if asyncio.get_running_loop().time() - started > 60 else min(2 * pause, 60)
            log("prefect_died", again_in=pause)
            await asyncio.sleep(pause)

    async def stop(self) -> None:
        """Stop the server that was started."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 15)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _start(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        logs = home / "server.log"
        if logs.exists() and logs.stat().st_size > 2**20:
            logs.replace(home / "server.log.1")
        host, port = self.interface.removeprefix("http://").rsplit(":", 1)
        with logs.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "flows.children", "prefect", "server", "start", "--host", host, "--port", port),
                stdin=DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, PARENT: str(os.getpid()), "PREFECT_SERVER_LOGGING_LEVEL": "ERROR"},
                start_new_session=True,  # Ctrl-C is for the service, which stops the server last
            )

    async def _wait(self, seconds: float) -> bool:
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            if self._process is not None and self._process.returncode is not None:
                return False
            if await self._asked():
                return True
            await asyncio.sleep(0.3)
        return False

    async def _watch(self) -> None:
        while self._process is None or self._process.returncode is None:
            await self._asked()
            await asyncio.sleep(5)
        self.well = False

    async def _asked(self) -> bool:
        def ask() -> bool:
            try:
                with urlopen(f"{self.url}/health", timeout=10) as answer:  # noqa: S310 - the scheme was looked at
                    return bool(answer.status == 200)
            except (URLError, OSError):
                return False

        self.well = await asyncio.to_thread(ask)
        return self.well

    def _missing(self) -> str:
        if self.home is None:
            return (
                f"{self.url}: expected Prefect's server there, found none that answers; start it, or unset "
                "PREFECT_API_URL so that one is started"
            )
        return f"{self.home}/server.log: expected Prefect's server to start, found that it didn't; the log tells why"


def server_of(settings: Settings) -> PrefectServer:
    """The server that PREFECT_API_URL names, or one to be started, whose address is then in the environment.

    Raises:
        InputError: if its address is none, or its port is taken.
    """
    url = os.environ.get("PREFECT_API_URL")
    if url is not None:
        if not url.startswith(("http://", "https://")):
            raise InputError(
                f'PREFECT_API_URL: expected an address that begins with http, found "{url}"; mend or unset it'
            )
        return PrefectServer(url.rstrip("/"), None)
    home = Path(os.environ.setdefault("PREFECT_HOME", str((settings.service_folder / "prefect").absolute())))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", settings.prefect_port))
        except OSError as error:
            raise InputError(
                f"127.0.0.1:{settings.prefect_port}: expected a free port for Prefect's server, found "
                f"{error.strerror}; set TURNPROOF_PREFECT_PORT to another, or to 0"
            ) from None
        port = probe.getsockname()[1]
    os.environ["PREFECT_API_URL"] = url = f"http://127.0.0.1:{port}/api"
    # The pages ask the API at this address.
    os.environ.setdefault("PREFECT_SERVER_UI_API_URL", url)
    return PrefectServer(url, home)
