"""Missing values, sets and bounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import polars as pl

from expectations.gx.errors import NotEvaluatedError
from expectations.gx.metrics.register import Cell, of, register_map
from expectations.gx.values import is_in, literal

BOUNDS: Final = ("min_value", "max_value", "strict_min", "strict_max")


def between(
    column: pl.Expr, min_value: Any, max_value: Any, *, strict_min: bool | None, strict_max: bool | None
) -> pl.Expr:
    """Whether values lie between the bounds, either of which may be None."""
    parts: list[pl.Expr] = []
    if min_value is not None:
        parts.append(column > min_value if strict_min else column >= min_value)
    if max_value is not None:
        parts.append(column < max_value if strict_max else column <= max_value)
    return pl.all_horizontal(parts)


def _between(
    cell: Cell,
    min_value: Any = None,
    max_value: Any = None,
    strict_min: bool | None = None,
    strict_max: bool | None = None,
) -> pl.Expr:
    if min_value is None and max_value is None:
        raise NotEvaluatedError("min_value and max_value cannot both be None")
    low, high = literal(min_value, cell.kind), literal(max_value, cell.kind)
    if low is not None and high is not None and low > high:
        raise NotEvaluatedError("min_value cannot be greater than max_value")
    return between(cell.column, low, high, strict_min=strict_min, strict_max=strict_max)


def _in_set(cell: Cell, value_set: Iterable[Any] | None = None) -> pl.Expr:
    return pl.lit(value=True) if value_set is None else is_in(cell.column, value_set, cell.kind)


def _not_in_set(cell: Cell, value_set: Iterable[Any] | None = None) -> pl.Expr:
    return pl.lit(value=True) if value_set is None else ~is_in(cell.column, value_set, cell.kind)


def _pair_in_set(left: Cell, right: Cell, value_pairs_set: Sequence[Sequence[Any]] | None = None) -> pl.Expr:
    if value_pairs_set is None:
        return pl.lit(value=True)

    def equal(cell: Cell, value: Any) -> pl.Expr:
        if value is None:
            return cell.column.is_null()
        return is_in(cell.column, [value], cell.kind).fill_null(value=False)

    found = [equal(left, one) & equal(right, other) for one, other in value_pairs_set]
    return pl.any_horizontal(pl.lit(value=False), *found)


def register() -> None:
    """Register the metrics of this file."""
    register_map("column_values.nonnull", of(lambda cell: cell.column.is_not_null()), missing=True)
    register_map("column_values.null", of(lambda cell: cell.column.is_null()), missing=True)
    register_map("column_values.in_set", _in_set, keys=["value_set"])
    register_map("column_values.not_in_set", _not_in_set, keys=["value_set"])
    register_map("column_values.between", _between, keys=BOUNDS)
    register_map("column_values.unique", of(lambda cell: cell.column.is_unique()))
    register_map("column_pair_values.in_set", _pair_in_set, about="column_pair", keys=["value_pairs_set"])
