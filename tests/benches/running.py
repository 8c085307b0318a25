"""`turnproof run` on a large drop: ``python -m tests.benches.running [--turns N] [--rounds N] [--folder FOLDER]``.

A whole command into an empty store, with the site, Prefect's embedded server, and a home of Prefect's of its own. What
starting takes is told apart: a run of a drop of one file. Prints what the store holds afterwards, a table a line.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.benches.corpus import SEEDS
from tests.benches.measuring import Timing, keep, parser, typical
from tests.benches.shapes import corpus
from tests.benches.starting import run


@dataclass(frozen=True)
class Ran:
    """What a run took, and left.

    Attributes:
        turns, bytes: of the drop.
        took: the whole run, as medians.
        start: a run of one file.
        tables: bytes on disk by table of the store; ``log`` are those of all their logs.
        files: how many files of rows there are by table.
        site: bytes of the site.
    """

    turns: int
    bytes: int
    took: Timing
    start: Timing
    tables: dict[str, int]
    files: dict[str, int]
    site: int


def weights(store: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Bytes and files by table of a store; the tables' logs together are one more."""
    tables: dict[str, int] = {"log": 0}
    files: dict[str, int] = {}
    for log in store.glob("*/_delta_log"):
        tables["log"] += size(log)
        rows = list(log.parent.rglob("*.parquet"))
        rows = [path for path in rows if "_delta_log" not in path.parts]
        tables[log.parent.name] = sum(path.stat().st_size for path in rows)
        files[log.parent.name] = len(rows)
    return tables, files


def size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measured(folder: Path, turns: int, rounds: int) -> Ran:
    """Run a corpus some times, into a fresh store each time."""
    drop = corpus(folder, turns, "files")
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        (place / "one").mkdir()
        shutil.copy(min(SEEDS.glob("*.txt")), place / "one")
        starts = [run(place / "one", place / f"start-{number}") for number in range(rounds)]
        took: list[Timing] = []
        for number in range(rounds):
            shutil.rmtree(place / f"whole-{number - 1}", ignore_errors=True)
            took.append(run(drop, place / f"whole-{number}"))
        store = place / f"whole-{rounds - 1}" / "store"
        tables, files = weights(store)
        return Ran(turns, size(drop), typical(took), typical(starts), tables, files, size(store / "site"))


def main() -> None:
    """Make the corpus, run, print."""
    told = parser(__doc__, turns=1_000_000, rounds=1).parse_args()
    ran = measured(told.folder, told.turns, told.rounds)
    print(f"{ran.turns:,} turns, {ran.bytes / 1e6:,.0f} MB")
    for name, took in (("whole run", ran.took), ("a run of one file", ran.start)):
        print(f"{name:<20}{took.wall:>8.1f} s{took.cpu:>8.1f} cpu s{took.memory:>8,.0f} MB")
    for table, weight in sorted(ran.tables.items(), key=lambda each: -each[1]):
        print(f"{table:<20}{weight / ran.turns:>8.1f} bytes a turn{ran.files.get(table, 0):>8,} files")
    print(f"{'site':<20}{ran.site / ran.turns:>8.1f} bytes a turn")
    keep(told.json, [ran])


if __name__ == "__main__":
    main()
