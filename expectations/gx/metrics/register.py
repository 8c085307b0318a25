"""How a metric comes to be known to Great Expectations: one call each.

GX computes a metric in two steps where an engine defers: ``X.aggregate_fn`` says what is to be computed (here a
`Measure`), and ``X`` is its value, which the engine computes together with all others.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportPrivateUsage=false
# (Great Expectations leaves parts of what it exports untyped, and has no public way to ask for a metric's keys.)

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

import polars as pl
from great_expectations.core.metric_function_types import MetricFunctionTypes, MetricPartialFunctionTypes
from great_expectations.expectations.metrics.metric_provider import MetricProvider
from great_expectations.expectations.registry import _registered_metrics, register_metric

from expectations.gx.engine import PolarsExecutionEngine
from expectations.gx.metrics.rows import PER_ROW, Finding
from expectations.gx.query import Domain, Measure, name_of_mask

Kind = Literal["table", "column", "column_pair", "multicolumn"]
"""What a metric is about."""

_ROWS: Final = ("batch_id", "table", "row_condition", "condition_parser")
_DOMAIN_KEYS: Final[dict[Kind, tuple[str, ...]]] = {
    "table": _ROWS,
    "column": (*_ROWS, "column"),
    "column_pair": (*_ROWS, "column_A", "column_B", "ignore_row_if"),
    "multicolumn": (*_ROWS, "column_list", "ignore_row_if"),
}


@dataclass(frozen=True)
class Cell:
    """A column as a metric sees it.

    Attributes:
        column: the column as an expression.
        kind: its type.
        subject: the metric and the column, for sentences about what can't be evaluated.
    """

    column: pl.Expr
    kind: pl.DataType
    subject: str


Meets = Callable[..., pl.Expr]
"""From cells and a metric's values to a Boolean expression: true where a row is as expected."""

Computed = tuple[pl.Expr, Callable[[Any], Any]]
"""An expression, with what Python does to its value."""

Summary = Callable[..., pl.Expr | Computed]
"""From cells and a metric's values to an expression of one value, perhaps with what Python does to it."""


@dataclass(frozen=True)
class Map:
    """A condition on rows; see `register_map`."""

    meets: Meets
    keys: tuple[str, ...]
    missing: bool


MAPS: Final[dict[str, Map]] = {}
"""The conditions on rows that are registered, by name."""


Found = TypeVar("Found")


def of(function: Callable[[Cell], Found]) -> Callable[..., Found]:
    """`function`, known to type checkers as one of a single column that takes no values."""
    return function


class PolarsMetric(MetricProvider):  # type: ignore[misc]  # untyped to mypy (pyproject.toml)
    """The class that the metrics below are registered with. It names none, so that GX registers nothing by itself."""


def register_map(
    name: str, meets: Meets, *, about: Kind = "column", keys: Sequence[str] = (), missing: bool = False
) -> None:
    """Register a condition on rows, and everything GX derives from one: count, values, row numbers, rows.

    Args:
        name: of the condition: ``column_values.in_set``.
        meets: where a row is as expected.
        about: what it is about.
        keys: the values it takes.
        missing: whether it is about missing values too; a column's are left out by default.
    """
    MAPS[name] = Map(meets, tuple(keys), missing)
    for suffix, per_row in PER_ROW.items():
        full = f"{name}.{suffix}"
        known = (*keys,) if suffix == "unexpected_count" else (*keys, "result_format")

        def measure(
            execution_engine: PolarsExecutionEngine,
            metric_domain_kwargs: Mapping[str, Any],
            metric_value_kwargs: Mapping[str, Any],
            per_row: Callable[[Finding], Measure] = per_row,
            **_: Any,
        ) -> tuple[Measure, Mapping[str, Any], dict[str, Any]]:
            domain = execution_engine.domain(metric_domain_kwargs)
            values = {key: metric_value_kwargs.get(key) for key in keys if key in metric_value_kwargs}
            mask = name_of_mask(name, domain.key, domain.columns, sorted(values.items()))
            unexpected = unexpected_rows(name, domain, values)
            domain.data.try_out(unexpected, mask, _subject(name, domain))
            form = metric_value_kwargs.get("result_format") or {}
            finding = Finding(domain, mask, unexpected, form, execution_engine.show_values, about == "column_pair")
            return per_row(finding), metric_domain_kwargs, {}

        register_measure(full, measure, about=about, keys=known)


