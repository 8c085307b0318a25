"""Quantiles, histograms and counts of values."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportPrivateUsage=false
# (Great Expectations leaves parts of what it exports untyped, and its binning is private.)

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import polars as pl
from great_expectations.expectations.metrics.column_aggregate_metrics.column_partition import ColumnPartition

from expectations.gx.errors import NotEvaluatedError
from expectations.gx.metrics.register import Cell, Computed, register_direct, register_summary
from expectations.gx.metrics.sets import BOUNDS, between
from expectations.gx.metrics.summaries import seen


def _quantiles(cell: Cell, quantiles: Sequence[float], allow_relative_error: Any = None) -> Computed:
    if not (cell.kind.is_numeric() or cell.kind.is_temporal()):
        raise NotEvaluatedError(f"{cell.subject} needs numbers or dates, and the column is {cell.kind}")
    if allow_relative_error in {"linear", "lower", "higher", "midpoint"}:
        found = [cell.column.quantile(quantile, allow_relative_error) for quantile in quantiles]
    elif allow_relative_error in {None, False, "nearest"}:
        # Halfway between two values Polars takes the upper one; NumPy, and so GX, the even one.
        ordered, last = cell.column.drop_nulls().sort(), cell.column.count().cast(pl.Int64) - 1
        found = [
            ordered.get((last * quantile).round(mode="half_to_even").cast(pl.Int64), null_on_oob=True)
            for quantile in quantiles
        ]
    else:
        raise NotEvaluatedError(f"expected a way to interpolate quantiles, found {allow_relative_error!r}")
    return pl.concat_list(found).first(), pl.Series.to_list


def _counts(cell: Cell, sort: str | None = None, collate: str | None = None, *, show_values: bool) -> Computed:
    seen(cell, show_values=show_values)
    if collate is not None:
        raise NotEvaluatedError("a Polars frame has no collation; leave it out")
    if sort not in {None, "value", "count", "none"}:
        raise NotEvaluatedError("sort must be either 'value', 'count', or 'none'")
    counted = cell.column.drop_nulls().value_counts(name="count")

    def finish(found: pl.Series) -> Any:
        rows = sorted(([*row.values()] for row in found.to_list()), key=lambda row: row[1 if sort == "count" else 0])
        pandas = import_module("pandas")
        index = pandas.Index([value for value, _ in rows], name="value")
        return pandas.Series([count for _, count in rows], index=index, name="count", dtype="int64")

    return counted.implode(), finish


def _histogram(cell: Cell, bins: Sequence[float]) -> Computed:
    def finish(found: pl.Series) -> list[Any]:
        # NumPy's bins are closed at the right end of the last one; counting them anew would not be the same.
        return list(import_module("numpy").histogram(found.to_numpy(), bins, density=False)[0])

    return cell.column.drop_nulls().implode(), finish


def _between_count(
    cell: Cell,
    min_value: Any = None,
    max_value: Any = None,
    strict_min: bool | None = None,
    strict_max: bool | None = None,
) -> Computed:
    if min_value is None and max_value is None:
        raise NotEvaluatedError("min_value and max_value cannot both be None")
    counted = between(cell.column, min_value, max_value, strict_min=strict_min, strict_max=strict_max).sum()
    # GX divides it by a count that may be 0, as NumPy's numbers can be.
    return counted, import_module("numpy").int64


def _partition(**given: Any) -> Any:
    return ColumnPartition._pandas(**given)


def register() -> None:
    """Register the metrics of this file."""
    register_summary("column.quantile_values", _quantiles, keys=["quantiles", "allow_relative_error"])
    register_summary("column.value_counts", _counts, keys=["sort", "collate", "show_values"])
    register_summary("column.histogram", _histogram, keys=["bins"])
    register_summary("column_values.between.count", _between_count, keys=BOUNDS)
    register_direct("column.partition", _partition, about="column", base=ColumnPartition)
