"""Values that sum up a column, and the table itself."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# (Great Expectations leaves parts of what it exports untyped.)

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final

import polars as pl
from great_expectations.expectations.metrics.column_aggregate_metrics.column_descriptive_stats import (
    ColumnDescriptiveStats,
)
from great_expectations.expectations.metrics.column_aggregate_metrics.column_proportion_of_non_null_values import (
    ColumnNonNullProportion,
)
from great_expectations.expectations.metrics.column_aggregate_metrics.column_proportion_of_unique_values import (
    ColumnUniqueProportion,
)
from great_expectations.expectations.metrics.column_map_metrics.column_values_non_null import ColumnValuesNonNullCount

from expectations.gx.engine import PolarsExecutionEngine
from expectations.gx.errors import NotEvaluatedError
from expectations.gx.metrics.register import Cell, Computed, of, register_direct, register_summary
from expectations.gx.values import HIDDEN, fitting, is_in, may_hold_text

_LISTED: Final = 20
"""How many distinct values GX lists (its ``MAX_DISTINCT_VALUES``)."""


def seen(cell: Cell, *, show_values: bool) -> None:
    """Refuse a metric whose value is one of the column's, where those are to stay hidden.

    GX judges such a value after it has left the engine, so it can't be masked before.

    Raises:
        NotEvaluatedError: if it would be shown.
    """
    if may_hold_text(cell.kind) and not show_values:
        raise NotEvaluatedError(
            f"{cell.subject} would show values of a column of {cell.kind}; "
            "allow it with show_values=True on the data source"
        )


def _numeric(cell: Cell) -> pl.Expr:
    if not (cell.kind.is_numeric() or cell.kind.is_temporal() or isinstance(cell.kind, pl.Boolean | pl.Null)):
        raise NotEvaluatedError(f"{cell.subject} needs numbers or dates, and the column is {cell.kind}")
    # pandas sums decimals as floats.
    return cell.column.cast(pl.Float64) if isinstance(cell.kind, pl.Decimal) else cell.column


def _max(cell: Cell, *, show_values: bool) -> pl.Expr:
    seen(cell, show_values=show_values)
    return cell.column.max()


def _min(cell: Cell, *, show_values: bool) -> pl.Expr:
    seen(cell, show_values=show_values)
    return cell.column.min()


def _modes(cell: Cell, *, show_values: bool) -> Computed:
    seen(cell, show_values=show_values)
    return cell.column.drop_nulls().mode().sort().implode(), pl.Series.to_list


def _distinct(cell: Cell, *, show_values: bool) -> Computed:
    seen(cell, show_values=show_values)
    return cell.column.unique().implode(), lambda found: set(found.to_list())


def _outside(cell: Cell, value_set: Iterable[Any] | None) -> pl.Expr:
    # Filtered before `unique`, which gives its values in another order each time it is asked.
    return cell.column.filter(~is_in(cell.column, value_set or (), cell.kind)).drop_nulls().unique()


def _outside_count(cell: Cell, value_set: Iterable[Any] | None = None) -> Computed:
    return _outside(cell, value_set).len(), int


def _outside_values(
    cell: Cell, value_set: Iterable[Any] | None = None, limit: int = _LISTED, *, show_values: bool
) -> Computed:
    hidden = may_hold_text(cell.kind) and not show_values

    def finish(found: pl.Series) -> list[Any]:
        return [HIDDEN] * len(found) if hidden else found.to_list()

    return _outside(cell, value_set).sort().head(limit).implode(), finish


def _absent(cell: Cell, value_set: Iterable[Any] | None = None) -> Computed:
    """The values of the set that the column lacks."""
    # Equal values of a set count once, and those of a type that the column can't hold are absent.
    wanted = list(dict.fromkeys(value for value in value_set or () if value is not None))
    possible = fitting(wanted, cell.kind)
    present = cell.column.filter(is_in(cell.column, possible, cell.kind)).unique().implode()

    def finish(found: pl.Series) -> list[Any]:
        return [value for value in wanted if not fitting([value], cell.kind).is_in(found.implode()).any()]

    return present, finish


def _absent_values(cell: Cell, value_set: Iterable[Any] | None = None, limit: int = _LISTED) -> Computed:
    present, finish = _absent(cell, value_set)
    return present, lambda found: finish(found)[:limit]


def _absent_count(cell: Cell, value_set: Iterable[Any] | None = None) -> Computed:
    present, finish = _absent(cell, value_set)
    return present, lambda found: len(finish(found))


def _table_columns(execution_engine: PolarsExecutionEngine, metric_domain_kwargs: Mapping[str, Any], **_: Any) -> Any:
    return list(execution_engine.batch(metric_domain_kwargs).schema)


def _column_count(execution_engine: PolarsExecutionEngine, metric_domain_kwargs: Mapping[str, Any], **_: Any) -> int:
    return len(execution_engine.batch(metric_domain_kwargs).schema)


def _column_types(execution_engine: PolarsExecutionEngine, metric_domain_kwargs: Mapping[str, Any], **_: Any) -> Any:
    schema = execution_engine.batch(metric_domain_kwargs).schema
    return [{"name": name, "type": str(kind)} for name, kind in schema.items()]


def _head(
    execution_engine: PolarsExecutionEngine,
    metric_domain_kwargs: Mapping[str, Any],
    metric_value_kwargs: Mapping[str, Any],
    **_: Any,
) -> Any:
    rows = execution_engine.domain(metric_domain_kwargs).data.dataframe
    if not metric_value_kwargs.get("fetch_all"):
        count = metric_value_kwargs.get("n_rows")
        rows = rows.head(5 if count is None else count)
    schema = rows.collect_schema()
    hidden = [name for name, kind in schema.items() if may_hold_text(kind) and not execution_engine.show_values]
    shown = rows.with_columns(pl.when(pl.col(name).is_not_null()).then(pl.lit(HIDDEN)).alias(name) for name in hidden)
    return import_module("pandas").DataFrame(shown.collect().to_dict(as_series=False))


def register() -> None:
    """Register the metrics of this file."""
    show: Sequence[str] = ["show_values"]
    register_direct("table.columns", _table_columns)
    register_direct("table.column_types", _column_types)
    register_direct("table.column_count", _column_count)
    register_direct("table.head", _head)
    register_summary("table.row_count", lambda: (pl.len(), int), about="table")
    register_summary("column.max", _max, keys=show)
    register_summary("column.min", _min, keys=show)
    register_summary("column.mean", of(lambda cell: _numeric(cell).mean()))
    register_summary("column.median", of(lambda cell: _numeric(cell).median()))
    register_summary("column.sum", of(lambda cell: _numeric(cell).sum()))
    register_summary("column.standard_deviation", of(lambda cell: _numeric(cell).std()))
    register_summary("column.most_common_value", _modes, keys=show)
    register_summary("column.non_null_count", of(lambda cell: (cell.column.count(), int)))
    register_summary("column.distinct_values", _distinct, keys=show)
    register_summary("column.distinct_values.count", of(lambda cell: (cell.column.drop_nulls().n_unique(), int)))
    register_summary("column.distinct_values.not_in_set.count", _outside_count, keys=["value_set"])
    register_summary("column.distinct_values.not_in_set", _outside_values, keys=["value_set", "limit", *show])
    register_summary("column.distinct_values.missing_from_column.count", _absent_count, keys=["value_set"])
    register_summary("column.distinct_values.missing_from_column", _absent_values, keys=["value_set", "limit"])
    # What follows from other metrics GX computes in one way for all engines, and says itself what it depends on.
    core: dict[str, Any] = {
        "column.descriptive_stats": ColumnDescriptiveStats,
        "column.non_null_proportion": ColumnNonNullProportion,
        "column.unique_proportion": ColumnUniqueProportion,
        "column_values.nonnull.count": ColumnValuesNonNullCount,
    }
    for name, base in core.items():
        register_direct(name, _same_as_pandas(base), about="column", base=base)


def _same_as_pandas(base: Any) -> Callable[..., Any]:
    def provider(**given: Any) -> Any:
        return base._pandas(**given)

    return provider
