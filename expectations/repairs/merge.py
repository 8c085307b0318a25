"""The repair `merge`."""

from __future__ import annotations

import polars as pl

from expectations.repair import Repair
from schemas.roster import Roster


def change(turns: pl.DataFrame, findings: pl.DataFrame, _roster: Roster) -> pl.DataFrame:
    """Join each turn to the one before; a row of them becomes one turn."""
    again = findings.select("transcript_key", "turn", "code", again=True)
    joined = turns.join(again, on=["transcript_key", "turn"], how="left", maintain_order="left").with_columns(
        group=pl.col("again").is_null().cum_sum()
    )
    merged = pl.col("text").str.join("\n\n").over("group")
    return (
        joined.with_columns(size=pl.len().over("group"), shared=pl.col("code").drop_nulls().first().over("group"))
        .filter(pl.col("size") > 1)
        .select(
            "transcript_key",
            "turn",
            code="shared",
            piece=0,
            speaker=None,
            role=None,
            after=pl.when(pl.col("again").is_null()).then(merged),
        )
    )


REPAIR = Repair(
    "merge",
    safe=False,
    order=80,
    brief="joins a turn to the one before, of the same speaker, with a blank line",
    change=change,
)
