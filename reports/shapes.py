"""What transcripts of a run are like: how many turns, how long they are, who says how much; as histograms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import polars as pl

from schemas.store import Store


@dataclass(frozen=True)
class Measure:
    """Something that is counted in bins; a bin begins at each of `starts`, and the last has no end.

    Attributes:
        name: in a summary.
        title, unit: on a page.
        starts: where the bins begin; what lies below the first falls into it.
        percent: whether these are hundredths.
    """

    name: str
    title: str
    unit: str
    starts: tuple[int, ...]
    percent: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """The bins in words: `1`, `3–4`, `513+`."""
        if self.percent:
            return tuple(f"{low}–{high}" for low, high in pairwise((*self.starts, 100)))
        closed = (str(low) if high == low + 1 else f"{low:,}–{high - 1:,}" for low, high in pairwise(self.starts))
        return (*closed, f"{self.starts[-1]:,}+")


MEASURES: Final = (
    Measure("turns", "Turns in a transcript", "transcripts", (1, 2, 3, 5, 9, 17, 33, 65, 129, 257, 513)),
    Measure("length", "Characters in a turn", "turns", (0, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)),
    Measure("balance", "Talk of who says most, in %", "transcripts", (0, 50, 55, 60, 70, 80, 90, 95), True),
)


@dataclass(frozen=True)
class Shape:
    """A histogram of a run, as shares of all, beside the mean of those of the runs before (None without any)."""

    measure: Measure
    total: int
    now: tuple[float, ...]
    before: tuple[float, ...] | None
    runs: int


def histograms(store: Store, run: str) -> dict[str, tuple[int, ...]]:
    """The histograms of a run, by measure; of its turns as released, or as read where they are quarantined."""
    said = pl.concat(
        store.scan_run(table, run).select("transcript", "speaker", characters=pl.col("text").str.len_chars())
        for table in ("release", "quarantine")
    )
    voices = said.group_by("transcript", "speaker").agg(turns=pl.len(), characters=pl.col("characters").sum())
    transcripts = voices.group_by("transcript").agg(
        pl.col("turns").sum(), balance=100 * pl.col("characters").max() / pl.col("characters").sum()
    )
    columns = {
        "turns": transcripts.select("turns"),
        "length": said.select(length="characters"),
        # Where nobody says a word, nobody says most.
        "balance": transcripts.filter(pl.col("balance").is_finite()).select("balance"),
    }
    counted = pl.collect_all(
        [columns[measure.name].select(bin=_bin(measure)).group_by("bin").agg(pl.len()) for measure in MEASURES],
        engine="streaming",
    )
    return {measure.name: _filled(measure, counts) for measure, counts in zip(MEASURES, counted, strict=True)}


def shapes(now: dict[str, tuple[int, ...]], before: Sequence[dict[str, tuple[int, ...]]]) -> tuple[Shape, ...]:
    """The histograms of a run against those of the runs before; none of what nothing was measured of."""
    result: list[Shape] = []
    for measure in MEASURES:
        total = sum(now[measure.name])
        past = [_shares(each[measure.name]) for each in before if sum(each[measure.name])]
        if total:
            mean = tuple(sum(bins) / len(past) for bins in zip(*past, strict=True)) if past else None
            result.append(Shape(measure, total, _shares(now[measure.name]), mean, len(past)))
    return tuple(result)


def _bin(measure: Measure) -> pl.Expr:
    value = pl.col(measure.name)
    return pl.sum_horizontal((value >= start).cast(pl.UInt32) for start in measure.starts[1:])


def _filled(measure: Measure, counts: pl.DataFrame) -> tuple[int, ...]:
    found = dict(counts.iter_rows())
    return tuple(found.get(place, 0) for place in range(len(measure.starts)))


def _shares(counts: Sequence[int]) -> tuple[float, ...]:
    return tuple(count / sum(counts) for count in counts)
