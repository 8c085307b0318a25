"""What Great Expectations derives from a condition on rows: how many fail it, their values, numbers and rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import polars as pl

from expectations.gx.data import ROW
from expectations.gx.errors import NotEvaluatedError
from expectations.gx.query import Domain, Measure
from expectations.gx.values import HIDDEN, may_hold_text

MOST: Final = 200
"""GX never carries more values or rows than this (its ``MAX_RESULT_RECORDS``)."""


@dataclass(frozen=True)
class Finding:
    """The rows of a domain that fail a condition.

    Attributes:
        domain: the rows.
        mask: the name of the condition's column.
        unexpected: the condition, true where a row fails.
        form: the result format asked for.
        show_values: whether values that may hold text may be carried.
        is_pair: whether it is a condition on a pair of columns.
    """

    domain: Domain
    mask: str
    unexpected: pl.Expr
    form: Mapping[str, Any]
    show_values: bool
    is_pair: bool

    def shown(self, name: str, *, as_key: bool = False) -> pl.Expr:
        """A column as a result may carry it; one that was asked for as a key is always shown."""
        column = pl.col(name)
        if self.show_values or as_key or not may_hold_text(self.domain.data.schema[name]):
            return column
        return pl.when(column.is_not_null()).then(pl.lit(HIDDEN)).alias(name)

    def taken(self, value: pl.Expr, count: int | None) -> pl.Expr:
        """The `value` of the rows that fail, at most `count` of them, as one list."""
        values = value.filter(pl.col(self.mask))
        return (values if count is None else values.head(count)).implode()

    def measured(self, value: pl.Expr, finish: Callable[[Any], Any]) -> Measure:
        """The measure of a value that refers to the mask."""
        return Measure(self.domain, value, {self.mask: self.unexpected}, finish)

    @property
    def partly(self) -> int:
        """How many values a partial list holds."""
        return min(int(self.form.get("partial_unexpected_count", 20)), MOST)

    @property
    def complete(self) -> bool:
        """Whether everything is asked for."""
        return self.form.get("result_format") == "COMPLETE"


def _row(columns: Mapping[str, pl.Expr]) -> pl.Expr:
    return pl.struct([column.alias(name) for name, column in columns.items()])


def _count(finding: Finding) -> Measure:
    return finding.measured(pl.col(finding.mask).sum(), int)


def _values(finding: Finding) -> Measure:
    columns = finding.domain.columns
    count = MOST if finding.complete else finding.partly
    if len(columns) == 1:
        return finding.measured(finding.taken(finding.shown(columns[0]), count), pl.Series.to_list)
    rows = finding.taken(pl.struct(finding.shown(name) for name in dict.fromkeys(columns)), count)

    def pairs(found: pl.Series) -> list[Any]:
        return [tuple(row[name] for name in columns) for row in found.to_list()]

    # GX carries the values of a pair as a tuple, those of more columns by name.
    return finding.measured(rows, pairs if finding.is_pair else pl.Series.to_list)


def _row_numbers(finding: Finding) -> Measure:
    count = None if finding.complete else finding.partly
    names: Sequence[str] = finding.form.get("unexpected_index_column_names") or ()
    if not names:
        return finding.measured(finding.taken(pl.col(ROW), count), pl.Series.to_list)
    for name in names:
        if name not in finding.domain.data.schema:
            raise NotEvaluatedError(
                f'Error: The unexpected_index_column "{name}" does not exist in Dataframe. '
                "Please check your configuration and try again."
            )
    hidden = bool(finding.form.get("exclude_unexpected_values"))
    columns = {} if hidden else {name: finding.shown(name) for name in finding.domain.columns}
    columns |= {name: finding.shown(name, as_key=name not in finding.domain.columns) for name in names}

    def finish(found: pl.Series) -> list[Any]:
        rows = found.to_list()
        # Without values GX gives a list for each key, in one mapping.
        return [{name: [row[name] for row in rows] for name in names}] if hidden and rows else rows

    return finding.measured(finding.taken(_row(columns), count), finish)


def _row_query(finding: Finding) -> Measure:
    asked = finding.form.get("return_unexpected_index_query")
    wanted = asked if asked is not None else finding.complete
    if not wanted:
        return finding.measured(pl.lit(0), lambda _: None)

    def query(found: pl.Series) -> str:
        return f"df.with_row_index().filter(pl.col('index').is_in({found.to_list()}))"

    return finding.measured(finding.taken(pl.col(ROW), None), query)


def _rows(finding: Finding) -> Measure:
    columns = {name: finding.shown(name) for name in finding.domain.data.schema}
    count = MOST if finding.complete else finding.partly

    def frame(found: pl.Series) -> Any:
        rows = found.to_list()
        index = [row.pop(ROW) for row in rows]
        # GX carries rows as a pandas frame, and renders them as one.
        return import_module("pandas").DataFrame(rows, index=index, columns=list(columns))

    return finding.measured(finding.taken(_row({ROW: pl.col(ROW), **columns}), count), frame)


def _rows_judged(finding: Finding) -> Measure:
    return Measure(finding.domain, pl.len(), finish=int)


PER_ROW: Final[dict[str, Callable[[Finding], Measure]]] = {
    "unexpected_count": _count,
    "unexpected_values": _values,
    "unexpected_index_list": _row_numbers,
    "unexpected_index_query": _row_query,
    "unexpected_rows": _rows,
    "filtered_row_count": _rows_judged,
}
"""The metrics that GX derives from a condition, by suffix."""
