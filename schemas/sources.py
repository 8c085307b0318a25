"""The contract of sources, which is also the ledger: what was judged is known by its content."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from schemas.columns import SOURCE_VERDICTS
from schemas.keys import BatchKeys


class StoredSources(BatchKeys):
    """One file of a drop a row.

    ``sha256`` is of the bytes as found, null where the file could not be opened (it is then tried again next time).
    ``characters`` is what the format had to account for, ``in_turns`` and ``elsewhere`` what it accounted for.
    """

    path: pl.String
    sha256: pl.String = pa.Field(nullable=True, str_matches=r"^[0-9a-f]{64}$")
    bytes: pl.UInt64
    encoding: pl.String = pa.Field(nullable=True)
    format: pl.String = pa.Field(nullable=True)
    characters: pl.UInt64
    in_turns: pl.UInt64
    elsewhere: pl.UInt64
    transcripts: pl.UInt32
    turns: pl.UInt32
    verdict: pl.String = pa.Field(isin=SOURCE_VERDICTS)
