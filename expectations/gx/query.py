"""The one query: every measure of a suite, fused."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, TypeVar

import polars as pl

from expectations.gx.data import MASK, ROW, PolarsBatchData

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Domain:
    """The rows that a metric looks at.

    Attributes:
        data: the batch.
        columns: of the metric: none for a table, else one or more.
        condition: the rows to keep; all by default.
        key: the same for the same rows of the same batch.
        view: what is made of the rows before anything else: another order, columns that follow from others.
        by: columns whose equal values make a group; masks are then aggregations, and a group is what they judge.
    """

    data: PolarsBatchData
    columns: tuple[str, ...]
    condition: pl.Expr | None
    key: str
    view: Callable[[pl.LazyFrame], pl.LazyFrame] | None = None
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """One value to be computed over a domain.

    Attributes:
        domain: the rows.
        value: expression of one value.
        masks: Boolean row expressions that `value` refers to by name. They become columns, so that the count, the
            values and the row numbers of one expectation share them: named they cost half of what Polars' own search
            for common subexpressions costs.
        finish: what is done to the value, in Python.
    """

    domain: Domain
    value: pl.Expr
    masks: Mapping[str, pl.Expr] = field(default_factory=dict[str, pl.Expr])
    finish: Callable[[Any], Any] | None = None


def name_of_mask(*parts: object) -> str:
    """The name of a mask. A digest: two masks must never share a name, which neither `hash` nor `repr` promise."""
    return MASK + blake2b(pickle.dumps(parts), digest_size=16).hexdigest()


def collect(measures: Mapping[Key, Measure]) -> dict[Key, Any]:
    """Compute all `measures` in one go: a plan for each domain, all collected together."""
    groups: dict[tuple[int, str], list[Key]] = {}
    for key, measure in measures.items():
        groups.setdefault((id(measure.domain.data), measure.domain.key), []).append(key)
    plans = [_plan([measures[key] for key in keys], measures[keys[0]].domain.data.rows) for keys in groups.values()]
    values: dict[Key, Any] = {}
    for frame, keys in zip(pl.collect_all(plans), groups.values(), strict=True):
        for place, key in enumerate(keys):
            value = frame[str(place)][0]
            finish = measures[key].finish
            values[key] = value if finish is None else finish(value)
    return values


def try_out(measure: Measure, key: str, subject: str) -> None:
    """Compute a measure on no rows, once for each `key`, with its view and groups.

    Raises:
        NotEvaluatedError: if Polars can't, naming the `subject`.
    """
    data = measure.domain.data
    data.try_once(key, subject, lambda: _plan([measure], data.empty.lazy()).collect())


def _plan(measures: list[Measure], rows: pl.LazyFrame) -> pl.LazyFrame:
    domain = measures[0].domain
    if domain.view is not None:
        rows = domain.view(rows)
    if domain.condition is not None:
        rows = rows.filter(domain.condition)
    masks = {name: mask for measure in measures for name, mask in measure.masks.items()}
    if domain.by:
        rows = rows.group_by(domain.by, maintain_order=True).agg(pl.col(ROW).first(), **masks)
    elif masks:
        rows = rows.with_columns(**masks)
    return rows.select(**{str(place): measure.value for place, measure in enumerate(measures)})
