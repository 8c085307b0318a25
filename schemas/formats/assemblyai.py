"""AssemblyAI's JSON: ``utterances`` with ``start`` and ``end`` in milliseconds, ``text`` and ``speaker``.

What one speaker says in a row is one turn, from the first utterance's start to the last one's end. An utterance without
a speaker is ``Speaker``'s. Times in whole numbers tell it from other lists of utterances.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.format import Format, Parsed
from schemas.gathered import Piece, listed, read_speech, seconds, speaker, spoken
from schemas.json_records import claim
from schemas.roster import Roster


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read ``utterances`` with milliseconds; see `schemas.format.Format`."""
    claimed, refusals = claim(sources, "assemblyai", 'has no list "utterances" with times in whole milliseconds')
    return read_speech(claimed, refusals, _heard, "utterances")


def _heard(record: dict[str, Any]) -> list[Piece]:
    return [
        Piece(
            speaker(item.get("speaker")),
            spoken(item, "text", place),
            place,
            _from_milliseconds(item.get("start")),
            _from_milliseconds(item.get("end")),
        )
        for place, item in enumerate(listed(record, "utterances"))
    ]


def _from_milliseconds(value: object) -> float | None:
    time = seconds(value)
    return None if time is None else time / 1000


FORMAT = Format(
    name="assemblyai",
    brief='AssemblyAI\'s JSON: "utterances" with "start" and "end" in milliseconds, "text" and "speaker"',
    parse=parse,
    lines_within=False,
    json=True,
    cuts_by_time=True,
    joint=" ",
)
