"""AssemblyAI's JSON: ``utterances`` with ``start`` and ``end`` in milliseconds, ``text`` and ``speaker``.

What one speaker says in a row is one turn, from the first utterance's start to the last one's end. An utterance without
a speaker is ``Speaker``'s. Times in whole numbers tell it from other lists of utterances. Without utterances (speaker
labels must be asked for) the ``words`` are read, which have the same keys.
"""

from __future__ import annotations

import polars as pl

from schemas.format import Format, Parsed
from schemas.gathered import read_speech, timed_items
from schemas.json_look import claim
from schemas.roster import Roster


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read ``utterances`` with milliseconds; see `schemas.format.Format`."""
    claimed, refusals = claim(
        sources, "assemblyai", 'has no list "utterances" or "words" with times in whole milliseconds'
    )
    heard = timed_items("utterances", milliseconds=True, words="words")
    return read_speech(claimed, refusals, heard, "assemblyai", "utterances")


FORMAT = Format(
    name="assemblyai",
    brief='AssemblyAI\'s JSON: "utterances" with "start" and "end" in milliseconds, "text" and "speaker"',
    parse=parse,
    lines_within=False,
    json=True,
    cuts_by_time=True,
    joint=" ",
)
