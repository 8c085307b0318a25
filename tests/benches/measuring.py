"""What a command takes: seconds on the wall and of the processors, memory of all its processes; and on what machine."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any, Final

TURNPROOF: Final = str(Path(sys.executable).with_name("turnproof"))
"""The command."""

_SOON, _LATER = 0.05, 0.25
"""Seconds between two looks at the memory of a command that has just begun, and of one that goes on: to be looked at
holds a process up."""


class CommandError(Exception):
    """A command that ended otherwise than it should; the message is the last of what it told."""


@dataclass(frozen=True)
class Timing:
    """One run of a command.

    Attributes:
        wall: seconds that passed.
        cpu: seconds of all processors, in the process and those that it waited for.
        memory: the most that all its processes had at once, in MB (PSS), as far as looks at it told; 0 if nobody looked.
    """

    wall: float
    cpu: float
    memory: float


def timed(
    command: Sequence[str],
    output: Path,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    statuses: Sequence[int] = (0,),
    watched: bool = True,
) -> Timing:
    """Run a command to its end, what it prints into a file, and what it tells on standard error beside it (``.err``).

    Args:
        command: the program and its arguments.
        output: the file.
        env, cwd: its environment, and where it is run.
        statuses: the exit statuses that it may have.
        watched: whether its memory is looked at, which holds it up: a process stands still meanwhile.

    Raises:
        CommandError: if its exit status is none of `statuses`.
    """
    told = output.with_name(f"{output.name}.err")
    with output.open("wb") as out, told.open("wb") as err:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=err, env=env, cwd=cwd)
        watch = _Watch(process.pid)
        if watched:
            watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        # Popen need not wait for what was waited for.
        process.returncode = os.waitstatus_to_exitcode(status)
        if watched:
            watch.over.set()
            watch.join()
    if process.returncode not in statuses:
        raise CommandError(f"{Path(command[0]).name} ended with {process.returncode}: {told.read_text()[-2000:]}")
    return Timing(wall, usage.ru_utime + usage.ru_stime, watch.peak)


def typical(timings: Sequence[Timing]) -> Timing:
    """The medians of some runs, of those that nobody watched if there are any; and the most memory that any had."""
    some = [each for each in timings if not each.memory] or timings
    return Timing(
        median(each.wall for each in some),
        median(each.cpu for each in some),
        max(each.memory for each in timings),
    )


class _Watch(Thread):
    """Looks at the memory of a process and its descendants until it is told that they are over."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak, self.over = pid, 0.0, Event()

    def run(self) -> None:
        began = time.monotonic()
        while not self.over.wait(_SOON if time.monotonic() - began < 2 else _LATER):
            self.peak = max(self.peak, sum(map(memory, family(self.pid))))


def family(pid: int) -> list[int]:
    """A process, and those that it and they have started."""
    try:
        found = "".join(each.read_text() for each in Path(f"/proc/{pid}/task").glob("*/children"))
    except OSError:
        return []
    return [pid, *(each for child in found.split() for each in family(int(child)))]


def memory(pid: int) -> float:
    """The memory of a process in MB; what it shares with others counts in parts (PSS)."""
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^Pss: +(\d+) kB", rows, re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def machine() -> dict[str, str]:
    """What the figures depend on, without anything that tells whose machine it is."""
    cpu = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    total = re.search(r"^MemTotal: +(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    cores = len(os.sched_getaffinity(0))
    return {
        "processor": f"{cores} cores of {cpu[1] if cpu else platform.machine()}",
        "memory": f"{int(total[1]) / 2**20:.0f} GiB" if total else "unknown",
        "Python": platform.python_version(),
        "Polars": version("polars"),
        "Turnproof": version("turnproof"),
        "locale of wc": locale(),
    }


def locale() -> str:
    """The locale that a command such as ``wc`` runs in here."""
    return next(
        (os.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(name)), "C (none is set)"
    )


def parser(doc: str | None, *, turns: Sequence[int] | int, rounds: int) -> argparse.ArgumentParser:
    """The options that all benches share: how many turns (several where there are several), rounds, folder, results."""
    made = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    several = None if isinstance(turns, int) else "+"
    made.add_argument("--turns", type=int, nargs=several, default=turns, help="turns of the corpus")
    made.add_argument("--rounds", type=int, default=rounds, help="how often everything is measured")
    made.add_argument(
        "--folder",
        type=lambda told: Path(told).resolve(),
        default=Path(tempfile.gettempdir()) / "turnproof-bench",
        help="where corpora are made, once, and kept",
    )
    made.add_argument("--json", type=Path, help="file for the figures, besides what is printed")
    return made


def keep(file: Path | None, rows: Sequence[Any], by: Sequence[str] = ()) -> None:
    """Write figures, dataclasses, into a file of JSON with the machine they are of, if one is named.

    Args:
        file: the file.
        rows: the figures.
        by: fields that tell rows apart: those of the file that `rows` doesn't measure anew stay, if they are of this
            machine. Without any, all are replaced.
    """
    if file is None:
        return
    mine = machine()
    fresh = [asdict(row) for row in rows]
    new = {tuple(row[name] for name in by) for row in fresh}
    old = json.loads(file.read_text(encoding="utf-8")) if by and file.exists() else {}
    stay = [row for row in old.get("rows", ()) if tuple(row[name] for name in by) not in new]
    kept = [*(stay if old.get("machine") == mine else ()), *fresh]
    kept.sort(key=lambda row: [row[name] for name in by])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"machine": mine, "rows": kept}, indent=1), encoding="utf-8")