def register_summary(name: str, summary: Summary, *, about: Kind = "column", keys: Sequence[str] = ()) -> None:
    """Register a value that sums up a column or the table: ``column.max``."""

    def measure(
        execution_engine: PolarsExecutionEngine,
        metric_domain_kwargs: Mapping[str, Any],
        metric_value_kwargs: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> tuple[Measure, Mapping[str, Any], dict[str, Any]]:
        domain = execution_engine.domain(metric_domain_kwargs)
        values = {key: value for key, value in (metric_value_kwargs or {}).items() if key in keys}
        if "show_values" in keys:
            values["show_values"] = execution_engine.show_values
        found = summary(*_cells(domain, name), **values)
        value, finish = found if isinstance(found, tuple) else (found, None)
        key = name_of_mask(name, domain.key, domain.columns, sorted(values.items()))
        domain.data.try_out(value, key, _subject(name, domain))
        return Measure(domain, value, finish=finish), metric_domain_kwargs, {}

    register_measure(name, measure, about=about, keys=[key for key in keys if key != "show_values"])


def register_measure(
    name: str, measure: Callable[..., Any], *, about: Kind = "table", keys: Sequence[str] = ()
) -> None:
    """Register a value that is computed with all others, by the measure that is made for it.

    Args:
        name: of the metric.
        measure: called by GX with keywords ``execution_engine``, ``metric_domain_kwargs`` and ``metric_value_kwargs``;
            returns a `Measure`, what describes its rows, and what describes its columns.
        about: what it is about.
        keys: the values it takes.
    """
    _register(f"{name}.aggregate_fn", about, keys, measure)
    _register(name, about, keys, None)


def register_direct(
    name: str, provider: Callable[..., Any], *, about: Kind = "table", base: type | None = None
) -> None:
    """Register a value that needs no query of its own: known from the schema, or from other metrics.

    Args:
        name: of the metric.
        provider: called by GX with keywords ``execution_engine``, ``metric_domain_kwargs``, ``metric_value_kwargs``
            and ``metrics``.
        about: what it is about.
        base: GX's own class of the metric, which says what it depends on.
    """
    _register(name, about, (), provider, base)


def unexpected_rows(name: str, domain: Domain, values: Mapping[str, Any]) -> pl.Expr:
    """Where a row of a domain is not as a condition on rows expects; never null."""
    condition = MAPS[name]
    # Where a comparison can't tell (null), the row is not as expected.
    unexpected = ~condition.meets(*_cells(domain, name), **values).fill_null(value=False)
    if len(domain.columns) == 1 and not condition.missing:
        unexpected = unexpected & pl.col(domain.columns[0]).is_not_null()
    return unexpected


def _cells(domain: Domain, name: str) -> list[Cell]:
    return [
        Cell(pl.col(column), domain.data.schema[column], f'{name} on column "{column}"') for column in domain.columns
    ]


def _subject(name: str, domain: Domain) -> str:
    about = ", ".join(f'"{column}" ({domain.data.schema[column]})' for column in domain.columns)
    return f"{name} on {about}" if about else name


def _register(
    name: str, about: Kind, keys: Sequence[str], provider: Callable[..., Any] | None, base: type | None = None
) -> None:
    # GX warns where a metric is registered with other keys than for its own engines, so theirs are kept.
    known: Any = _registered_metrics.get(name)
    deferred = provider is None or name.endswith(".aggregate_fn")
    register_metric(
        metric_name=name,
        metric_domain_keys=tuple(known["metric_domain_keys"]) if known else _DOMAIN_KEYS[about],
        metric_value_keys=tuple(known["metric_value_keys"]) if known else tuple(keys),
        execution_engine=PolarsExecutionEngine,
        metric_class=base or PolarsMetric,
        metric_provider=provider,
        metric_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN if deferred else MetricFunctionTypes.VALUE,
    )


__all__ = [
    "MAPS",
    "Cell",
    "Computed",
    "PolarsMetric",
    "of",
    "register_direct",
    "register_map",
    "register_measure",
    "register_summary",
    "unexpected_rows",
]
