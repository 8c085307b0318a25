"""Parquet: turn tables, a turn a row; or a dialogue a row, as a list of messages or as one labelled text.

A turn table has columns for the speaker and the text, by the names in `schemas.tables`, and is read as CSV is. A list
of messages stands under ``messages``, ``conversations`` or another name of lists in JSON, each message with a speaker
and a text; ``chosen`` and ``rejected`` are two dialogues a row. A column of dialogues as text is told by its first
cells, as in CSV (`text_in_table`), and a row without a dialogue is broken. Only these columns are read. Parquet has no
lines: a turn's line is the number of its row, counted from 1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, NamedTuple

import polars as pl

from schemas import dialogue_texts, tables
from schemas.columns import PARSED_ACCOUNTS, PARSED_RECORDS, PARSED_TURNS, PROBLEMS, REFUSALS
from schemas.format import Format, Parsed
from schemas.json_shapes import CONTENTS, LISTS, SPEAKERS, keys_of
from schemas.parquet import MINE, BrokenParquetError, OversizedParquetError, ParquetFile, is_text
from schemas.roster import Roster

_REASON: Final = (
    "has no columns of a speaker and a text, no list of messages with a speaker and a text each, and no column of "
    "dialogues in which labels such as `Name:` begin lines"
)


def parse(sources: pl.DataFrame, roster: Roster) -> Parsed:
    """Read Parquet files; see `schemas.format.Format`. Their bytes are in the column ``data``."""
    if "data" not in sources.columns:
        return Parsed(refusals=sources.select("source_key", reason=pl.lit("is no Parquet file")))
    read = [_read(key, data, roster) for key, data in sources.select("source_key", "data").iter_rows()]
    whole = [each for each in read if isinstance(each, Parsed)]
    rows = [each for each in read if not isinstance(each, Parsed)]
    if rows:
        # All at once: what is done for each turn table costs more than its rows.
        cells, tallies = (pl.concat(frames) for frames in zip(*rows, strict=True))
        whole.append(tables.parsed(cells, tallies, Parsed().problems, Parsed().refusals))
    return Parsed.joined(whole)


class Layout(NamedTuple):
    """Which columns of a Parquet file hold its transcripts; one of the three is not empty.

    Attributes:
        turns: of a turn table, the columns by what they hold (see `schemas.tables.COLUMNS`).
        lists: columns of messages, with the fields of the speaker and the text; a transcript each.
        text: the column of dialogues.
    """

    turns: dict[str, str]
    lists: dict[str, tuple[str, str]]
    text: str = ""

    @property
    def names(self) -> list[str]:
        """The columns that are read."""
        return list(dict.fromkeys((*self.turns.values(), *self.lists, *([self.text] if self.text else []))))


def layout_of(file: ParquetFile) -> Layout | None:
    """Which columns hold transcripts; None where none do.

    Raises:
        BrokenParquetError: if they can't be read.
    """
    names = list(file.types)
    places = tables.named(names)
    if places is not None and is_text(file.types[names[places["text"]]]):
        return Layout({what: names[place] for what, place in places.items()}, {})
    lists = {name: keys for name in names if (keys := _keys(name, file.types[name])) is not None}
    if lists:
        pair = [name for name in lists if name.lower() in ("chosen", "rejected")]
        return Layout({}, {name: lists[name] for name in pair or [next(iter(lists))]})
    texts = [names[place] for place in dialogue_texts.candidates(names) if is_text(file.types[names[place]])]
    for name in texts[: dialogue_texts.TRIES]:
        if dialogue_texts.mostly(file.first(name)[: dialogue_texts.TRIES]):
            return Layout({}, {}, name)
    return None


def _read(key: int, data: bytes, roster: Roster) -> Parsed | tuple[pl.DataFrame, pl.DataFrame]:
    """What a file holds; of a turn table `schemas.tables.CELLS` and `schemas.tables.TALLIES`."""
    try:
        file = ParquetFile(data)
        layout = layout_of(file)
        if layout is not None and layout.turns:
            return _turns(key, file, layout.turns)
        if layout is not None and layout.lists:
            return _messages(key, file, layout.lists)
        if layout is not None:
            return _dialogues(key, file, layout.text, roster)
    except BrokenParquetError as error:
        kind = "oversized" if isinstance(error, OversizedParquetError) else "broken"
        return Parsed(
            records=pl.DataFrame([(key, 0, 1)], PARSED_RECORDS, orient="row"),
            accounts=pl.DataFrame([(key, 0, 0, 0)], PARSED_ACCOUNTS, orient="row"),
            problems=pl.DataFrame([(key, 0, None, kind, f"the file {error}")], PROBLEMS, orient="row"),
        )
    return Parsed(refusals=pl.DataFrame([(key, _REASON)], REFUSALS, orient="row"))


def _turns(key: int, file: ParquetFile, columns: dict[str, str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A turn a row."""
    rows, expected = file.texts(columns)
    cells = (
        rows.with_row_index("line", offset=1)
        .with_columns(pl.lit(None, pl.String).alias(what) for what in tables.COLUMNS if what not in columns)
        .select(pl.lit(key).alias("source_key"), "line", *tables.COLUMNS, text_line="line")
    )
    tallies = pl.DataFrame([(key, expected, 0)], tables.TALLIES, orient="row")
    return cells.select(tables.CELLS.names()).cast(tables.CELLS), tallies


