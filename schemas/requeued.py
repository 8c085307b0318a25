"""The contract of the links from transcripts that were judged again to the runs that had quarantined them."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from schemas.columns import VERDICTS
from schemas.keys import BatchKeys


class StoredRequeued(BatchKeys):
    """One transcript that was judged again a row; see `schemas.columns.REQUEUED`."""

    transcript: pl.String
    origin: pl.String = pa.Field(str_matches=r"^[0-9a-f]{16}$")
    policy: pl.String = pa.Field(str_matches=r"^[0-9a-f]{16}$")
    verdict: pl.String = pa.Field(isin=VERDICTS)
