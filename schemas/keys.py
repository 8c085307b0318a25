"""The columns by which stored rows belong to a run."""

from __future__ import annotations

from typing import Final

import pandera.polars as pa
import polars as pl
from pandera.api.polars.model_config import BaseConfig

CODES: Final = r"^([A-Z]\d{3}|GX_[A-Z0-9_]+)$"
"""Codes of expectations: ours, and Great Expectations' own in a suite of ours."""


class RunKeys(pa.DataFrameModel):
    """Rows that belong to one run of one drop."""

    run: pl.String = pa.Field(str_matches=r"^[0-9a-f]{16}$")
    drop: pl.String = pa.Field(str_length={"min_value": 1})

    class Config(BaseConfig):
        """Pandera's settings: no other columns."""

        strict = True


class BatchKeys(RunKeys):
    """Rows that one batch of a run commits together; batches count from 0."""

    batch: pl.UInt32
