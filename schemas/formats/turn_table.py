"""Turn tables: CSV or TSV with a header, a turn a row.

Columns are known by the names in `schemas.tables`; there must be one for the speaker and one for the text:

* transcript: each distinct id is a transcript, in order of first appearance; without it the table is one;
* order: turns of a transcript are sorted by it if it is a number in all of them; without it, by their start;
* utterance: rows of one transcript with the same utterance id (or, without this column, order), speaker and text are
  one turn that was annotated several times; they are read once and accounted for elsewhere;
* start and end: seconds, or times such as ``00:01:23``.

Cells are separated by commas, semicolons or tabs, whichever the header has most of, or by what a first line such
as ``sep=;`` says. A row that isn't sound is broken and the others are read.
"""

from __future__ import annotations

from typing import Final, Literal

import polars as pl

from schemas import csv_cells, csv_headers, tables
from schemas.columns import REFUSALS
from schemas.format import Format, Parsed
from schemas.roster import Roster

_REASON: Final = "has no header with a speaker and a text column"

_DAIC_WOZ: Final = ("start_time", "stop_time", "speaker", "value")
"""The columns of a corpus that cuts by time, a format of its own."""


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read tables with a speaker and a text column; see `schemas.format.Format`."""
    return _parse(sources, csv_headers.heads(sources), forced=False)


def _parse(sources: pl.DataFrame, found: pl.DataFrame, *, forced: bool) -> Parsed:
    known = _known(found, forced=forced)
    found = found.filter(pl.col("head").is_in(list(known)))
    refusals = sources.join(found, on="source_key", how="anti").select("source_key", reason=pl.lit(_REASON))
    if found.is_empty():
        return Parsed(refusals=refusals.cast(REFUSALS))
    # Where only one is a table, the others stay beside it: of the only row of a frame Polars makes copies.
    how: Literal["inner", "left"] = "left" if len(found) == 1 else "inner"
    mine = sources.select("source_key", "text").join(found, on="source_key", how=how, maintain_order="left")
    return tables.parsed(*csv_cells.read(mine, known), refusals.cast(REFUSALS))


def _known(found: pl.DataFrame, *, forced: bool = False) -> dict[str, tuple[csv_headers.Header, dict[str, int]]]:
    """The headers of turn tables by their text: what each says, and the places of its columns."""
    return {
        head: (header, places)
        for head in found["head"].unique()
        if (header := csv_headers.header(head, colons=forced)) is not None
        and (places := tables.named(header.names)) is not None
        and (forced or (header.separator, header.names) != ("\t", _DAIC_WOZ))
    }


def _likely(sources: pl.DataFrame) -> pl.Series:
    found = csv_headers.heads(sources)
    if len(found):
        found = found.filter(pl.col("head").is_in(list(_known(found))))
    return sources["source_key"].is_in(found["source_key"].implode())


FORMAT = Format(
    name="turn_table",
    brief="CSV or TSV with a header, a turn a row, with columns for the speaker and the text",
    parse=parse,
    forced=lambda sources, _roster: _parse(sources, csv_headers.heads(sources, likely=None), forced=True),
    likely=_likely,
    signs=r"^\s*[^\n]*[,;\t][^\n]*\n[^\n]*[,;\t]",
    lines_within=True,
)
