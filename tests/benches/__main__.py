"""All benches, one after the other: ``make bench``, or a part of it.

    python -m tests.benches [--only NAME …] [--turns N …] [--shapes NAME …] [--rounds N] [--folder FOLDER] [--write]

Each is a command of its own (``python -m tests.benches.throughput``), and leaves its figures in ``results/`` under the
folder. ``--write`` puts what is there into `BENCH.md`, `bench.svg` and `BILLION.md` beside this file, but for figures
of another machine or version.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from tests.benches.billion import NEEDED, plan
from tests.benches.chart import drawn
from tests.benches.measuring import machine, parser
from tests.benches.shapes import SHAPES, TURNS
from tests.benches.summary import Figures, document, whole

BENCHES: Final = ("throughput", "six", "running", "starting", "stages", "constants")
"""In order; each takes ``--json``, and but for start-up ``--turns``."""

HERE: Final = Path(__file__).parent


def arguments(name: str, told: Any) -> list[str]:
    """The options of one bench: sizes and shapes are of the throughput, the others take the million, or the largest."""
    given = ["--json", str(results(told.folder, name)), "--folder", str(told.folder)]
    if told.rounds:
        given += ["--rounds", str(told.rounds)]
    if name == "throughput":
        return [*given, "--turns", *map(str, told.turns), "--shapes", *told.shapes]
    return given if name == "starting" else [*given, "--turns", str(min(1_000_000, max(told.turns)))]


def results(folder: Path, name: str) -> Path:
    """Where the figures of a bench are kept."""
    return folder / "results" / f"{name}.json"


def kept(folder: Path) -> Figures:
    """The figures that are there, of this machine and these versions."""
    figures: Figures = {}
    for name in BENCHES:
        file = results(folder, name)
        if not file.exists():
            continue
        told = json.loads(file.read_text(encoding="utf-8"))
        if told["machine"] == machine():
            figures[name] = told["rows"]
        else:
            print(f"{name}: left out, its figures are of another machine or version", file=sys.stderr)
    return figures


def main() -> None:
    """Run the benches, and write what they found."""
    options = parser(__doc__, turns=TURNS, rounds=0)
    options.add_argument("--shapes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    options.add_argument(
        "--only", nargs="*", default=list(BENCHES), choices=BENCHES, help="benches to run; none: write only"
    )
    options.add_argument("--write", action="store_true", help="write the figures into the repository")
    told = options.parse_args()
    for name in told.only:
        print(f"\n{name}", flush=True)
        subprocess.run([sys.executable, "-m", f"tests.benches.{name}", *arguments(name, told)], check=True)
    if told.write:
        figures = kept(told.folder)
        (HERE / "BENCH.md").write_text(document(machine(), figures), encoding="utf-8")
        if "throughput" in figures:
            rows = [row for row in figures["throughput"] if whole(row)]
            (HERE / "bench.svg").write_text(drawn(rows), encoding="utf-8")
        if all(name in figures for name in NEEDED):
            (HERE / "BILLION.md").write_text(plan(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
