"""The contract of findings."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from schemas.columns import SEVERITIES
from schemas.keys import CODES, BatchKeys


class StoredFindings(BatchKeys):
    """One violation a row.

    ``transcript``, ``record`` and ``turn`` are null where the finding is about something larger; ``line`` is null where
    no line can be named (an unreadable file). ``evidence`` is a slice of the turn's text that starts ``offset``
    characters into it.
    """

    path: pl.String
    transcript: pl.String = pa.Field(nullable=True)
    record: pl.UInt32 = pa.Field(nullable=True)
    turn: pl.UInt32 = pa.Field(nullable=True)
    line: pl.UInt32 = pa.Field(nullable=True, ge=1)
    code: pl.String = pa.Field(str_matches=CODES)
    rule: pl.String
    severity: pl.String = pa.Field(isin=SEVERITIES)
    message: pl.String
    evidence: pl.String = pa.Field(nullable=True)
    offset: pl.UInt32 = pa.Field(nullable=True)
    fix: pl.String = pa.Field(nullable=True)
    waived: pl.String = pa.Field(nullable=True)
