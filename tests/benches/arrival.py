"""How long it takes from a drop that is renamed into place to its run, and to its page, and where the time goes.

    python -m tests.benches.arrival [--drops N]

Starts `turnproof serve` on a local inbox, and prints seconds since the renaming for each step, the seconds of a
processor that the run's process took, and the machine's load, without which wall time says nothing.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
import time
from datetime import datetime
from pathlib import Path
from statistics import median

from tests.flows.served import Served, ask, wait

STEPS = ("told complete", "event", "run made", "process", "pending", "running", "judged")
TALK = "Patient: My name is {0}, hello.\nTherapist: Hello {0}, how are you?\nPatient: Fine.\nTherapist: Good.\n"


def seconds(moment: str) -> float:
    """A moment in ISO's words, in seconds since 1970."""
    return datetime.fromisoformat(moment).timestamp()


def process_of(service: Served, known: set[int]) -> tuple[float, int]:
    """When the first process that was not there before began, in seconds since 1970, and its id."""
    up = float(Path("/proc/uptime").read_text().split()[0])
    for pid in sorted(set(service.descendants()) - known):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text()
        except OSError:
            continue
        if "forkserver" in command and "main" in command:
            ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
            return time.time() - up + ticks / os.sysconf("SC_CLK_TCK"), pid
    return 0.0, 0


def used(pid: int) -> float:
    """Seconds of a processor that a process has taken."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def arrive(service: Served, name: str) -> dict[str, float]:
    """Seconds since a drop was renamed into place, by step; and what its process took until it ran, and at the end."""
    inbox = service.folder / "inbox"
    known = set(service.descendants())
    (inbox / f"{name}.part").write_text(TALK.format(name))
    time.sleep(1)
    (inbox / f"{name}.part").rename(inbox / name)
    began = time.time()
    started, pid = wait(lambda: found if (found := process_of(service, known))[1] else None, 300, service.log)
    taken: dict[str, float] = {}
    while not re.search(f"drop_(judged|known) drop={re.escape(name)} ", service.log):
        taken["CPU in all"] = used(pid) or taken.get("CPU in all", 0.0)
        if "CPU until running" not in taken and any(run["state_type"] == "RUNNING" for run in service.runs(name=name)):
            taken["CPU until running"] = used(pid)
        time.sleep(0.05)
        assert time.time() - began < 300, service.log
    (run,) = service.runs(name=name)
    states = {
        each["type"]: seconds(each["timestamp"])
        for each in ask(f"{service.api}/flow_run_states/?flow_run_id={run['id']}", method="GET")
    }
    criteria = {"event": {"name": ["turnproof.drop.arrived"]}, "occurred": {"since": "2020-01-01T00:00:00Z"}}
    events = ask(f"{service.api}/events/filter", {"filter": criteria})["events"]
    moments = {
        "told complete": seconds(service.logged(rf"\S+ drop_complete drop={re.escape(name)}").split()[0]),
        "event": min(seconds(each["occurred"]) for each in events if each["payload"]["drop"] == name),
        "run made": seconds(run["created"]),
        "process": started,
        "pending": states["PENDING"],
        "running": states["RUNNING"],
        "judged": seconds(service.logged(rf"\S+ drop_judged drop={re.escape(name)} ").split()[0]),
    }
    return {step: moment - began for step, moment in moments.items()} | taken


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--drops", type=int, default=5)
    drops = parser.parse_args().drops
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "inbox").mkdir()
        service = Served(Path(folder), {})
        service.start()
        try:
            found = []
            for number in range(drops):
                found.append(arrive(service, f"drop-{number}.txt"))
                load = os.getloadavg()[0]
                print(
                    f"load {load:4.1f}  " + "  ".join(f"{step} {value:.2f}" for step, value in found[-1].items()),
                    flush=True,
                )
            print(
                "median     "
                + "  ".join(f"{step} {median(each[step] for each in found if step in each):.2f}" for step in found[0])
            )
        finally:
            service.stop()


if __name__ == "__main__":
    main()
