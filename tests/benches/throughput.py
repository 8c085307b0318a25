"""Read and check a million turns, against ``wc -w`` on the same files in the same run.

    python -m tests.benches.throughput [--turns N] [--files N] [--folder FOLDER]

Prints wall and processor seconds, peak memory of all its processes, and how many of the planted defects were found.
A figure to quote is the ratio: the machine may be shared, and both sides run on it one after the other, in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.benches.corpus import make

CODES = {
    "serving_error": "C401",
    "placeholder": "C402",
    "leaked_note": "C404",
    "empty_turn": "S203",
    "template_token": "C403",
    "repeated_speaker": "S201",
    "role_bleed": "C405",
}
"""The expectation that is to find each kind of planted defect."""


@dataclass(frozen=True)
class Timing:
    """One run of a command: seconds on the wall, seconds of all processors, peak memory of its processes in MB."""

    wall: float
    cpu: float
    memory: float


def timed(command: list[str], output: Path) -> Timing:
    """Run a command to its end, its output into a file."""
    started, peak, ended = time.perf_counter(), 0.0, 0
    with output.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        while not ended:
            # To be looked at holds a process up.
            peak = max(peak, sum(map(memory, family(process.pid))))
            time.sleep(0.25)
            ended, _, usage = os.wait4(process.pid, os.WNOHANG)
    return Timing(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, peak)


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
    return int(found[1]) / 1024 if found else 0.0


def found(folder: Path, findings: Path) -> tuple[dict[str, str], int]:
    """How many planted defects were found by kind ("86 of 86"), and how many critical findings have no defect."""
    planted: dict[str, str] = json.loads(folder.with_name(f"{folder.name}.stamp.json").read_text())["planted"]
    told: dict[str, set[str]] = {}
    for line in findings.read_text().splitlines():
        finding = json.loads(line)
        if finding["severity"] == "critical":
            told.setdefault(str(Path(finding["path"]).relative_to(folder)), set()).add(finding["code"])
    recall: dict[str, str] = {}
    for kind, code in CODES.items():
        files = [path for path, its in planted.items() if its == kind]
        recall[kind] = f"{sum(code in told.get(path, ()) for path in files)} of {len(files)}"
    return recall, len(told.keys() - planted.keys())


def main() -> None:
    """Make the corpus, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--turns", type=int, default=1_000_000)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "turnproof-bench")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    folder = options.folder.resolve() / f"{options.turns}-turns"
    folder.parent.mkdir(parents=True, exist_ok=True)
    make(folder, turns=options.turns, files=options.files)
    size = sum(path.stat().st_size for path in folder.glob("*/*.txt"))
    findings = folder.with_name("findings.jsonl")
    check = [str(Path(sys.executable).with_name("turnproof")), "check", str(folder), "--output-format", "jsonl"]
    count = ["sh", "-c", f"find '{folder}' -name '*.txt' -print0 | xargs -0 cat | wc -w"]
    pairs: list[tuple[Timing, Timing]] = []
    for _ in range(options.rounds):
        words = timed(count, folder.with_name("words.txt"))
        pairs.append((timed(check, findings), words))
    print(f"{options.turns:,} turns in {options.files:,} files, {size / 1e6:.0f} MB")
    print(
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, Polars {version('polars')}"
    )
    print(f"{'round':<8}{'check s':>10}{'cpu s':>10}{'peak MB':>10}{'wc -w s':>10}{'cpu s':>10}{'ratio':>8}{'cpu':>8}")
    for place, (ours, theirs) in enumerate(pairs):
        print(
            f"{place:<8}{ours.wall:>10.2f}{ours.cpu:>10.2f}{ours.memory:>10.0f}{theirs.wall:>10.2f}{theirs.cpu:>10.2f}"
            f"{ours.wall / theirs.wall:>8.2f}{ours.cpu / theirs.cpu:>8.2f}"
        )
    ratio = statistics.median(ours.wall / theirs.wall for ours, theirs in pairs)
    print(
        f"median: {ratio:.2f} x the time of wc -w, {size / 1e6 / min(ours.wall for ours, _ in pairs):.0f} MB/s at best"
    )
    recall, unplanted = found(folder, findings)
    print("planted defects found: " + ", ".join(f"{kind} {told}" for kind, told in recall.items()))
    print(f"critical findings in sound files: {unplanted}")


if __name__ == "__main__":
    main()
