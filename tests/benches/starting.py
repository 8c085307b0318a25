"""What commands take before they do anything: ``python -m tests.benches.starting [--rounds N] [--json FILE]``.

`turnproof check` on one file against the import of Polars, which is beneath everything; and `turnproof run` on a drop
of one file, with Prefect's embedded server, and attached to one that runs already.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.benches.corpus import SEEDS
from tests.benches.measuring import TURNPROOF, Timing, keep, parser, timed, typical
from tests.flows.on_dask import a_prefect_server, environment


@dataclass(frozen=True)
class Start:
    """What a command took on one file.

    Attributes:
        command: what was run.
        took: the medians.
        ratio: the median ratio of wall time to that of the import of Polars in the same round; None for a run.
    """

    command: str
    took: Timing
    ratio: float | None = None


def checks(folder: Path, rounds: int) -> list[Start]:
    """The import of Polars, and a check of one file, in turn; and once before, to look at their memory."""
    file = str(min(SEEDS.glob("*.txt")))
    check = [TURNPROOF, "check", file, "--output-format", "jsonl"]
    pairs = [
        (
            timed([sys.executable, "-c", "import polars"], folder / "out", watched=not number),
            timed(check, folder / "out", statuses=(0, 1), watched=not number),
        )
        for number in range(1 + rounds)
    ]
    ratio = median(ours.wall / theirs.wall for theirs, ours in pairs[1:])
    return [
        Start("python -c 'import polars'", typical([theirs for theirs, _ in pairs])),
        Start("turnproof check FILE", typical([ours for _, ours in pairs]), ratio),
    ]


def runs(folder: Path, rounds: int) -> list[Start]:
    """Runs of one file into a fresh store each: with Prefect's embedded server, and with one that is there."""
    drop = folder / "drop"
    drop.mkdir()
    shutil.copy(min(SEEDS.glob("*.txt")), drop)
    alone = [run(drop, folder / f"alone-{number}") for number in range(rounds)]
    (folder / "server").mkdir()
    with a_prefect_server(folder / "server") as url:
        attached = [run(drop, folder / f"attached-{number}", PREFECT_API_URL=url) for number in range(rounds)]
    return [
        Start("turnproof run FILE, with Prefect's embedded server", typical(alone)),
        Start("turnproof run FILE, attached to a running server", typical(attached)),
    ]


def run(drop: Path, folder: Path, **more: str) -> Timing:
    """One run of a drop, its store and Prefect's home under a folder that is made."""
    folder.mkdir()
    command = [TURNPROOF, "run", str(drop), "--store", str(folder / "store")]
    return timed(command, folder / "out", env=environment(folder / "prefect", **more), cwd=folder)


def main() -> None:
    """Measure, print."""
    told = parser(__doc__, turns=0, rounds=5).parse_args()
    with tempfile.TemporaryDirectory() as name:
        starts = checks(Path(name), told.rounds) + runs(Path(name), max(1, told.rounds // 2))
    for each in starts:
        ratio = "" if each.ratio is None else f"  {each.ratio:.2f} times the import"
        print(
            f"{each.command:<56}{each.took.wall:>7.2f} s{each.took.cpu:>7.2f} cpu s{each.took.memory:>7,.0f} MB{ratio}"
        )
    keep(told.json, starts)


if __name__ == "__main__":
    main()
