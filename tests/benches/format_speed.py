"""How fast each format is read, and read and checked, against labelled text in the same run.

    python -m tests.benches.format_speed [--megabytes N] [--rounds N] [--only WORD]

The same dialogues are written in each format of `tests.benches.renderings`: chat JSON lines and tables as large as
labelled text, the formats that are read by loops as a tenth of it. MB are of the files as they lie on disk. A figure to
quote is the ratio, since the machine may be shared. JSON lines are also measured as one large file.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from expectations.suite import load_suite
from flows.checking import check_paths
from schemas.listing import batches, list_sources, load
from schemas.reading import read
from tests.benches.corpus import make
from tests.benches.renderings import RENDERINGS, Dialogue, Rendering

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


def best(work: Callable[[], object], rounds: int) -> float:
    """The least seconds of some rounds."""
    seconds: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def measured(folder: Path, rounds: int) -> tuple[float, float, float]:
    """Megabytes in a folder, and megabytes a second of reading them and of checking them."""
    suite = load_suite()
    sources = list_sources(folder)
    size = sum(source.bytes for source in sources) / 1e6

    def reading() -> None:
        for group in batches(sources):
            read(load(group, hashed=False), suite.roster)

    def checking() -> None:
        check_paths([folder], suite, lambda done, total: None)

    return size, size / best(reading, rounds), size / best(checking, rounds)


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
        base: tuple[float, float] | None = None
        for each, together, count in runs:
            folder = Path(name) / each.name
            each.write(folder, dialogues[:count], together)
            size, reading, checking = measured(folder, options.rounds)
            base = base or (reading, checking)
            ratios = reading / base[0], checking / base[1]
            print(
                f"{each.name:<26}{size:>7.1f}{reading:>11.1f}{ratios[0]:>8.2f}{checking:>12.1f}{ratios[1]:>8.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
