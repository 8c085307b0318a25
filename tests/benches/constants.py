"""What a very large drop meets that a small one doesn't: ``python -m tests.benches.constants [--rounds N] [--json FILE]``.

Measures the costs that grow with the number of files, of commits, and of transcripts that were judged before: processor
time, on one thread of Polars and a local disk. `tests.benches.billion` computes with them.
"""

from __future__ import annotations

import os
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Final

# Read when Polars is imported.
os.environ.setdefault("POLARS_MAX_THREADS", "1")

import polars as pl

from expectations.drop import MEMBERS, RELEASED, Drop
from expectations.evaluate_drop import evaluate_drop
from expectations.fingerprints import SKETCH
from expectations.suite import load_suite
from schemas.listing import list_sources
from schemas.store import Store
from schemas.stored import STORED
from tests.benches.measuring import keep, parser
from tests.benches.shapes import corpus

COMMITS: Final = (100, 1_000)
"""How many commits a table's log has when the next one is timed."""

EXAMPLE: Final = {
    "run": "0123456789abcdef",
    "drop": "drop",
    "code": "S203",
    "rule": "no_empty_turns",
    "scope": "turn",
    "severity": "critical",
}
"""A row of the table ``tallies``, besides its numbers."""

DROP: Final = 20_000
"""Transcripts of a drop of a million turns."""

CYCLE: Final = 50
"""Commits from one checkpoint of the log to the next, over which the time of one goes up and down."""

RELEASES: Final = 200_000
"""Fingerprints of transcripts that were released before, when those of a drop are compared with them."""


@dataclass(frozen=True)
class Constant:
    """One measured number.

    Attributes:
        name: for `tests.benches.billion`.
        value, unit: the number.
        means: what was measured.
    """

    name: str
    value: float
    unit: str
    means: str


def seconds(work: Callable[..., object], *given: object, **named: object) -> float:
    """Processor seconds of some work."""
    began = time.process_time()
    work(*given, **named)
    return time.process_time() - began


def of_listing(texts: Path, rounds: int) -> list[Constant]:
    """What listing takes for each file, and what is kept of it."""
    list_sources(texts)
    least = min(seconds(list_sources, texts, within=True) for _ in range(rounds))
    tracemalloc.start()
    listed = list_sources(texts, within=True)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return [
        Constant("listing", 1e6 * least / len(listed), "µs", "to list one of many files"),
        Constant(
            "source", kept / len(listed), "bytes", "of memory that each listed file takes until its batch is judged"
        ),
    ]


def of_commits(folder: Path) -> list[Constant]:
    """What one append takes in a table with few commits, and how much more with each that is there."""
    store, table = Store(folder / "store"), "tallies"
    schema = STORED[table]
    frame = pl.DataFrame({name: [EXAMPLE.get(name, 0)] for name in schema}, schema)
    taken: list[float] = []
    for number in range(COMMITS[-1] + CYCLE):
        taken.append(seconds(store.append, table, frame, transaction=str(number)))
    few, many = (median(taken[count : count + CYCLE]) for count in COMMITS)
    return [
        Constant("commit", 1e3 * few, "ms", f"to append to a table with {COMMITS[0]} commits"),
        Constant(
            "commit_growth",
            max(0.0, 1e6 * (many - few) / (COMMITS[1] - COMMITS[0])),
            "µs",
            f"more for each commit that is there (from {COMMITS[0]} to {COMMITS[1]})",
        ),
    ]


def of_duplicates(folder: Path) -> list[Constant]:
    """What D501 and D502 take for each transcript of a drop, and for each that was released before."""
    suite = load_suite().changed(select=["D501", "D502"])
    members = cast(fingerprints(0, DROP).with_columns(path="transcript", record=0, line=1, characters=20_000), MEMBERS)
    past = folder / "fingerprints"
    past.mkdir()
    for start in range(DROP, DROP + RELEASES, DROP):
        some = fingerprints(start, DROP).with_columns(drop=pl.lit("before"), released=True, characters=20_000)
        cast(some, RELEASED).write_parquet(past / f"{start}.parquet")
    alone = Drop("drop", members, released=pl.LazyFrame(schema=RELEASED))
    after = Drop("drop", members, released=pl.scan_parquet(past / "*.parquet"))
    evaluate_drop(alone, suite)
    first, second = (min(seconds(evaluate_drop, drop, suite) for _ in range(2)) for drop in (alone, after))
    weight = sum(path.stat().st_size for path in past.iterdir())
    return [
        Constant("duplicates", 1e6 * first / DROP, "µs", "to compare a transcript with those of its drop (D501, D502)"),
        Constant("released", 1e6 * (second - first) / RELEASES, "µs", "more for each transcript released before"),
        Constant(
            "fingerprint", weight / RELEASES, "bytes", "of Parquet for a fingerprint, of texts that share nothing"
        ),
    ]


def fingerprints(start: int, count: int) -> pl.DataFrame:
    """Fingerprints of transcripts that have nothing in common with each other: (transcript, digest, sketch)."""
    numbers = pl.int_range(start, start + count, eager=True)
    hashes = pl.int_range(start * SKETCH, (start + count) * SKETCH, eager=True).hash(7).reinterpret(signed=True)
    return pl.DataFrame(
        {
            "transcript": pl.select(pl.format("part/{}.txt", numbers)).to_series(),
            "digest": numbers.hash(11).reinterpret(signed=True),
            "sketch": hashes.reshape((count, SKETCH)).arr.to_list().list.sort(),
        }
    )


def cast(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """A frame with the columns of a schema; what it lacks is null."""
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in schema.items()
    )


def of_the_ledger(folder: Path) -> list[Constant]:
    """What it takes to look a drop's files up among a million that were judged before."""
    count, ledger = 1_000_000, folder / "ledger.parquet"
    digests = pl.Series("sha256", [sha256(str(number).encode()).hexdigest() for number in range(count)])
    pl.DataFrame({"run": ["0" * 16], "path": ["part/00000000.txt"]}).join(
        digests.to_frame(), how="cross"
    ).write_parquet(ledger)
    mine = digests[:DROP].to_frame().lazy()

    def look() -> pl.DataFrame:
        rows = pl.scan_parquet(ledger).select("sha256")
        return rows.join(mine, on="sha256", how="semi").unique().collect(engine="streaming")

    look()
    return [
        Constant("ledger", 1e6 * min(seconds(look) for _ in range(3)) / count, "µs", "to look at a row of the ledger"),
        Constant("ledger_row", ledger.stat().st_size / count, "bytes", "of Parquet for a row of the ledger"),
    ]


def main() -> None:
    """Measure, print."""
    told = parser(__doc__, turns=1_000_000, rounds=3).parse_args()
    texts = corpus(told.folder, told.turns, "files")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        constants = [
            *of_listing(texts, told.rounds),
            *of_commits(folder),
            *of_duplicates(folder),
            *of_the_ledger(folder),
        ]
    for each in constants:
        print(f"{each.name:<16}{each.value:>10,.1f} {each.unit:<6} {each.means}")
    keep(told.json, constants)


if __name__ == "__main__":
    main()