def _messages(key: int, file: ParquetFile, lists: dict[str, tuple[str, str]]) -> Parsed:
    """Dialogues in lists; where there are several a row, each is a record, in the order of the columns."""
    read = [file.messages(name, *keys) for name, keys in lists.items()]
    found = [cells.rows.with_columns(record=pl.col("row") * len(lists) + place) for place, cells in enumerate(read)]
    turns = (
        pl.concat(found)
        .sort("record", maintain_order=True)
        .with_columns(pl.col("speaker", "text").fill_null(""), source_key=pl.lit(key), line=pl.col("row") + 1)
        .with_columns(pl.lit(None).alias(name) for name in ("start", "end"))
    )
    expected, count = sum(cells.characters for cells in read), turns["text"].str.len_chars().sum()
    record = pl.int_range(file.rows * len(lists), eager=True)
    records = pl.DataFrame({"record": record}).select(
        source_key=pl.lit(key), record="record", line=pl.col("record") // len(lists) + 1
    )
    return Parsed(
        turns=turns.select(PARSED_TURNS.names()).cast(PARSED_TURNS),
        records=records.cast(PARSED_RECORDS),
        accounts=pl.DataFrame([(key, expected, count, 0)], PARSED_ACCOUNTS, orient="row"),
    )


def _dialogues(key: int, file: ParquetFile, name: str, roster: Roster) -> Parsed:
    """A dialogue a row, as one text in the column `name`."""
    rows, expected = file.texts({"text": name})
    text = pl.col("text").str.replace_all("\r\n", "\n", literal=True).str.replace_all("\r", "\n", literal=True)
    found = rows.with_row_index("record").select(
        "record",
        text,
        source_key=pl.lit(key),
        line=pl.col("record") + 1,
        # Lines within the text are none of the file's.
        text_line=pl.lit(None),
        trouble=pl.lit(None),
        kind=pl.lit("broken"),
    )
    returns = pl.col("text").str.count_matches("\r\n", literal=True).sum()
    elsewhere = pl.col("elsewhere") + rows.select(returns).item()
    read = dialogue_texts.labelled(found.select(dialogue_texts.RECORDS.names()), roster)
    accounts = read.accounts.with_columns(expected=pl.lit(expected), elsewhere=elsewhere).cast(PARSED_ACCOUNTS)
    return replace(read, accounts=accounts)


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
    brief="Parquet with a turn a row, or with a dialogue a row: a list of messages, or one labelled text",
    parse=parse,
    binary=MINE,
    lines_within=False,
)
