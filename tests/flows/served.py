"""A running `turnproof serve`, as somebody would start it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.conftest import ROOT

T = TypeVar("T")
TOKEN = "correct-horse-battery-staple"


def wait(what: Callable[[], T | None], seconds: float, message: str) -> T:
    """What a function finds, once it finds something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (found := what()) is not None and found is not False:
            return found
        time.sleep(0.2)
    raise AssertionError(message)


def ask(url: str, body: object = None, method: str | None = None, **headers: str) -> Any:
    """The answer to a request: an object where it is JSON, else text."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    kind = {} if isinstance(body, bytes) else {"Content-Type": "application/json"}
    for attempt in range(20):
        try:
            with urlopen(Request(url, data, {**kind, **headers}, method=method), timeout=30) as answer:
                text = answer.read().decode()
                break
        except HTTPError as error:
            # SQLite is held by another of the server's parts; Prefect's own clients try again, too.
            if error.code != 503 or attempt == 19:
                raise
            time.sleep(1)
    return json.loads(text) if "json" in answer.headers.get("content-type", "") else text


def talk(name: str) -> str:
    """A short conversation, which nothing is wrong with."""
    return (
        f"Patient: My name is {name}, hello.\nTherapist: Hello {name}, how are you?\nPatient: Fine.\nTherapist: Good.\n"
    )


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """The environment of a service in a folder."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PREFECT_", "TURNPROOF_"))}
    own = {
        "TURNPROOF_STORE": str(folder / "store"),
        "TURNPROOF_INBOX": str(folder / "inbox"),
        "TURNPROOF_PORT": "0",
        "TURNPROOF_SETTLE": "1",
        "TURNPROOF_TOKEN": TOKEN,
        "PYTHONPATH": str(ROOT),
    }
    return {**clean, **own, **settings}


def serve(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Serve where it can't; it must say so at once."""
    command = [sys.executable, "-m", "flows", "serve"]
    return subprocess.run(
        command,
        env=environment(folder, **settings),
        cwd=folder,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )


@dataclass
class Served:
    """A service that runs.

    Attributes:
        folder: where it runs; its output goes there, too.
        settings: variables that are set besides those of `environment`.
    """

    folder: Path
    settings: dict[str, str]
    site: str = ""
    api: str = ""
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        with (self.folder / "out").open("wb") as out, (self.folder / "err").open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flows", "serve"],
                stdout=out,
                stderr=err,
                cwd=self.folder,
                env=environment(self.folder, **self.settings),
            )

        def up() -> re.Match[str] | None:
            assert self.process.poll() is None, self.log
            return re.search(r"Dashboards at (http://[^/ ]+)/.*Prefect's pages at (http://[^/ ]+)/;", self.out)

        found = wait(up, 300, "it did not start")
        self.site, self.api = found[1], f"{found[2]}/api"

    @property
    def out(self) -> str:
        return (self.folder / "out").read_text()

    @property
    def log(self) -> str:
        return (self.folder / "err").read_text()

    def logged(self, line: str, seconds: float = 400) -> str:
        """The first line of the log that matches, once it is there."""
        found = wait(lambda: re.search(line, self.log), seconds, f"{line}\n{self.log}")
        return found[0]

    def runs(self, **matching: str) -> list[dict[str, Any]]:
        """The flow runs that Prefect knows."""
        found: list[dict[str, Any]] = []
        while some := ask(f"{self.api}/flow_runs/filter", {"limit": 200, "offset": len(found)}):
            found += some
        return [run for run in found if all(run[name] == value for name, value in matching.items())]

    def descendants(self) -> dict[int, str]:
        """The processes that it started, and that these started, by their ids."""
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parent = parent_of(int(entry.name))
                except (OSError, IndexError):
                    continue
                children.setdefault(parent, []).append(int(entry.name))
        found, left = {}, [self.process.pid]
        while left:
            for child in children.get(left.pop(), []):
                left.append(child)
                try:
                    found[child] = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
                except OSError:
                    continue
        return found

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(120)


def size_of(pid: int) -> tuple[float, int]:
    """The memory of a process in MB, and how many files it has open."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, len(list(Path(f"/proc/{pid}/fd").iterdir()))


def parent_of(pid: int) -> int:
    """The process that a process was started by."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def alive(processes: dict[int, str]) -> dict[int, str]:
    """Those of some processes that are still there."""
    left = {}
    for pid, command in processes.items():
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            left[pid] = command
    return left


class Listener:
    """Takes what webhooks send."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                heard.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
