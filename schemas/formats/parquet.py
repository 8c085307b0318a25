"""Parquet: turn tables, a turn a row; or lists of messages, a dialogue a row.

A turn table has columns for the speaker and the text, by the names in `schemas.tables`, and is read as CSV is. A list
of messages stands under ``messages``, ``conversations`` or another name of lists in JSON, each message with a speaker
and a text; ``chosen`` and ``rejected`` are two dialogues a row. Only these columns are read. Parquet has no lines: a
turn's line is the number of its row, counted from 1.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from schemas import tables
from schemas.columns import PARSED_ACCOUNTS, PARSED_RECORDS, PARSED_TURNS, PROBLEMS, REFUSALS
from schemas.format import Format, Parsed
from schemas.json_shapes import CONTENTS, LISTS, SPEAKERS, keys_of
from schemas.parquet import MINE, BrokenParquetError, OversizedParquetError, ParquetFile, is_text
from schemas.roster import Roster

_REASON: Final = "has no columns of a speaker and a text, and no list of messages with a speaker and a text each"


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read Parquet files; see `schemas.format.Format`. Their bytes are in the column ``data``."""
    if "data" not in sources.columns:
        return Parsed(refusals=sources.select("source_key", reason=pl.lit("is no Parquet file")))
    return Parsed.joined([_read(key, data) for key, data in sources.select("source_key", "data").iter_rows()])


def _read(key: int, data: bytes) -> Parsed:
    try:
        file = ParquetFile(data)
        names = list(file.types)
        places = tables.named(names)
        if places is not None and is_text(file.types[names[places["text"]]]):
            return _turns(key, file, {what: names[place] for what, place in places.items()})
        lists = {name: keys for name in names if (keys := _keys(name, file.types[name])) is not None}
        if lists:
            return _messages(key, file, lists)
    except BrokenParquetError as error:
        kind = "oversized" if isinstance(error, OversizedParquetError) else "broken"
        return Parsed(
            records=pl.DataFrame([(key, 0, 1)], PARSED_RECORDS, orient="row"),
            accounts=pl.DataFrame([(key, 0, 0, 0)], PARSED_ACCOUNTS, orient="row"),
            problems=pl.DataFrame([(key, 0, None, kind, f"the file {error}")], PROBLEMS, orient="row"),
        )
    return Parsed(refusals=pl.DataFrame([(key, _REASON)], REFUSALS, orient="row"))


def _turns(key: int, file: ParquetFile, columns: dict[str, str]) -> Parsed:
    """A turn a row."""
    cells = file.texts(columns).with_row_index("line", offset=1)
    cells = cells.with_columns(
        pl.lit(None, pl.String).alias(what) for what in tables.COLUMNS if what not in columns
    ).with_columns(source_key=pl.lit(key), text_line="line")
    expected = cells["text"].str.len_chars().sum()
    tallies = pl.DataFrame([(key, expected, 0)], tables.TALLIES, orient="row")
    none = Parsed()
    return tables.parsed(cells.select(tables.CELLS.names()).cast(tables.CELLS), tallies, none.problems, none.refusals)


def _messages(key: int, file: ParquetFile, lists: dict[str, tuple[str, str]]) -> Parsed:
    """Dialogues in lists; where there are several a row, each is a record, in the order of the columns."""
    pair = [name for name in lists if name.lower() in ("chosen", "rejected")]
    chosen = pair or [next(iter(lists))]
    found = [
        file.messages(name, *lists[name]).with_columns(record=pl.col("row") * len(chosen) + place)
        for place, name in enumerate(chosen)
    ]
    turns = (
        pl.concat(found)
        .sort("record", maintain_order=True)
        .with_columns(pl.col("speaker", "text").fill_null(""), source_key=pl.lit(key), line=pl.col("row") + 1)
        .with_columns(pl.lit(None).alias(name) for name in ("start", "end"))
    )
    count = turns["text"].str.len_chars().sum()
    record = pl.int_range(file.rows * len(chosen), eager=True)
    records = pl.DataFrame({"record": record}).select(
        source_key=pl.lit(key), record="record", line=pl.col("record") // len(chosen) + 1
    )
    return Parsed(
        turns=turns.select(PARSED_TURNS.names()).cast(PARSED_TURNS),
        records=records.cast(PARSED_RECORDS),
        accounts=pl.DataFrame([(key, count, count, 0)], PARSED_ACCOUNTS, orient="row"),
    )


def _keys(name: str, kind: Any) -> tuple[str, str] | None:
    """The fields of the speaker and the text, if a column is a list of messages."""
    if name.lower() not in LISTS | {"chosen", "rejected"} or "list<" not in str(kind):
        return None
    item = kind.value_type
    if not str(item).startswith("struct<"):
        return None
    fields = {item.field(place).name: item.field(place).type for place in range(item.num_fields)}
    texts = [field for field, its in fields.items() if is_text(its)]
    speaker, text = keys_of(texts, SPEAKERS), keys_of(texts, CONTENTS)
    return None if speaker is None or text is None else (speaker, text)


FORMAT = Format(
    name="parquet",
    brief="Parquet with a turn a row, or with a list of messages a row",
    parse=parse,
    binary=MINE,
    lines_within=False,
)
