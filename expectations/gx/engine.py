"""Polars as an execution engine of Great Expectations."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false, reportMissingTypeArgument=false
# (Great Expectations leaves parts of what it exports untyped.)

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
from great_expectations.core.batch import BatchMarkers
from great_expectations.core.batch_spec import RuntimeDataBatchSpec
from great_expectations.execution_engine.execution_engine import ExecutionEngine

from expectations.gx.conditions import condition_of, filter_of, key_of
from expectations.gx.data import PolarsBatchData
from expectations.gx.errors import NotEvaluatedError, first_line
from expectations.gx.query import Domain, Measure, collect

_ANY_MISSING = ("any_value_is_missing", "either_value_is_missing")
_ALL_MISSING = ("all_values_are_missing", "both_values_are_missing")
_KEEP = ("never", "neither", None)


class PolarsExecutionEngine(ExecutionEngine[pl.Expr]):  # type: ignore[misc]  # untyped to mypy (pyproject.toml)
    """Evaluates the metrics of a suite as one lazy query.

    An engine belongs to one batch (`expectations.gx.datasource` makes one for each), so that threads that share a
    context never see each other's rows, and a frame is freed with its batch.

    Attributes:
        show_values: whether results may carry values of columns that may hold text. By default they don't: a result
            ends up in files, web pages and messages that the rows themselves were never meant for.
    """

    def __init__(self, *args: Any, show_values: bool = False, **kwargs: Any) -> None:
        # The base class's cache would keep values of one frame for the next.
        super().__init__(*args, **{"caching": False, **kwargs})
        self.show_values = show_values
        self._config["show_values"] = show_values
        self._alone: dict[Any, Any] = {}

    def get_batch_data_and_markers(self, batch_spec: Any) -> tuple[PolarsBatchData, BatchMarkers]:
        """The batch that a spec with a frame stands for. The frame leaves the spec, which results carry along."""
        frame: Any = batch_spec.batch_data if isinstance(batch_spec, RuntimeDataBatchSpec) else None
        if not isinstance(frame, pl.DataFrame | pl.LazyFrame):
            raise NotEvaluatedError(f"expected a batch of a Polars frame, found {type(batch_spec).__name__}")
        data = PolarsBatchData(self, frame)
        batch_spec.batch_data = "PolarsFrame"
        return data, BatchMarkers({"ge_load_time": datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")})

    def load_batch_data(self, batch_id: str, batch_data: Any) -> None:
        """Make the rows of a batch known to the engine."""
        if isinstance(batch_data, pl.DataFrame | pl.LazyFrame):
            batch_data = PolarsBatchData(self, batch_data)
        if not isinstance(batch_data, PolarsBatchData):
            raise NotEvaluatedError(f"expected a Polars frame, found {type(batch_data).__name__}")
        super().load_batch_data(batch_id=batch_id, batch_data=batch_data)  # type: ignore[arg-type, unused-ignore]  # pyright: ignore[reportArgumentType]  # GX lists its own batch data only

    def batch(self, domain_kwargs: Mapping[str, Any]) -> PolarsBatchData:
        """The batch of a metric's domain."""
        if domain_kwargs.get("table"):
            raise NotEvaluatedError("a Polars batch has one table without a name")
        batch_id = domain_kwargs.get("batch_id") or self.batch_manager.active_batch_data_id
        data: Any = self.batch_manager.batch_data_cache.get(batch_id)  # type: ignore[arg-type, unused-ignore]  # pyright: ignore[reportArgumentType]  # None has no batch
        if not isinstance(data, PolarsBatchData):
            raise NotEvaluatedError(f"expected a batch that is loaded, found {batch_id}")
        return data

    def domain(self, domain_kwargs: Mapping[str, Any]) -> Domain:
        """The domain of a metric.

        Raises:
            NotEvaluatedError: if it names a column that isn't there, or a condition that can't be evaluated.
        """
        data = self.batch(domain_kwargs)
        columns = _columns(domain_kwargs)
        for name in columns:
            if name not in data.schema:
                # Word for word what GX says for its own engines.
                raise NotEvaluatedError(f'Error: The column "{name}" in BatchData does not exist.')
        condition = condition_of(domain_kwargs.get("row_condition"))
        parts: list[pl.Expr] = []
        key = key_of(condition)
        if condition is not None:
            part = filter_of(condition, data.schema)
            data.try_out(part, key, "the row condition")
            parts.append(part)
        ignored = domain_kwargs.get("ignore_row_if")
        if len(columns) > 1 and ignored not in _KEEP:
            if ignored not in (*_ANY_MISSING, *_ALL_MISSING):
                raise NotEvaluatedError(f'Unrecognized value of ignore_row_if ("{ignored}").')
            present = pl.col(columns).is_not_null()
            parts.append(pl.all_horizontal(present) if ignored in _ANY_MISSING else pl.any_horizontal(present))
            key = repr((key, ignored in _ANY_MISSING, sorted(columns)))
        return Domain(data, columns, pl.all_horizontal(parts) if parts else None, key)

    def get_domain_records(self, domain_kwargs: dict[str, Any]) -> pl.LazyFrame:
        """The rows of a domain."""
        domain = self.domain(domain_kwargs)
        return domain.data.rows if domain.condition is None else domain.data.rows.filter(domain.condition)

    def get_compute_domain(
        self, domain_kwargs: dict[str, Any], domain_type: Any, accessor_keys: Iterable[str] | None = None
    ) -> tuple[pl.LazyFrame, dict[str, Any], dict[str, Any]]:
        """The rows of a domain, with what describes them and what describes the columns."""
        parts = self._partition_domain_kwargs(domain_kwargs, domain_type, accessor_keys)
        return self.get_domain_records(domain_kwargs), parts.compute, parts.accessor

    def resolve_metric_bundle(self, metric_fn_bundle: Iterable[Any]) -> dict[Any, Any]:
        """Compute all metrics of a suite in one query: the only place where rows are read."""
        measures: dict[Any, Measure] = {each.metric_configuration.id: each.metric_fn for each in metric_fn_bundle}
        if not measures:
            return {}
        if not measures.keys() <= self._alone.keys():
            try:
                return collect(measures)
            except Exception:  # whatever it is, one measure is to blame, and the others are fine
                self._collect_alone(measures)
        found = {key: self._alone[key] for key in measures}
        for value in found.values():
            if isinstance(value, NotEvaluatedError):
                # GX now asks for each by itself, and is told what was kept.
                raise value from None
        return found

    def _collect_alone(self, measures: Mapping[Any, Measure]) -> None:
        """Compute each measure by itself and keep what comes of it: GX asks again, three times."""
        for key, measure in measures.items():
            try:
                self._alone[key] = collect({key: measure})[key]
            except Exception as error:  # becomes the result of the expectation
                reason = first_line(error) if self.show_values else "its message may hold values, so it isn't shown"
                told = isinstance(error, NotEvaluatedError)
                self._alone[key] = (
                    error
                    if told
                    else NotEvaluatedError(f"{key[0]} failed on the data ({type(error).__name__}): {reason}")
                )

    def _comparison_condition_to_filter_clause(self, condition: Any) -> pl.Expr:
        return filter_of(condition, {})

    def _nullity_condition_to_filter_clause(self, condition: Any) -> pl.Expr:
        return filter_of(condition, {})

    def _and_condition_to_filter_clause(self, condition: Any) -> pl.Expr:
        return filter_of(condition, {})

    def _or_condition_to_filter_clause(self, condition: Any) -> pl.Expr:
        return filter_of(condition, {})


def _columns(domain_kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    if domain_kwargs.get("column") is not None:
        return (domain_kwargs["column"],)
    if domain_kwargs.get("column_A") is not None:
        return (domain_kwargs["column_A"], domain_kwargs["column_B"])
    listed: Sequence[str] = domain_kwargs.get("column_list") or ()
    return tuple(listed)
