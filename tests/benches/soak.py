"""Many small drops through a running service: ``python -m tests.benches.soak [--drops N] [--minutes N]``.

Starts `turnproof serve` with Prefect's server, gives it one small drop after another, half by the disk and half by HTTP,
asks for its pages as a monitor would, and prints how large the service and Prefect's server are. At the end it tells
whether memory and open files stayed flat, and that every drop was judged once. Takes some ten seconds a drop.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from schemas.store import Store
from tests.flows.served import TOKEN, Served, ask, size_of, talk, wait

AHEAD: Final = 4
"""Drops that wait at once: so many come while two are judged."""

GROWTH: Final = 0.10
"""What memory may grow by, as a share, from the second quarter of the drops to the last."""

FILES: Final = 3
"""Open files that may be more: one more connection or two may just be open."""


@dataclass(frozen=True)
class Size:
    """How large everything is at a moment.

    Attributes:
        judged: drops so far.
        seconds: since the first drop.
        service, prefect: megabytes and open files of the two processes that stay.
        children: processes below the service, Prefect's server among them.
        cpu: seconds of a processor that the runs took which have ended.
    """

    judged: int
    seconds: float
    service: tuple[float, int]
    prefect: tuple[float, int]
    children: int
    cpu: float

    def __str__(self) -> str:
        service, prefect = (f"{memory:6.0f} MB {files:3} files" for memory, files in (self.service, self.prefect))
        return (
            f"{self.judged:4} drops {self.seconds:6.0f} s  service {service}  prefect {prefect}  "
            f"{self.children} children  {self.cpu / max(self.judged, 1):4.1f} CPU s a drop"
        )


def soak(service: Served, drops: int, every: int, seconds: float) -> tuple[int, list[Size]]:
    """Give a service its drops, and look at its size after `every` few of them.

    Returns:
        How many drops it was given, fewer where time was up, and the sizes.
    """
    begun = time.monotonic()
    sizes: list[Size] = []
    for number in range(drops):
        _see(service, number + 1 - AHEAD, every, begun, sizes)
        if time.monotonic() - begun > seconds:
            drops = number
            break
        give(service, number)
    _see(service, drops, every, begun, sizes)
    return drops, sizes


def _see(service: Served, least: int, every: int, begun: float, sizes: list[Size]) -> None:
    """Wait until so many drops were judged, and look at the service's size if it is time to."""

    def enough() -> int | None:
        judged = len(re.findall("drop_judged drop=", service.log))
        return judged if judged >= least else None

    judged = wait(enough, 900, service.log)
    if not sizes or judged >= sizes[-1].judged + every:
        # What else is asked of it all the time.
        for page in ("", "metrics", "healthz"):
            ask(f"{service.site}/{page}")
        sizes.append(measure(service, judged, time.monotonic() - begun))
        print(sizes[-1], flush=True)


def give(service: Served, number: int) -> None:
    """Half of the drops come by HTTP, half are renamed into place."""
    name, inbox = name_of(number), service.folder / "inbox"
    if number % 2:
        ask(f"{service.site}/drops?name={name}", talk(name).encode(), Authorization=f"Bearer {TOKEN}")
    else:
        (inbox / f"{name}.part").write_text(talk(name))
        (inbox / f"{name}.part").rename(inbox / name)


def name_of(number: int) -> str:
    return f"drop-{number:04}.txt"


def measure(service: Served, judged: int, seconds: float) -> Size:
    below = service.descendants()
    # The command that was started may be a parent of the one that serves.
    servers = [pid for pid, command in below.items() if re.search(r"prefect.*server|uvicorn", command)]
    largest = max((size_of(pid) for pid in servers), default=(0.0, 0))
    # Runs are forked from the warm process.
    cpu = sum(cpu_of_ended(pid) for pid, command in below.items() if "forkserver" in command)
    return Size(judged, seconds, size_of(service.process.pid), largest, len(below), cpu)


def cpu_of_ended(pid: int) -> float:
    """Seconds of a processor that the children of a process took which have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def wrong(sizes: list[Size]) -> list[str]:
    """In what the service has grown, from the second quarter on: by then, everything was in use once."""
    found: list[str] = []
    quarter = max(1, len(sizes) // 4)
    before, after = sizes[quarter : 2 * quarter], sizes[-quarter:]
    for who in ("service", "prefect"):
        memory, files = (
            tuple(sum(getattr(each, who)[part] for each in some) / len(some) for some in (before, after))
            for part in (0, 1)
        )
        told = f"{who}: {memory[0]:.0f} MB, later {memory[1]:.0f} MB; {files[0]:.1f} open files, later {files[1]:.1f}"
        print(told)
        if memory[1] > memory[0] * (1 + GROWTH) or files[1] > files[0] + FILES:
            found.append(told)
    return found


def judged_once(service: Served, drops: int) -> None:
    """Hold that each drop has one finished run, one source and one transcript in the store, and one run of Prefect's."""
    store = Store(service.folder / "store")
    expected = {name_of(number): 1 for number in range(drops)}
    assert Counter(store.runs()["drop"].to_list()) == expected
    for table in ("sources", "transcripts"):
        assert Counter(store.scan(table).select("drop").collect()["drop"].to_list()) == expected, table
    assert store.scan("release").select(pl.len()).collect().item() == 4 * drops
    runs = Counter(run["name"] for run in service.runs() if run["state_type"] == "COMPLETED")
    print(f"each of {drops} drops judged once; runs of Prefect's by state: {states(service)}")
    assert runs == expected


def states(service: Served) -> dict[str, int]:
    return dict(Counter(run["state_type"] for run in service.runs() if run["state_type"] != "SCHEDULED"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drops", type=int, default=300)
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=240, help="no further drops after that")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "inbox").mkdir()
        service = Served(Path(folder), {})
        service.start()
        try:
            drops, sizes = soak(service, given.drops, given.every, 60 * given.minutes)
            grown = wrong(sizes)
            judged_once(service, drops)
        finally:
            service.stop()
    raise SystemExit("; ".join(grown))


if __name__ == "__main__":
    main()
