"""Dialogues as labelled texts within records: in JSON, in cells of CSV, in a column of Parquet.

`columns` tells which column of a CSV or TSV holds them, so that one format at most claims such a table, and `labelled`
reads each text as labelled text is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

import polars as pl

from schemas import csv_cells, csv_headers, tables
from schemas.columns import PARSED_ACCOUNTS, PARSED_RECORDS, PARSED_TURNS, PROBLEMS, REFUSALS, TEXTS
from schemas.format import Parsed, formats
from schemas.regex import regex
from schemas.roster import Roster

NONE: Final = "has no text that labels such as `Name:` tell to be a dialogue"
"""Why a record is broken, or a source refused."""

RECORDS: Final = pl.Schema(
    {
        **PARSED_RECORDS,
        "text_line": pl.UInt32(),
        "text": pl.String(),
        "trouble": pl.String(),
        "kind": pl.String(),
    }
)
"""Records with a text each: ``text_line`` is where the text begins, null where its lines are none of the source's.
A record without a text says in ``trouble`` what is wrong with it, and in ``kind`` which problem that is."""

TRIES: Final = 20
"""So many rows are looked at for the column that holds dialogues."""

_MOSTLY: Final = 0.5
"""A column of which at least this share of the texts are dialogues holds dialogues."""

_LABEL: Final = regex(r"^[ \t]*[*_\[#]{0,3}[^\W\d_][^:：\n]{0,39}[:：]", re.MULTILINE)
_HEAD: Final = 4096
"""A dialogue has its first two labels among so many characters."""

_WINDOW: Final = 4_194_304
"""The characters of a table among which its first rows are."""

_OVER_LINES: Final = r'(?:^|[\n,;\t])"[^"]*\n'
"""A cell that goes on beyond its line: no dialogue is in one line."""


def is_dialogue(text: str) -> bool:
    """Whether a text looks like a labelled dialogue: two of its lines begin with a label."""
    return len(list(islice(_LABEL.finditer(text[:_HEAD]), 2))) == 2


def candidates(names: Sequence[str]) -> list[int]:
    """The places of columns that may hold dialogues: those with likely names, likeliest first, and then the others."""
    likeliest = tables.dialogues(names)
    return [*likeliest, *(place for place in range(len(names)) if place not in likeliest)]


def mostly(texts: Iterable[str | None]) -> bool:
    """Whether most texts of a column, but for those that are blank, look like dialogues."""
    told = [is_dialogue(text) for text in texts if text is not None and text.strip()]
    return bool(told) and sum(told) >= _MOSTLY * len(told)


def columns(sources: pl.DataFrame, *, forced: bool = False) -> pl.DataFrame:
    """Which of `schemas.columns.TEXTS` are tables that hold texts of several lines, and where dialogues are in them.

    Args:
        sources: the texts.
        forced: whether a person says that they are: then what looks like a turn table, or like none, is searched, too.

    Returns:
        source_key, head, place: a row for each such CSV or TSV; ``head`` is the text of its header, ``place`` that of
        the column of dialogues, null in a turn table.
    """
    schema = {"source_key": pl.UInt32, "head": pl.String, "place": pl.UInt32}
    first_line = (
        pl.col("text").str.head(256).str.strip_chars_start(" \t\n\ufeff").str.contains(r"^[^:：\n{\[][^:：\n]*(?:\n|$)")
    )
    # Null in place of taking rows out: of the only row of a frame Polars makes copies.
    suspects = sources.select("source_key", text=pl.when(first_line | forced).then("text"))
    if suspects["text"].null_count() < len(suspects):
        suspects = suspects.with_columns(text=pl.when(pl.col("text").str.contains(_OVER_LINES)).then("text"))
    if suspects["text"].null_count() == len(suspects):
        return pl.DataFrame(schema=schema)
    heads = dict(csv_headers.heads(suspects, likely=None).iter_rows())
    found: list[tuple[int, str, int | None]] = []
    for key, text in suspects.iter_rows():
        head = heads.get(key)
        if head is None:
            continue
        header = csv_headers.header(head, colons=forced)
        if header is None:
            continue
        body = text[len(head) : len(head) + _WINDOW]
        rows = _first(csv_cells.rows_of(body, header.separator), len(header.names))
        if tables.named(header.names) is not None and rows and not forced:
            found.append((key, head, None))
            continue
        place = next((at for at in candidates(header.names) if mostly(row[at] for row in rows)), None)
        if place is not None:
            found.append((key, head, place))
    return pl.DataFrame(found, schema, orient="row")


def _first(rows: Iterable[tuple[int, list[str], str | None]], width: int) -> list[list[str]]:
    """The first rows of a table, none where most are no rows of it."""
    looked = list(islice(rows, TRIES))
    sound = [cells for _, cells, trouble in looked if trouble is None and len(cells) == width]
    return sound if len(sound) >= _MOSTLY * len(looked) else []


def labelled(found: pl.DataFrame, roster: Roster, least: float = _MOSTLY) -> Parsed:
    """Read the text of each record as labelled text is read.

    Args:
        found: `RECORDS`.
        roster: labels that are known beforehand.
        least: the share of a source's records that must be dialogues, or the source is refused.

    Returns:
        Turns, records, accounts of the texts, and problems: a record of a claimed source that is no dialogue is broken.
    """
    found = found.cast(RECORDS).with_row_index("row")
    texts = found.filter(pl.col("text").is_not_null()).select(source_key="row", path=pl.lit(""), text="text")
    inner = formats()["labelled_text"].parse(texts.cast(TEXTS), roster)
    said = found["row"].is_in(inner.accounts["source_key"].implode())
    found = found.with_columns(said=said, trouble=pl.coalesce("trouble", pl.when(~said).then(pl.lit(NONE))))
    share = found.group_by("source_key", maintain_order=True).agg(share=pl.col("said").mean(), any=pl.col("said").any())
    mine = share.filter((pl.col("share") >= least) & pl.col("any")).select("source_key")
    refused = share.join(mine, on="source_key", how="anti", maintain_order="left")
    found = found.join(mine, on="source_key", how="semi", maintain_order="left")
    place = found.select("source_key", "record", at="line", text_line="text_line", row="row")

    def placed(frame: pl.DataFrame) -> pl.DataFrame:
        inner_frame = frame.rename({"source_key": "row"}).drop("record")
        line = pl.coalesce(pl.col("text_line") + pl.col("line") - 1, "at").cast(pl.UInt32)
        joined = inner_frame.join(place, on="row", maintain_order="left_right")
        return joined.with_columns(line=line).select(frame.columns)

    read = inner.accounts.select("in_turns", "elsewhere", row="source_key")
    characters = pl.col("text").str.len_chars().cast(pl.UInt64).fill_null(0)
    tallies = found.join(read, on="row", how="left", maintain_order="left").with_columns(
        pl.col("in_turns").fill_null(0), expected=characters, elsewhere=pl.coalesce("elsewhere", characters)
    )
    broken = found.filter(pl.col("trouble").is_not_null()).select(
        "source_key", "record", "line", "kind", detail=pl.format("record {} {}", "record", "trouble")
    )
    return Parsed(
        turns=placed(inner.turns).select(PARSED_TURNS.names()),
        records=found.select(PARSED_RECORDS.names()),
        accounts=tallies.group_by("source_key", maintain_order=True)
        .agg(pl.col("expected", "in_turns", "elsewhere").sum())
        .cast(PARSED_ACCOUNTS),
        problems=pl.concat([placed(inner.problems), broken]).cast(PROBLEMS),
        refusals=refused.select("source_key", reason=pl.lit(NONE)).cast(REFUSALS),
    )
