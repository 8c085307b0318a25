"""Turn tables: CSV or TSV with a header, a turn a row.

Columns are known by these names, in any case, with blanks, dots or hyphens for underscores; the first that a table has
counts, and it must have a speaker and a text (the lists are `_COLUMNS`):

* transcript: each distinct id is a transcript, in order of first appearance; without it the table is one;
* order: turns of a transcript are sorted by it if it is a number in all of them;
* utterance: rows of one transcript with the same utterance id (or, without this column, order), speaker and text are
  one turn that was annotated several times; they are read once and accounted for elsewhere;
* start and end: seconds.

Cells are separated by commas, semicolons or tabs, whichever the header has most of. A row that isn't sound is broken
and the others are read. Python's csv module reads the rows: it knows the line of each, which `pl.read_csv` doesn't
tell, and goes on after a broken one, where `pl.read_csv` fails or reads text into the wrong columns.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import polars as pl

from schemas.columns import REFUSALS
from schemas.format import Format, Parsed
from schemas.gathered import Gathered, Piece, seconds
from schemas.roster import Roster

_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "transcript": tuple(
        """
        transcript_id conversation_id dialogue_id dialog_id session_id conv_id chat_id call_id thread_id interview_id
        transcript conversation dialogue dialog session
        """.split()
    ),
    "order": tuple(
        """
        turn_id turn_index turn_number turn_no turn_idx utterance_index utterance_number utterance_idx message_index
        utterance_id message_id order position sequence seq turn
        """.split()
    ),
    "utterance": ("utterance_id", "message_id", "turn_id"),
    "speaker": tuple(
        "speaker speaker_id speaker_name speaker_role role interlocutor participant author from sender name".split()
    ),
    "text": tuple(
        "text utterance utterance_text content message transcript_text turn_text body sentence transcript".split()
    ),
    "start": ("start", "start_time", "start_seconds", "begin", "onset"),
    "end": ("end", "end_time", "stop_time", "stop", "end_seconds", "offset"),
}

_RESTARTS: Final = 10
"""So many quotes that are never closed are passed over; each costs reading the rest once more."""


class _Row(NamedTuple):
    """One sound row."""

    order: float | None
    identity: tuple[str, str, str] | None
    piece: Piece
    line: int


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read tables with a speaker and a text column; see `schemas.format.Format`."""
    # A header is among the first characters, or there is none; the rest may be enormous.
    header = pl.col("text").str.head(65_536).str.extract(r"^(?:[ \t\ufeff]*\n)*([^\n]*)").str.to_lowercase()
    likely = (
        header.str.contains(r"[,;\t]")
        & header.str.contains("|".join(_COLUMNS["speaker"]))
        & header.str.contains("|".join(_COLUMNS["text"]))
    )
    found = sources.select("source_key", header=pl.when(likely).then(header))
    tables = {
        source: layout for source, first in found.drop_nulls().iter_rows() if (layout := _layout(first)) is not None
    }
    mine = pl.col("source_key").is_in(list(tables))
    refusals = sources.filter(~mine).select(
        "source_key", reason=pl.lit("has no header with a speaker and a text column")
    )
    gathered = Gathered()
    for source, text in sources.filter(mine).select("source_key", "text").iter_rows():
        _read(gathered, source, text, *tables[source])
    return gathered.parsed(refusals.cast(REFUSALS))


def _layout(header: str) -> tuple[str, dict[str, int], int] | None:
    """The separator of a table, the places of its columns by what they hold, and how many there are."""
    separator = max(",;\t", key=header.count)
    try:
        rows = list(csv.reader([header.removeprefix("\ufeff")], delimiter=separator, strict=True))
    except csv.Error:
        return None
    names = [re.sub(r"[\s.-]+", "_", name.strip()) for row in rows for name in row]
    places = {
        what: next(names.index(name) for name in known if name in names)
        for what, known in _COLUMNS.items()
        if any(name in names for name in known)
    }
    if places.get("transcript") == places.get("text"):
        places.pop("transcript", None)
    if "speaker" not in places or "text" not in places:
        return None
    return separator, places, len(names)


def _read(gathered: Gathered, source: int, text: str, separator: str, places: dict[str, int], width: int) -> None:
    """Gather the transcripts of one table."""
    gathered.source(source)
    transcripts: dict[str, list[_Row]] = {}
    for line, cells, trouble in _rows(text, separator):
        if trouble is not None or len(cells) != width:
            told = trouble or f"has {len(cells)} cells where the header has {width}"
            gathered.broken(source, None, line, f"the row at line {line} {told}")
            continue
        row = _row(cells, places, line)
        gathered.expected[source] += len(row.piece.text)
        transcripts.setdefault(cells[places["transcript"]] if "transcript" in places else "", []).append(row)
    for rows in transcripts.values():
        number = gathered.transcript(source, rows[0].line)
        seen: set[tuple[str, str, str]] = set()
        for row in _in_order(rows):
            if row.identity is not None and row.identity in seen:
                gathered.elsewhere[source] += len(row.piece.text)
                continue
            if row.identity is not None:
                seen.add(row.identity)
            gathered.turn(source, number, row.line, row.piece)


def _row(cells: list[str], places: dict[str, int], line: int) -> _Row:
    speaker, text = cells[places["speaker"]], cells[places["text"]]
    key = next((cells[places[what]] for what in ("utterance", "order") if what in places), "")
    # Where semicolons separate cells, commas separate decimals.
    start, end = (
        seconds(cells[places[what]].replace(",", ".")) if what in places else None for what in ("start", "end")
    )
    # The text's own line: cells before it may hold line breaks too.
    line += sum(cell.count("\n") for cell in cells[: places["text"]])
    return _Row(
        order=seconds(cells[places["order"]]) if "order" in places else None,
        identity=(key, speaker, text) if key else None,
        piece=Piece(speaker, text, start=start, end=end),
        line=line,
    )


def _in_order(rows: list[_Row]) -> list[_Row]:
    if any(row.order is None for row in rows):
        return rows
    return sorted(rows, key=lambda row: row.order or 0)


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str], str | None]]:
    """The rows after the header: (line, cells, what is wrong); blank ones are left out."""
    # A cell is never larger than its source, which is in memory already.
    limit = csv.field_size_limit(max(len(text), 1))
    try:
        yield from _rows_within(text, separator)
    finally:
        csv.field_size_limit(limit)


def _rows_within(text: str, separator: str) -> Iterator[tuple[int, list[str], str | None]]:
    lines = list(io.StringIO(text, newline="\n"))
    first, begun, restarts = 0, False, 0
    while first < len(lines):
        reader = csv.reader(lines[first:], delimiter=separator, strict=True)
        line = first + 1
        while True:
            line = first + reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                # A quote that is never closed takes all rows after it: begin again right after its line.
                swallowed = first + reader.line_num == len(lines) and line < len(lines)
                restarts += swallowed
                rest = ", and the rest was not read" if restarts > _RESTARTS else ""
                yield line, [], f"is not sound: {error}{rest}"
                if rest:
                    return
                if swallowed:
                    first = line
                    break
                continue
            if not begun:
                begun = any(cell.strip() for cell in cells)
                continue
            if any(cell.strip() for cell in cells):
                yield line, cells, None


FORMAT = Format(
    name="turn_table",
    brief="CSV or TSV with a header, a turn a row, with columns for the speaker and the text",
    parse=parse,
    signs=r"^\s*[^\n]*[,;\t][^\n]*\n[^\n]*[,;\t]",
    lines_within=True,
)
