"""The contract of what was deleted of finished runs, as the settings for retention ask."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl

from schemas.columns import FORGETTABLE
from schemas.keys import RunKeys


class StoredForgotten(RunKeys):
    """One finished run, and what of it was deleted, a row; see `schemas.stored.STORED`."""

    what: pl.String = pa.Field(isin=FORGETTABLE)
    at: Annotated[pl.Datetime, "us", "UTC"]
