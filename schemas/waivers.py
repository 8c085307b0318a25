"""The contract of waivers: who lets a finding stand, why, and until when. Rows are only added, so the history stays."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl
from pandera.api.polars.model_config import BaseConfig


class StoredWaivers(pa.DataFrameModel):
    """One event a row: a waiver is granted, or revoked (then with the same fields, and who did it when)."""

    waiver: pl.String = pa.Field(str_matches=r"^[0-9a-f]{12}$")
    event: pl.String = pa.Field(isin=("granted", "revoked"))
    code: pl.String = pa.Field(str_matches=r"^[A-Z]\d{3}$")
    transcript: pl.String = pa.Field(str_length={"min_value": 1})
    turn: pl.UInt32 = pa.Field(nullable=True)
    pattern: pl.String = pa.Field(nullable=True)
    reason: pl.String = pa.Field(str_length={"min_value": 1})
    by: pl.String = pa.Field(str_length={"min_value": 1})
    until: pl.Date
    at: Annotated[pl.Datetime, "us", "UTC"]

    class Config(BaseConfig):
        """Pandera's settings: no other columns."""

        strict = True
