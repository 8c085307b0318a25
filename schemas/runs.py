"""The contract of runs; a run's row is its last commit, and makes everything else of the run visible."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl

from schemas.columns import GATES
from schemas.keys import RunKeys


class StoredRuns(RunKeys):
    """One finished run a row; see `schemas.stored.STORED` for how the counts add up."""

    suite: pl.String
    suite_digest: pl.String = pa.Field(str_matches=r"^[0-9a-f]{16}$")
    version: pl.String
    started: Annotated[pl.Datetime, "us", "UTC"]
    finished: Annotated[pl.Datetime, "us", "UTC"]
    bytes: pl.UInt64
    batches: pl.UInt32
    found: pl.UInt32
    known: pl.UInt32
    accepted: pl.UInt32
    repaired: pl.UInt32
    quarantined: pl.UInt32
    unreadable: pl.UInt32
    transcripts: pl.UInt32
    transcripts_accepted: pl.UInt32
    transcripts_repaired: pl.UInt32
    transcripts_quarantined: pl.UInt32
    turns: pl.UInt64
    released_turns: pl.UInt64
    characters: pl.UInt64
    tokens: pl.UInt64 = pa.Field(nullable=True)
    manifests: pl.UInt32 = pa.Field(nullable=True)
    gate: pl.String = pa.Field(isin=GATES)
    gate_reason: pl.String
