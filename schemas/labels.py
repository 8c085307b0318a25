"""Who speaks in each source, as it was read, and why a label has its role or none."""

from __future__ import annotations

from typing import Final

import polars as pl

from schemas.reading import Batch
from schemas.roster import Roster

LABELS: Final = pl.Schema(
    {
        "path": pl.String,
        "format": pl.String,
        "label": pl.String,
        "role": pl.String,
        "turns": pl.UInt32,
        "line": pl.UInt32,
        "why": pl.String,
    }
)
"""One label of a source a row: how many turns it has, and the line of the first."""


def labels(batch: Batch, roster: Roster) -> pl.DataFrame:
    """The labels of each source in order of their first turns, as `LABELS`."""
    sources = batch.sources.select("source_key", "path", "format")
    found = (
        batch.turns.join(batch.transcripts.select("transcript_key", "source_key"), on="transcript_key")
        .group_by("source_key", "speaker", maintain_order=True)
        .agg(pl.col("role").first(), turns=pl.len(), line=pl.col("line").first())
        .join(sources, on="source_key", maintain_order="left")
    )
    others = dict(found.group_by("source_key").agg("speaker").rows())
    told = [
        _why(label, role, turns, roster, others[key])
        for key, label, role, turns in found.select("source_key", "speaker", "role", "turns").rows()
    ]
    return (
        found.with_columns(pl.Series("why", told, pl.String))
        .rename({"speaker": "label"})
        .select(LABELS.names())
        .cast(LABELS)
    )


def _why(label: str, role: str | None, turns: int, roster: Roster, others: list[str]) -> str:
    if not label.strip():
        return "no speaker is named"
    if role is not None:
        return "known by the roster"
    if (likely := roster.likely(label)) is not None:
        return f'one edit from "{likely}"'
    why = "recurs, unknown to the roster" if turns > 1 else "stands once, unknown to the roster"
    words = set(label.split())
    # Recognisers tell one person under a short name and a long one.
    longer = next((other for other in others if words < set(other.split())), None)
    return why if longer is None else f'{why}; perhaps "{longer}"'
