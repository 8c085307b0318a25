"""TextGrid, the format of Praat, long and short: a tier a speaker, intervals with times; tiers of points are none.

Forced aligners write tiers of words and phones, for each speaker (MFA: ``Anna - words``, ``Anna - phones``) or for one
(MAUS: ``ORT-MAU``, ``MAU``). A speaker's own tier is read before one of words, and phones and syllables never are; an
aligner's marks for silence are nothing said. Who speaks in tiers without a name is ``Speaker``.

A file is a transcript. Where each speaker of a recording has a file of their own (``s01_A.TextGrid`` and
``s01_B.TextGrid``, or ``s01/Patient.TextGrid`` and ``s01/Therapist.TextGrid``), that is told as a problem (F113): files
that lie in one folder, whose names differ in the last word, of the same length to a tenth of a second, with one speaker
each, who seldom speak at once. ``turnproof join DROP --out FOLDER`` writes one TextGrid for each such recording, with a
tier a speaker; of files that are called otherwise, ``turnproof join ONE OTHER --out FOLDER`` makes one. They aren't
joined while reading: a turn is a line of its transcript's file, and what is known of a file is known by its content.

Praat itself reads numbers, quoted strings and flags, and takes all else for comments; so does this.

Tried: praatio 6.2.2 reads both forms, but tells no lines, keeps silent about a tier that is cut off and refuses
overlaps. textgrid 1.6.1 and praat-textgrids 1.4.0 fail on the short form; tgt 1.5 needs NumPy.
"""

from __future__ import annotations

import polars as pl

from schemas.cues import Reading, collect
from schemas.format import Format, Parsed
from schemas.roster import Roster
from schemas.speaker_files import told
from schemas.textgrids import Speaker, read_grid


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read TextGrids; see `schemas.format.Format`."""
    begins = pl.col("text").str.head(256).str.strip_chars_start()
    mine = begins.str.contains(r'^File type\s*=\s*"ooTextFile') & begins.str.contains('"TextGrid"', literal=True)
    return told(collect(sources, mine, 'does not begin with File type = "ooTextFile" for a TextGrid', _read), sources)


def _forced(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    return collect(sources, pl.col("text").str.contains('"IntervalTier"', literal=True), "has no IntervalTier", _read)


def _read(text: str) -> Reading:
    reading = Reading()
    grid = read_grid(text, reading)
    at = 0
    for spoken in grid.spoken:
        # Quotes, and one of each two quotes within, are Praat's.
        string = spoken.text.string or ""
        reading.skip(text[at : spoken.text.start], '""' if spoken.text.closed else '"')
        reading.skip('"' * string.count('"'))
        at = spoken.text.end
    reading.skip(text[at:])
    last: Speaker | None = None
    for spoken in sorted(grid.spoken, key=lambda each: each.times[0]):
        who = grid.speakers[spoken.tier]
        # Words are no pieces: those in a row are one.
        join = " " if who.words and last == who else None
        reading.say(who.name, spoken.text.string or "", spoken.text.line, spoken.times, join=join)
        last = who
    return reading


FORMAT = Format(
    name="textgrid",
    brief="Praat's TextGrid: a tier a speaker; intervals in order of time, those of one speaker are one turn",
    parse=parse,
    forced=_forced,
    signs=r"IntervalTier|ooTextFile",
    lines_within=False,
    cuts_by_time=True,
    joint=" ",
)
