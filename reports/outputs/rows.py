"""What the forms share: a finding as a row, and how a person would say where it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from schemas.columns import FINDINGS

ROWS_AT_ONCE = 65_536


class Row(NamedTuple):
    """One finding; the fields are the columns of `schemas.columns.FINDINGS`, in their order."""

    path: str
    transcript: str | None
    record: int | None
    turn: int | None
    line: int | None
    code: str
    rule: str
    severity: str
    message: str
    evidence: str | None
    offset: int | None
    fix: str | None
    waived: str | None

    @property
    def place(self) -> str:
        """`turn 49`; `transcript 6, turn 49` where the source holds several; empty for a finding on the source."""
        several = self.record is not None and self.transcript != self.path
        parts = [f"transcript {self.record}"] if several else []
        if self.turn is not None:
            parts.append(f"turn {self.turn}")
        return ", ".join(parts)

    @property
    def sentence(self) -> str:
        """The message, after the place it is about."""
        return f"{self.place}: {self.message}" if self.place else self.message


def rows(findings: pl.DataFrame) -> Iterator[Row]:
    """Every finding as a row, few at a time in memory."""
    for part in findings.select(FINDINGS.names()).iter_slices(ROWS_AT_ONCE):
        yield from map(Row._make, part.rows())
