"""How facts are read from the store: rows of one run, as dataclasses whose fields are columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final, TypeVar

import polars as pl

from schemas.columns import SEVERITIES

TRANSCRIPT_FINDINGS: Final = 500
"""Findings that a transcript's page explains, worst first; it says how many it leaves out."""

READING: Final = ("path", "line", "turn", "code", "offset", "rule", "message", "evidence")
"""The order of findings as one reads on."""

_Row = TypeVar("_Row")


def worst_first(findings: pl.LazyFrame, per: str) -> pl.LazyFrame:
    """The worst findings of each transcript or source, at most as many as a page explains."""
    return (
        findings.with_columns(rank=rank("severity", SEVERITIES))
        .sort("rank", *READING, descending=[True, *[False] * len(READING)])
        .filter(pl.int_range(pl.len()).over(per) < TRANSCRIPT_FINDINGS)
    )


def rank(column: str, order: tuple[str, ...]) -> pl.Expr:
    """The place of a value in `order`."""
    return pl.col(column).replace_strict(order, range(len(order)), return_dtype=pl.UInt8)


def count(rows: pl.LazyFrame) -> int:
    """How many rows there are."""
    return int(rows.select(pl.len()).collect().item())


def built(kind: Callable[..., _Row], rows: pl.LazyFrame) -> list[_Row]:
    """Each row as a dataclass."""
    return [kind(*values) for values in rows.select(names(kind)).collect().iter_rows()]


def grouped(kind: Callable[..., _Row], rows: pl.LazyFrame, *, by: str) -> dict[str, list[_Row]]:
    """Rows as dataclasses, by the value of a column."""
    groups: dict[str, list[_Row]] = defaultdict(list)
    for key, *values in rows.select(pl.col(by).alias("group"), *names(kind)).collect().iter_rows():
        groups[key].append(kind(*values))
    return groups


def names(kind: Any) -> list[str]:
    """The columns that a dataclass is made of."""
    return [field.name for field in fields(kind)]
