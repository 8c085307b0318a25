"""The contracts of turns, in the tables ``release`` and ``quarantine``."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from schemas.keys import BatchKeys


class StoredTurns(BatchKeys):
    """One turn a row, in order within its transcript.

    ``turn`` counts from 0. ``line`` counts from 1 and is where the turn's text starts in its source. ``start`` and
    ``end`` are seconds, null where the source has no times. ``role`` is null where the roster doesn't know the speaker.
    """

    transcript: pl.String
    turn: pl.UInt32
    speaker: pl.String
    role: pl.String = pa.Field(nullable=True)
    text: pl.String
    line: pl.UInt32 = pa.Field(ge=1)
    start: pl.Float64 = pa.Field(nullable=True)
    end: pl.Float64 = pa.Field(nullable=True)


class StoredQuarantine(StoredTurns):
    """Turns as they were read, with their tools; see `schemas.columns.TOOLS`."""

    calls: pl.List = pa.Field(nullable=True, dtype_kwargs={"inner": pl.String})
    answers: pl.List = pa.Field(nullable=True, dtype_kwargs={"inner": pl.String})
