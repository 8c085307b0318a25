"""Several machines, as the README has them: a server, workers, and a service that only watches; all on this one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.flows.deaths import ENDURANCE
from tests.flows.healing import put, running, state
from tests.flows.served import Served, ask, environment, wait

pytestmark = [
    pytest.mark.slow,  # starts Prefect's server, a service and two workers, and waits for signs of life to stay away
    pytest.mark.endurance,
    pytest.mark.skipif(not ENDURANCE, reason="takes four minutes; `make endurance` does it"),
]


class Machines:
    """Commands of Prefect's, with a server of their own.

    Args:
        folder: where everything lies.
    """

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.api = f"http://127.0.0.1:{self.port}/api"
        self.log = folder / "log"
        settings = {"PREFECT_API_URL": self.api, "PREFECT_HOME": str(folder / "prefect"), "DO_NOT_TRACK": "1"}
        self.environment = environment(folder, **settings, PREFECT_SERVER_ANALYTICS_ENABLED="false")
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "prefect", *arguments]
            # A session of its own, to end a worker together with what it runs, as the end of a machine does.
            process = subprocess.Popen(
                command, env=self.environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        self.started.append(process)
        return process

    def call(self, *arguments: str) -> None:
        assert self.start("--no-prompt", *arguments).wait(120) == 0, self.log.read_text()

    def up(self) -> bool:
        try:
            return ask(f"{self.api}/health") is True
        except OSError:
            return False


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    (tmp_path / "inbox").mkdir()
    found = Machines(tmp_path)
    yield found
    for process in reversed(found.started):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_workers_judge_what_a_service_tells_of(machines: Machines, tmp_path: Path) -> None:
    machines.start("server", "start", "--host", "127.0.0.1", "--port", str(machines.port))
    wait(machines.up, 180, "there is no server")
    machines.call("work-pool", "create", "turnproof", "--type", "process")
    machines.call("deploy", "--all")
    # What `prefect.yaml` says is what the server has.
    deployments = {each["name"]: each for each in ask(f"{machines.api}/deployments/filter", {})}
    assert {name: each["work_pool_name"] for name, each in deployments.items()} == {
        "nightly": "turnproof",
        "on-upload": "turnproof",
    }
    (schedule,) = deployments["nightly"]["schedules"]
    assert (schedule["schedule"]["cron"], schedule["schedule"]["timezone"]) == ("0 2 * * *", "UTC")
    worker = machines.start("worker", "start", "--pool", "turnproof")
    settings = {name: value for name, value in machines.environment.items() if name.startswith(("PREFECT_", "DO_"))}
    service = Served(tmp_path, {**settings, "TURNPROOF_RUNS": "0"})
    service.start()
    try:
        put(service, "one.txt")
        wait(lambda: state(service, "one.txt") == "COMPLETED", 300, machines.log.read_text())
        assert "drop_judged drop=one.txt" in machines.log.read_text()
        assert "drop_judged" not in service.log
        assert "one.txt" in ask(f"{service.site}/")
        a_machine_dies(service, worker)
        machines.start("worker", "start", "--pool", "turnproof")
        night = ask(f"{machines.api}/deployments/name/nightly/nightly")["id"]
        ask(f"{machines.api}/deployments/{night}/create_flow_run", {"state": {"type": "SCHEDULED"}})
        wait(lambda: "drop_judged drop=two.txt" in machines.log.read_text(), 300, machines.log.read_text())
    finally:
        service.stop()


def a_machine_dies(service: Served, worker: subprocess.Popen[bytes]) -> None:
    """A worker and its run end at once: nobody is there to tell, so that the run is marked for its silence."""
    put(service, "two.txt")
    run = running(service, "two.txt")
    os.killpg(worker.pid, signal.SIGKILL)
    for process in [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]:
        try:
            own = f"PREFECT__FLOW_RUN_ID={run['id']}".encode() in Path(f"/proc/{process}/environ").read_bytes()
        except OSError:
            continue
        if own:
            os.kill(process, signal.SIGKILL)
    wait(lambda: state(service, "two.txt") == "CRASHED", 300, "nobody found it dead")
