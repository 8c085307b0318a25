"""Whisper's and WhisperX's JSON: ``segments`` with ``start``, ``end`` (seconds), ``text`` and, diarised, ``speaker``.

What one speaker says in a row is one turn, from the first segment's start to the last one's end. A segment without a
speaker (Whisper tells none, WhisperX now and then) is ``Speaker``'s.
"""

from __future__ import annotations

import polars as pl

from schemas.format import Format, Parsed
from schemas.gathered import read_speech, timed_items
from schemas.json_look import claim
from schemas.roster import Roster


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read ``segments``; see `schemas.format.Format`."""
    claimed, refusals = claim(sources, "whisper", 'has no list "segments" with "start", "end" and "text"')
    return read_speech(claimed, refusals, timed_items("segments"), "whisper", "segments")


FORMAT = Format(
    name="whisper",
    brief='Whisper\'s or WhisperX\'s JSON: "segments", each with "start", "end" and "text"',
    parse=parse,
    lines_within=False,
    json=True,
    cuts_by_time=True,
    joint=" ",
)
