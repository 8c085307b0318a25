"""Row conditions as Polars filters. A missing value is unlike every value, as in pandas."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (Great Expectations leaves parts of what it exports untyped.)

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

import polars as pl
from great_expectations.expectations.row_conditions import (
    AndCondition,
    ComparisonCondition,
    Condition,
    NullityCondition,
    Operator,
    OrCondition,
    PassThroughCondition,
    deserialize_row_condition,
)

from expectations.gx.errors import NotEvaluatedError
from expectations.gx.values import is_in, literal

_COMPARISONS: Final[dict[Any, Callable[[Any, Any], Any]]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: pl.Expr.ne_missing,
    Operator.LESS_THAN: operator.lt,
    Operator.LESS_THAN_OR_EQUAL: operator.le,
    Operator.GREATER_THAN: operator.gt,
    Operator.GREATER_THAN_OR_EQUAL: operator.ge,
}


def condition_of(given: object) -> Any:
    """The row condition of an expectation as an object, or None.

    Raises:
        NotEvaluatedError: for conditions written as text for another engine's parser.
    """
    condition: Any = deserialize_row_condition(given) if isinstance(given, dict) else given
    if not condition:
        return None
    if isinstance(condition, PassThroughCondition | str):
        text = getattr(condition, "pass_through_filter", condition)
        raise NotEvaluatedError(
            f'expected a row condition such as Column("role") == "user", found text for another engine: {text}'
        )
    return condition


def key_of(condition: Any) -> str:
    """A text that two conditions share only if they mean the same."""
    return "" if condition is None else json.dumps(condition.dict(), sort_keys=True, default=repr)


def filter_of(condition: Any, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """The rows where a condition holds, for a frame with this schema.

    Raises:
        NotEvaluatedError: if it is of no known kind, or names a column that isn't there.
    """
    if isinstance(condition, AndCondition):
        return pl.all_horizontal([filter_of(each, schema) for each in condition.conditions])
    if isinstance(condition, OrCondition):
        return pl.any_horizontal([filter_of(each, schema) for each in condition.conditions])
    if not isinstance(condition, ComparisonCondition | NullityCondition):
        raise NotEvaluatedError(f"expected a row condition of a known kind, found {type(condition).__name__}")
    name: str = condition.column.name
    if schema and name not in schema:
        raise NotEvaluatedError(f'the row condition names the column "{name}", which the frame doesn\'t have')
    column = pl.col(name)
    if isinstance(condition, NullityCondition):
        return column.is_null() if condition.is_null else column.is_not_null()
    return _comparison(column, Operator(condition.operator), condition.parameter, schema.get(name))


def _comparison(column: pl.Expr, comparison: Operator, value: Any, kind: pl.DataType | None) -> pl.Expr:
    if comparison in {Operator.IN, Operator.NOT_IN}:
        found = column.is_in(list(value)) if kind is None else is_in(column, value, kind)
        found = found.fill_null(value=False)
        return found if comparison == Operator.IN else ~found
    result: pl.Expr = _COMPARISONS[comparison](column, literal(value, kind))
    return result


__all__ = ["Condition", "condition_of", "filter_of", "key_of"]
