"""How a violation is worded: its message, and the repair that it names, as expressions over rows."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from expectations.rule import Violation

MASK: Final = "•"
"""What stands for each letter and digit of evidence that is personal."""


def message_of(violation: Violation, rows: pl.DataFrame) -> pl.Expr:
    """The message of findings as an expression: ``{name}`` becomes a value, a column of `rows`, or stays as it is."""
    parts: list[pl.Expr] = []
    for place, part in enumerate(re.split(r"\{(\w+)\}", violation.message)):
        if place % 2 == 0:
            parts.append(pl.lit(part))
        elif part in rows.columns:
            parts.append(pl.col(part).cast(pl.String))
        else:
            parts.append(violation.values[part].cast(pl.String))
    return pl.concat_str(parts, ignore_nulls=True)


def fix_of(violation: Violation) -> pl.Expr:
    """The name of the repair that is offered, as an expression; null where none is."""
    fix = pl.lit(violation.fix, pl.String)
    return fix if violation.fixable is None else pl.when(violation.fixable).then(fix)
