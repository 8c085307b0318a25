"""Order, outliers, and columns compared with each other."""

from __future__ import annotations

import polars as pl

from expectations.gx.errors import NotEvaluatedError
from expectations.gx.metrics.register import Cell, register_map
from expectations.gx.values import distinct_pairs, family


def _increasing(cell: Cell, strictly: bool | None = None) -> pl.Expr:
    return _rising(cell, up=True, strictly=strictly)


def _decreasing(cell: Cell, strictly: bool | None = None) -> pl.Expr:
    return _rising(cell, up=False, strictly=strictly)


def _rising(cell: Cell, *, up: bool, strictly: bool | None) -> pl.Expr:
    # Missing values are left out before neighbours are compared.
    before = cell.column.forward_fill().shift(1)
    if not (cell.kind.is_numeric() or cell.kind.is_temporal()):
        raise NotEvaluatedError(f"{cell.subject} needs numbers or dates, and the column is {cell.kind}")
    if up:
        ordered = cell.column > before if strictly else cell.column >= before
    else:
        ordered = cell.column < before if strictly else cell.column <= before
    return ordered | before.is_null()


def _z_score(cell: Cell, threshold: float, double_sided: bool | None = None) -> pl.Expr:
    spread = cell.column.std()
    score = (cell.column - cell.column.mean()) / spread
    under = score.abs() < abs(threshold) if double_sided else score < threshold
    # Without a spread there is nothing to stand out from.
    return under | spread.is_null() | (spread == 0)


def _not_outlying(cell: Cell, method: str | None = "iqr", multiplier: float = 1.5) -> pl.Expr:
    column = cell.column
    if method == "iqr":
        low, high = column.quantile(0.25, "linear"), column.quantile(0.75, "linear")
        reach = multiplier * (high - low)
        return (column >= low - reach) & (column <= high + reach)
    if method != "std":
        raise NotEvaluatedError(f'expected the method "iqr" or "std", found "{method}"')
    reach = multiplier * column.std()
    near = pl.when(reach <= 0).then(column == column.mean()).otherwise((column - column.mean()).abs() < reach)
    return near | reach.is_null()


def same(left: Cell, right: Cell) -> pl.Expr:
    """Whether two columns hold the same value; missing ones are alike."""
    if isinstance(left.kind, pl.Null) or isinstance(right.kind, pl.Null) or family(left.kind) == family(right.kind):
        return left.column.eq_missing(right.column)
    return left.column.is_null() & right.column.is_null()


def _equal(left: Cell, right: Cell) -> pl.Expr:
    return same(left, right) & left.column.is_not_null()


def _greater(left: Cell, right: Cell, or_equal: bool | None = None) -> pl.Expr:
    return left.column >= right.column if or_equal else left.column > right.column


def _all_same(*cells: Cell) -> pl.Expr:
    return pl.all_horizontal([same(cells[0], cell) for cell in cells])


def _all_different(*cells: Cell) -> pl.Expr:
    return ~pl.any_horizontal([same(cells[left], cells[right]) for left, right in distinct_pairs(len(cells))])


def _sum(*cells: Cell, sum_total: float) -> pl.Expr:
    return pl.sum_horizontal([cell.column for cell in cells], ignore_nulls=False) == sum_total


def _compound(*cells: Cell) -> pl.Expr:
    return pl.struct([cell.column for cell in cells]).is_unique()


def register() -> None:
    """Register the metrics of this file."""
    register_map("column_values.increasing", _increasing, keys=["strictly"])
    register_map("column_values.decreasing", _decreasing, keys=["strictly"])
    register_map("column_values.z_score.under_threshold", _z_score, keys=["double_sided", "threshold"])
    register_map("column_values.not_outliers", _not_outlying, keys=["method", "multiplier"])
    register_map("column_pair_values.equal", _equal, about="column_pair")
    register_map("column_pair_values.a_greater_than_b", _greater, about="column_pair", keys=["or_equal"])
    register_map("compound_columns.unique", _compound, about="multicolumn")
    register_map("multicolumn_values.equal", _all_same, about="multicolumn")
    register_map("select_column_values.unique.within_record", _all_different, about="multicolumn")
    register_map("multicolumn_sum.equal", _sum, about="multicolumn", keys=["sum_total"])
