"""The contract of turn tables that come from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandera.polars as pa
import polars as pl
from pandera.api.polars.model_config import BaseConfig
from pandera.api.polars.types import PolarsData
from pandera.errors import SchemaErrors

Check = Callable[[Any, PolarsData], pl.LazyFrame]


def _rule(column: str, name: str) -> Callable[[Check], Check]:
    """Pandera's mark of a check on a column, which it leaves untyped."""
    mark: Callable[[Check], Check] = getattr(pa, "check")(column, name=name)  # noqa: B009 - Pandera doesn't type it
    return mark


class InputTurns(pa.DataFrameModel):
    """One row of a turn table a row, as `schemas.table_contract` lays it out.

    ``transcript`` is an id, or an empty text where the table has no such column. ``order`` counts from 0; ``start`` and
    ``end`` are seconds. These three are null where the table has no such number, and NaN where a cell should be one and
    is none. ``talk`` numbers the transcripts.
    """

    talk: pl.UInt32
    transcript: pl.String
    order: pl.Float64 = pa.Field(nullable=True)
    speaker: pl.String
    text: pl.String
    start: pl.Float64 = pa.Field(nullable=True)
    end: pl.Float64 = pa.Field(nullable=True)

    class Config(BaseConfig):
        """Pandera's settings: no other columns."""

        strict = True

    @_rule("speaker", "speaker_not_blank")
    def _not_blank(self, data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col("speaker").str.contains(r"\S"))

    @_rule("order", "order_whole")
    def _whole(self, data: PolarsData) -> pl.LazyFrame:
        order = pl.col("order")
        return data.lazyframe.select(order.is_finite() & (order >= 0) & (order.floor() == order))

    @_rule("order", "order_unique")
    def _unique(self, data: PolarsData) -> pl.LazyFrame:
        first = pl.struct("talk", "order").is_first_distinct()
        return data.lazyframe.select(first | ~pl.col("order").is_finite())

    @_rule("start", "start_a_time")
    def _start(self, data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col("start").is_finite() & (pl.col("start") >= 0))

    @_rule("end", "end_a_time")
    def _end(self, data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col("end").is_finite() & (pl.col("end") >= 0))

    @_rule("end", "end_not_before_start")
    def _ends(self, data: PolarsData) -> pl.LazyFrame:
        # Of the column, not of the frame: a frame's failure case would hold the whole row, text and all.
        return data.lazyframe.select(~((pl.col("end") < pl.col("start")) & pl.col("start").is_finite()))


def failures(rows: pl.DataFrame) -> pl.DataFrame:
    """What breaks the contract: ``index`` of the row and ``rule``, in order of rows; never a value.

    Validates eagerly: on a LazyFrame Pandera checks names and types only.
    """
    try:
        InputTurns.validate(rows, lazy=True)
    except SchemaErrors as error:
        cases: pl.DataFrame = getattr(error, "failure_cases")  # noqa: B009 - Pandera doesn't type the attribute
        missing = pl.col("check") == "not_nullable"
        rule = pl.when(missing).then(pl.col("column") + "_not_null").otherwise("check")
        return cases.select(pl.col("index").cast(pl.UInt32), rule=rule).sort("index", maintain_order=True)
    return pl.DataFrame(schema={"index": pl.UInt32, "rule": pl.String})
