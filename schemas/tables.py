"""Turn tables, wherever their cells come from: a turn a row, with columns known by their names.

`named` finds the columns, a reader (`schemas.csv_cells`, `schemas.parquet`) gives their cells as `CELLS`, and `parsed`
makes transcripts of them: it tells these apart, puts turns in order, and reads once what annotators repeat. Names
compare without case, blanks and punctuation: ``Dialogue_ID`` is ``dialogueid``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from schemas.columns import PARSED_ACCOUNTS, PARSED_RECORDS, PARSED_TURNS, PROBLEMS
from schemas.format import Parsed
from schemas.table_contract import violations

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "transcript": tuple(
        """
        transcript_id conversation_id dialogue_id dialog_id session_id conv_id chat_id call_id thread_id interview_id
        conversation_no conversation_number dialogue_no session_no call_no recording_id document_id doc_id case_id
        file_id swda_filename filename file source_file recording transcript conversation dialogue dialog session conv
        chat call thread interview episode_id gespräch gespräch_id gespraech sitzung anruf conversación conversacion
        diálogo dialogo sesión sesion entretien
        """.split()
    ),
    "order": tuple(
        """
        transcript_index turn_index turn_number turn_no turn_num turn_idx utterance_index utterance_number utterance_no
        utterance_idx message_index message_number message_no line_number line_no position sequence sequence_number seq
        turn_id utterance_id message_id order index idx turn sr_no nr lfd_nr nummer número numero
        """.split()
    ),
    "utterance": ("utterance_id", "message_id", "turn_id"),
    "speaker": tuple(
        """
        speaker speaker_id speaker_name speaker_label speaker_role speaker_idx role interlocutor participant author
        author_name author_id from sender sender_name talker caller user_name username nickname name user who
        sprecher sprecherin sprechende hablante locuteur orador spreker
        """.split()
    ),
    "text": tuple(
        """
        text utterance utterance_text content message message_text transcript_text turn_text value body sentence
        transcription speech words msg line transcript said texte texto aussage äußerung
        """.split()
    ),
    "start": tuple(
        "start start_time start_seconds start_sec start_s start_ms begin begin_time onset timestamp time".split()
    ),
    "end": tuple("end end_time stop_time stop end_seconds end_sec end_s end_ms offset".split()),
}
"""What the columns of a table hold, and the names that tell; the first name that a table has counts."""

DIALOGUES: Final = tuple(
    """
    dialogue dialog conversation conversations transcript transcription chat chat_history conversation_text
    dialogue_text transcript_text full_text text content body
    """.split()
)
"""The names of a column that most likely holds a whole dialogue as one text, likeliest first."""

CELLS: Final = pl.Schema(
    {"source_key": pl.UInt32, "line": pl.UInt32, "text_line": pl.UInt32, **dict.fromkeys(COLUMNS, pl.String)}
)
"""Rows of tables: ``line`` is where a row begins and ``text_line`` where its text does. A column that a table has not
is null in all its rows."""

TALLIES: Final = pl.Schema({"source_key": pl.UInt32, "expected": pl.Int64, "elsewhere": pl.Int64})
"""A reader's account of a table: characters in all, and those in no cell of the text column."""

_KEYS: Final = tuple(column for column in COLUMNS if column not in ("speaker", "text"))
_CLOCK: Final = r"^\s*(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-5][0-9])(?:[.,]([0-9]{1,6}))?\s*$"


def squeezed(name: str) -> str:
    """A column's name as it compares."""
    return re.sub(r"[\W_]+", "", name.lower())


def named(names: Sequence[str]) -> dict[str, int] | None:
    """The places of a turn table's columns by what they hold, None where it has no speaker or no text."""
    there = {name: place for place, name in reversed(list(enumerate(map(squeezed, names))))}
    places = {
        what: next(there[name] for name in map(squeezed, known) if name in there)
        for what, known in COLUMNS.items()
        if any(squeezed(name) in there for name in known)
    }
    if places.get("transcript") == places.get("text"):
        places.pop("transcript", None)
    if "speaker" not in places or "text" not in places:
        return None
    # Names with values are properties.
    pair = squeezed(names[places["speaker"]]), squeezed(names[places["text"]])
    return None if pair == ("name", "value") else places


def dialogues(names: Sequence[str]) -> list[int]:
    """The places of columns that may hold whole dialogues, likeliest first; none where a turn table's columns are."""
    if named(names) is not None:
        return []
    there = [squeezed(name) for name in names]
    return [there.index(name) for name in map(squeezed, DIALOGUES) if name in there]


