"""Dialogue as one text in a cell of CSV or TSV: a table with a header, a dialogue a row.

The column is told by its cells, of which most are texts with labels at the beginning of lines; where several are, one
called ``dialogue``, ``conversation``, ``transcript``, ``chat``, ``text`` or the like counts before the others. A table
with columns for the speaker and the text is a turn table. Each cell is read as labelled text is, for itself; a row
whose cell holds no dialogue is broken, and so is a row that isn't sound. A turn's line is its line in the file.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from schemas import csv_cells, csv_headers, dialogue_texts
from schemas.columns import PARSED_ACCOUNTS, REFUSALS
from schemas.format import Format, Parsed
from schemas.roster import Roster

_REASON: Final = "has no header with a column below it of dialogues, in which labels such as `Name:` begin lines"


def parse(sources: pl.DataFrame, roster: Roster) -> Parsed:
    """Read tables with a column of dialogues; see `schemas.format.Format`."""
    return _parse(sources, dialogue_texts.columns(sources), roster)


def _parse(sources: pl.DataFrame, found: pl.DataFrame, roster: Roster) -> Parsed:
    found = found.filter(pl.col("place").is_not_null())
    others = sources.join(found, on="source_key", how="anti", maintain_order="left")
    refusals = others.select("source_key", reason=pl.lit(_REASON)).cast(REFUSALS)
    mine = sources.join(found, on="source_key", maintain_order="left")
    tables = [_read(part, int(str(place)), roster) for (place,), part in mine.group_by("place", maintain_order=True)]
    return Parsed.joined([Parsed(refusals=refusals), *tables])


def _read(sources: pl.DataFrame, place: int, roster: Roster) -> Parsed:
    """Read tables whose dialogues are in the column at `place`."""
    headers = {head: csv_headers.header(head, colons=True) for head in sources["head"].unique()}
    known = {head: (header, {"text": place}) for head, header in headers.items() if header is not None}
    cells, tallies, problems = csv_cells.read(sources, known)
    read = dialogue_texts.labelled(
        cells.select(
            "source_key",
            "line",
            "text_line",
            "text",
            record=pl.int_range(pl.len()).over("source_key"),
            trouble=pl.lit(None, pl.String),
            kind=pl.lit("broken"),
        ).select(dialogue_texts.RECORDS.names()),
        roster,
    )
    # What is in no cell of the column stands elsewhere.
    accounts = tallies.rename({"elsewhere": "around"}).join(
        read.accounts.drop("expected"), on="source_key", maintain_order="left"
    )
    claimed = accounts["source_key"].implode()
    return Parsed(
        turns=read.turns,
        records=read.records,
        accounts=accounts.with_columns(elsewhere=pl.col("around") + pl.col("elsewhere").cast(pl.Int64))
        .select(PARSED_ACCOUNTS.names())
        .cast(PARSED_ACCOUNTS),
        problems=pl.concat([problems.filter(pl.col("source_key").is_in(claimed)), read.problems]),
        refusals=read.refusals,
    )


FORMAT = Format(
    name="text_in_table",
    brief="CSV or TSV with a header, a dialogue a row, as one labelled text in a cell",
    parse=parse,
    forced=lambda sources, roster: _parse(sources, dialogue_texts.columns(sources, forced=True), roster),
    signs=r'(?m)(?:^|[,;\t])"[^",;:：\n]{1,40}[:：]\s',
    lines_within=True,
    joint=None,
)
