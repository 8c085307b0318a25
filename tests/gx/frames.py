"""Frames that two engines are compared on, and pandas' view of them."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import Any

import polars as pl

pd: Any = import_module("pandas")  # which has no types here

COLUMNS = pl.Schema(
    {
        "key": pl.Int64(),
        "text": pl.String(),
        "other": pl.String(),
        "number": pl.Int64(),
        "twice": pl.Int64(),
        "share": pl.Float64(),
        "day": pl.Datetime("us"),
        "when": pl.String(),
        "json": pl.String(),
        "yes": pl.Boolean(),
    }
)


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([{"key": place, **row} for place, row in enumerate(rows)], schema=COLUMNS)


def _row(text: str | None, number: int | None, share: float | None, **more: Any) -> dict[str, Any]:
    return {
        "text": text,
        "other": text,
        "number": number,
        "twice": None if number is None else 2 * number,
        "share": share,
        "day": datetime(2026, 1, 1 + (number or 0) % 28),
        "when": "2026-01-02",
        "json": '{"n": 1}',
        "yes": True,
        **more,
    }


_PLAIN: list[dict[str, Any]] = [
    _row(word, place, place / 4) for place, word in enumerate("user bot user system bot user tool bot".split())
]
_CHANGES: list[dict[str, Any]] = [
    {"twice": 9},
    {"other": "bot "},
    {"when": "soon"},
    {"json": '{"n": "x"}'},
    {"share": -7.5},
    {"number": 40, "twice": 80},
    {"yes": False},
    {"text": "7 bots", "other": "user"},
]
_MIXED = [{**row, **change} for row, change in zip(_PLAIN, _CHANGES, strict=True)]
_MISSING: list[dict[str, Any]] = [
    {**row, column: None}
    for row, column in zip(_MIXED, "text other number twice share day when json".split(), strict=True)
] + [dict.fromkeys(COLUMNS)]

FRAMES: dict[str, pl.DataFrame] = {
    "plain": _frame(_PLAIN),
    "mixed": _frame(_MIXED),
    "missing": _frame(_MISSING),
    "nan": _frame([{**row, "share": float("nan") if place % 3 else 1.5} for place, row in enumerate(_PLAIN)]),
    "all missing": _frame([dict.fromkeys(COLUMNS)] * 3),
    "empty": pl.DataFrame(schema=COLUMNS),
    "unicode": _frame(
        [_row(word, 1, 0.5) for word in ("病人", "e\u0301", "👩‍👩‍👧", "ΑΣ", "ı", "user", "\u202ebot", "")]
    ),
    "dates": _frame(
        [_row("user", n, 1.0, day=datetime(2026, 2, 1 + n % 3), when=f"2026-02-0{1 + n % 3}") for n in range(9)]
    ),
    "all failing": _frame(
        [_row("<b>x</b>", -5, 1e6, other="y", twice=3, day=datetime(1900, 1, 1), when="?", json="{}", yes=False)] * 250
    ),
    "one row": _frame([_row("user", 3, 0.25)]),
}


def to_pandas(frame: pl.DataFrame) -> Any:
    """The same rows as pandas holds them. Without PyArrow, which nothing else needs."""
    kinds = {"key": "int64", "day": "datetime64[ns]"}
    columns: dict[str, Any] = {}
    for name in frame.columns:
        series = frame[name]
        values = series.to_list()
        kind = kinds.get(name)
        if kind is None and series.dtype == pl.String:
            kind = "str"
        elif kind is None and series.dtype == pl.Float64:
            kind = "float64"
        elif kind is None and series.dtype == pl.Int64:
            kind = "float64" if series.has_nulls() else "int64"
        columns[name] = pd.Series(values, dtype=kind if not (name == "key" and series.has_nulls()) else "float64")
    return pd.DataFrame(columns)
