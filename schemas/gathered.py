"""Transcripts gathered one by one, for the formats that are no columns: speech, pairs, trees and tables.

Chats are decoded as columns (`schemas.chat_json`). These others come in fewer megabytes and more shapes, so their
records are read as Python values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, cast

import polars as pl

from schemas.columns import PARSED_ACCOUNTS, PARSED_RECORDS, PARSED_TURNS, PROBLEMS
from schemas.format import Parsed
from schemas.json_records import RECORDS, OddRecordError, loaded, other_shape, paired, records

NOBODY: Final = "Speaker"
"""Who speaks where a recording's transcript names nobody."""


class Found(NamedTuple):
    """One record: its value, or what is wrong with it; ``lines`` of its list's items, where they are known."""

    source: int
    record: int
    line: int
    lines: Sequence[int]
    value: Any
    trouble: str | None


class Piece(NamedTuple):
    """What one speaker says at one place: a turn, or a part of one.

    ``item`` is its place in the list whose lines are known, or -1: then the record's line is its own. ``joint`` stands
    between it and the piece before it where they merge.
    """

    speaker: str
    text: str
    item: int = -1
    start: float | None = None
    end: float | None = None
    joint: str = " "


@dataclass
class Gathered:
    """Transcripts read one by one, with what `schemas.format.Parsed` wants to know of them."""

    turns: list[tuple[object, ...]] = field(default_factory=list[tuple[object, ...]])
    records: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])
    problems: list[tuple[object, ...]] = field(default_factory=list[tuple[object, ...]])
    expected: dict[int, int] = field(default_factory=dict[int, int])
    elsewhere: dict[int, int] = field(default_factory=dict[int, int])
    joints: dict[int, int] = field(default_factory=dict[int, int])
    count: dict[int, int] = field(default_factory=dict[int, int])

    def source(self, source: int) -> None:
        """Claim a source, also where nothing of it can be read."""
        for tally in (self.expected, self.elsewhere, self.joints, self.count):
            tally.setdefault(source, 0)

    def transcript(self, source: int, line: int) -> int:
        """Begin the next transcript of a source; its number."""
        self.source(source)
        number = self.count[source]
        self.count[source] += 1
        self.records.append((source, number, line))
        return number

    def turn(self, source: int, record: int, line: int, piece: Piece) -> None:
        """Add a turn to a transcript."""
        text = paired(piece.text)
        self.turns.append((source, record, paired(piece.speaker), text, line, seconds(piece.start), seconds(piece.end)))

    def broken(self, source: int, record: int | None, line: int, detail: str, kind: str = "broken") -> None:
        """Say what could not be read."""
        self.source(source)
        self.problems.append((source, record, line, kind, detail))

    def parsed(self, refusals: pl.DataFrame) -> Parsed:
        """Everything as frames. What is in turns is counted in them; line breaks and blanks put between are not."""
        turns = pl.DataFrame(self.turns, schema=PARSED_TURNS, orient="row")
        kept = turns.group_by("source_key").agg(in_turns=pl.col("text").str.len_chars().sum().cast(pl.Int64))
        accounts = (
            pl.DataFrame(
                {
                    "source_key": list(self.expected),
                    "expected": list(self.expected.values()),
                    "elsewhere": [self.elsewhere[source] for source in self.expected],
                    "joints": [self.joints[source] for source in self.expected],
                },
                schema={"source_key": pl.UInt32, "expected": pl.Int64, "elsewhere": pl.Int64, "joints": pl.Int64},
            )
            .join(kept, on="source_key", how="left", maintain_order="left")
            .with_columns(in_turns=pl.col("in_turns").fill_null(0) - pl.col("joints"))
        )
        return Parsed(
            turns=turns,
            records=pl.DataFrame(self.records, schema=PARSED_RECORDS, orient="row"),
            accounts=accounts.select(PARSED_ACCOUNTS.names()).cast(PARSED_ACCOUNTS),
            problems=pl.DataFrame(self.problems, schema=PROBLEMS, orient="row"),
            refusals=refusals,
        )


class Talk(NamedTuple):
    """One transcript of a record: its pieces, and how many characters the record holds for it, counted apart."""

    pieces: list[Piece]
    expected: int
    joints: int = 0
    elsewhere: int = 0


def read_each(
    sources: pl.DataFrame, talks: Callable[[dict[str, Any]], list[Talk]], name: str, told: str | None = None
) -> Parsed:
    """Read records of which each is one or several transcripts as `talks` finds them; pieces are turns as they are.

    Args:
        sources: those claimed, with the fields of `schemas.json_shapes.Shape`, alike in them.
        talks: the transcripts of a record; raises `OddRecordError` where it is none.
        name: the format's.
        told: the key of the list whose items' lines are the turns' lines.
    """
    gathered = Gathered()
    layout = "nested" if "nested" in sources["layout"] else "records"
    for found in decoded(records(sources, told, layout)):
        try:
            transcripts = talks(as_record(found))
        except OddRecordError as error:
            odd_record(gathered, found, error, name)
            continue
        for talk in transcripts:
            number = gathered.transcript(found.source, found.line)
            gathered.expected[found.source] += talk.expected
            gathered.joints[found.source] += talk.joints
            gathered.elsewhere[found.source] += talk.elsewhere
            for piece in talk.pieces:
                line = found.lines[piece.item] if 0 <= piece.item < len(found.lines) else found.line
                gathered.turn(found.source, number, line, piece)
    return gathered.parsed(Parsed().refusals)


