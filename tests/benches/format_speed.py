"""How fast each format is read, and read and checked, against labelled text in the same run.

    python -m tests.benches.format_speed [--megabytes N] [--rounds N] [--only WORD]

The same dialogues are written in each format of `tests.benches.renderings`: chat JSON lines and tables as large as
labelled text, the formats that are read by loops as a tenth of it. MB are of the files as they lie on disk, but for
Parquet, which packs these dialogues to a tenth: there they are of the dialogues as labelled text. The figure to quote is
the ratio, the median of rounds in each of which labelled text is measured right before, since the machine may be
shared. What can hold many dialogues is also measured as one large file.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Final

import polars as pl

from expectations.suite import load_suite
from flows.checking import check_paths
from schemas.batching import batches
from schemas.listing import list_sources
from schemas.loading import load
from schemas.reading import read
from tests.benches.corpus import make
from tests.benches.rendering import Dialogue, Rendering
from tests.benches.renderings import RENDERINGS

TURNS_A_MEGABYTE: Final = 2136
"""What `tests.benches.corpus` makes."""

TURNS_A_FILE: Final = 50
TOGETHER: Final = 20
"""So many dialogues are in a file that can hold several: 0.5 MB."""

FAST: Final = (
    "labelled text",
    "OpenAI lines",
    "ShareGPT lines",
    "turn table",
    "turn table, TSV",
    "Parquet turns",
    "Parquet messages",
)
"""The renderings that are measured on the whole corpus."""


def corpus(folder: Path, megabytes: int) -> list[Dialogue]:
    """Dialogues of about so many megabytes."""
    files = max(megabytes * TURNS_A_MEGABYTE // TURNS_A_FILE, 10)
    make(folder, turns=files * TURNS_A_FILE, files=files)
    batch = read(load(list_sources(folder)), load_suite().roster)
    # A few files hold planted defects; what is empty or out of turn no format has to keep.
    turns = batch.turns.filter(pl.col("text") != "").group_by("transcript_key", maintain_order=True)
    return [list(zip(each["role"], each["text"], strict=True)) for _, each in turns]


def seconds(work: Callable[[Path], object], folder: Path) -> float:
    """How long some work on a folder takes."""
    began = time.perf_counter()
    work(folder)
    return time.perf_counter() - began


def reading(folder: Path) -> None:
    """Read a folder."""
    for group in batches(list_sources(folder)):
        read(load(group, hashed=False), load_suite().roster)


def checking(folder: Path) -> None:
    """Read and check a folder."""
    check_paths([folder], load_suite(), lambda done, total: None)


def size(folder: Path) -> float:
    """Megabytes in a folder."""
    return sum(source.bytes for source in list_sources(folder)) / 1e6


def rates(
    work: Callable[[Path], object], folder: Path, megabytes: float, base: Path, rounds: int
) -> tuple[float, float]:
    """The median megabytes a second of some work on a folder, and the median ratio to those of labelled text."""
    pairs = [(size(base) / seconds(work, base), megabytes / seconds(work, folder)) for _ in range(rounds)]
    return median(mine for _, mine in pairs), median(mine / other for other, mine in pairs)


def main() -> None:
    """Write the corpus in each format, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="measure only renderings whose name holds this")
    options = parser.parse_args()
    wanted = [
        each for each in RENDERINGS.values() if each.name in FAST[:1] or options.only.lower() in each.name.lower()
    ]
    with tempfile.TemporaryDirectory() as name:
        dialogues = corpus(Path(name) / "corpus", options.megabytes)
        runs: list[tuple[Rendering, int, int]] = []
        for each in wanted:
            fast = each.name in FAST
            runs.append((each, TOGETHER, len(dialogues) if fast else max(len(dialogues) // 10, 1)))
            if fast and each.several:
                runs.append((replace(each, name=f"{each.name}, one file"), len(dialogues), len(dialogues)))
        print(f"{'format':<26}{'MB':>7}{'read MB/s':>11}{'ratio':>8}{'check MB/s':>12}{'ratio':>8}", flush=True)
        base = Path(name) / FAST[0]
        for each, together, count in runs:
            folder = Path(name) / each.name
            each.write(folder, dialogues[:count], together)
            megabytes = size(base) * count / len(dialogues) if each.format == "parquet" else size(folder)
            read_rate, read_ratio = rates(reading, folder, megabytes, base, options.rounds)
            check_rate, check_ratio = rates(checking, folder, megabytes, base, options.rounds)
            print(
                f"{each.name:<26}{megabytes:>7.1f}{read_rate:>11.1f}{read_ratio:>8.2f}"
                f"{check_rate:>12.1f}{check_ratio:>8.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
