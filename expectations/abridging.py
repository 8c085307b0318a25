"""Keep the findings of a check within memory: where they are too many, the first are listed and the others counted.

A hostile drop can have a finding for every few of its bytes, which takes a hundred times its size in memory. Findings
of sources that are judged together, and those of the whole check, are listed in full up to a limit (`schemas.limits`).
Beyond it the first of each expectation in each source are, and the last of these says how many more there are.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import polars as pl

from schemas.columns import FINDINGS
from schemas.limits import FIRST_FINDINGS, LISTED_BYTES, PART_LISTED_BYTES

_ALIKE: Final = ("path", "code", "severity", "waived")


def abridged(findings: pl.DataFrame, limit: int = PART_LISTED_BYTES, first: int = FIRST_FINDINGS) -> pl.DataFrame:
    """Findings as they are, or of more than `limit` bytes the `first` of each kind in each source.

    Args:
        findings: `schemas.columns.FINDINGS`, or what this has returned.
        limit: what `findings` may take in memory.
        first: how many are kept; no more than before, where some were left out already.

    Returns:
        `findings` with ``more``: how many others a finding stands for.
    """
    if "more" not in findings.columns:
        findings = findings.with_columns(more=pl.lit(0, pl.UInt32))
    if findings.estimated_size() <= limit:
        return _alone(findings)
    columns = findings.columns
    all_of_them = (pl.col("more").cast(pl.Int64) + 1).sum().over(_ALIKE)
    findings = findings.with_columns(place=pl.int_range(pl.len()).over(_ALIKE), left=all_of_them - first)
    more = pl.when(pl.col("place") == first - 1).then("left").otherwise("more")
    return _alone(findings.filter(pl.col("place") < first).with_columns(more=more.cast(pl.UInt32)).select(columns))


def _alone(findings: pl.DataFrame) -> pl.DataFrame:
    """The same with texts of their own: in Polars a slice of a text, and a row of many, keeps all of them in memory."""
    texts = (name for name, kind in findings.schema.items() if kind == pl.String)
    return findings.with_columns(pl.concat_str(name, pl.lit("")) for name in texts)


class Listing:
    """The findings of a check as they come, batch by batch."""

    def __init__(self) -> None:
        # Nothing that would make Polars start its threads: who lists may be about to fork.
        self._frames: list[pl.DataFrame] = []
        self._bytes = 0

    def add(self, findings: pl.DataFrame) -> None:
        """Take findings (`abridged`), or the first of each kind in each source where there are too many already."""
        found = abridged(findings, LISTED_BYTES - self._bytes, 1)
        self._frames.append(found)
        self._bytes = min(self._bytes + int(found.estimated_size()), LISTED_BYTES)

    def findings(self) -> tuple[pl.DataFrame, Counter[tuple[str, bool]]]:
        """All that are listed, as `schemas.columns.FINDINGS`; and how many are not, by severity and if waived."""
        found = pl.concat([abridged(pl.DataFrame(schema=FINDINGS)), *self._frames])
        short = found.filter(pl.col("more") > 0)
        if short.is_empty():
            return found.select(FINDINGS.names()), Counter()
        sums = short.group_by("severity", pl.col("waived").is_not_null()).agg(pl.col("more").cast(pl.UInt64).sum())
        counts = Counter({(severity, waived): more for severity, waived, more in sums.iter_rows()})
        told = {more: f"; and {more:,} more of " for more in short["more"].unique()}
        words = pl.col("more").replace_strict(told, default="", return_dtype=pl.String)
        message = pl.format("{}{}{} in this source", "message", words, "code")
        return found.with_columns(message=pl.when(pl.col("more") > 0).then(message).otherwise("message")).select(
            FINDINGS.names()
        ), counts