def read_speech(
    sources: pl.DataFrame,
    refusals: pl.DataFrame,
    heard: Callable[[dict[str, Any]], list[Piece]],
    name: str,
    told: str,
) -> Parsed:
    """Read records that are cut by time; `heard` gives the pieces of one, the other arguments are as in `read_each`.

    Pieces without a place are words: those that one speaker says in a row are one piece, joined by a blank (or their
    ``joint``). The blanks around a piece are accounted for elsewhere.
    """
    gathered = Gathered()
    for found in decoded(records(sources, told)):
        try:
            pieces = heard(as_record(found))
        except OddRecordError as error:
            odd_record(gathered, found, error, name)
            continue
        number = gathered.transcript(found.source, found.line)
        gathered.expected[found.source] += sum(len(piece.text) for piece in pieces)
        gathered.elsewhere[found.source] += sum(len(piece.text) - len(piece.text.strip()) for piece in pieces)
        for piece, joints in _merged(pieces):
            gathered.joints[found.source] += joints
            line = found.lines[piece.item] if 0 <= piece.item < len(found.lines) else found.line
            gathered.turn(found.source, number, line, piece)
    return gathered.parsed(refusals)


def timed_items(
    key: str, milliseconds: bool = False, words: str | None = None
) -> Callable[[dict[str, Any]], list[Piece]]:
    """The pieces of a record with a list of objects with ``start``, ``end``, ``text`` and ``speaker``.

    Where that list is missing or empty, those under the key `words` are read, if it is given.
    """
    unit = 1000 if milliseconds else 1

    def time(value: object) -> float | None:
        found = seconds(value)
        return None if found is None else found / unit

    def heard(record: dict[str, Any]) -> list[Piece]:
        whole = words is None or bool(record.get(key)) or words not in record
        return [
            Piece(
                speaker(item.get("speaker")),
                spoken(item, "text", place, needed=True),
                place if whole else -1,
                time(item.get("start")),
                time(item.get("end")),
            )
            for place, item in enumerate(listed(record, key if whole or words is None else words))
        ]

    return heard


def odd_record(gathered: Gathered, found: Found, error: OddRecordError, name: str) -> None:
    """Take down a record that could not be read: it is broken, or of another format's shape."""
    error = other_shape(found.value, name) or error
    number = gathered.transcript(found.source, found.line)
    gathered.broken(found.source, number, found.line, f"record {number} {error}", error.kind)


def _merged(pieces: Iterable[Piece]) -> Iterator[tuple[Piece, int]]:
    """Pieces with words of one speaker in a row made one, and how many characters were put between them."""
    run: list[Piece] = []
    for piece in pieces:
        if not piece.text.strip():
            continue
        if run and (run[-1].speaker != piece.speaker or piece.item >= 0):
            yield _one(run)
            run = []
        run.append(piece)
    if run:
        yield _one(run)


def _one(run: list[Piece]) -> tuple[Piece, int]:
    text = run[0].text.strip() + "".join(piece.joint + piece.text.strip() for piece in run[1:])
    return run[0]._replace(text=text, end=run[-1].end), sum(len(piece.joint) for piece in run[1:])


def as_record(found: Found) -> dict[str, Any]:
    """The record as an object; raises `OddRecordError` where it is none."""
    if found.trouble is not None:
        raise OddRecordError(found.trouble)
    value: object = found.value
    if not isinstance(value, dict):
        raise OddRecordError("is no object")
    return cast("dict[str, Any]", value)


def decoded(found: pl.DataFrame) -> Iterator[Found]:
    """Each row of `RECORDS` with its value."""
    for source, record, line, text, lines, trouble in found.select(RECORDS.names()).iter_rows():
        value, wrong = loaded(text) if trouble is None else (None, trouble)
        yield Found(source, record, line, lines or (), value, wrong)


def listed(record: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects listed under a key; raises `OddRecordError` where there is no such list."""
    items = record.get(key)
    if not isinstance(items, list):
        raise OddRecordError(f'has no list "{key}"')
    for place, item in enumerate(cast("list[object]", items)):
        if not isinstance(item, dict):
            raise OddRecordError(f'has an item {place} in "{key}" that is no object')
    return cast("list[dict[str, Any]]", items)


def within(record: dict[str, Any], key: str) -> dict[str, Any] | None:
    """The object under a key, None where there is none."""
    value = record.get(key)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def spoken(item: dict[str, Any], key: str, place: int, *, needed: bool = False) -> str:
    """The text of an item; null is nothing said, and so is no such key unless it is `needed`.

    Raises:
        OddRecordError: where there is something else than a text, or nothing where it is needed.
    """
    if needed and key not in item:
        raise OddRecordError(f'has an item {place} without "{key}"')
    text = item.get(key, "")
    if text is not None and not isinstance(text, str):
        raise OddRecordError(f'has an item {place} whose "{key}" is no text')
    return text or ""


def speaker(label: object) -> str:
    """A recording's speaker: numbers are told as ``Speaker 0``, and nobody as `NOBODY`."""
    if isinstance(label, str) and label.strip():
        return label
    return f"{NOBODY} {label}" if isinstance(label, int) and not isinstance(label, bool) else NOBODY


def seconds(value: object) -> float | None:
    """A time as a number, also where it is written as text; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
