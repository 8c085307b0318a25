"""Which process this is, and whether another one is known to be dead.

A process id alone says little: ids come again, and containers on one machine, or machines on one disk, count their own.
So it goes with the machine's boot, the namespace that the id is of, and when the process began, as Linux tells them.
Elsewhere nobody is known to be dead.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process.

    Attributes:
        host: name of its machine, for people.
        pid: its number there.
        machine: stands for the boot of the machine and the namespace of the number; empty where that can't be told.
        begun: when it began, in ticks since the boot; 0 where that can't be told.
    """

    host: str
    pid: int
    machine: str
    begun: int

    @property
    def is_dead(self) -> bool:
        """Whether it is known to have ended; False where that can't be told."""
        return bool(self.machine) and self.machine == _machine() and _begun(self.pid) != self.begun

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


def this_process() -> Process:
    """The process that asks."""
    return Process(socket.gethostname(), os.getpid(), _machine(), _begun(os.getpid()) or 0)


@cache
def _machine() -> str:
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink(_PROC / 'self/ns/pid')}"
    except OSError:
        return ""


def _begun(pid: int) -> int | None:
    """When a living process began; None if there is none, or its parent has yet to notice its end."""
    try:
        # The name of the program, in brackets, may hold anything.
        state, *fields = (_PROC / f"{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return None if state in "ZX" else int(fields[18])