def parsed(cells: pl.DataFrame, tallies: pl.DataFrame, problems: pl.DataFrame, refusals: pl.DataFrame) -> Parsed:
    """Make transcripts of the rows of turn tables.

    Rows of a transcript need not follow each other. They are put in order by their number where each has one, else by
    their start where each has one. Rows that agree in transcript, utterance (or, without one, order), speaker and text
    were annotated several times: they are read once, and accounted for elsewhere.

    Args:
        cells: `CELLS` of the sound rows, in order.
        tallies: `TALLIES` of every table.
        problems: what the reader found, with `schemas.columns.PROBLEMS`.
        refusals: as the format gives them back.
    """
    rows, records = placed(cells)
    once = _once(rows)
    texts = pl.col("text").str.len_chars().cast(pl.Int64).sum()
    accounts = (
        tallies.join(cells.group_by("source_key").agg(read=texts), on="source_key", how="left", maintain_order="left")
        .join(once.group_by("source_key").agg(in_turns=texts), on="source_key", how="left", maintain_order="left")
        .with_columns(pl.col("read", "in_turns").fill_null(0))
        .with_columns(elsewhere=pl.col("elsewhere") + pl.col("read") - pl.col("in_turns"))
    )
    turns = once.select(
        "source_key",
        "record",
        pl.col("speaker", "text").fill_null(""),
        line="text_line",
        start="begin",
        end="stop",
    )
    return Parsed(
        turns=turns.select(PARSED_TURNS.names()).cast(PARSED_TURNS),
        records=records.select(PARSED_RECORDS.names()).cast(PARSED_RECORDS),
        accounts=accounts.select(PARSED_ACCOUNTS.names()).cast(PARSED_ACCOUNTS),
        problems=pl.concat([problems, violations(once)]).cast(PROBLEMS),
        refusals=refusals,
    )


def placed(cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows in order, and their transcripts.

    Returns:
        rows: `CELLS`, with null for what is blank, and ``record``, ``talk`` (the number of the transcript among all
            sources'), ``at``, ``begin`` and ``stop``: order, start and end as numbers.
        records: source_key, record, line, talk.
    """
    filled = [pl.when(pl.col(key).str.strip_chars().str.len_bytes() > 0).then(key) for key in _KEYS]
    cells, records = _told_apart(cells.with_columns(filled))
    return _in_order(cells.with_columns(at=number("order"), begin=seconds("start"), stop=seconds("end"))), records


def number(column: str) -> pl.Expr:
    """A column of text as finite numbers, null where it holds none."""
    found = pl.col(column).str.strip_chars().str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    return pl.when(found.is_finite()).then(found)


def seconds(column: str) -> pl.Expr:
    """A column of text as seconds, from numbers or from times such as ``00:01:23,400``; null where it holds neither."""
    hours, minutes, whole, fraction = (pl.col(column).str.extract(_CLOCK, group) for group in (1, 2, 3, 4))
    clock = (
        hours.cast(pl.Float64).fill_null(0) * 3600
        + minutes.cast(pl.Float64) * 60
        + pl.concat_str(whole, pl.lit("."), fraction.fill_null("0")).cast(pl.Float64)
    )
    return pl.when(pl.col(column).str.contains(":", literal=True)).then(clock).otherwise(number(column))


def _told_apart(cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows with ``talk``, the number of their transcript in all, and ``record``; transcripts as records.

    A transcript's rows mostly follow each other, so what costs is done once for each block of them.
    """
    begins = pl.any_horizontal(pl.col(key).ne_missing(pl.col(key).shift(1)) for key in ("source_key", "transcript")) | (
        pl.int_range(pl.len()) == 0
    )
    cells = cells.with_columns(begins=begins)
    blocks = cells.filter("begins").select("source_key", "transcript", "line").with_row_index("block")
    blocks = blocks.with_columns(talk=pl.col("block").min().over("source_key", "transcript"))
    records = blocks.filter(pl.col("talk") == pl.col("block")).with_columns(
        record=pl.int_range(pl.len(), dtype=pl.UInt32).over("source_key")
    )
    blocks = blocks.join(records.select("talk", "record"), on="talk", maintain_order="left")
    place = cells["begins"].cum_sum() - 1
    cells = cells.drop("begins").with_columns(blocks["talk"].gather(place), blocks["record"].gather(place))
    return cells, records


def _in_order(cells: pl.DataFrame) -> pl.DataFrame:
    """Rows by transcript, and in it by their place."""
    numbered, timed = (pl.col(key).is_not_null().all().over("talk") for key in ("at", "begin"))
    cells = cells.with_columns(place=pl.when(numbered).then("at").when(timed).then("begin").otherwise(0.0))
    before = pl.struct("talk", "place").shift(1)
    talk, place = before.struct.field("talk"), before.struct.field("place")
    back = (pl.col("talk") < talk) | ((pl.col("talk") == talk) & (pl.col("place") < place))
    return cells.sort("talk", "place", maintain_order=True) if cells.select(back.any()).item() else cells


def _once(cells: pl.DataFrame) -> pl.DataFrame:
    """Rows without those that repeat an utterance."""
    cells = cells.with_columns(key=pl.coalesce("utterance", "order"))
    again = cells.select("talk", "key").is_duplicated() & cells["key"].is_not_null()
    if not again.any():
        return cells
    cells = cells.with_row_index("row")
    kept = cells.filter(again).select("row", first=pl.struct("talk", "key", "speaker", "text").is_first_distinct())
    return cells.join(kept.filter(~pl.col("first")), on="row", how="anti", maintain_order="left")
