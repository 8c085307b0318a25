"""JSON lines: one object a finding. Other programs rely on the keys and their order."""

from __future__ import annotations

from typing import TextIO

import polars as pl

from reports.outputs.rows import ROWS_AT_ONCE


def write(findings: pl.DataFrame, *, catalogue: pl.DataFrame, out: TextIO, version: str) -> None:
    """Print one object a finding; `transcript` is the 0-based index of the transcript in its source."""
    objects = findings.select(
        "path",
        pl.col("record").alias("transcript"),
        "turn",
        "line",
        "code",
        "rule",
        "severity",
        "message",
        "evidence",
        pl.col("fix").is_not_null().alias("fixable"),
    )
    for part in objects.iter_slices(ROWS_AT_ONCE):
        out.write(part.write_ndjson())
