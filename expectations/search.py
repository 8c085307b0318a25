"""What no expression over turns can tell, a function looks for in a whole batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

UNKNOWN: Final = {"turn": None, "severity": None, "message": None, "evidence": None}
"""What `FOUND` says besides ``transcript_key`` where a transcript could not be evaluated."""

FOUND: Final = pl.Schema(
    {
        "transcript_key": pl.UInt32,
        "turn": pl.UInt32,
        "severity": pl.String,
        "message": pl.String,
        "evidence": pl.String,
    }
)
"""What a `Search` finds, one violation a row.

``turn`` is null where the violation has no place; ``severity`` is null where it is the expectation's own; ``evidence``
is a slice of the turn's text, or null. Where ``message`` is null, the transcript could not be evaluated.
"""


def unknown(transcripts: pl.DataFrame) -> pl.DataFrame:
    """`FOUND` of transcripts, by ``transcript_key``, that could not be evaluated."""
    return transcripts.with_columns(**UNKNOWN).select(FOUND.names()).cast(FOUND)


@dataclass(frozen=True)
class Search:
    """A violation that no expression over turns can tell: a function looks for it in a whole batch.

    An expectation that returns one may report several findings a transcript.

    Attributes:
        find: makes `FOUND` of the turns of a batch, `expectations.plan.TURNS`, which are contiguous by transcript and
            in order. It runs on every batch: it has to tell cheaply that there is nothing to be found.
    """

    find: Callable[[pl.DataFrame], pl.DataFrame]
