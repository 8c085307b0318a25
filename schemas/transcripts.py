"""The contract of judged transcripts."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from schemas.columns import VERDICTS
from schemas.keys import BatchKeys


class StoredTranscripts(BatchKeys):
    """One transcript a row, with its verdict.

    ``record`` counts from 0 within the source, ``line`` from 1. ``turns`` are as read; a record that could not be
    parsed has none. ``characters`` and ``tokens`` count the turns' text as read, tokens only where the suite names
    a tokenizer.
    """

    transcript: pl.String
    path: pl.String
    record: pl.UInt32
    line: pl.UInt32 = pa.Field(ge=1)
    turns: pl.UInt32
    released_turns: pl.UInt32
    characters: pl.UInt64
    tokens: pl.UInt64 = pa.Field(nullable=True)
    speakers: pl.List = pa.Field(dtype_kwargs={"inner": pl.String})
    verdict: pl.String = pa.Field(isin=VERDICTS)
    critical: pl.UInt32
    warning: pl.UInt32
    info: pl.UInt32
    repairs: pl.List = pa.Field(dtype_kwargs={"inner": pl.String})
