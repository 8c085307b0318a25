"""Values of a suite (sets, bounds, conditions) brought to the type of the column they are compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from importlib import import_module
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import polars as pl

from expectations.gx.errors import NotEvaluatedError

# dateutil has no types; Great Expectations brings it, and reads the dates of its suites with it.
parse_date: Final[Callable[[str], datetime]] = import_module("dateutil.parser").parse

HIDDEN: Final = "(hidden)"
"""What stands in a result in place of a value that may hold text."""


def may_hold_text(kind: pl.DataType) -> bool:
    """Whether values of this type are hidden unless someone asks to see them."""
    return not (kind.is_numeric() or kind.is_temporal() or isinstance(kind, pl.Boolean | pl.Null))


def family(kind: pl.DataType) -> str:
    """Types of one family can be equal to each other; those of two can't, and Polars won't compare them."""
    if kind.is_numeric() or isinstance(kind, pl.Boolean):
        return "number"
    if isinstance(kind, pl.Date | pl.Datetime):
        return "time"
    return str(kind)


def as_text(column: pl.Expr, kind: pl.DataType, subject: str) -> pl.Expr:
    """The text of a column's values.

    Raises:
        NotEvaluatedError: for types whose text depends on who writes it (floats, dates, lists).
    """
    if isinstance(kind, pl.String):
        return column
    if kind.is_integer() or isinstance(kind, pl.Null):
        return column.cast(pl.String)
    if isinstance(kind, pl.Boolean):
        return pl.when(column).then(pl.lit("True")).when(~column).then(pl.lit("False"))
    raise NotEvaluatedError(f"{subject} needs text, and the column is {kind}; add a column with its text")


def literal(value: Any, kind: pl.DataType | None) -> Any:
    """`value` to compare with a column of this type: text becomes a date where the column holds dates."""
    if isinstance(kind, pl.Date | pl.Datetime) and isinstance(value, str):
        try:
            value = parse_date(value)
        except (ValueError, OverflowError):
            raise NotEvaluatedError(f'expected a date to compare with a column of {kind}, found "{value}"') from None
    if isinstance(kind, pl.Datetime):
        return _moment(value, kind)
    if isinstance(kind, pl.Date) and isinstance(value, datetime) and value.time() == time():
        return value.date()
    return value


def fitting(values: Iterable[Any], kind: pl.DataType) -> pl.Series:
    """The values that a column of this type can hold; the others can't occur in it.

    Raises:
        NotEvaluatedError: for types that sets can't be compared with.
    """
    fit = _fit(kind)
    if fit is None:
        raise NotEvaluatedError(f"expected a column whose values can be in a set, found one of {kind}")
    kept: list[Any] = []
    for value in values:
        # Comparing text or a number with, say, a date is no mistake in a set: it just isn't in the column.
        with suppress(NotEvaluatedError, TypeError, ValueError, OverflowError, InvalidOperation):
            found = fit(value)
            if found is not None:
                pl.Series([found], dtype=kind, strict=True)
                kept.append(found)
    return pl.Series(kept, dtype=kind)


def is_in(column: pl.Expr, values: Iterable[Any], kind: pl.DataType) -> pl.Expr:
    """Whether a column's values are among `values`; null where they are missing."""
    return column.is_in(pl.Series(fitting(values, kind)).implode())


def _fit(kind: pl.DataType) -> Callable[[Any], Any] | None:
    """What makes of a value one that a column of this type can hold, or None; None for other types."""
    ways: list[tuple[bool, Callable[[Any], Any]]] = [
        (isinstance(kind, pl.String), lambda value: value if isinstance(value, str) else None),
        (isinstance(kind, pl.Boolean), lambda value: bool(_number(value)) if _number(value) in {0, 1} else None),
        (kind.is_integer(), lambda value: int(value) if _number(value) == int(value) else None),
        (kind.is_float(), lambda value: float(_number(value))),
        (isinstance(kind, pl.Decimal), lambda value: _decimal(_number(value), cast("pl.Decimal", kind))),
        (isinstance(kind, pl.Date | pl.Datetime), lambda value: _time(literal(value, kind), kind)),
        (isinstance(kind, pl.Null), lambda _: None),
    ]
    return next((way for fits, way in ways if fits), None)


def _number(value: Any) -> Any:
    if isinstance(value, bool | int | float | Decimal):
        return value
    raise TypeError(f"{type(value).__name__} is no number")


def _decimal(value: Any, kind: pl.Decimal) -> Decimal | None:
    exact = Decimal(str(value))
    return exact if exact == round(exact, kind.scale) else None


def _time(value: Any, kind: pl.DataType) -> Any:
    if isinstance(kind, pl.Datetime):
        return value if isinstance(value, datetime) else None
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _moment(value: Any, kind: pl.Datetime) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if isinstance(value, datetime) and kind.time_zone and value.tzinfo is None:
        return value.replace(tzinfo=ZoneInfo(kind.time_zone))
    return value


def distinct_pairs(count: int) -> Sequence[tuple[int, int]]:
    """Every two of so many places."""
    return [(left, right) for right in range(count) for left in range(right)]
