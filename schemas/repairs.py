"""The contract of repairs: what was changed, where, and for which finding."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from schemas.keys import CODES, BatchKeys


class StoredRepairs(BatchKeys):
    """One step of a repair a row, ``turn`` and ``line`` as read; see `schemas.columns.REPAIRS`."""

    transcript: pl.String
    turn: pl.UInt32
    line: pl.UInt32 = pa.Field(ge=1)
    speaker: pl.String
    role: pl.String = pa.Field(nullable=True)
    repair: pl.String
    code: pl.String = pa.Field(str_matches=CODES)
    before: pl.String
    after: pl.String = pa.Field(nullable=True)
