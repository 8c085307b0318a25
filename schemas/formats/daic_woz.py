"""DAIC-WOZ: utterances with times, in a table of the columns ``start_time stop_time speaker value``."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from schemas.cues import Reading, collect, lines_of
from schemas.format import Format, Parsed
from schemas.regex import regex
from schemas.roster import Roster

_HEADER: Final = "start_time\tstop_time\tspeaker\tvalue"
_ROW: Final = r"(?:^|\n)[ ]*[0-9]{1,9}(?:\.[0-9]{1,9})?\t[ ]*[0-9]{1,9}(?:\.[0-9]{1,9})?[ ]*\t[^\t\n]*\t"
_TIME: Final = regex(r"[ ]*[0-9]{1,9}(?:\.[0-9]{1,9})?[ ]*")
_COLUMNS: Final = 4


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read tables of the DAIC-WOZ corpus; see `schemas.format.Format`."""
    mine = pl.col("text").str.head(256).str.strip_chars_start().str.starts_with(_HEADER)
    return collect(sources, mine, "does not begin with the columns start_time, stop_time, speaker and value", _read)


def _forced(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    reason = "has no row of a start and a stop in seconds, a speaker and a text, between tabs"
    return collect(sources, pl.col("text").str.contains(_ROW), reason, _read)


def _read(text: str) -> Reading:
    reading = Reading()
    header = re.match(rf"\s*{_ROW}", text) is not None
    for line, row in enumerate(lines_of(text), start=1):
        if not header or not row.strip():
            header = header or bool(row.strip())
            reading.skip(row)
            continue
        cells = row.split("\t", _COLUMNS - 1)
        if len(cells) < _COLUMNS:
            reading.broken(line, f"expected {_COLUMNS} columns, found {len(cells)}")
            reading.skip(row)
            continue
        *times, speaker, value = cells
        start, end = (float(time) if _TIME.fullmatch(time) else None for time in times)
        if start is None or end is None:
            reading.broken(line, f"expected a start and a stop in seconds, found {times[0]!r} and {times[1]!r}")
        reading.skip(*times, speaker, "\t" * (_COLUMNS - 1))
        reading.say(speaker.strip(), value, line, (start, end))
    return reading


FORMAT = Format(
    name="daic_woz",
    brief="a table with the columns start_time, stop_time, speaker and value; rows of one speaker are one turn",
    parse=parse,
    forced=_forced,
    signs=r"start_time|stop_time",
    lines_within=False,
    cuts_by_time=True,
    joint=" ",
)
