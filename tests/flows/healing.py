"""Steps on a running service: what was killed, cancelled or lost is noticed, told, and judged by the nightly run."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections import Counter
from typing import Any

from schemas.store import Store
from tests.flows.served import Listener, Served, ask, parent_of, talk, wait


def put(service: Served, name: str) -> None:
    """Rename a drop into place."""
    inbox = service.folder / "inbox"
    (inbox / f"{name}.part").write_text(talk(name))
    (inbox / f"{name}.part").rename(inbox / name)


def state(service: Served, drop: str) -> str | None:
    """The state of the one run for a drop."""
    runs = service.runs(name=drop)
    return runs[0]["state_type"] if runs else None


def running(service: Served, drop: str) -> dict[str, Any]:
    """The run for a drop, once it is under way in a process of its own."""

    def found() -> dict[str, Any] | None:
        return next((run for run in service.runs(name=drop) if run["state_type"] == "RUNNING"), None)

    return wait(found, 120, f"{drop} is not begun\n{service.log}")


def a_run_that_was_killed_is_told(service: Served, listener: Listener) -> None:
    """kill -9 of the process of a run: it is marked as crashed, and the block hears of it."""
    wait(lambda: automation(service, "turnproof: runs that failed"), 120, "the automation was not made")
    wait(lambda: not processes(service), 60, "a run goes on")
    put(service, "killed.txt")
    running(service, "killed.txt")
    (process,) = processes(service)
    os.kill(process, signal.SIGKILL)
    wait(lambda: state(service, "killed.txt") == "CRASHED", 60, "it was not marked as crashed")
    (told,) = wait(lambda: [each for each in listener.heard if b"killed.txt" in each] or None, 60, "nobody was told")
    found = json.loads(told)
    assert re.fullmatch(rf"{service.api.removesuffix('/api')}/runs/flow-run/[0-9a-f-]+", found.pop("link"))
    assert found == {"run": "killed.txt", "state": "Crashed"}


def what_was_lost_is_judged_by_the_night(service: Served) -> None:
    """A run that was killed, one that is cancelled, and an event that starts nothing."""
    put(service, "cancelled.txt")
    run = running(service, "cancelled.txt")
    ask(f"{service.api}/flow_runs/{run['id']}/set_state", {"state": {"type": "CANCELLING"}})
    wait(lambda: state(service, "cancelled.txt") == "CANCELLED", 60, "it was not cancelled")
    trigger = wait(lambda: automation(service, "turnproof: a drop has arrived"), 10, "there is no trigger")
    ask(f"{service.api}/automations/{trigger['id']}", {"enabled": False}, "PATCH")
    put(service, "lost.txt")
    service.logged("drop_complete drop=lost.txt", 60)
    time.sleep(5)
    assert state(service, "lost.txt") is None
    deployment = ask(f"{service.api}/deployments/name/nightly/nightly")["id"]
    ask(f"{service.api}/deployments/{deployment}/create_flow_run", {"state": {"type": "SCHEDULED"}})
    service.logged("nightly_done .*judged=3")
    judged = Counter(Store(service.folder / "store").runs()["drop"].to_list())
    assert [judged[drop] for drop in ("killed.txt", "cancelled.txt", "lost.txt")] == [1, 1, 1]


def automation(service: Served, name: str) -> dict[str, Any] | None:
    """One of Prefect's automations, if it is there."""
    found = ask(f"{service.api}/automations/filter", {})
    return next((each for each in found if each["name"] == name), None)


def processes(service: Served) -> list[int]:
    """The processes of the runs that are under way."""
    forking = {pid for pid, command in service.descendants().items() if "forkserver" in command}
    return [pid for pid in forking if parent_of(pid) in forking]
