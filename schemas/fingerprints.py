"""The contract of fingerprints."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from schemas.keys import BatchKeys


class StoredFingerprints(BatchKeys):
    """One transcript with turns a row: what tells whether another one says the same, or nearly.

    ``digest`` is of its texts, ``sketch`` the smallest hashes of samples of it, in order; null where no turn is long
    enough to be sampled.
    """

    transcript: pl.String
    released: pl.Boolean
    characters: pl.UInt64
    digest: pl.Int64
    sketch: pl.List = pa.Field(nullable=True, dtype_kwargs={"inner": pl.Int64})
